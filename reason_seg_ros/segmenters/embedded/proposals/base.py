"""What is there: the things that the geometry step finds in a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....geometry.planes import Plane


@dataclass(frozen=True, eq=False)
class Proposal:
    """One thing in view. The proposals of a frame do not overlap.

    Attributes:
        mask: (H, W) bool, the visible pixels.
        score: chance that this is one whole object: that the mask and an object's share more than half of their union.
        support: index into `Scenery.planes` of the plane that the thing rests over, or None.
    """

    mask: np.ndarray
    score: float
    support: int | None


@dataclass(frozen=True, eq=False)
class Scenery:
    """Everything that the geometry step knows of a frame.

    Attributes:
        proposals: the things in view, in no meaningful order.
        planes: support planes (table tops, floor, shelves), the most important first; walls are not among them.
        up: (3,) unit vector against gravity in the optical frame, or None if no plane and no transform tells.
        height: (H, W) float32, metres above the support plane below each pixel; NaN where unknown.
    """

    proposals: tuple[Proposal, ...]
    planes: tuple[Plane, ...]
    up: np.ndarray | None
    height: np.ndarray
