"""Lifecycle transitions on a thread of their own, whose failures are logged and never end the node."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.task import Future

from ..errors import ReasonSegError

Transition = Callable[[Any, Any], TransitionCallbackReturn]


def transition(during: str, reached: str) -> Callable[[Transition], Transition]:
    """Decorate a transition callback: `node.state` is `during`, then `reached` if it succeeds; failures are logged.

    rclpy turns an exception into an error without a word. Errors that a user can mend make the transition FAIL, which
    leaves the node in the state that it was in; any other exception is an ERROR, which `on_error` cleans up after.
    `node.failure` holds what went wrong last, until a transition succeeds.
    """

    def decorate(callback: Transition) -> Transition:
        @functools.wraps(callback)
        def guarded(node: Any, state: Any) -> TransitionCallbackReturn:
            before, node.state = node.state, during
            try:
                result = callback(node, state)
            except ReasonSegError as error:
                node.failure, result = str(error), TransitionCallbackReturn.FAILURE
            except BaseException as error:  # also sys.exit(), which would leave the node between two states
                node.failure, result = f"{type(error).__name__}: {error}", TransitionCallbackReturn.ERROR
            if result == TransitionCallbackReturn.SUCCESS:
                node.failure, node.state = "", reached
            else:
                node.get_logger().error(f"{during} failed: {node.failure}")
                node.state = before
            return result

        return guarded

    return decorate


class TransitionThread:
    """Makes the transitions of a managed node one at a time, while its other services, topics and timers go on.

    rclpy makes them inside of the callback of ~/change_state, so that a segmenter which takes minutes to load would
    leave every other call unanswered. Here that callback is a coroutine, which waits for a thread.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        self._one_at_a_time = threading.Lock()
        self._thread: threading.Thread | None = None
        service = next(service for service in node.services if service.srv_type is ChangeState)
        self._change_state = service.callback
        # In a group of its own; the default group would let no other callback run until this one has ended.
        group = ReentrantCallbackGroup()
        group.add_entity(service)
        service.callback_group, service.callback = group, self._serve

    def start(self, work: Callable[[], Any], ended: Callable[[], None] = lambda: None) -> bool:
        """Run transitions on the thread, then `ended`; false if it is busy with others. What goes wrong is logged."""
        if not self._one_at_a_time.acquire(blocking=False):
            return False
        self._thread = threading.Thread(target=self._run, args=(work, ended), name="transition", daemon=True)
        self._thread.start()
        return True

    def wait(self, timeout: float) -> bool:
        """Wait until no transition is under way; false if that takes longer than `timeout` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def _run(self, work: Callable[[], Any], ended: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # rclpy of Humble raises where a transition is not allowed in the current state
            self._node.get_logger().error(f"this transition is not possible now: {error}")
        finally:
            self._one_at_a_time.release()
            ended()

    async def _serve(self, request: ChangeState.Request, response: ChangeState.Response) -> ChangeState.Response:
        done: Future = Future(executor=self._node.executor)  # newer rclpy resumes who waits by it

        def ended() -> None:
            done.set_result(None)
            if self._node.executor is not None:
                self._node.executor.wake()

        response.success = False
        if self.start(lambda: self._change_state(request, response), ended):
            await done
        else:
            self._node.get_logger().error("this transition is not possible now: another one is under way")
        return response
