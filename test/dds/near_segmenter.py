"""A segmenter for these tests: it means whatever is near, and does what some instructions tell it to."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np

from reason_seg_ros.frame import Frame
from reason_seg_ros.reply import Conversation, Reply, Segment, Status, Step
from reason_seg_ros.segmenters.base import Listener

NEAR = 0.9


class NearSegmenter:
    """Finds connected regions nearer than `NEAR` metres.

    "hold NAME" answers once the file NAME exists in the gate folder, "deaf NAME" too but cannot be cancelled, "fail"
    raises, "exit" calls sys.exit, "memory" runs out of memory, "talk" talks until it is cancelled, "nothing" finds
    nothing, "which" finds candidates. The text says how many turns the conversation has.

    Args:
        gate: folder of the files that "hold" and "deaf" wait for.
        broken: fail to load; "exit" calls sys.exit.
        load: load once the file of this name exists in the gate folder.
    """

    name = "near"

    def __init__(self, gate: str = "", broken: bool | str = False, load: str = "") -> None:
        self._gate = Path(gate)
        self._broken = broken
        self._load = load

    def load(self, listener: Listener | None = None) -> None:
        if self._broken == "exit":
            sys.exit("this segmenter is broken")
        if self._broken:
            raise RuntimeError("this segmenter is broken")
        if self._load:
            assert listener is not None
            listener.stage("checkpoint")
            self._wait_for(self._load, listener)

    def close(self) -> None:
        pass

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        assert conversation is not None
        assert listener is not None
        listener.stage("propose")
        segments = tuple(
            Segment(mask, "thing", f"thing {i}", score=0.9 - 0.1 * i) for i, mask in enumerate(regions(frame))
        )
        text = f"turn {len(conversation.turns) + 1}: {len(segments)} near"
        listener.text(text)
        self._obey(instruction, listener)
        status = Status.AMBIGUOUS if instruction.startswith("which") else Status.FOUND
        if instruction.startswith("nothing") or not segments:
            segments, status = (), Status.ABSENT
        return Reply(status, text, segments, (Step("meant", "what is near"),), {"propose": 1.0})

    def _obey(self, instruction: str, listener: Listener) -> None:
        command, _, argument = instruction.partition(" ")
        if command == "fail":
            raise RuntimeError("told to fail")
        if command == "exit":
            sys.exit("told to fail")
        if command == "memory":
            raise MemoryError("told to need too much")
        while command == "talk":
            listener.check()
            listener.text(argument)
        if command in ("hold", "deaf"):
            self._wait_for(argument, listener if command == "hold" else Listener())

    def _wait_for(self, name: str, listener: Listener) -> None:
        while not (self._gate / name).exists():
            listener.check()
            time.sleep(0.01)


def regions(frame: Frame) -> list[np.ndarray]:
    """Masks of what is nearer than `NEAR` metres, each connected."""
    near = np.nan_to_num(frame.depth, nan=np.inf) < NEAR
    count, labels = cv2.connectedComponents(near.astype(np.uint8))
    return [labels == i for i in range(1, count)]
