"""The node `segmenter`: instruction and RGB-D images in, 3D instances out."""

from __future__ import annotations

import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import String
from std_srvs.srv import Trigger

from reason_seg_ros.msg import Reply

from ..errors import InstructionError, SegmenterError
from ..pipeline import Pipeline
from . import interface
from .answering import Answerer
from .camera_subscriptions import CameraSubscriptions
from .diagnostics import AnswerStatistics, DiagnosticsThread, camera_status, make_status
from .frame_source import FrameLimits, FrameSource
from .lifecycle import TransitionThread, transition
from .loading import LoadedSegmenter, Loading
from .outputs import RELIABLE, Outputs
from .parameters import ACTIVATE, CONFIGURE, PARAMETERS, NodeParameters
from .problems import Problem, problem_of
from .python_log import NodeLogHandler
from .questions import Question, QuestionQueue, QueueClosedError, QueueFullError
from .runtime import run_node
from .segment_action import SegmentAction
from .streams import Streams
from .transforms import Transforms

_COMPLAIN_EVERY = 10.0
# Seconds that stopping waits for a segmenter to give up its answer; launch kills what takes longer than 5 s to end.
_STOP_PATIENCE = 3.0


class SegmenterNode(LifecycleNode):
    """Managed node: configure loads the segmenter, activate listens to the camera and answers.

    Instructions are taken in every state, so that each gets an answer; one that cannot be answered is told why.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__("segmenter", **options)
        self.state = "unconfigured"
        self.failure = ""
        self._complete = False  # true once there is everything that destroying it has to close
        self._loading: Loading | None = None
        self._camera: CameraSubscriptions | None = None
        self._frames: FrameSource | None = None
        self._queue: QuestionQueue | None = None
        self._loaded: LoadedSegmenter | None = None
        self._next_complaint = 0.0
        self.parameters = NodeParameters(self, PARAMETERS, self._apply, self._obstacle)
        self._streams = Streams(self.parameters["slop"])
        self._limits = FrameLimits(self.parameters["max_frame_age"], self.parameters["frame_timeout"])
        self._statistics = AnswerStatistics()
        self._answerer = Answerer(Outputs(self), self.get_logger(), self._now, self._statistics.count)
        self._answerer.marker_lifetime = self.parameters["marker_lifetime"]
        self.create_subscription(String, interface.INSTRUCTION.name, self._on_instruction, RELIABLE)
        self.create_service(Trigger, interface.RESET.name, self._on_reset)
        self._action = SegmentAction(self, self._ask, self._withdraw)
        self._python_log = NodeLogHandler(self)
        self._transitions = TransitionThread(self)
        self._diagnostics = DiagnosticsThread(self, self._statuses)
        self._complete = True

    def start(self) -> None:
        """Configure and activate if `autostart` is set; what goes wrong is logged and told to whoever asks."""
        if self.parameters["autostart"]:
            self._transitions.start(self._autostart)

    @transition("configuring", "inactive")
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the segmenter."""
        self._python_log.attach()
        loading = self._loading = Loading(self.parameters["segmenter"], self.get_logger().info)
        self._next_complaint = time.monotonic() + _COMPLAIN_EVERY
        try:
            self._loaded = LoadedSegmenter(self.parameters, loading)
        finally:
            self._loading = None
        self._answerer.pipeline = Pipeline(self._loaded.segmenter, self.parameters["max_instruction_length"])
        self.get_logger().info(f"segmenter '{loading.name}' loaded in {loading.seconds:.1f} s")
        return TransitionCallbackReturn.SUCCESS

    @transition("activating", "active")
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the camera and start to answer."""
        if self._loaded is not None and self._loaded.busy:
            raise SegmenterError(
                "the segmenter still works on an instruction from before the node was deactivated: "
                "wait until it is done, or clean the node up and configure it, which loads another segmenter"
            )
        target_frame = self._answerer.target_frame = self.parameters["target_frame"]
        transforms = Transforms(self, target_frame, self.parameters["transform_timeout"])
        self._camera = CameraSubscriptions(
            self,
            self._streams.add,
            self.parameters["image_transport"],
            self.parameters["depth_image_transport"],
        )
        self._frames = FrameSource(
            self._streams, transforms, self._limits, self._now, self._camera.topics, self._camera.crowded
        )
        self._answerer.frames = self._frames
        self._statistics.begin()
        self._queue = QuestionQueue(
            self._answerer.answer, lambda error: self._log_error(f"an answer could not be published: {error}")
        )
        self._next_complaint = time.monotonic() + _COMPLAIN_EVERY
        topic = self.resolve_topic_name(interface.INSTRUCTION.name)
        self.get_logger().info(f"waiting for {self._camera.describe()}; ask on {topic}")
        return super().on_activate(state)

    @transition("deactivating", "inactive")
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop answering and listening; the segmenter stays loaded."""
        self._stop()
        return super().on_deactivate(state)

    @transition("cleaningup", "unconfigured")
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the segmenter."""
        self._release()
        return super().on_cleanup(state)

    @transition("shuttingdown", "finalized")
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and release whatever is in use."""
        self._stop()
        self._release()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Come back to where configuring can be tried again; `failure` keeps what happened."""
        self._stop()
        self._release()
        self.state = "unconfigured"
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        """Stop, release and close everything."""
        if self._complete:
            self._close()
        super().destroy_node()

    def _close(self) -> None:
        self._answerer.silent = not self.context.ok()
        if self._loading is not None:
            self._loading.cancel()
        if not self._transitions.wait(_STOP_PATIENCE):
            self._log_error(f"ending while the node is {self.state}")
        self.state = "finalized"
        self._stop("ended before this instruction was answered")
        self._release()
        self._diagnostics.close()
        self._python_log.detach()
        self._action.destroy()

    def _autostart(self) -> None:
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _stop(self, why: str = "was deactivated before this instruction was answered") -> None:
        """Answer no more. A segmenter that does not give up is left to itself; its answer has been ended."""
        if self._queue is not None:
            queue, self._queue = self._queue, None
            problem = self._not_active(why)
            current, waiting = queue.close(problem)
            for question in waiting:
                self._answerer.failed(question, problem)
            if not queue.wait(_STOP_PATIENCE) and current is not None and self._loaded is not None:
                self._loaded.abandon(queue)
                self._answerer.failed(current, problem)
                self._log_error(f"the segmenter goes on with {current.instruction[:60]!r} although it was cancelled")
            self._answerer.stopped()
        if self._camera is not None:
            self._camera.close()
            self._camera = None
        if self._frames is not None:
            self._frames.close()
            self._frames = self._answerer.frames = None

    def _release(self) -> None:
        self._answerer.pipeline = None
        loaded, self._loaded = self._loaded, None
        try:
            if loaded is not None:
                loaded.close()
        except Exception as error:  # of a segmenter that is not wanted any more
            self._log_error(f"the segmenter failed to close with {type(error).__name__}: {error}")

    def _on_instruction(self, message: String) -> None:
        self._ask(Question(message.data))

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._answerer.reset()
        response.success = True
        response.message = "the conversation and the instances' ids start afresh with the next instruction"
        return response

    def _ask(self, question: Question) -> None:
        """Let a question wait for its turn; one that is refused is answered now and changes nothing else."""
        queue, pipeline = self._queue, self._answerer.pipeline
        limit = self.parameters["max_queued_goals"]
        try:
            if queue is None or pipeline is None:
                raise QueueClosedError
            pipeline.checked(question.instruction)
            replaced = queue.ask(question, limit)
        except QueueClosedError:
            self._answerer.failed(question, self._not_active(f"is {self.state}"))
        except InstructionError as error:
            self._answerer.failed(question, problem_of(error))
        except QueueFullError:
            text = f"{limit} goals wait already: wait for their results, cancel some, or raise max_queued_goals"
            self._answerer.failed(question, Problem(Reply.QUEUE_FULL, text))
        else:
            if replaced is not None:
                self._answerer.cancelled(replaced, "replaced by a newer instruction")

    def _withdraw(self, question: Question) -> None:
        if self._queue is not None and self._queue.withdraw(question):
            self._answerer.cancelled(question, "cancelled")

    def _not_active(self, why: str) -> Problem:
        if self.state in ("configuring", "activating"):
            loading = f" ({self._loading})" if self._loading is not None else ""
            return Problem(Reply.NOT_ACTIVE, f"the node {why}{loading}: ask again once it is active")
        if self.state == "finalized":
            return Problem(Reply.NOT_ACTIVE, f"the node {why}: start it again")
        cause = f" ({self.failure})" if self.failure else ""
        return Problem(
            Reply.NOT_ACTIVE,
            f"the node {why}{cause}: configure and activate it (ros2 lifecycle set {self.get_fully_qualified_name()} "
            "configure, then activate)",
        )

    def _log_error(self, text: str) -> None:
        if self.context.ok():
            self.get_logger().error(text)
        else:  # /rosout has gone, which the logger would complain about
            print(text, file=sys.stderr)

    def _obstacle(self, read: str) -> str:
        """What has to be done before parameters that are read then may change; "" if nothing."""
        if read == CONFIGURE and self.state != "unconfigured":
            return "deactivate and clean up the node first"
        if read == ACTIVATE and self.state not in ("unconfigured", "configuring", "inactive"):
            return "deactivate the node first"
        return ""

    def _apply(self, changes: dict[str, Any]) -> None:
        self._streams.slop = self.parameters["slop"]
        self._limits.max_frame_age = self.parameters["max_frame_age"]
        self._limits.frame_timeout = self.parameters["frame_timeout"]
        self._answerer.marker_lifetime = self.parameters["marker_lifetime"]
        if self._answerer.pipeline is not None:
            self._answerer.pipeline.max_instruction_length = self.parameters["max_instruction_length"]

    def _now(self) -> int:
        return self.get_clock().now().nanoseconds

    def _statuses(self) -> list[DiagnosticStatus]:
        """The node's diagnostics; also says in the log what is waited for."""
        name = self.get_fully_qualified_name()
        queue, frames, loading = self._queue, self._frames, self._loading
        level = DiagnosticStatus.ERROR if self.failure else DiagnosticStatus.OK
        said = str(loading) if loading is not None else self.failure or self.state
        values = {"segmenter": self.parameters["segmenter"], "state": self.state}
        statuses = [
            make_status(f"{name}: segmenter", level, said, values),
            self._statistics.status(f"{name}: answers", queue.waiting if queue is not None else 0),
        ]
        if frames is not None:
            statuses.insert(1, camera_status(f"{name}: camera", frames))
        self._complain()
        return statuses

    def _complain(self) -> None:
        camera, loading = self._camera, self._loading
        if time.monotonic() < self._next_complaint or (camera is None and loading is None):
            return
        self._next_complaint = time.monotonic() + _COMPLAIN_EVERY
        if loading is not None:
            self.get_logger().info(str(loading))
        elif camera is not None and (complaints := camera.complaints(self._streams)):
            self.get_logger().warning(complaints)


def main(arguments: list[str] | None = None) -> int:
    """Run the segmenter node."""
    return run_node(SegmenterNode, arguments, SegmenterNode.start)


if __name__ == "__main__":
    raise SystemExit(main())
