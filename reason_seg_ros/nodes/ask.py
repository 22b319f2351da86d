"""One instruction to a running segmenter node, as a goal of its action."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.exceptions import NameValidationException
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.validate_full_topic_name import validate_full_topic_name

from reason_seg_ros.action import Segment
from reason_seg_ros.msg import Reply

from ..errors import ReasonSegError
from . import interface
from .demo_report import Terminal
from .problems import CODE_NAMES
from .runtime import use_large_image_profile

_DISCOVERY = 10.0  # seconds in which a node that runs is found
_CANCELLING = 5.0  # seconds that a cancelled goal gets to end
_LOOK_EVERY = 0.1


class AskError(ReasonSegError):
    """An instruction that a node has not answered."""


def ask_node(instruction: str, namespace: str = "", node: str = "segmenter", timeout: float = 60.0) -> int:
    """Send an instruction, show what is being done and print the answer.

    Args:
        instruction: what is wanted, in words.
        namespace: the node's.
        node: the node's name.
        timeout: seconds to wait for the answer.

    Returns:
        Exit status: 0 if it was answered, 130 if it was interrupted, which cancels the goal.

    Raises:
        AskError: if no node of this name answers in time, or it answers with an error.
    """
    use_large_image_profile()
    # rclpy's own handler would shut ROS down at Ctrl-C, and the goal could not be cancelled any more.
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        name = "/".join(part for part in (namespace.strip("/"), node.strip("/")) if part)
        with closing(_Client(f"/{name}", timeout)) as client:
            return client.ask(instruction)
    except NameValidationException as error:
        raise AskError(f"--namespace and --node give no name of a node: {' '.join(str(error).split())}") from error
    finally:
        rclpy.try_shutdown()


class _Client:
    """Sends one goal. Served on this thread, since rclpy's action client is not thread safe."""

    def __init__(self, node_name: str, timeout: float) -> None:
        self._node_name = node_name
        self._timeout = timeout
        self._terminal = Terminal()
        name = interface.SEGMENT.name.replace("~", node_name, 1)
        validate_full_topic_name(name)
        self._node = rclpy.create_node("reason_seg_ask")
        self._action: Any = ActionClient(self._node, Segment, name)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._sent: Any = None
        # An exception in the middle of spinning would lose what has just been received.
        self._interrupted = threading.Event()
        self._handler = signal.signal(signal.SIGINT, lambda *_: self._interrupted.set())

    def close(self) -> None:
        """Destroy the node, before ROS is shut down."""
        signal.signal(signal.SIGINT, self._handler)
        self._executor.shutdown(timeout_sec=0)
        self._action.destroy()
        self._node.destroy_node()

    def ask(self, instruction: str) -> int:
        """As `ask_node`."""
        try:
            result = self._result(instruction)
        except KeyboardInterrupt:
            self._cancel()
            self._terminal.say("  cancelled", 33)
            return 130
        except AskError:
            self._cancel()
            self._terminal.clear()
            raise
        if result.answer.status in (Reply.ERROR, Reply.CANCELLED):
            code = CODE_NAMES.get(result.error_code, str(result.error_code))
            raise AskError(f"not answered ({code}): {result.error_message or result.answer.text}")
        self._terminal.answer(result.answer)
        return 0

    def _result(self, instruction: str) -> Any:
        start = time.monotonic()
        patience = min(_DISCOVERY, self._timeout)
        self._terminal.progress(f"looking for {self._node_name}")
        if not self._serve(self._action.server_is_ready, start + patience):
            raise AskError(
                f"no segmenter node {self._node_name} was found within {patience:g} s: start it (reason-seg bringup) "
                "in the same ROS_DOMAIN_ID, or name it with --namespace and --node"
            )
        self._terminal.progress("sent")
        self._sent = self._action.send_goal_async(Segment.Goal(instruction=instruction), self._on_feedback)
        goal = self._come(self._sent, start + self._timeout)
        return self._come(goal.get_result_async(), start + self._timeout).result

    def _come(self, future: Any, deadline: float) -> Any:
        """What the node answers to a request."""
        if not self._serve(lambda: future.done() or not self._action.server_is_ready(), deadline):
            raise AskError(f"{self._node_name} has not answered within {self._timeout:g} s; --timeout waits longer")
        if not future.done():
            raise AskError(f"{self._node_name} ended before it answered: start it again")
        return future.result()

    def _cancel(self) -> None:
        deadline = time.monotonic() + _CANCELLING
        if self._sent is not None and self._action.server_is_ready() and self._serve(self._sent.done, deadline):
            self._serve(self._sent.result().cancel_goal_async().done, deadline)

    def _serve(self, condition: Callable[[], bool], deadline: float) -> bool:
        """Spin until something holds, false if it does not until the deadline; raises KeyboardInterrupt at Ctrl-C."""
        while not condition():
            if self._interrupted.is_set():
                self._interrupted.clear()
                raise KeyboardInterrupt
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(_LOOK_EVERY)
        return True

    def _on_feedback(self, message: Any) -> None:
        stage, text = message.feedback.stage, message.feedback.partial_text
        self._terminal.progress(f"{stage}: {text}" if text else stage)
