"""The action: feedback, result, cancel while it runs and while it waits, a limit on what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from camera import Camera
from conftest import Program, parameters
from person import Person

from reason_seg_ros.msg import Reply

LIMIT = 2


@pytest.fixture(scope="module")
def person(domain: int, start: Callable[..., Program], near: list[str]) -> Iterator[Person]:
    start("reason_seg_ros.nodes.segmenter_node", *near, *parameters(max_queued_goals=LIMIT))
    person = Person(domain)
    person.connect()
    camera = Camera(person.node)
    person.until(lambda: person.ask("are you there").status == Reply.FOUND)
    yield person
    camera.close()
    person.close()


def test_feedback_and_result(person: Person, gate: Path) -> None:
    goal = person.goal("hold feedback")
    person.until(lambda: any(feedback.partial_text for feedback in goal.feedback))
    (gate / "feedback").touch()  # clients drop the feedback that comes with the result
    assert goal.status == "succeeded"
    answer = goal.result.answer
    assert (answer.status, len(answer.instances)) == (Reply.FOUND, 2)
    assert (goal.result.error_code, goal.result.error_message) == (Reply.NONE, "")
    assert [feedback.stage for feedback in goal.feedback][:3] == ["queued", "wait", "propose"]
    published = person.until(lambda: next((a for a in person.arrays if a.request_id == answer.request_id), None))
    assert published == answer


def test_absent_succeeds(person: Person) -> None:
    goal = person.goal("nothing at all")
    assert goal.status == "succeeded"
    assert goal.result.answer.status == Reply.ABSENT


def test_errors_abort_with_a_code(person: Person) -> None:
    goal = person.goal("")
    assert goal.status == "aborted"
    assert goal.result.error_code == Reply.BAD_INSTRUCTION
    assert "empty" in goal.result.error_message
    assert goal.result.answer.status == Reply.ERROR


def test_cancel_while_it_runs(person: Person) -> None:
    goal = person.goal("hold never")
    person.until(lambda: person.working("hold never"))
    assert goal.cancel()
    assert goal.status == "canceled"
    assert goal.result.answer.status == Reply.CANCELLED
    assert person.ask("go on").status == Reply.FOUND


def test_cancel_while_it_waits(person: Person, gate: Path) -> None:
    running = person.goal("hold one")
    person.until(lambda: person.working("hold one"))
    waiting = person.goal("wait your turn")
    assert waiting.cancel()
    assert waiting.status == "canceled"
    assert not running.done
    assert person.working("wait your turn") is None
    (gate / "one").touch()
    assert running.status == "succeeded"


def test_goals_wait_up_to_a_limit(person: Person, gate: Path) -> None:
    running = person.goal("hold two")
    person.until(lambda: person.working("hold two"))
    waiting = [person.goal(f"waiting {i}") for i in range(LIMIT)]
    refused = person.goal("too many")
    assert refused.status == "aborted"
    assert refused.result.error_code == Reply.QUEUE_FULL
    assert "max_queued_goals" in refused.result.error_message
    assert not any(goal.done for goal in (running, *waiting))
    (gate / "two").touch()
    assert [goal.status for goal in (running, *waiting)] == ["succeeded"] * (1 + LIMIT)


def test_topic_and_goals_take_turns(person: Person, gate: Path) -> None:
    running = person.goal("hold three")
    person.until(lambda: person.working("hold three"))
    person.say("asked in between")
    person.until(lambda: "1" in [v.value for v in person.status("answers").values if v.key == "waiting"])
    (gate / "three").touch()
    assert running.status == "succeeded"
    person.until(lambda: any(a.instruction == "asked in between" and a.status == Reply.FOUND for a in person.arrays))
