"""Programs with nodes: what is interrupted while it starts ends without a word, what fails then says so."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from conftest import Program
from rclpy.node import Node

from reason_seg_ros.errors import ReasonSegError
from reason_seg_ros.nodes import compose
from reason_seg_ros.nodes.runtime import run_node
from reason_seg_ros.nodes.segmenter_node import SegmenterNode


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGINT)
    yield
    rclpy.try_shutdown()
    signal.signal(signal.SIGINT, handler)


def interrupted(**options: Any) -> Node:
    """Make a node, but ROS is shut down meanwhile, as a signal does it."""
    rclpy.shutdown()
    return Node("late", **options)


def interrupted_last(**options: Any) -> Node:
    """The same, just after the node has been made."""
    node = Node("last", **options)
    rclpy.shutdown()
    return node


def failing(**options: Any) -> Node:
    """Fail to make a node."""
    raise RuntimeError("told to fail")


@pytest.mark.parametrize("make", [interrupted, interrupted_last])
def test_an_interrupt_while_a_node_is_made(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_node(make, []) == 0
    monkeypatch.setattr(compose, "parts", lambda values: [compose.Part(make, {})])
    assert compose.bringup(compose.read_arguments([])) == 0


def test_interrupts_in_quick_succession(start: Callable[..., Program], near: list[str]) -> None:
    """As the terminal and launch send them: the second comes while the node ends, which it does in order."""
    program = start("reason_seg_ros.nodes.segmenter_node", *near)
    deadline = time.monotonic() + 60
    while "waiting for" not in program.output and time.monotonic() < deadline:
        time.sleep(0.02)
    for _ in range(3):
        program.process.send_signal(signal.SIGINT)
        time.sleep(0.03)
    assert program.end() == 0
    assert "Traceback" not in program.output


def test_an_interrupt_ends_a_node_whatever_it_is_at(start: Callable[..., Program], near: list[str]) -> None:
    """Several at once: the more the machine has to do, the later ROS is shut down after the executor was woken."""
    programs = [start("reason_seg_ros.nodes.segmenter_node", *near) for _ in range(6)]
    deadline = time.monotonic() + 60
    while any("waiting for" not in program.output for program in programs) and time.monotonic() < deadline:
        time.sleep(0.02)
    for program in programs:
        program.process.send_signal(signal.SIGINT)
    assert [program.process.wait(20) for program in programs] == [0] * len(programs)


def test_a_node_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="told to fail"):
        run_node(failing, [])
    rclpy.shutdown()
    monkeypatch.setattr(compose, "parts", lambda values: [compose.Part(failing, {})])
    with pytest.raises(RuntimeError, match="told to fail"):
        compose.bringup(compose.read_arguments([]))


@pytest.mark.parametrize(
    ("content", "hints"),
    [
        ("segmenter: {ros__parameters: {slop: 5.0}}", ("parameter slop of /segmenter", "from 0 to 1", "5.0")),
        ("segmenter: {ros__parameters: {slop: a}}", ("parameter slop of /segmenter", "a double from 0 to 1", "'a'")),
        ("segmenter: {ros__parameters: {image_transport: png}}", ("image_transport", "one of raw, compressed")),
        ("segmenter: [", ("no YAML", "line 1")),
        ("segmenter: 5", ("params file",)),
    ],
)
def test_a_parameter_file_that_cannot_be_used(
    content: str, hints: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line that names the file and what is allowed in it, from a node's own program and from bringup."""
    file = tmp_path / "params.yaml"
    file.write_text(content)
    words = ["--ros-args", "--params-file", str(file)]
    assert run_node(lambda: SegmenterNode(), words) == 1
    complaint = capfd.readouterr().err.splitlines()[-1]
    with pytest.raises(ReasonSegError) as raised:
        compose.bringup(compose.read_arguments([f"params_file:={file}"]))
    for text in (complaint, str(raised.value)):
        assert all(hint in text for hint in (str(file), *hints))
    assert "Traceback" not in capfd.readouterr().err
