"""The other side of the interface: says instructions, hears everything that the segmenter node publishes."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import rclpy
from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import String
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

from reason_seg_ros.action import Segment
from reason_seg_ros.msg import Reply, SegmentedInstanceArray

RCLError = rclpy_implementation.RCLError  # a context that ends while it is waited for
PATIENCE = 45.0
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
    "shutdown": Transition.TRANSITION_ACTIVE_SHUTDOWN,
}


class Person:
    """A node in a DDS domain and everything that it has heard.

    Args:
        domain: ROS domain id.
        node: resolved name of the segmenter node.
        instruction: topic for instructions.
    """

    def __init__(self, domain: int, node: str = "/segmenter", instruction: str = "/instruction") -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self.node_name = node
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("person", context=self.context)
        self.replies: list[Reply] = []
        self.arrays: list[SegmentedInstanceArray] = []
        self.partials: list[SegmentedInstanceArray] = []
        self.diagnostics: list[DiagnosticArray] = []
        self.pictures: dict[str, Any] = {}
        self._heard = threading.Condition()
        self._instruction = self.node.create_publisher(String, instruction, 10)
        self._listen(Reply, f"{node}/reply", self.replies.append)
        self._listen(SegmentedInstanceArray, f"{node}/instances", self.arrays.append)
        self._listen(SegmentedInstanceArray, f"{node}/partial_instances", self.partials.append)
        self._listen(DiagnosticArray, "/diagnostics", self.diagnostics.append)
        for kind, name in (
            (PointCloud2, "cloud"),
            (MarkerArray, "markers"),
            (Image, "overlay"),
            (Image, "label_image"),
        ):
            self._listen(kind, f"{node}/{name}", partial(self.pictures.__setitem__, name), LATCHED)
        self.action: Any = ActionClient(self.node, Segment, f"{node}/segment")
        self._reset: Any = self.node.create_client(Trigger, f"{node}/reset_conversation")
        self._change: Any = self.node.create_client(ChangeState, f"{node}/change_state")
        self._state: Any = self.node.create_client(GetState, f"{node}/get_state")
        self._parameters: Any = self.node.create_client(SetParameters, f"{node}/set_parameters")
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the domain."""
        self.context.try_shutdown()
        self._thread.join()
        self.node.destroy_node()

    def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Wait until something holds and return its value; fails if it never does."""
        deadline = time.monotonic() + patience
        with self._heard:
            while not (value := condition()):
                left = deadline - time.monotonic()
                assert left > 0, "nothing of the kind has happened"
                self._heard.wait(min(left, 0.1))
        return value

    def connect(self) -> None:
        """Wait until the node and this person hear each other, which DDS finds out for each topic by itself."""
        for client in (self._reset, self._change, self._state, self._parameters):
            assert client.wait_for_service(PATIENCE)
        assert self.action.wait_for_server(PATIENCE)
        assert any(self._is_answered() for _ in range(round(PATIENCE)))
        self.until(lambda: self.status(f"{self.node_name}: segmenter"))

    def _is_answered(self) -> bool:
        """Whether the node answers within a second; an empty instruction it answers at once, in every state."""
        with contextlib.suppress(AssertionError):
            return bool(self.ask("", 1.0))
        return False

    def say(self, instruction: str) -> None:
        """Publish an instruction."""
        self._instruction.publish(String(data=instruction))

    def ask(self, instruction: str, patience: float = PATIENCE) -> SegmentedInstanceArray:
        """Publish an instruction and return what comes of it; its final reply has arrived too."""
        before = len(self.arrays)
        self.say(instruction)
        array = self.until(
            lambda: next((a for a in self.arrays[before:] if a.instruction == instruction), None), patience
        )
        self.until(lambda: self.final(array.request_id))
        return array

    def final(self, request_id: str) -> Reply | None:
        """The reply that ended a request."""
        return next((r for r in self.replies if r.request_id == request_id and r.status != Reply.WORKING), None)

    def working(self, instruction: str) -> Reply | None:
        """A reply that says that an instruction is being worked on."""
        return next((r for r in self.replies if r.instruction == instruction and r.status == Reply.WORKING), None)

    def says(self, name: str, hint: str) -> Any:
        """The newest diagnostic status of a name if its message holds a hint, else None."""
        status = self.status(name)
        return status if status is not None and hint in status.message else None

    def refused(self, instruction: str, code: int) -> SegmentedInstanceArray | None:
        """Publish an instruction; what comes of it if that is an error with a code, else None."""
        array = self.ask(instruction)
        return array if array.error_code == code else None

    def status(self, name: str) -> Any:
        """The newest diagnostic status whose name ends with this."""
        found = [s for array in list(self.diagnostics) for s in array.status if s.name.endswith(name)]
        return found[-1] if found else None

    def goal(self, instruction: str) -> Goal:
        """Send a goal and wait until it is accepted."""
        return Goal(self, instruction)

    def change_state(self, transition: str) -> bool:
        """Ask for a lifecycle transition and wait until it is made."""
        return self.wait_for(self.ask_for(transition)).success

    def ask_for(self, transition: str) -> Any:
        """Ask for a lifecycle transition; a future of the response."""
        return self._change.call_async(ChangeState.Request(transition=Transition(id=TRANSITIONS[transition])))

    @property
    def state(self) -> str:
        """The node's lifecycle state."""
        return self.wait_for(self._state.call_async(GetState.Request())).current_state.label

    def reset_conversation(self) -> Any:
        """Call the service."""
        return self.wait_for(self._reset.call_async(Trigger.Request()))

    def set_parameter(self, name: str, value: Any) -> SetParametersResult:
        """Set a parameter of the node."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self.wait_for(self._parameters.call_async(request)).results[0]

    def wait_for(self, future: Any) -> Any:
        """Result of a future."""
        self.until(future.done)
        return future.result()

    def _listen(self, kind: Any, topic: str, callback: Callable[[Any], Any], qos: QoSProfile | int = 100) -> None:
        def heard(message: Any) -> None:
            with self._heard:
                callback(message)
                self._heard.notify_all()

        self.node.create_subscription(kind, topic, heard, qos)

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException, RCLError):
            self._executor.spin()


class Goal:
    """A goal of ~/segment."""

    def __init__(self, person: Person, instruction: str) -> None:
        self._person = person
        self.feedback: list[Segment.Feedback] = []
        sent = person.action.send_goal_async(
            Segment.Goal(instruction=instruction), feedback_callback=lambda m: self.feedback.append(m.feedback)
        )
        self.handle = person.wait_for(sent)
        assert self.handle.accepted
        self._result = self.handle.get_result_async()

    def cancel(self) -> bool:
        """Ask for the goal to be cancelled; true if that was accepted."""
        return bool(self._person.wait_for(self.handle.cancel_goal_async()).goals_canceling)

    @property
    def done(self) -> bool:
        """True once there is a result."""
        return self._result.done()

    @property
    def result(self) -> Segment.Result:
        """The result; waits for it."""
        return self._person.wait_for(self._result).result

    @property
    def status(self) -> str:
        """How it ended; waits for that."""
        names = {
            GoalStatus.STATUS_SUCCEEDED: "succeeded",
            GoalStatus.STATUS_ABORTED: "aborted",
            GoalStatus.STATUS_CANCELED: "canceled",
        }
        return names[self._person.wait_for(self._result).status]
