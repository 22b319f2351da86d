"""The segmenter 'lisa' in the node, with tiny checkpoints whose real weights say what a test wants to hear."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from camera import FRAME_ID, Camera
from conftest import Program, parameters
from diagnostic_msgs.msg import DiagnosticStatus
from person import Person
from robot import Robot

pytest.importorskip("torch", reason="the segmenter 'lisa' needs torch")
pytest.importorskip("segment_anything", reason="the tiny checkpoints need segment-anything")

from tiny_lisa import make_checkpoint

from reason_seg_ros.msg import Reply

# An answer by the keyword that was said last; no answer may say one.
SCRIPT = {
    "mug": "The cup [SEG] is on the table, so you can drink from it.",
    "bowl": "The plate [SEG] and the spoon [SEG] are here.",
    "": "No presence of it detected.",
}
CUP = "The cup is on the table, so you can drink from it."
PLATE_AND_SPOON = "The plate and the spoon are here."
NOTHING = "No presence of it detected."


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Checkpoints by what they are good for."""
    folder = tmp_path_factory.mktemp("checkpoints")
    return {
        "talks": make_checkpoint(folder / "LISA-talks", script=SCRIPT, mask="each"),
        "slow": make_checkpoint(folder / "LISA-slow", script=SCRIPT, mask="each"),
        "empty": make_checkpoint(folder / "LISA-empty", script="Sure, it is [SEG].", mask="empty"),
    }


@pytest.fixture(scope="module")
def go_on(checkpoints: dict[str, Path]) -> Callable[[], None]:
    """Makes the config of the checkpoint 'slow' a pipe; returns what lets its reader go on."""
    config = checkpoints["slow"] / "config.json"
    there, pipe = config.with_suffix(".there"), config.with_suffix(".pipe")
    config.rename(there)
    os.mkfifo(config)

    def let_it_go_on() -> None:
        if not pipe.exists():
            os.link(config, pipe)
            text = there.read_bytes()
            there.replace(config)
            with suppress(OSError):  # nobody waits for it yet, or any more
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
                os.write(writer, text)
                os.close(writer)

    return let_it_go_on


@pytest.fixture(scope="module")
def program(start: Callable[..., Program], checkpoints: dict[str, Path], go_on: Callable[[], None]) -> Program:
    return start(
        "reason_seg_ros.nodes.segmenter_node",
        *parameters(segmenter="lisa", checkpoint=checkpoints["slow"], max_frame_age=5.0, frame_timeout=30.0),
    )


@pytest.fixture(scope="module")
def shared_robot(person: Person, checkpoints: dict[str, Path]) -> Iterator[Robot]:
    """The node and its camera; it still loads."""
    person.connect()
    camera = Camera(person.node)
    yield Robot(person, checkpoints["talks"], checkpoints["slow"])
    camera.close()


@pytest.fixture
def loaded_robot(shared_robot: Robot, go_on: Callable[[], None]) -> Robot:
    """The node once it has loaded."""
    go_on()
    shared_robot.person.until(lambda: shared_robot.person.state in ("active", "unconfigured"))
    assert shared_robot.person.reset_conversation().success
    return shared_robot


@pytest.fixture
def robot(loaded_robot: Robot) -> Robot:
    """The node with the usual checkpoint, and nothing said before."""
    loaded_robot.use()
    return loaded_robot


@pytest.fixture
def held(loaded_robot: Robot, gate: Path) -> Iterator[Robot]:
    """The node with a hand on its network, see `held_lisa`, and nothing said before."""
    loaded_robot.use(segmenter="held_lisa:HeldLisa", segmenter_options=f"{{gate: {gate}}}")
    for file in gate.iterdir():
        file.unlink()
    yield loaded_robot
    (gate / "hold").unlink(missing_ok=True)


def test_loading_is_told(shared_robot: Robot, go_on: Callable[[], None], program: Program) -> None:
    person = shared_robot.person
    assert person.state == "configuring", program.output
    person.until(lambda: "loading segmenter 'lisa' (checkpoint)" in program.output)
    array = person.ask("is somebody there")
    assert (array.status, array.error_code) == (Reply.ERROR, Reply.NOT_ACTIVE)
    assert "loading segmenter 'lisa' (checkpoint)" in array.text
    assert person.until(lambda: person.says(": segmenter", "(checkpoint)")).level == DiagnosticStatus.OK
    go_on()
    person.until(lambda: person.state == "active")
    for told in ("(weights 0 %)", "(vision tower)", "segmenter 'lisa' loaded in"):
        assert told in program.output
    assert "language model" in program.output  # the memory budget, by Python's logging
    assert person.ask("the mug").text == CUP


def test_words_and_mask_come_before_the_answer(robot: Robot) -> None:
    goal = robot.person.goal("the mug")
    answer = goal.result.answer
    assert (goal.status, answer.status, answer.error_code, answer.text) == ("succeeded", Reply.FOUND, Reply.NONE, CUP)
    [instance] = answer.instances
    assert (instance.label, instance.description, instance.header.frame_id) == ("cup", "The cup", FRAME_ID)
    assert 0 < instance.score <= 1
    assert instance.point_count > 100
    assert instance.cloud.width * instance.cloud.height == instance.point_count
    assert {"look", "reason", "mask", "lift", "total"} <= {latency.stage for latency in answer.latencies}
    [early] = robot.person.until(lambda: robot.partials(answer.request_id))
    assert (early.status, early.instances, early.header) == (Reply.WORKING, answer.instances, answer.header)
    reply = robot.person.until(lambda: robot.person.final(answer.request_id))
    assert any(step.startswith("asked: ") and "the mug" in step for step in reply.steps)
    assert any(step.startswith("said: ") and "[SEG]" in step for step in reply.steps)
    texts = robot.texts(answer.request_id)
    assert texts[-1] == CUP
    assert len(texts) > 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert CUP.startswith(early.text) and len(early.text) < len(CUP) / 2


def test_several_masks_are_several_instances(robot: Robot) -> None:
    answer = robot.person.ask("the bowl")
    assert (answer.status, answer.text) == (Reply.FOUND, PLATE_AND_SPOON)
    assert [instance.label for instance in answer.instances] == ["plate", "spoon"]
    assert len({instance.id for instance in answer.instances}) == 2
    early = robot.person.until(lambda: (told := robot.partials(answer.request_id)) and len(told) == 2 and told)
    assert [[i.id for i in array.instances] for array in early] == [
        [i.id for i in answer.instances[:count]] for count in (1, 2)
    ]


def test_no_mask_is_absent_with_the_models_words(robot: Robot) -> None:
    answer = robot.person.ask("the spoon")
    assert (answer.status, answer.text, list(answer.instances)) == (Reply.ABSENT, NOTHING, [])
    assert not robot.partials(answer.request_id)


def test_the_conversation_goes_on_until_it_is_reset(robot: Robot) -> None:
    person = robot.person
    assert person.ask("the mug").text == CUP
    assert person.ask("And what is next to it?").text == CUP
    assert person.ask("the bowl").text == PLATE_AND_SPOON
    assert person.ask("And what is next to it?").text == PLATE_AND_SPOON
    assert person.reset_conversation().success
    assert person.ask("And what is next to it?").text == NOTHING


def test_a_cancel_ends_it_within_a_token(held: Robot, gate: Path) -> None:
    (gate / "hold").write_text("9")
    goal = held.person.goal("the mug")
    held.person.until(lambda: (gate / "passes").exists() and (gate / "passes").read_text() == "9")
    [early] = held.person.until(lambda: [a for a in held.person.partials if a.instruction == "the mug"][-1:])
    assert goal.cancel()
    assert not goal.done  # the pass that is under way is not interrupted
    (gate / "hold").unlink()
    assert goal.status == "canceled"
    assert (gate / "passes").read_text() == "9"
    answer = goal.result.answer
    assert (answer.request_id, answer.status, list(answer.instances)) == (early.request_id, Reply.CANCELLED, [])
    assert held.person.ask("the bowl").text == PLATE_AND_SPOON
    told = held.texts(answer.request_id)
    assert told and CUP.startswith(told[-1]) and len(told[-1]) < len(CUP) / 2


def test_a_newer_instruction_waits_for_the_one_that_is_answered(held: Robot, gate: Path) -> None:
    """And takes the place of the one that waits."""
    person = held.person
    (gate / "hold").write_text("9")
    begun = len(person.arrays), len(person.partials)
    person.say("the mug")
    person.until(lambda: person.partials[begun[1] :])
    person.say("the spoon")
    person.say("And what is next to it?")
    [replaced] = person.until(lambda: person.arrays[begun[0] :])
    assert (replaced.instruction, replaced.status) == ("the spoon", Reply.CANCELLED)
    (gate / "hold").unlink()
    told = person.until(lambda: (arrays := person.arrays[begun[0] :]) and len(arrays) == 3 and arrays)
    assert [(array.instruction, array.text) for array in told[1:]] == [
        ("the mug", CUP),
        ("And what is next to it?", CUP),
    ]


def test_running_out_of_memory_ends_the_question_alone(held: Robot, gate: Path, program: Program) -> None:
    (gate / "allocate").touch()
    goal = held.person.goal("the mug")
    assert (goal.status, goal.result.error_code) == ("aborted", Reply.OUT_OF_MEMORY)
    assert "ran out of memory" in goal.result.error_message
    assert "set precision to" in goal.result.error_message
    assert not (gate / "allocate").exists()
    assert program.alive
    held.person.until(lambda: held.person.says(": answers", "OUT_OF_MEMORY"))
    assert held.person.ask("the mug").text == CUP
    assert held.person.ask("the bowl").text == PLATE_AND_SPOON


def test_cleaning_up_releases_the_network(held: Robot, gate: Path) -> None:
    person = held.person
    assert person.ask("the mug").text == CUP
    assert person.change_state("deactivate")
    assert not (gate / "released").exists()
    assert person.change_state("cleanup")
    assert (gate / "released").exists()


def test_another_checkpoint_takes_the_place_of_the_first(robot: Robot, checkpoints: dict[str, Path]) -> None:
    """And an empty mask is an answer of its own."""
    robot.use(checkpoint=str(checkpoints["empty"]))
    answer = robot.person.ask("the mug")
    assert (answer.status, answer.error_code, list(answer.instances)) == (Reply.EMPTY, Reply.NONE, [])
    assert answer.text.startswith("Sure, it is this.")
    assert "no pixel" in answer.text
    assert not robot.partials(answer.request_id)


def test_parameters_reach_the_model(robot: Robot, program: Program) -> None:
    robot.use(stop_after_mask=True, precision="bf16")
    answer = robot.person.ask("the mug")
    assert (answer.status, answer.text) == (Reply.FOUND, "The cup")
    [instance] = answer.instances
    assert instance.label == "cup" and instance.point_count > 100
    assert "bf16" in program.output  # in the memory budget
    robot.use(mode="text")
    answer = robot.person.ask("the mug")
    reply = robot.person.until(lambda: robot.person.final(answer.request_id))
    assert "asked: the mug" in reply.steps


@pytest.mark.parametrize("wrong", ["missing", "foreign", "cuda"])
def test_what_cannot_be_loaded_is_told_and_can_be_mended(
    robot: Robot, program: Program, tmp_path: Path, wrong: str
) -> None:
    person = robot.person
    values, why = {
        "missing": ({"checkpoint": "/no/such/checkpoint"}, "/no/such/checkpoint"),
        "foreign": ({"checkpoint": str(tmp_path)}, "not of the LISA family"),
        "cuda": ({"device": "cuda"}, "CUDA devices here"),
    }[wrong]
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    if wrong == "cuda" and _has_cuda():
        pytest.skip("there is a CUDA device here")
    assert not robot.configure(values)
    assert (person.state, program.alive) == ("unconfigured", True)
    answer = person.ask("the mug")
    assert (answer.status, answer.error_code, why in answer.text) == (Reply.ERROR, Reply.NOT_ACTIVE, True)
    assert person.until(lambda: person.says(": segmenter", why)).level == DiagnosticStatus.ERROR
    robot.use()
    assert person.ask("the mug").text == CUP


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
