"""The one way through the house: frame and instruction in, reply and 3D instances out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .errors import InstructionError
from .frame import Frame
from .lifting.instance import Instance
from .lifting.lift import lift
from .lifting.tracking import Tracker
from .reply import Conversation, Reply
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
            listener: hears the stages and may cancel.
            camera_pose: (4, 4) pose of the optical frame in a fixed frame, so that ids last while the camera moves.

        Raises:
            InstructionError: if the instruction is empty or too long.
            SegmenterError: if the segmenter fails.
            Cancelled: if the listener no longer wants the answer.
        """
        conversation = Conversation() if conversation is None else conversation
        listener = listener or Listener()
        instruction = self.checked(instruction)
        reply = self.segmenter.ask(frame, instruction, conversation, listener)
        listener.check()
        listener.stage("lift")
        start = time.perf_counter()
        up = frame.up if frame.up is not None else reply.up
        instances = self._tracker.assign(lift(frame, reply.segments, up=up), camera_pose)
        latency = {**reply.latency_ms, "lift": 1000 * (time.perf_counter() - start)}
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
