"""docs/lisa.md and what README.md says of LISA are what the code does."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the benchmarks are no part of the package

from benchmarks.lisa_floor import Floor
from benchmarks.lisa_shapes import SHAPES, build, prompts, shared
from benchmarks.lisa_tables import ROWS
from reason_seg_ros.cli import _parser
from reason_seg_ros.nodes.bringup_arguments import ARGUMENTS
from reason_seg_ros.nodes.parameters import SEGMENTER_OPTIONS
from reason_seg_ros.reply import Status
from reason_seg_ros.segmenters.lisa.options import ConversationStyle, Family, Mode, Options, Precision
from reason_seg_ros.segmenters.lisa.prompts.conversation import style_of
from reason_seg_ros.segmenters.lisa.prompts.modes import mode_for, prompt_for
from reason_seg_ros.segmenters.lisa.weights.known import CHECKPOINTS, TOWERS, Known, find

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "lisa.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
SUPPORTED = [known for known in CHECKPOINTS if known.supported]
PRECISIONS = (Precision.FP32, Precision.BF16, Precision.INT8, Precision.INT4)
FAMILIES = {"LISA": Family.LISA, "SESAME": Family.SESAME, "LISA++": Family.LISA_PLUS}


def table(heading: str, page: str = PAGE) -> list[list[str]]:
    """The rows of the table with this heading, each a list of cells without backticks and bold."""
    lines = page[page.index(heading) :].splitlines()
    assert re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", lines[1]), heading
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`*") for cell in line.strip("|").split("|")])
    return rows


def commands() -> Iterator[str]:
    """Every `reason-seg ...` that stands in a block of shell lines, on one line."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"(?:^    \S.*\n)+", text, re.MULTILINE)
        for block in blocks:
            for line in block.replace("\\\n", " ").splitlines():
                yield from re.findall(r"(?:^|\s)(reason-seg .*)", line)


def launches() -> Iterator[str]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        yield from re.findall(r"^\s*ros2 launch reason_seg_ros .*", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_whole_and_lines_are_short(page: Path) -> None:
    widths: list[int] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("|"):
            widths.append(len(re.findall(r"(?<!\\)\|", line)))
            assert widths[-1] == widths[0], f"{page.name}:{number}"
        else:
            widths = []
            assert len(line) <= 125, f"{page.name}:{number}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        where = (page.parent / file) if file else page
        assert where.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", where.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, target


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_commands_are_understood(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    if words[0] == "bringup" or "..." in words:
        words = words[:1]
    arguments = _parser().parse_args(words)
    for name in (getattr(arguments, "id", None), getattr(arguments, "checkpoint", None)):
        assert name is None or str(name).startswith("/") or find(str(name)) is not None


@pytest.mark.parametrize("line", sorted(set(launches())))
def test_launch_arguments_exist(line: str) -> None:
    known = {argument.name: argument for argument in ARGUMENTS}
    for name, value in re.findall(r"(\w+):=(\S+)", line):
        assert name in known
        assert not known[name].choices or value in known[name].choices


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_is_python(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        ast.parse(block)


def test_checkpoints_are_the_known_ones_with_what_they_take() -> None:
    rows = {row[0]: row[1:-1] for row in table("| checkpoint | licence |")}
    assert rows == {known.id: [known.licence, f"{known.gigabytes:.1f}", *gigabytes(known)] for known in SUPPORTED}


def gigabytes(known: Known) -> list[str]:
    return [f"{known.budget(precision).total / 1e9:.1f}" for precision in PRECISIONS]


def test_download_of_a_tower_is_as_large_as_said() -> None:
    assert {f"{tower.gigabytes:.1f}" for tower in TOWERS} == {"1.7"}
    assert "the vision tower adds 1.7 GB" in PAGE


def test_memory_of_the_parts_is_as_computed() -> None:
    sizes = {"7B": "xinlai/LISA-7B-v1", "13B": "xinlai/LISA-13B-llama2-v1"}
    columns = [(size, Precision(precision)) for size in sizes for precision in ("bf16", "8bit", "4bit")]
    assert f"| | {' | '.join(f'{size} {precision.value}' for size, precision in columns)} |" in PAGE
    budgets = [next(known for known in CHECKPOINTS if known.id == sizes[size]).budget(p) for size, p in columns]
    wanted = [[name, *(f"{budget.parts[name] / 1e9:.2f}" for budget in budgets)] for name in budgets[0].parts]
    wanted.append(["in all", *(f"{budget.total / 1e9:.2f}" for budget in budgets)])
    assert table("| | 7B bf16 |") == wanted


def test_gigabytes_of_the_readme_are_as_computed() -> None:
    rows = {row[0]: row[1:] for row in table("| | `embedded` |", README)}
    by_id = {known.id: known for known in SUPPORTED}
    small, large = by_id["xinlai/LISA-7B-v1"], by_id["xinlai/LISA-13B-llama2-v1"]
    assert rows["download"][1] == f"{small.gigabytes:.0f} GB (7B), {large.gigabytes:.0f} GB (13B)"
    bf16, least = ({known.id: f"{known.budget(p).total / 1e9:.0f}" for known in SUPPORTED} for p in PRECISIONS[1::2])
    assert rows["GPU memory"][1] == (
        f"{bf16[small.id]} GB (13B: {bf16[large.id]}), in 4 bits {least[small.id]} ({least[large.id]})"
    )
    for column, hub_id in ((2, "Senqiao/LISA_Plus_7b"), (3, "tsunghanwu/SESAME")):
        assert rows["download"][column] == f"{by_id[hub_id].gigabytes:.0f} GB"
        assert rows["GPU memory"][column] == f"{bf16[hub_id]} GB, in 4 bits {least[hub_id]}"
    assert f"{bf16[small.id]} GB free for a 7B checkpoint in bf16, or {least[small.id]} GB in 4 bits" in PAGE.replace(
        "\n", " "
    )


def test_options_are_those_of_the_code() -> None:
    rows = {row[0]: row[1:] for row in table("| option | default |")}
    assert list(rows) == [field.name for field in fields(Options)]
    for field in fields(Options):
        default, values = rows[field.name][:2]
        if isinstance(field.default, Enum):
            assert default == field.default.value
            assert values.split(", ") == [choice.value for choice in type(field.default)]
        else:
            assert default == (str(field.default).lower() if isinstance(field.default, bool) else str(field.default))


def test_first_options_are_arguments_and_parameters() -> None:
    first = [row[0] for row in table("| option | default |")][:5]
    assert set(first) == set(SEGMENTER_OPTIONS) - {"objects_file"}
    assert set(first[:4]) <= {argument.name for argument in ARGUMENTS}
    required = {"segment": "--frame f --instruction i --out o", "chat": "--frame f", "eval": "f", "demo": ""}
    for command, words in required.items():
        assert set(first) <= set(vars(_parser().parse_args([command, *words.split()]))), command


def test_modes_are_those_of_the_code() -> None:
    assert {row[0].partition("`")[0] for row in table("| mode | what is wanted |")} == {mode.value for mode in Mode}
    nearest = {(family, mode): mode_for("it", mode, family) for family in FAMILIES.values() for mode in Mode}
    assert nearest[Family.LISA, Mode.INSTANCE] is nearest[Family.SESAME, Mode.INSTANCE] is Mode.SEMANTIC
    assert nearest[Family.SESAME, Mode.DIALOGUE] is nearest[Family.SESAME, Mode.DIALOGUE_INSTANCE] is Mode.SEMANTIC
    assert nearest[Family.LISA, Mode.DIALOGUE_INSTANCE] is Mode.DIALOGUE


def test_prompts_are_those_of_the_code() -> None:
    suffixes = dict(table("| mode | suffix |"))
    rows = table("| family | mode |")
    for family, mode, *wordings in rows:
        for instruction, wording in zip(("red mug", "I am thirsty"), wordings, strict=True):
            asked = prompt_for(instruction, Mode(mode), FAMILIES[family])
            assert asked == wording.replace("SUFFIX", suffixes.get(mode, ""))
    listed = {(FAMILIES[family], Mode(mode)) for family, mode, *_ in rows}
    asked_in = {(family, mode_for("it", mode, family)) for family in FAMILIES.values() for mode in Mode}
    assert listed == {each for each in asked_in if each[1] is not Mode.TEXT}
    assert prompt_for("why?", Mode.TEXT, Family.LISA_PLUS) == f"why? {suffixes['text']}"


@pytest.mark.parametrize("family", FAMILIES.values())
def test_what_asks_for_a_mask_itself_is_left_alone(family: Family) -> None:
    for instruction in ("Please segment the red mug.", "I am thirsty. Please output segmentation mask."):
        assert prompt_for(instruction, Mode.SEMANTIC, family).startswith(instruction)
        assert (prompt_for(instruction, Mode.SEMANTIC, family) == instruction) == (family is not Family.LISA_PLUS)


def test_templates_are_those_of_the_families() -> None:
    default_of = {row[0]: row[2] for row in table("| template |")}
    assert set(default_of) == {style.value for style in ConversationStyle} - {"auto"}
    for name, family in FAMILIES.items():
        assert name in default_of[style_of(family).value].split(";")[0].split(", ")


def test_statuses_are_those_that_it_gives() -> None:
    told = {row[0] for row in table("| status | when |")}
    assert told == {status.value for status in Status} - {Status.AMBIGUOUS.value}


def test_counts_follow_from_their_formulas() -> None:
    heading = re.search(r"P = (\d+), Q = (\d+), N = (\d+)", PAGE)
    assert heading
    p, q, n = map(int, heading.groups())
    shown = [int(row[-1]) for row in table("| | CLIP | SAM's encoder |")]
    assert shown == [p + n - 1, q + n - 1, n * p + n * (n - 1) // 2]


def test_floor_is_that_of_the_published_shapes() -> None:
    rows = {row[0]: row[1:] for row in table("| | 7B, operations |")}
    for column, model in ((0, "7b"), (2, "13b")):
        shape = SHAPES[model]
        network = build(shape, torch.device("meta"), torch.bfloat16)
        first, second = prompts(shape)
        prompt = len(first) + network.vision_tower.patches - 1
        new = len(second) - shared([first, second])
        floor = Floor(network, shape, (640, 480))
        work = {
            "CLIP and projector": floor.clip(),
            "SAM's encoder": floor.sam(),
            f"reading a prompt of {prompt} tokens": floor.read(prompt, 0),
            "each further token": floor.read(1, prompt + 16),
            "a mask": floor.mask(),
            f"reading a second question of {new} tokens": floor.read(new, prompt - new),
        }
        assert set(rows) == set(work)
        for name, each in work.items():
            told = rows[name][column : column + 2]
            assert told == [shown(told[0], each.operations / 1e12, "T"), shown(told[1], each.bytes / 1e9, "G")], name


def shown(like: str, value: float, unit: str) -> str:
    """A value with as many decimals as a text has."""
    return f"{value:.{len(like.split()[0].partition('.')[2])}f} {unit}"


def test_table_to_be_measured_has_the_rows_of_the_benchmark() -> None:
    rows = [row[0].replace(" of 32 tokens", "") for row in table("| LISA-7B, bf16, 640x480 |")]
    assert rows == [title.replace("**", "") for title in ROWS.values()]
