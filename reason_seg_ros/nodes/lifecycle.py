"""Lifecycle transitions whose failures are logged and never end the node."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lifecycle_msgs.srv import ChangeState
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

from ..errors import ReasonSegError

Transition = Callable[[Any, Any], TransitionCallbackReturn]


def transition(reached: str) -> Callable[[Transition], Transition]:
    """Decorate a transition callback: `node.state` becomes `reached` if it succeeds; what it raises is logged.

    rclpy turns an exception into an error without a word. Errors that a user can mend make the transition FAIL, which
    leaves the node in the state that it was in; any other exception is an ERROR, which `on_error` cleans up after.
    """

    def decorate(callback: Transition) -> Transition:
        @functools.wraps(callback)
        def guarded(node: Any, state: Any) -> TransitionCallbackReturn:
            try:
                result = callback(node, state)
            except ReasonSegError as error:
                node.get_logger().error(f"{callback.__name__} failed: {error}")
                node.failure = str(error)
                return TransitionCallbackReturn.FAILURE
            except Exception as error:
                node.get_logger().error(f"{callback.__name__} failed with {type(error).__name__}: {error}")
                node.failure = f"{type(error).__name__}: {error}"
                return TransitionCallbackReturn.ERROR
            if result == TransitionCallbackReturn.SUCCESS:
                node.state = reached
            return result

        return guarded

    return decorate


def survive_invalid_transitions(node: LifecycleNode) -> None:
    """Answer a transition that the current state does not allow with success=False.

    rclpy of Humble lets the exception end the node instead.
    """
    for service in node.services:
        if service.srv_type is ChangeState:
            service.callback = _surviving(node, service.callback)


def _surviving(node: LifecycleNode, callback: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def change_state(request: Any, response: Any) -> Any:
        try:
            return callback(request, response)
        except Exception as error:
            node.get_logger().error(f"this transition is not possible now: {error}")
            response.success = False
            return response

    return change_state
