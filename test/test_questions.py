"""Questions wait for their turn; newer ones replace older ones where that is wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from reason_seg_ros.nodes.questions import Question, QuestionQueue, QueueFullError


class Desk:
    """Answers when told to, and remembers in which order."""

    def __init__(self) -> None:
        self.answered: list[str] = []
        self.errors: list[Exception] = []
        self._turns = threading.Semaphore(0)
        self._changed = threading.Condition()
        self._begun = 0
        self.queue = QuestionQueue(self._answer, self.errors.append)

    def ask(self, instruction: str, replaceable: bool = True, limit: int = 9) -> Question | None:
        return self.queue.ask(Question(instruction, replaceable), limit)

    def begin(self, count: int = 1) -> None:
        """Wait until so many questions have had their turn."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._begun >= count, 30)

    def go_on(self, count: int) -> None:
        """Let so many answers end, and wait for them."""
        for _ in range(count):
            self._turns.release()
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answered) >= count, 30)

    def _answer(self, question: Question) -> None:
        with self._changed:
            self._begun += 1
            self._changed.notify_all()
        if question.instruction == "raise":
            raise ValueError("raised")
        while not question.cancelled and not self._turns.acquire(timeout=0.01):
            pass
        with self._changed:
            self.answered.append(question.instruction)
            self._changed.notify_all()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.queue.close()


def test_first_come_first_served(desk: Desk) -> None:
    for name in "abc":
        desk.ask(name, replaceable=False)
    desk.go_on(3)
    assert desk.answered == ["a", "b", "c"]


def test_a_newer_one_replaces_the_waiting_one(desk: Desk) -> None:
    desk.ask("running")
    desk.begin()
    assert desk.ask("old") is None
    replaced = desk.ask("new")
    assert replaced is not None
    assert replaced.instruction == "old"
    assert desk.queue.waiting == 1
    desk.go_on(2)
    assert desk.answered == ["running", "new"]


def test_only_replaceable_ones_are_replaced(desk: Desk) -> None:
    desk.ask("running")
    desk.begin()
    assert desk.ask("goal", replaceable=False) is None
    assert desk.ask("topic") is None
    assert desk.ask("another goal", replaceable=False) is None
    desk.go_on(4)
    assert desk.answered == ["running", "goal", "topic", "another goal"]


@pytest.mark.parametrize("limit", [0, 2])
def test_the_limit_counts_what_waits(desk: Desk, limit: int) -> None:
    desk.ask("running", replaceable=False, limit=limit)
    desk.begin()
    desk.ask("topic")
    for i in range(limit):
        desk.ask(f"goal {i}", replaceable=False, limit=limit)
    with pytest.raises(QueueFullError):
        desk.ask("too many", replaceable=False, limit=limit)
    assert desk.queue.waiting == limit + 1


def test_withdrawing(desk: Desk) -> None:
    running, waiting = Question("running"), Question("waiting", replaceable=False)
    desk.queue.ask(running)
    desk.begin()
    desk.queue.ask(waiting, 1)
    assert desk.queue.withdraw(waiting)
    assert not desk.queue.withdraw(waiting)
    assert not desk.queue.withdraw(running)
    desk.go_on(1)
    assert desk.answered == ["running"]


def test_an_exception_does_not_end_the_thread(desk: Desk) -> None:
    desk.ask("raise", replaceable=False)
    desk.ask("next", replaceable=False)
    desk.go_on(1)
    assert desk.answered == ["next"]
    assert [str(error) for error in desk.errors] == ["raised"]


def test_closing_cancels_and_returns_the_rest(desk: Desk) -> None:
    desk.ask("running")
    desk.begin()
    desk.ask("waiting")
    current, waiting = desk.queue.close()
    assert current is not None
    assert (current.instruction, [question.instruction for question in waiting]) == ("running", ["waiting"])
    assert desk.queue.wait(30)
    assert desk.answered == ["running"]


def test_waiting_for_an_answer_that_does_not_heed_the_cancel() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def answer(question: Question) -> None:
        begun.set()
        go_on.wait(30)

    queue = QuestionQueue(answer)
    queue.ask(Question("stubborn"))
    assert begun.wait(30)
    queue.close()
    assert not queue.wait(0.05)
    go_on.set()
    assert queue.wait(30)


def test_the_first_reason_to_cancel_holds() -> None:
    problem: Any = RuntimeError("deactivated")
    by_node, by_person = Question("a"), Question("b")
    by_node.cancel(problem)
    by_person.cancel()
    by_person.cancel(problem)
    assert by_node.cancelled
    assert by_person.cancelled
    assert by_node.problem is problem
    assert by_person.problem is None
