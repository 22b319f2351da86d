"""Questions that wait for their turn, and the one thread that answers them."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .problems import Problem


@dataclass(eq=False)
class Question:
    """An instruction on its way to an answer.

    Attributes:
        replaceable: it came from the topic, so a newer one takes its place while it waits.
        on_progress: hears (stage, partial text) on the answering thread.
        on_done: hears the outcome once, on whatever thread it comes to be known.
        asked: `time.monotonic()` when it arrived.
        problem: what the node cancelled it for; None if the person did.
    """

    instruction: str
    replaceable: bool = True
    on_progress: Callable[[str, str], None] = lambda stage, text: None
    on_done: Callable[[Any], None] = lambda outcome: None
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    asked: float = field(default_factory=time.monotonic)
    problem: Problem | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _end: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cancelled(self) -> bool:
        """True once the answer is no longer wanted."""
        return self._cancelled.is_set()

    def cancel(self, problem: Problem | None = None) -> None:
        """Say that the answer is no longer wanted, or cannot be had because of a problem; what is said first holds."""
        if not self.cancelled:
            self.problem = problem
            self._cancelled.set()

    @property
    def ended(self) -> bool:
        """True once its outcome is decided."""
        return self._end.locked()

    def end(self) -> bool:
        """Decide its outcome: true for the first who does, whose outcome holds; false for whoever comes later."""
        return self._end.acquire(blocking=False)


class QueueFullError(Exception):
    """Too many questions wait already."""


class QueueClosedError(Exception):
    """No more questions are taken."""


class QuestionQueue:
    """Answers questions one after another on a thread of its own, in the order in which they came.

    Of the replaceable questions at most one waits, the newest; the others wait up to a limit.

    Args:
        answer: answers one question and sees to its outcome.
        failed: hears of an exception that `answer` let through; the next question gets its turn all the same.
    """

    def __init__(
        self, answer: Callable[[Question], None], failed: Callable[[Exception], None] = lambda error: None
    ) -> None:
        self._answer = answer
        self._failed = failed
        self._waiting: deque[Question] = deque()
        self._current: Question | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="answers", daemon=True)
        self._thread.start()

    def ask(self, question: Question, limit: int = 0) -> Question | None:
        """Let a question wait for its turn.

        Args:
            question: the new question.
            limit: how many questions that are not replaceable may wait.

        Returns:
            The waiting question that it replaces, which will not be answered; None if there was none.

        Raises:
            QueueFullError: if the limit is reached.
            QueueClosedError: if it is closed.
        """
        with self._changed:
            if self._closed:
                raise QueueClosedError
            replaced = None
            if question.replaceable:
                replaced = next((waiting for waiting in self._waiting if waiting.replaceable), None)
                if replaced is not None:
                    self._waiting.remove(replaced)
            elif self._busy and sum(not waiting.replaceable for waiting in self._waiting) >= limit:
                raise QueueFullError
            self._waiting.append(question)
            self._changed.notify_all()
            return replaced

    def withdraw(self, question: Question) -> bool:
        """Take a waiting question out; false if its turn has come already."""
        with self._changed:
            if question not in self._waiting:
                return False
            self._waiting.remove(question)
            return True

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return len(self._waiting)

    def close(self, problem: Problem | None = None) -> tuple[Question | None, list[Question]]:
        """Cancel the question that is being answered, take no more, and return it and those that still waited.

        Args:
            problem: why, for the question that is being answered.
        """
        with self._changed:
            self._closed = True
            current, left = self._current, list(self._waiting)
            self._waiting.clear()
            if current is not None:
                current.cancel(problem)
            self._changed.notify_all()
        return current, left

    def wait(self, timeout: float | None) -> bool:
        """Wait, once closed, until nothing is answered any more; false if that takes longer than `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def _busy(self) -> bool:
        return self._current is not None or bool(self._waiting)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._current = None
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                self._current = self._waiting.popleft()
            self._try_to_answer(self._current)

    def _try_to_answer(self, question: Question) -> None:
        try:
            self._answer(question)
        except Exception as error:  # the thread must live on
            self._failed(error)
