"""The managed node: every transition, invalid ones, failing ones; and an answer in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from camera import Camera
from conftest import Program, parameters
from diagnostic_msgs.msg import DiagnosticStatus
from person import Person

from reason_seg_ros.msg import Reply

NEAR = "near_segmenter:NearSegmenter"


@pytest.fixture(scope="module")
def program(start: Callable[..., Program], near: list[str]) -> Program:
    return start("reason_seg_ros.nodes.segmenter_node", *near, *parameters(autostart=False))


@pytest.fixture(scope="module")
def person(domain: int, program: Program) -> Iterator[Person]:
    person = Person(domain)
    person.connect()
    camera = Camera(person.node)
    yield person
    camera.close()
    person.close()


@pytest.fixture(autouse=True)
def unconfigured(person: Person) -> None:
    """Every test starts in the first state."""
    for state, transition in (("active", "deactivate"), ("inactive", "cleanup")):
        if person.state == state:
            assert person.change_state(transition)
    assert person.state == "unconfigured"


def expect_not_active(person: Person, state: str) -> None:
    array = person.ask(f"while {state}")
    assert (array.status, array.error_code) == (Reply.ERROR, Reply.NOT_ACTIVE)
    assert state in array.text
    assert "ros2 lifecycle" in array.text
    goal = person.goal(f"while {state}")
    assert (goal.status, goal.result.error_code) == ("aborted", Reply.NOT_ACTIVE)


def test_all_the_way_up_and_down_twice(person: Person) -> None:
    for _ in range(2):
        expect_not_active(person, "unconfigured")
        assert person.change_state("configure")
        assert person.state == "inactive"
        expect_not_active(person, "inactive")
        assert person.change_state("activate")
        assert person.state == "active"
        person.until(lambda: person.ask("what is near").status == Reply.FOUND)
        assert person.change_state("deactivate")
        expect_not_active(person, "inactive")
        assert person.change_state("activate")
        person.until(lambda: person.ask("and again").status == Reply.FOUND)
        assert person.change_state("deactivate")
        assert person.change_state("cleanup")
        assert person.state == "unconfigured"


def test_invalid_transitions_do_no_harm(person: Person, program: Program) -> None:
    for transition in ("activate", "deactivate", "cleanup"):
        assert not person.change_state(transition)
    assert program.alive
    assert person.change_state("configure")
    assert not person.change_state("configure")
    assert person.state == "inactive"


def test_deactivating_ends_what_runs_and_what_waits(person: Person) -> None:
    assert person.change_state("configure")
    assert person.change_state("activate")
    running, waiting = person.goal("hold never"), person.goal("wait your turn")
    person.until(lambda: person.working("hold never"))
    assert person.change_state("deactivate")
    for goal in (running, waiting):
        assert (goal.status, goal.result.error_code) == ("aborted", Reply.NOT_ACTIVE)
        assert "deactivated" in goal.result.error_message


def test_diagnostics_follow_the_state(person: Person) -> None:
    assert person.change_state("configure")
    person.until(lambda: person.status("segmenter: segmenter").message == "inactive")
    assert person.change_state("activate")
    person.until(lambda: person.status("segmenter: segmenter").message == "active")


def test_deactivating_takes_the_answer_away(person: Person) -> None:
    """It is on latched topics, where a planner may meet it much later."""
    assert person.change_state("configure")
    assert person.change_state("activate")
    person.until(lambda: person.ask("what is near").status == Reply.FOUND)
    person.until(lambda: "cloud" in person.pictures and person.pictures["cloud"].width)
    assert person.change_state("deactivate")
    person.until(lambda: not person.pictures["cloud"].width and len(person.pictures["markers"].markers) == 1)
    expect_not_active(person, "inactive")
    assert not person.pictures["cloud"].width


def test_parameters_change_in_the_states_that_do_not_use_them(person: Person) -> None:
    assert person.change_state("configure")
    assert person.set_parameter("target_frame", "map").successful
    refused = person.set_parameter("segmenter_options", "{}")
    assert not refused.successful
    assert "clean up" in refused.reason
    assert person.change_state("activate")
    refused = person.set_parameter("target_frame", "")
    assert not refused.successful
    assert "deactivate" in refused.reason
    assert person.ask("where is the map").error_code == Reply.NO_TRANSFORM
    assert person.change_state("deactivate")
    assert person.set_parameter("target_frame", "").successful
    assert person.change_state("activate")
    person.until(lambda: person.ask("what is near").status == Reply.FOUND)


def test_a_segmenter_that_cannot_be_cancelled(person: Person, gate: Path) -> None:
    """The goal ends in time, the node goes on with a fresh segmenter, and the late answer reaches nobody."""
    assert person.change_state("configure")
    assert person.change_state("activate")
    goal = person.goal("deaf ears")
    person.until(lambda: person.working("deaf ears"))
    assert person.change_state("deactivate")
    assert (goal.status, goal.result.error_code) == ("aborted", Reply.NOT_ACTIVE)
    assert not person.change_state("activate")
    assert "still works on an instruction" in person.ask("why not").text
    assert person.change_state("cleanup")
    assert person.change_state("configure")
    assert person.change_state("activate")
    person.until(lambda: person.ask("what is near").status == Reply.FOUND)
    (gate / "ears").touch()
    assert person.ask("what is near").status == Reply.FOUND
    endings = [array for array in person.arrays if array.request_id == goal.result.answer.request_id]
    assert [array.error_code for array in endings] == [Reply.NOT_ACTIVE]
    (gate / "ears").unlink()


def test_all_else_answers_while_a_segmenter_loads(start: Callable[..., Program], domain: int, tmp_path: Path) -> None:
    options = parameters(segmenter=NEAR, segmenter_options=f"'{{gate: {tmp_path}, load: loaded}}'")
    start("reason_seg_ros.nodes.segmenter_node", *options, "-r", "__node:=slow", "-r", "instruction:=/slow/say")
    person = Person(domain, "/slow", "/slow/say")
    try:
        person.connect()
        assert person.state == "configuring"
        array = person.ask("are you there")
        assert (array.error_code, "(checkpoint)" in array.text) == (Reply.NOT_ACTIVE, True)
        assert "once it is active" in array.text
        person.until(lambda: person.says("/slow: segmenter", "loading segmenter"))
        assert person.set_parameter("slop", 0.02).successful
        assert not person.set_parameter("objects_file", "mine.yaml").successful
        assert person.reset_conversation().success
        assert not person.change_state("configure")
        assert person.state == "configuring"
        (tmp_path / "loaded").touch()
        person.until(lambda: person.state == "active")
        person.until(lambda: person.ask("what is near").status == Reply.FOUND)
    finally:
        person.close()


@pytest.mark.parametrize("autostart", [True, False])
def test_an_interrupt_ends_a_node_that_loads(
    start: Callable[..., Program], domain: int, tmp_path: Path, autostart: bool
) -> None:
    options = parameters(
        segmenter=NEAR,
        segmenter_options=f"'{{gate: {tmp_path}, load: never}}'",
        autostart=autostart,
    )
    name = f"/ending_{autostart}".lower()
    program = start(
        "reason_seg_ros.nodes.segmenter_node", *options, "-r", f"__node:={name[1:]}", "-r", f"instruction:={name}/say"
    )
    person = Person(domain, name, f"{name}/say")
    try:
        person.connect()
        if not autostart:
            person.ask_for("configure")
        person.until(lambda: person.state == "configuring")
        assert program.end() == 0
        assert f"ended before segmenter '{NEAR}' was loaded" in program.output
    finally:
        person.close()


def test_an_interrupt_while_a_goal_is_answered(
    start: Callable[..., Program], near: list[str], domain: int, person: Person
) -> None:
    """Its feedback has nobody to go to any more, which is no failure of the segmenter."""
    name = "/talking"
    program = start(
        "reason_seg_ros.nodes.segmenter_node", *near, "-r", f"__node:={name[1:]}", "-r", f"instruction:={name}/say"
    )
    talker = Person(domain, name, f"{name}/say")
    try:
        talker.connect()
        goal = talker.until(lambda: talker.ask("are you there").status == Reply.FOUND) and talker.goal("talk on")
        talker.until(lambda: len(goal.feedback) > 9)
        assert program.end() == 0
        assert "RCLError" not in program.output
    finally:
        talker.close()


def test_a_node_that_is_shut_down(start: Callable[..., Program], near: list[str], domain: int) -> None:
    name = "/leaving"
    start("reason_seg_ros.nodes.segmenter_node", *near, "-r", f"__node:={name[1:]}", "-r", f"instruction:={name}/say")
    leaving = Person(domain, name, f"{name}/say")
    try:
        leaving.connect()
        leaving.until(lambda: leaving.state == "active")
        assert leaving.change_state("shutdown")
        array = leaving.ask("are you there")
        assert (array.error_code, leaving.state) == (Reply.NOT_ACTIVE, "finalized")
        assert array.text.endswith("start it again")
    finally:
        leaving.close()


@pytest.fixture(scope="module", params=["unknown", "broken", "exit", "misfit"])
def failing(
    request: pytest.FixtureRequest, start: Callable[..., Program], person: Person, domain: int
) -> Iterator[Person]:
    """Somebody who talks to a node whose segmenter cannot be loaded."""
    wrong = {
        "unknown": parameters(segmenter="no_such_segmenter"),
        "broken": parameters(segmenter=NEAR, segmenter_options="'{broken: true}'"),
        "exit": parameters(segmenter=NEAR, segmenter_options="'{broken: exit}'"),
        "misfit": parameters(segmenter=NEAR, checkpoint="some/weights"),
    }[request.param]
    name = f"failing_{request.param}"
    start("reason_seg_ros.nodes.segmenter_node", *wrong, "-r", f"__node:={name}", "-r", f"instruction:=/{name}/say")
    failing = Person(domain, f"/{name}", f"/{name}/say")
    failing.connect()
    yield failing
    failing.close()


def test_a_segmenter_that_cannot_be_loaded(failing: Person) -> None:
    """The node says why and can be configured again."""
    causes = (
        "no_such_segmenter",
        "this segmenter is broken",
        "does not take checkpoint; its options are: gate, broken",
    )
    array = failing.until(lambda: (a := failing.ask("anyone there")) and any(c in a.text for c in causes) and a)
    assert array.error_code == Reply.NOT_ACTIVE
    assert failing.state == "unconfigured"
    status = failing.until(lambda: failing.status(f"{failing.node_name}: segmenter"))
    assert status.level == DiagnosticStatus.ERROR
    assert not failing.change_state("configure")
    assert failing.state == "unconfigured"


def test_gate_is_empty(gate: Path) -> None:
    """The goals above were ended by the node, not let through."""
    assert not list(gate.iterdir())
