"""The one way through the house: frame and instruction in, reply and 3D instances out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .errors import InstructionError
from .frame import Frame
from .geometry.level import level_planes
from .lifting.instance import Instance
from .lifting.lift import lift
from .lifting.tracking import Tracker
from .reply import Conversation, Reply, Segment
from .segmenters.base import Listener, Segmenter

MAX_INSTRUCTION_LENGTH = 1000


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to one instruction.

    Attributes:
        reply: the segmenter's answer: status, words, 2D segments.
        instances: one per segment, in the order of the segments; with ids that last from answer to answer.
        latency_ms: milliseconds per stage, lifting included, in the order in which they ran.
    """

    reply: Reply
    instances: tuple[Instance, ...]
    latency_ms: Mapping[str, float]


class Pipeline:
    """Asks a segmenter and lifts what it finds to 3D."""

    def __init__(self, segmenter: Segmenter, max_instruction_length: int = MAX_INSTRUCTION_LENGTH) -> None:
        self.segmenter = segmenter
        self.max_instruction_length = max_instruction_length
        self._tracker = Tracker()

    def answer(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
        camera_pose: np.ndarray | None = None,
    ) -> Answer:
        """Answer an instruction on a frame and add the turn to the conversation.

        Args:
            frame: the newest capture.
            instruction: what the person said.
            conversation: earlier turns; the new one is appended.
            listener: hears how the answer comes about, and of instances that are ready before it is; may cancel.
            camera_pose: (4, 4) pose of the optical frame in a fixed frame, so that ids last while the camera moves.

        Raises:
            InstructionError: if the instruction is empty or too long.
            SegmenterError: if the segmenter fails.
            Cancelled: if the listener no longer wants the answer.
        """
        conversation = Conversation() if conversation is None else conversation
        listener = listener or Listener()
        instruction = self.checked(instruction)
        lifter = _Lifter(frame, self._tracker, camera_pose, listener)
        reply = self.segmenter.ask(frame, instruction, conversation, lifter)
        listener.check()
        listener.stage("lift")
        instances = lifter.instances(reply)
        latency = {**reply.latency_ms, "lift": lifter.milliseconds}
        conversation.add(instruction, reply)
        return Answer(reply, instances, latency)

    def reset(self) -> None:
        """Forget the instances seen so far; ids start afresh."""
        self._tracker.reset()

    def checked(self, instruction: str) -> str:
        """The instruction without the white space around it.

        Raises:
            InstructionError: if it is empty or too long.
        """
        instruction = instruction.strip()
        if not instruction:
            raise InstructionError("the instruction is empty: say what you want, for example 'the red mug'")
        if len(instruction) > self.max_instruction_length:
            raise InstructionError(
                f"the instruction has {len(instruction)} characters, {self.max_instruction_length} are allowed: "
                "say it in a sentence or two"
            )
        return instruction


class _Lifter(Listener):
    """Lifts the segments of one answer, each once: at once what the segmenter tells early, the others at the end.

    Passes on to the caller's listener what the segmenter tells.
    """

    def __init__(self, frame: Frame, tracker: Tracker, pose: np.ndarray | None, listener: Listener) -> None:
        self._frame, self._tracker, self._pose, self._listener = frame, tracker, pose, listener
        self._early: dict[int, Instance] = {}  # by the identity of the segment's mask, which the instance keeps alive
        self._begun = False
        self.milliseconds = 0.0  # that lifting took

    def stage(self, name: str) -> None:
        self._listener.stage(name)

    def text(self, partial: str) -> None:
        self._listener.text(partial)

    def segment(self, segment: Segment) -> None:
        """Lift it and tell the instance; one without a pixel, or told before, is no news."""
        self._listener.segment(segment)
        if id(segment.mask) in self._early or not segment.pixels:
            return
        (instance,) = self._lifted((segment,))
        self._early[id(segment.mask)] = instance
        self._listener.instance(instance)

    @property
    def cancelled(self) -> bool:
        return self._listener.cancelled

    def check(self) -> None:
        self._listener.check()

    def instances(self, reply: Reply) -> tuple[Instance, ...]:
        """The instances of the whole answer, in the order of its segments."""
        left = dict(self._early)
        early = [left.pop(id(segment.mask), None) for segment in reply.segments]
        late = [segment for segment, instance in zip(reply.segments, early, strict=True) if instance is None]
        rest = iter(self._lifted(late, reply.up))
        return tuple(
            next(rest) if instance is None else _with(instance, segment)
            for segment, instance in zip(reply.segments, early, strict=True)
        )

    def _lifted(self, segments: Sequence[Segment], up: np.ndarray | None = None) -> tuple[Instance, ...]:
        start = time.perf_counter()
        up = self._frame.up if self._frame.up is not None else up
        if up is None and segments:
            up, _ = level_planes(self._frame)
        same_answer, self._begun = self._begun, True
        instances = self._tracker.assign(lift(self._frame, segments, up=up), self._pose, same_answer)
        self.milliseconds += 1000 * (time.perf_counter() - start)
        return instances


def _with(instance: Instance, segment: Segment) -> Instance:
    return instance if instance.segment is segment else replace(instance, segment=segment)
