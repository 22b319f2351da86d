"""One question from frame to published answer. Whatever goes wrong becomes an answer with an error code."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.impl.rcutils_logger import RcutilsLogger
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply, SegmentedInstanceArray

from ..errors import Cancelled
from ..pipeline import Answer, Pipeline
from ..reply import Conversation
from .frame_source import Capture, FrameSource
from .messages import STATUS_CODES, STATUS_NAMES, latency_messages
from .outputs import Outputs
from .problems import Problem, problem_of
from .questions import Question
from .telling import Teller, add_instances, age_ms, array_message, instance_of, reply_message
from .wording import printable

_TURNS_KEPT = 20  # of the conversation: each turn holds masks of the image's size
_WARN_EVERY = 5.0  # seconds between two warnings of the same cause


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a question ended: the last reply and the array that goes with it."""

    reply: Reply
    array: SegmentedInstanceArray


@dataclass(frozen=True, eq=False)
class _Answered:
    capture: Capture
    answer: Answer
    outcome: Outcome


class Answerer:
    """Answers questions, one at a time.

    Args:
        outputs: where the answers go.
        logger: the node's.
        now: the node's clock in nanoseconds.
        count: hears every outcome, for the diagnostics.
    """

    def __init__(
        self,
        outputs: Outputs,
        logger: RcutilsLogger,
        now: Callable[[], int],
        count: Callable[[Outcome], None],
    ) -> None:
        self._outputs = outputs
        self._logger = logger
        self._now = now
        self._count = count
        self.pipeline: Pipeline | None = None
        self.frames: FrameSource | None = None
        self._conversation = Conversation()
        self._reset = threading.Event()
        self._warned: dict[int, float] = {}
        self.target_frame = ""
        self.marker_lifetime = 0.0
        self.silent = False  # log nothing: ROS has been shut down, and /rosout with it

    def answer(self, question: Question) -> None:
        """Answer a question and publish the answer, also if it is an error; raises only what publishing raises."""
        listener = Teller(question, self._outputs, self.target_frame, self._now)
        try:
            answered = self._answered(question, listener)
        except BaseException as error:  # nothing may end this thread, neither sys.exit() nor a panic of Rust code
            if self._unanswered(question, error, listener.header):
                self._outputs.show_nothing(listener.capture)
        else:
            if self._end(question, answered.outcome):
                self._log(answered.outcome.array)
                messages = answered.outcome.array.instances
                self._outputs.show(answered.capture, answered.answer.instances, messages, self.marker_lifetime)

    def failed(self, question: Question, problem: Problem, header: Header | None = None) -> bool:
        """Answer with an error, false if it has ended already; each cause is logged now and then."""
        now = time.monotonic()
        if not self.silent and now - self._warned.get(problem.code, -_WARN_EVERY) >= _WARN_EVERY:
            self._warned[problem.code] = now
            self._logger.warning(f"{_short(question.instruction)!r} not answered: {problem.text}")
        return self._end(question, _outcome(question, Reply.ERROR, problem.text, problem.code, header))

    def cancelled(self, question: Question, why: str, header: Header | None = None) -> bool:
        """End a question that is no longer wanted, false if it has ended already."""
        return self._end(question, _outcome(question, Reply.CANCELLED, why, header=header))

    def stopped(self) -> None:
        """Take the last answer away: the node no longer stands behind it."""
        self._outputs.show_nothing()

    def reset(self) -> None:
        """Forget the conversation and the instances' ids, before the next question."""
        self._reset.set()

    def _log(self, array: SegmentedInstanceArray) -> None:
        if not self.silent:
            instruction, answer = _short(array.instruction), _short(array.text, 200)
            self._logger.info(f"{instruction!r} {STATUS_NAMES[array.status]}: {answer}")

    def _answered(self, question: Question, listener: Teller) -> _Answered:
        pipeline, frames = self.pipeline, self.frames
        if pipeline is None or frames is None:
            raise Problem(Reply.NOT_ACTIVE, "the node is not active")
        if self._reset.is_set():
            self._reset.clear()
            self._conversation.reset()
            pipeline.reset()
        listener.check()
        listener.stage("wait")
        capture = listener.capture = frames.get(listener)
        waited = 1000 * (time.monotonic() - question.asked)
        answer = pipeline.answer(capture.frame, question.instruction, self._conversation, listener, capture.camera_pose)
        del self._conversation.turns[:-_TURNS_KEPT]
        return _Answered(capture, answer, self._packed(question, capture, answer, waited))

    def _unanswered(self, question: Question, error: BaseException, header: Header | None) -> bool:
        """End a question that was taken up but came to nothing; false if it has ended already."""
        if isinstance(error, Cancelled):
            if question.problem is None:
                return self.cancelled(question, "cancelled", header)
            return self.failed(question, question.problem, header)
        problem = problem_of(error)
        if error is not problem and problem.code == Reply.SEGMENTER_FAILED:
            self._logger.error("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        return self.failed(question, problem, header)

    def _packed(self, question: Question, capture: Capture, answer: Answer, waited: float) -> Outcome:
        start = time.perf_counter()
        outcome = _outcome(question, STATUS_CODES[answer.reply.status], answer.reply.text, header=capture.header)
        outcome.reply.steps = [f"{step.name}: {step.text}" for step in answer.reply.steps]
        messages = [instance_of(instance, capture, self.target_frame) for instance in answer.instances]
        add_instances(outcome.array, messages, capture)
        latency = {"wait": waited, **answer.latency_ms, "pack": 1000 * (time.perf_counter() - start)}
        latency["total"] = age_ms(capture, self._now())
        outcome.array.latencies = latency_messages(latency)
        return outcome

    def _end(self, question: Question, outcome: Outcome) -> bool:
        if not question.end():
            return False
        try:
            self._outputs.end(outcome.reply, outcome.array)
        finally:
            self._count(outcome)
            question.on_done(outcome)
        return True


def _outcome(
    question: Question, status: int, text: str, code: int = Reply.NONE, header: Header | None = None
) -> Outcome:
    return Outcome(
        reply_message(question, status, text, code, header), array_message(question, status, text, code, header)
    )


def _short(text: str, length: int = 60) -> str:
    text = printable(text)
    return text if len(text) <= length else text[: length - 1] + "…"
