"""What goes out about a question: its messages, and the news while its answer is being worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from std_msgs.msg import Header

from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray

from ..lifting.instance import Instance
from ..segmenters.base import Listener
from .frame_source import Capture
from .messages import instance_message, latency_messages
from .outputs import Outputs
from .poses import pose_message
from .questions import Question

MessageT = TypeVar("MessageT", Reply, SegmentedInstanceArray)


class Teller(Listener):
    """Publishes how an answer comes about: stages, words, and the instances that are ready before it is.

    Args:
        question: what is being answered.
        outputs: where the news go.
        target_frame: frame of the instances' poses; "" for the camera's optical frame.
        now: the node's clock in nanoseconds.

    Attributes:
        capture: what is asked about, once it is known.
    """

    def __init__(self, question: Question, outputs: Outputs, target_frame: str, now: Callable[[], int]) -> None:
        self._question = question
        self._outputs = outputs
        self._target_frame = target_frame
        self._now = now
        self._stage = ""
        self._text = ""
        self._instances: list[SegmentedInstance] = []
        self.capture: Capture | None = None

    @property
    def header(self) -> Header | None:
        """Of the image that is asked about, once there is one."""
        return self.capture.header if self.capture is not None else None

    def stage(self, name: str) -> None:
        """Tell that a stage begins, with the words so far."""
        self._stage = name
        self._tell()

    def text(self, partial: str) -> None:
        """Tell the words so far."""
        self._text = partial
        self._tell()

    def instance(self, instance: Instance) -> None:
        """Tell the instances so far, this one included."""
        capture = self.capture
        if capture is None or self._question.ended:
            return
        self._instances.append(instance_of(instance, capture, self._target_frame))
        array = array_message(self._question, Reply.WORKING, self._text, header=capture.header)
        add_instances(array, self._instances, capture)
        array.latencies = latency_messages({"total": age_ms(capture, self._now())})
        self._outputs.partial(array)

    @property
    def cancelled(self) -> bool:
        """True once the answer is no longer wanted."""
        return self._question.cancelled

    def _tell(self) -> None:
        if self._question.ended:  # a segmenter that goes on although its answer is no longer wanted
            return
        reply = reply_message(self._question, Reply.WORKING, self._text, header=self.header)
        reply.stage = self._stage
        self._outputs.reply(reply)
        self._question.on_progress(self._stage, self._text)


def reply_message(
    question: Question, status: int, text: str, code: int = Reply.NONE, header: Header | None = None
) -> Reply:
    """What ~/reply says about a question."""
    return _filled(Reply(), question, status, text, code, header)


def array_message(
    question: Question, status: int, text: str, code: int = Reply.NONE, header: Header | None = None
) -> SegmentedInstanceArray:
    """What ~/instances says about a question, without instances."""
    return _filled(SegmentedInstanceArray(), question, status, text, code, header)


def _filled(
    message: MessageT, question: Question, status: int, text: str, code: int, header: Header | None
) -> MessageT:
    """A message with what replies and arrays have in common."""
    message.header = header or Header()
    message.request_id, message.instruction = question.request_id, question.instruction
    message.status, message.error_code, message.text = status, code, text
    return message


def instance_of(instance: Instance, capture: Capture, target_frame: str) -> SegmentedInstance:
    """An instance that was found in a capture."""
    return instance_message(instance, capture.header, target_frame, capture.camera_pose)


def add_instances(array: SegmentedInstanceArray, instances: list[SegmentedInstance], capture: Capture) -> None:
    """Put instances into an answer, and where the camera was."""
    array.instances = list(instances)
    if capture.camera_pose is not None:
        array.camera_pose = pose_message(capture.camera_pose)


def age_ms(capture: Capture, now: int) -> float:
    """Milliseconds from a capture's stamp to a time in nanoseconds; not below 0."""
    return max(0.0, (now - capture.frame.stamp) / 1e6)
