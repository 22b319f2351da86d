"""What a segmenter answers, and the conversation that the answers form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np


class Status(str, Enum):
    """How an instruction was answered."""

    FOUND = "found"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    EMPTY = "empty"  # said to be there, but no pixel of it was found


@dataclass(frozen=True, eq=False)
class Segment:
    """A region of the frame that the answer means.

    Attributes:
        mask: (H, W) bool.
        label: short name, "mug".
        description: what a person would call it here, "white mug on the right".
        score: confidence in [0, 1].
        span: [start, end) of the words in the reply's text that the segment belongs to, or None.
    """

    mask: np.ndarray
    label: str
    description: str = ""
    score: float = 1.0
    span: tuple[int, int] | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x0, y0, x1, y1) in pixels, the far corner exclusive; zeros for an empty mask."""
        rows = np.flatnonzero(self.mask.any(axis=1))
        if not len(rows):
            return 0, 0, 0, 0
        columns = np.flatnonzero(self.mask[rows[0] : rows[-1] + 1].any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

    @property
    def pixels(self) -> int:
        """Number of pixels in the mask."""
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class Step:
    """One step of the reasoning, for people: its name ("meant", "there", "which") and a sentence."""

    name: str
    text: str


@dataclass(frozen=True, eq=False)
class Reply:
    """The answer to one instruction on one frame.

    Attributes:
        status: found, absent, ambiguous or empty.
        text: the answer in words.
        segments: best first, or in the order in which the text names them; for an ambiguous reply the candidates
            between which the user must choose.
        steps: how the answer came about.
        latency_ms: milliseconds per stage, in the order in which the stages ran.
        up: (3,) unit vector against gravity in the optical frame if the segmenter saw a support plane, else None.
        record: what the segmenter wants to find again in later turns (its own tokens); means nothing to anyone else.
    """

    status: Status
    text: str
    segments: tuple[Segment, ...] = ()
    steps: tuple[Step, ...] = ()
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    up: np.ndarray | None = None
    record: object = None

    def mask(self, shape: tuple[int, int]) -> np.ndarray:
        """The answer as one mask, (H, W) bool: all segments if found, the best if ambiguous, else none."""
        chosen = {Status.FOUND: self.segments, Status.AMBIGUOUS: self.segments[:1]}.get(self.status, ())
        union = np.zeros(shape, bool)
        for segment in chosen:
            union |= segment.mask
        return union


@dataclass(frozen=True, eq=False)
class Turn:
    """One instruction of a conversation with the reply that it got."""

    instruction: str
    reply: Reply


@dataclass
class Conversation:
    """The turns so far, oldest first: the only state that a segmenter is given."""

    turns: list[Turn] = field(default_factory=list)

    def add(self, instruction: str, reply: Reply) -> None:
        """Append a turn."""
        self.turns.append(Turn(instruction, reply))

    def reset(self) -> None:
        """Forget every turn."""
        self.turns.clear()
