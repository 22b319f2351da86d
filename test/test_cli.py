"""The command line, run as people run it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from annotated_frames import write_frame

from reason_seg_ros.cli import main

ROOT = Path(__file__).resolve().parents[1]
SEGMENTER = ("--segmenter", "tiny_segmenter:NearerThan")


@pytest.fixture
def dataset(tmp_path):
    write_frame(tmp_path / "data" / "a")
    return tmp_path / "data"


def reason_seg(*arguments: object) -> int:
    """Exit status of `reason-seg ARGUMENTS`."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def segment(dataset: Path, instruction: str, *more: object) -> tuple[int, Path]:
    out = dataset.parent / "out"
    frame = ("--frame", dataset / "a", "--instruction", instruction, "--out", out)
    return reason_seg("segment", *frame, *SEGMENTER, *more), out


def test_segment_writes_the_answer(dataset, capsys):
    status, out = segment(dataset, "nearer than 1.4")
    assert status == 0
    reply = json.loads((out / "reply.json").read_text())
    assert reply["status"] == "found"
    assert reply["text"] == "2 things are nearer than 1.4 m."
    assert reply["instruction"] == "nearer than 1.4"
    assert reply["steps"] == [{"name": "meant", "text": "depth below 1.4 m"}]
    assert [item["box"] for item in reply["segments"]] == [[20, 20, 60, 60], [90, 50, 140, 90]]
    assert [item["pixel_count"] for item in reply["segments"]] == [1600, 2000]
    assert [item["span"] for item in reply["segments"]] == [None, [2, 8]]
    assert reply["segments"][0]["label"] == "thing" and reply["segments"][0]["score"] == pytest.approx(0.9)
    assert set(reply["latency_ms"]) == {"threshold", "lift"}
    first, second = reply["instances"]
    assert (first["id"], second["id"]) == (1, 2)
    assert first["center"] == pytest.approx([-0.2683, -0.1383, 1.0], abs=0.02)
    assert sorted(first["extents"]) == pytest.approx([0, 0.26, 0.26], abs=0.02)
    assert np.linalg.norm(first["orientation"]) == pytest.approx(1, abs=1e-4)
    assert first["point_count"] == 1600
    mask = cv2.imread(str(out / "mask_1.png"), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (120, 160) and set(np.unique(mask)) == {0, 255} and (mask > 0).sum() == 2000
    assert b"element vertex 3600" in (out / "instances.ply").read_bytes()
    assert cv2.imread(str(out / "overlay.png")).shape[1] == 160
    shown = capsys.readouterr().out
    assert "2 things" in shown and "thing" in shown and "1600" in shown


def test_segment_of_something_absent_leaves_no_old_masks(dataset):
    segment(dataset, "nearer than 1.4")
    status, out = segment(dataset, "nearer than 0.1")
    assert status == 0
    reply = json.loads((out / "reply.json").read_text())
    assert (reply["status"], reply["segments"], reply["instances"]) == ("absent", [], [])
    assert sorted(path.name for path in out.iterdir()) == ["instances.ply", "overlay.png", "reply.json"]


def test_errors_are_one_line_with_status_1(dataset, capsys):
    for arguments in (
        ("segment", "--frame", dataset / "none", "--instruction", "x", "--out", dataset / "o"),
        ("segment", "--frame", dataset / "a", "--instruction", " ", "--out", dataset / "o", *SEGMENTER),
        ("segment", "--frame", dataset / "a", "--instruction", "hm", "--out", dataset / "o", *SEGMENTER),
        ("segment", "--frame", dataset / "a", "--instruction", "1", "--out", dataset / "o", "--segmenter", "nobody"),
        ("eval", dataset / "none"),
    ):
        assert reason_seg(*arguments) == 1
        captured = capsys.readouterr().err
        assert captured.startswith("reason-seg: error: ") and captured.count("\n") == 1


def test_a_file_in_the_way_is_an_error_and_no_trace(dataset, capsys):
    (dataset.parent / "out").write_text("")
    status, _ = segment(dataset, "nearer than 1.4")
    assert status == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("reason-seg: error: ")
    assert f"{dataset.parent / 'out'} is" in complaint and "name another folder" in complaint


def test_wrong_usage_has_status_2(dataset, capsys):
    for arguments in ((), ("segment",), ("nonsense",), ("simulate", "--out", "x", "--scenes", "0")):
        assert reason_seg(*arguments) == 2
        captured = capsys.readouterr().err
        assert captured.startswith("reason-seg: error: ") and captured.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("simulate", "--out", "x", "--foo"), "--foo (see 'reason-seg simulate --help')"),
        (("simulate", "--out", "x", "--scenes", "abc"), "'abc' is no whole number from 1"),
        (("simulate", "--out", "x", "--seed", "-1"), "'-1' is no whole number from 0"),
        (("demo", "--seed", "-1"), "'-1' is no whole number from 0"),
        (("ask", "the mug", "--timeout", "nan"), "'nan' is no number above 0"),
        (("eval", "x", "--option", "beam"), "'beam' is not NAME=VALUE"),
        (("eval", "x", "--option", "beam=[4"), "the value in 'beam=[4' is no YAML"),
        (("eval", "x", "--precision", "fp33"), "'fp32', 'bf16'"),
    ],
)
def test_wrong_usage_says_what_is_allowed(arguments, hint, capsys):
    assert reason_seg(*arguments) == 2
    assert hint in capsys.readouterr().err


class Terminal(io.StringIO):
    """A standard error that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_what_is_being_done_is_shown_on_a_terminal(dataset, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    assert segment(dataset, "nearer than 1.4")[0] == 0
    shown = terminal.getvalue().split("\r\033[K")
    assert shown == ["", "load ...", "weights 40 % ...", "threshold ...", "…g for what is near", "lift ...", ""]


def test_the_line_on_the_terminal_goes_with_an_error(dataset, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert segment(dataset, "nonsense")[0] == 1
    assert "\r\033[Kreason-seg: error: say a distance" in terminal.getvalue()


OPTIONS_SAID = "does not take {}; its options are: least_pixels"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--checkpoint", "x"), OPTIONS_SAID.format("checkpoint")),
        (("--device", "cuda:1", "--precision", "4bit"), OPTIONS_SAID.format("device, precision")),
        (("--mode", "text", "--stop-after-mask"), OPTIONS_SAID.format("mode, stop_after_mask")),
        (("--option", "least_pixels=1", "--option", "beam=[4, 5]"), OPTIONS_SAID.format("beam")),
    ],
)
def test_options_that_the_segmenter_does_not_take(dataset, given, said, capsys):
    for arguments in (
        ("segment", "--frame", dataset / "a", "--instruction", "1.4", "--out", dataset / "o"),
        ("chat", "--frame", dataset / "a"),
        ("eval", dataset),
    ):
        assert reason_seg(*arguments, *SEGMENTER, *given) == 1
        assert said in capsys.readouterr().err


def test_further_options_are_read_as_yaml(dataset):
    status, out = segment(dataset, "nearer than 1.4", "--option", "least_pixels=1800")
    assert status == 0
    assert [item["pixel_count"] for item in json.loads((out / "reply.json").read_text())["segments"]] == [2000]


def test_chat_goes_on_after_errors(dataset, monkeypatch, capsys, tmp_path):
    lines = [
        "nearer than 1.1",
        "again",
        "nonsense",
        "",
        "/frame /nowhere",
        "/save",
        f"/save {tmp_path / 'saved'}",
        "/unknown",
        "/help",
        f"/frame {dataset / 'a'}",
        "/reset",
        "again",
        "/quit",
        "nearer than 1.4",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    assert reason_seg("chat", "--frame", dataset / "a", *SEGMENTER) == 0
    shown = capsys.readouterr().out
    assert shown.count("+ 1 things are nearer than 1.1 m.") == 2
    assert shown.count("! say a distance") == 2  # "nonsense", and "again" after the reset
    assert "! /nowhere is not a frame folder" in shown
    assert "! /save needs a folder" in shown and "no command /unknown" in shown and "/frame DIR" in shown
    assert "2 things" not in shown
    saved = json.loads((tmp_path / "saved" / "reply.json").read_text())
    assert saved["instruction"] == "again" and saved["instances"][0]["id"] == 1


def test_chat_ends_with_its_input(dataset, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("nearer than 1.1"))
    assert reason_seg("chat", "--frame", dataset / "a", *SEGMENTER) == 0
    assert "  id  label" in capsys.readouterr().out


def test_eval_prints_and_writes_figures(dataset, capsys, tmp_path):
    written = tmp_path / "figures" / "scores.json"
    options = ("--option", "least_pixels=10", "--json", written, "--report", tmp_path / "page")
    status = reason_seg("eval", dataset, *SEGMENTER, *options)
    assert status == 0
    figures = json.loads(written.read_text())
    assert set(figures) == {"overall", "per_kind", "latency_ms"}
    assert figures["overall"]["giou"] == pytest.approx(0.75)
    assert figures["overall"]["queries"] == 4
    assert figures["per_kind"]["absent"]["absent_accuracy"] == pytest.approx(0.5)
    assert figures["latency_ms"]["median"] > 0
    page = (tmp_path / "page" / "index.html").read_text()
    assert "1 frame, segmenter_options {least_pixels: 10}" in page  # which tells two checkpoints' pages apart
    shown = capsys.readouterr().out
    assert "overall" in shown and "0.750" in shown and "median" in shown


def test_eval_measures_proposals(dataset, tmp_path):
    written = tmp_path / "scores.json"
    assert reason_seg("eval", dataset, *SEGMENTER, "--json", written, "--proposals") == 0
    proposals = json.loads(written.read_text())["proposals"]
    assert proposals["instances"] == 2 and 0 <= proposals["mean_best_iou"] <= 1


def test_simulated_frames_can_be_evaluated(tmp_path, capsys):
    assert reason_seg("simulate", "--out", tmp_path / "sim", "--scenes", "1", "--seed", "4") == 0
    assert "1 frame written" in capsys.readouterr().out
    from reason_seg_ros.evaluation.dataset import read_dataset

    (frame,) = read_dataset(tmp_path / "sim")
    assert frame.load().target(frame.queries[0]).shape == (480, 640)


def test_help_of_every_command(capsys):
    assert reason_seg("--help") == 0
    commands = capsys.readouterr().out
    for command in ("segment", "chat", "eval", "simulate", "bringup", "ask", "demo"):
        assert command in commands
        assert reason_seg(command, "--help") == 0
        assert f"usage: reason-seg {command}" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom reason_seg_ros.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'cv2', 'scipy', 'torch', 'open3d', 'rclpy', 'transformers', 'PIL', 'rerun'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded: []\n")


def test_the_module_runs_as_a_program():
    command = [sys.executable, "-m", "reason_seg_ros.cli", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("reason_seg_ros ")
