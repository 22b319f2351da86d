"""A segmenter for these tests that answers as a language model does: token by token, with masks among the words."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np
from near_segmenter import regions

from reason_seg_ros.frame import Frame
from reason_seg_ros.reply import Conversation, Reply, Segment, Status
from reason_seg_ros.segmenters.base import Listener

MASK = "[SEG]"
TOKENS = ("One ", MASK, "is left, ", "the other ", MASK, "is right.")


class TalkingSegmenter:
    """Says `TOKENS`, a mask of what is near in place of each `MASK`.

    "hold NAME" waits at the word after the first mask until the file NAME exists in the gate folder, and hears of a
    cancel only at the next token, as one does that computes. "empty" finds no pixel, "allocate" asks for more memory
    than there is, "options" says with which options it was made, "log WORDS" logs a warning.

    Args:
        gate: folder of the files that are waited for.
        slow: load once the file "loaded" exists there.
        checkpoint, device, precision, mode, stop_after_mask: said on request.
    """

    name = "talking"

    def __init__(
        self,
        gate: str = "",
        slow: bool = False,
        checkpoint: str = "its own",
        device: str = "its own",
        precision: str = "its own",
        mode: str = "its own",
        stop_after_mask: bool | None = None,
    ) -> None:
        self._gate = Path(gate)
        self._slow = slow
        self._options = f"{checkpoint}, {device}, {precision}, {mode}, {stop_after_mask}"

    def load(self, listener: Listener | None = None) -> None:
        listener = listener or Listener()
        for percent in (0, 20, 40):
            listener.stage(f"weights {percent} %")
        while self._slow and not (self._gate / "loaded").exists():
            listener.check()
            time.sleep(0.01)
        listener.stage("warm up")

    def close(self) -> None:
        pass

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        listener = listener or Listener()
        command, _, argument = instruction.partition(" ")
        if command == "empty":
            return Reply(Status.EMPTY, "It is there.", (Segment(np.zeros(frame.shape, bool), "thing"),))
        if command == "allocate":
            np.zeros(1 << 60, np.uint8)
        if command == "options":
            return Reply(Status.ABSENT, self._options)
        if command == "log":
            logging.getLogger("reason_seg_ros.segmenters.talking").warning(argument)
        return self._talk(frame, argument if command == "hold" else "", listener)

    def _talk(self, frame: Frame, gate: str, listener: Listener) -> Reply:
        masks = iter(regions(frame))
        listener.stage("generate")
        text = ""
        segments: list[Segment] = []
        for token in TOKENS:
            listener.check()
            if token == MASK:
                segments.append(Segment(next(masks), "thing", span=(0, len(text))))
                listener.segment(segments[-1])
                continue
            text += token
            listener.text(text)
            while gate and segments and not listener.cancelled and not (self._gate / gate).exists():
                time.sleep(0.01)
        return Reply(Status.FOUND, text, tuple(segments), latency_ms={"generate": 1.0})
