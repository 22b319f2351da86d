"""A segment lifted to 3D."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..reply import Segment
from .boxes import OrientedBox


@dataclass(frozen=True, eq=False)
class Instance:
    """One thing that an answer means, in 3D.

    Attributes:
        id: the same for the same thing in different answers, from 1; 0 before a `Tracker` has given one.
        segment: what it was lifted from.
        points: (N, 3) float32, metres, optical frame: the visible surface, cleaned; N is 0 without usable depth.
        colors: (N, 3) uint8, RGB, one per point.
        box: oriented box of the visible points, in the optical frame. What the camera cannot see is not guessed:
            the far side of a thing is not in its box.
        touches_border: the mask reaches the image border, so the thing may go on outside of the view.
        depth_share: share of the mask's pixels with a depth reading, in [0, 1].
    """

    id: int
    segment: Segment
    points: np.ndarray
    colors: np.ndarray
    box: OrientedBox
    touches_border: bool
    depth_share: float
