"""What a patch is like as a whole, and which patches are the support after all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....geometry.cells import MOMENTS, moments_of
from .borders import Border
from .patches import GROUND
from .relief import Relief

_FLAT = 0.3
"""Share of risen pixels below which a patch is flat: colour alone speaks for it."""
_SOFT = 10.0
_HARDNESS = 0.6
"""A flat thing's outline is sharp: so large a colour difference (delta E), and share of the patch's whole difference
from the support, appear within the few pixels of the border. Reflections and shadows fade over more."""
_BEYOND = 0.3
"""A flat patch along the end of the support is its edge or side."""
_FREE = 0.25
"""Share of a patch's outline that must run along the ground for it to tell anything."""
_PLAIN = 2.5
_MINOR = 1500.0
"""A small patch (pixels of an image 640 wide) of the support's own colour is a flaw in the depth."""
_BINS = 6
"""Steps of L, of a and of b in a histogram of colours."""


@dataclass
class Body:
    """Sums over the pixels of one patch, or of several taken as one.

    Attributes:
        area: in pixels of an image 640 wide.
        palette: (216,) histogram of colours.
        moments: (10,) sums that fix the plane of best fit, as in `geometry.cells`.
        risen: pixels that rise over the support beyond doubt.
        odd: sum of deviations in colour from the support.
        difference: sum of colour differences (delta E) from the support.
    """

    area: float
    palette: np.ndarray
    moments: np.ndarray
    risen: float
    odd: float
    difference: float

    def add(self, other: Body) -> None:
        """Take in another body."""
        self.area += other.area
        self.palette = self.palette + other.palette
        self.moments = self.moments + other.moments
        self.risen += other.risen
        self.odd += other.odd
        self.difference += other.difference


def bodies_of(labels: np.ndarray, relief: Relief, rays: np.ndarray) -> dict[int, Body]:
    """The body of every patch.

    Args:
        labels: (H, W) int32.
        relief: of the same frame.
        rays: (H, W, 3) float32 viewing rays with z = 1.
    """
    things = labels > GROUND
    flat, count = labels[things], int(labels.max()) + 1

    def summed(image: np.ndarray | None) -> np.ndarray:
        """Per label, the sum of an image."""
        return np.bincount(flat, None if image is None else image[things], count) / relief.scale**2

    area = summed(None)
    sums = np.stack([summed(im) for im in (relief.high, np.minimum(relief.odd.color, 20.0), relief.odd.difference)], -1)
    palette = np.bincount(flat * _BINS**3 + _color_bins(relief.lab[things]), minlength=count * _BINS**3)
    palette = palette.reshape(count, _BINS**3) / relief.scale**2
    shape = np.zeros((count, MOMENTS))
    firm = things & relief.known & relief.calm
    terms = moments_of(rays[firm], relief.inverse[firm])
    for column in range(MOMENTS):
        shape[:, column] = np.bincount(labels[firm], terms[:, column], count)
    return {
        number: Body(float(area[number]), palette[number], shape[number], *sums[number].tolist())
        for number in range(GROUND + 1, count)
        if area[number] > 0
    }


def _color_bins(lab: np.ndarray) -> np.ndarray:
    """(N,) index in a histogram of L in [0, 100], a and b in [-60, 60] of colours (N, 3)."""
    scaled = (lab + np.array([0, 60, 60], np.float32)) * (_BINS / np.array([100, 120, 120], np.float32))
    steps = np.clip(scaled, 0, _BINS - 1).astype(np.int64)
    return (steps[:, 0] * _BINS + steps[:, 1]) * _BINS + steps[:, 2]


def ground_like(bodies: dict[int, Body], borders: dict[tuple[int, int], Border]) -> list[int]:
    """Patches that are no things: reflections and shadows, the support's own edge, flaws in the depth."""
    outline = dict.fromkeys(bodies, 0.0)
    for pair, border in borders.items():
        for number in pair:
            if number in outline:
                outline[number] += border.length
    found = []
    for number, body in bodies.items():
        border = borders.get((GROUND, number))
        if border and border.length > _FREE * outline[number] and _is_ground(body, border):
            found.append(number)
    return found


def _is_ground(body: Body, border: Border) -> bool:
    """True if a patch with this border to the ground is a part of it."""
    if body.risen > _FLAT * body.area:
        return body.odd < _PLAIN * body.area and body.area < _MINOR
    contrast = border.contrast / border.length
    hardness = contrast * body.area / max(body.difference, 1e-6)
    return contrast < _SOFT or hardness < _HARDNESS or border.beyond > _BEYOND * border.length
