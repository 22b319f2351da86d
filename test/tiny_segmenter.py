"""A small real segmenter for tests: the things that stand nearer to the camera than a distance that is asked for."""

from __future__ import annotations

import re
import time

import cv2
import numpy as np

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.frame import Frame
from reason_seg_ros.reply import Conversation, Reply, Segment, Status, Step
from reason_seg_ros.segmenters.base import Listener


class NearerThan:
    """Answers "nearer than 1.2 m" with one segment per connected region; "again" repeats the last distance."""

    name = "nearer_than"

    def __init__(self, least_pixels: int = 20) -> None:
        self.least_pixels = least_pixels
        self.loaded = False

    def load(self, listener: Listener | None = None) -> None:
        if listener is not None:
            listener.stage("weights 40 %")
        self.loaded = True

    def close(self) -> None:
        self.loaded = False

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        listener = listener or Listener()
        listener.stage("threshold")
        listener.text("Looking for\nwhat is near")
        start = time.perf_counter()
        if instruction == "again" and conversation and conversation.turns:
            instruction = conversation.turns[-1].instruction
        number = re.search(r"\d+(\.\d+)?", instruction)
        if number is None:
            raise SegmenterError("say a distance in metres, for example 'nearer than 1.2'")
        near = np.nan_to_num(frame.depth, nan=np.inf) < float(number[0])
        count, labels = cv2.connectedComponents(near.astype(np.uint8))
        masks = [labels == i for i in range(1, count)]
        segments = tuple(
            Segment(mask, "thing", f"thing {i}", score=0.9, span=(2, 8) if i == 1 else None)
            for i, mask in enumerate(masks)
            if np.count_nonzero(mask) >= self.least_pixels
        )
        return Reply(
            status=Status.FOUND if segments else Status.ABSENT,
            text=f"{len(segments)} things are nearer than {number[0]} m." if segments else "Nothing is that near.",
            segments=segments,
            steps=(Step("meant", f"depth below {number[0]} m"),),
            latency_ms={"threshold": 1000 * (time.perf_counter() - start)},
        )
