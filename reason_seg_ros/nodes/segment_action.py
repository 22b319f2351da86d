"""The action ~/segment on top of the question queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node
from rclpy.task import Future

from reason_seg_ros.action import Segment
from reason_seg_ros.msg import Reply

from . import interface
from .answering import Outcome
from .outputs import RCLError
from .questions import Question
from .runtime import on_executor

# A result holds clouds; rcl keeps it for this many seconds after the goal has ended.
_RESULT_TIMEOUT = 30


class SegmentAction:
    """Takes goals in and hands their results out; who answers them is none of its business.

    Every goal is accepted, so that what keeps it from being answered reaches the client as an error code in the result.
    Goals change their state only on the executor's thread, since rcl's action server is not thread safe; a goal that
    waits is a suspended coroutine and holds no thread.

    Args:
        node: the node.
        ask: queues a question; calls its `on_done` in any case, now or later.
        withdraw: takes a waiting question out of the queue and ends it; does nothing once its turn has come.
    """

    def __init__(self, node: Node, ask: Callable[[Question], None], withdraw: Callable[[Question], None]) -> None:
        self._node = node
        self._ask = ask
        self._withdraw = withdraw
        self._open: dict[bytes, tuple[Question, Future]] = {}
        self._server = ActionServer(
            node,
            Segment,
            interface.SEGMENT.name,
            self._execute,
            goal_callback=lambda goal: GoalResponse.ACCEPT,
            handle_accepted_callback=self._accepted,
            cancel_callback=self._cancel,
            result_timeout=_RESULT_TIMEOUT,
        )

    def destroy(self) -> None:
        """Close the action."""
        self._server.destroy()

    def _accepted(self, goal: Any) -> None:
        done: Future = Future(executor=self._node.executor)  # newer rclpy resumes who waits by it
        started = False

        def on_progress(stage: str, text: str) -> None:
            nonlocal started
            if not started:
                started = True
                on_executor(self._node, goal.execute)
            self._tell(goal, stage, text)

        def on_done(outcome: Outcome) -> None:
            nonlocal started
            on_executor(self._node, self._finish, done, outcome)
            if not started:
                started = True
                on_executor(self._node, goal.execute)

        question = Question(goal.request.instruction, replaceable=False, on_progress=on_progress, on_done=on_done)
        self._open[_key(goal)] = (question, done)
        self._tell(goal, "queued")
        self._ask(question)

    async def _execute(self, goal: Any) -> Segment.Result:
        _, done = self._open[_key(goal)]
        outcome: Any = await done
        del self._open[_key(goal)]
        array = outcome.array
        if goal.is_cancel_requested:
            goal.canceled()
        elif array.status in (Reply.ERROR, Reply.CANCELLED):
            goal.abort()
        else:
            goal.succeed()
        message = array.text if array.status in (Reply.ERROR, Reply.CANCELLED) else ""
        return Segment.Result(answer=array, error_code=array.error_code, error_message=message)

    def _cancel(self, goal: Any) -> CancelResponse:
        """Accept. The state changes after this returns, so a waiting goal is withdrawn on the executor's next turn."""
        entry = self._open.get(_key(goal))
        if entry is not None:
            entry[0].cancel()
            on_executor(self._node, self._withdraw, entry[0])
        return CancelResponse.ACCEPT

    def _tell(self, goal: Any, stage: str, text: str = "") -> None:
        """Publish feedback, from any thread; after ROS has been shut down there is nobody to tell."""
        try:
            goal.publish_feedback(Segment.Feedback(stage=stage, partial_text=text))
        except RCLError:
            if self._node.context.ok():
                raise

    def _finish(self, done: Future, outcome: Outcome) -> None:
        """Let the coroutine that waits go on. Not once the executor has ended: newer rclpy would run it at once."""
        done.set_result(outcome)
        if self._node.executor is not None:
            self._node.executor.wake()


def _key(goal: Any) -> bytes:
    return bytes(goal.goal_id.uuid)
