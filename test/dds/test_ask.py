"""`reason-seg ask`, run as people run it, against a segmenter node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from camera import TOPICS, Camera
from conftest import Program, parameters
from person import Person

from reason_seg_ros.msg import Reply

NODE = "reason_seg_ros.nodes.segmenter_node"


@pytest.fixture(scope="module")
def person(domain: int, start: Callable[..., Program], near: list[str]) -> Iterator[Person]:
    start(NODE, *near, "-r", "__ns:=/robot")
    person = Person(domain, "/robot/segmenter", "/robot/instruction")
    person.connect()
    camera = Camera(person.node, tuple(f"/robot/{topic}" for topic in TOPICS))
    person.until(lambda: person.ask("are you there").status == Reply.FOUND)
    yield person
    camera.close()
    person.close()


@pytest.fixture
def ask(domain: int, person: Person) -> Callable[..., subprocess.Popen[str]]:
    """Start `reason-seg ask`."""
    environment = dict(os.environ, ROS_DOMAIN_ID=str(domain), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")

    def started(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "reason_seg_ros.cli", "ask", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


def test_the_answer_is_printed(ask: Callable[..., subprocess.Popen[str]]) -> None:
    asking = ask("what is near", "--namespace", "/robot")
    shown, complaints = asking.communicate(timeout=60)
    assert (asking.returncode, complaints) == (0, "")
    assert "found: turn" in shown
    assert shown.count("thing #") == 2
    assert "ms: wait" in shown


def test_an_error_is_one_line(ask: Callable[..., subprocess.Popen[str]]) -> None:
    for words, hint in (
        (("", "--namespace", "robot"), "BAD_INSTRUCTION"),
        (("what is near", "--timeout", "1"), "no segmenter node /segmenter"),
        (("what is near", "--node", "no name"), "--node"),
        (("hold for_ever", "--namespace", "robot", "--timeout", "5"), "has not answered within 5 s"),
    ):
        asking = ask(*words)
        _, complaints = asking.communicate(timeout=60)
        assert asking.returncode == 1, complaints
        assert complaints.startswith("reason-seg: error: ") and complaints.count("\n") == 1
        assert hint in complaints


def test_a_node_that_ends_meanwhile(
    ask: Callable[..., subprocess.Popen[str]], start: Callable[..., Program], near: list[str], domain: int
) -> None:
    program = start(NODE, *near, *parameters(frame_timeout=60.0), "-r", "__ns:=/brief")
    person = Person(domain, "/brief/segmenter", "/brief/instruction")
    person.connect()
    asking = ask("what is near", "--namespace", "brief")
    person.until(lambda: person.working("what is near"))
    assert program.end() == 0
    person.close()
    _, complaints = asking.communicate(timeout=60)
    assert asking.returncode == 1
    assert "/brief/segmenter ended before it answered" in complaints
    assert "rosout" not in program.output
    assert "ros2 lifecycle" not in program.output


def test_an_interrupt_cancels_the_goal(ask: Callable[..., subprocess.Popen[str]], person: Person, gate: Path) -> None:
    asking = ask("hold interrupted", "--namespace", "robot")
    person.until(lambda: person.working("hold interrupted"))
    asking.send_signal(signal.SIGINT)
    shown, complaints = asking.communicate(timeout=60)
    assert (asking.returncode, complaints) == (130, "")
    assert "cancelled" in shown
    person.until(
        lambda: any(a.status == Reply.CANCELLED and a.instruction == "hold interrupted" for a in person.arrays)
    )
    assert not (gate / "interrupted").exists()
