"""The node `segmenter`: instruction and RGB-D images in, 3D instances out."""

from __future__ import annotations

import time
from typing import Any

import yaml
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import String
from std_srvs.srv import Trigger

from reason_seg_ros.msg import Reply

from ..errors import SegmenterError
from ..pipeline import Pipeline
from ..segmenters.base import Listener, Segmenter
from ..segmenters.registry import create
from . import interface
from .answering import Answerer
from .camera_subscriptions import CameraSubscriptions
from .diagnostics import AnswerStatistics, DiagnosticsThread, camera_status, make_status
from .frame_source import FrameLimits, FrameSource
from .lifecycle import survive_invalid_transitions, transition
from .outputs import RELIABLE, Outputs
from .parameters import NodeParameters
from .problems import Problem
from .questions import Question, QuestionQueue, QueueFullError
from .runtime import run_node
from .segment_action import SegmentAction
from .streams import Streams
from .transforms import Transforms

_COMPLAIN_EVERY = 10.0


class SegmenterNode(LifecycleNode):
    """Managed node: configure loads the segmenter, activate listens to the camera and answers.

    Instructions are taken in every state, so that each gets an answer; one that cannot be answered is told why.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__("segmenter", **options)
        self.state = "unconfigured"
        self.failure = ""
        self._loading = ""
        self._camera: CameraSubscriptions | None = None
        self._frames: FrameSource | None = None
        self._queue: QuestionQueue | None = None
        self._segmenter: Segmenter | None = None
        self._next_complaint = 0.0
        self.parameters = NodeParameters(self, lambda: self._segmenter is not None, self._apply)
        self._streams = Streams(self.parameters["slop"])
        self._limits = FrameLimits(self.parameters["max_frame_age"], self.parameters["frame_timeout"])
        self._statistics = AnswerStatistics()
        self._answerer = Answerer(Outputs(self), self.get_logger(), self._now, self._statistics.count)
        self._answerer.marker_lifetime = self.parameters["marker_lifetime"]
        self.create_subscription(String, interface.INSTRUCTION.name, self._on_instruction, RELIABLE)
        self.create_service(Trigger, interface.RESET.name, self._on_reset)
        self._action = SegmentAction(self, self._ask, self._withdraw)
        survive_invalid_transitions(self)
        self._diagnostics = DiagnosticsThread(self, self._statuses)

    def start(self) -> None:
        """Configure and activate if `autostart` is set; what goes wrong is logged and told to whoever asks."""
        if self.parameters["autostart"] and self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    @transition("inactive")
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the segmenter."""
        name = self.parameters["segmenter"]
        self.get_logger().info(f"loading segmenter '{name}'")
        start = time.monotonic()
        segmenter = create(name, **self._segmenter_options(name))
        self._loading = "load"
        try:
            segmenter.load(_LoadListener(self))
        finally:
            self._loading = ""
        self._segmenter = segmenter
        self._answerer.pipeline = Pipeline(segmenter, self.parameters["max_instruction_length"])
        self.failure = ""
        self.get_logger().info(f"segmenter '{name}' loaded in {time.monotonic() - start:.1f} s")
        return TransitionCallbackReturn.SUCCESS

    @transition("active")
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the camera and start to answer."""
        target_frame = self.parameters["target_frame"]
        self._answerer.target_frame = target_frame
        transforms = Transforms(self, target_frame, self.parameters["transform_timeout"])
        self._camera = CameraSubscriptions(
            self,
            self._streams.add,
            self.parameters["image_transport"],
            self.parameters["depth_image_transport"],
        )
        self._frames = FrameSource(self._streams, transforms, self._limits, self._now, self._camera.topics)
        self._answerer.frames = self._frames
        self._queue = QuestionQueue(
            self._answerer.answer, lambda error: self._log_error(f"an answer could not be published: {error}")
        )
        self._next_complaint = time.monotonic() + _COMPLAIN_EVERY / 2
        self.get_logger().info(f"waiting for {self._camera.describe()}; ask on {self._instruction_topic}")
        return super().on_activate(state)

    @transition("inactive")
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop answering and listening; the segmenter stays loaded."""
        self._stop()
        return super().on_deactivate(state)

    @transition("unconfigured")
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the segmenter."""
        self._release()
        return super().on_cleanup(state)

    @transition("finalized")
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and release whatever is in use."""
        self._stop()
        self._release()
        return super().on_shutdown(state)

    @transition("unconfigured")
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Come back to where configuring can be tried again."""
        self._stop()
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        """Stop, release and close everything."""
        self._stop()
        self._release()
        self._diagnostics.close()
        self._action.destroy()
        super().destroy_node()

    def _stop(self) -> None:
        if self._queue is not None:
            queue, self._queue = self._queue, None
            problem = self._not_active("was deactivated before this instruction was answered")
            for question in queue.close(problem):
                self._answerer.failed(question, problem)
            while not queue.wait(_COMPLAIN_EVERY):  # the segmenter must not be closed, or used anew, while it works
                self._log_error("waiting for the segmenter: it goes on although its answer is no longer wanted")
        if self._camera is not None:
            self._camera.close()
            self._camera = None
        if self._frames is not None:
            self._frames.close()
            self._frames = self._answerer.frames = None

    def _release(self) -> None:
        self._answerer.pipeline = None
        segmenter, self._segmenter = self._segmenter, None
        if segmenter is not None:
            segmenter.close()

    def _segmenter_options(self, name: str) -> dict[str, Any]:
        try:
            options = yaml.safe_load(self.parameters["segmenter_options"]) or {}
        except yaml.YAMLError as error:
            raise SegmenterError(f"the parameter segmenter_options is no YAML: {error}") from error
        if not isinstance(options, dict):
            raise SegmenterError("the parameter segmenter_options must be a mapping, for example '{beam: 4}'")
        if self.parameters["objects_file"]:
            options["objects_file"] = self.parameters["objects_file"]
        return options

    def _on_instruction(self, message: String) -> None:
        self._ask(Question(message.data))

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._answerer.reset()
        response.success = True
        response.message = "the conversation and the instances' ids start afresh with the next instruction"
        return response

    def _ask(self, question: Question) -> None:
        if self._queue is None:
            self._answerer.failed(question, self._not_active(f"is {self.state}"))
            return
        limit = self.parameters["max_queued_goals"]
        try:
            replaced = self._queue.ask(question, limit)
        except QueueFullError:
            text = f"{limit} goals wait already: wait for their results, cancel some, or raise max_queued_goals"
            self._answerer.failed(question, Problem(Reply.QUEUE_FULL, text))
            return
        if replaced is not None:
            self._answerer.cancelled(replaced, "replaced by a newer instruction")

    def _withdraw(self, question: Question) -> None:
        if self._queue is not None and self._queue.withdraw(question):
            self._answerer.cancelled(question, "cancelled")

    def _not_active(self, why: str) -> Problem:
        cause = f" ({self.failure})" if self.failure else ""
        return Problem(
            Reply.NOT_ACTIVE,
            f"the node {why}{cause}: configure and activate it (ros2 lifecycle set {self.get_fully_qualified_name()} "
            "configure, then activate)",
        )

    def _log_error(self, text: str) -> None:
        self.get_logger().error(text)

    def _apply(self, changes: dict[str, Any]) -> None:
        self._streams.slop = self.parameters["slop"]
        self._limits.max_frame_age = self.parameters["max_frame_age"]
        self._limits.frame_timeout = self.parameters["frame_timeout"]
        self._answerer.marker_lifetime = self.parameters["marker_lifetime"]
        if self._answerer.pipeline is not None:
            self._answerer.pipeline.max_instruction_length = self.parameters["max_instruction_length"]

    def _now(self) -> int:
        return self.get_clock().now().nanoseconds

    @property
    def _instruction_topic(self) -> str:
        return self.resolve_topic_name(interface.INSTRUCTION.name)

    def _statuses(self) -> list[DiagnosticStatus]:
        """The node's diagnostics; also says in the log which topics are missing."""
        name = self.get_fully_qualified_name()
        queue, frames = self._queue, self._frames
        level = DiagnosticStatus.ERROR if self.failure else DiagnosticStatus.OK
        said = self._loading and f"loading: {self._loading}"
        values = {"segmenter": self.parameters["segmenter"], "state": self.state}
        statuses = [
            make_status(f"{name}: segmenter", level, said or self.failure or self.state, values),
            self._statistics.status(f"{name}: answers", queue.waiting if queue is not None else 0),
        ]
        if frames is not None:
            statuses.insert(1, camera_status(f"{name}: camera", frames))
            self._complain()
        return statuses

    def _complain(self) -> None:
        camera = self._camera
        if camera is None or time.monotonic() < self._next_complaint:
            return
        self._next_complaint = time.monotonic() + _COMPLAIN_EVERY
        complaints = camera.complaints(self._streams)
        if complaints:
            self.get_logger().warning(complaints)


class _LoadListener(Listener):
    """Puts what is being loaded into the diagnostics."""

    def __init__(self, node: SegmenterNode) -> None:
        self._node = node

    def stage(self, name: str) -> None:
        self._node._loading = name


def main(arguments: list[str] | None = None) -> int:
    """Run the segmenter node."""
    return run_node(SegmenterNode, arguments, SegmenterNode.start)


if __name__ == "__main__":
    raise SystemExit(main())
