"""From labels to masks: small holes filled, frayed outlines smoothed, specks dropped, and how sure each outline is."""

from __future__ import annotations

import cv2
import numpy as np

from .borders import borders_of
from .patches import GROUND
from .relief import Relief

_LEAST = 120
"""Pixels of the smallest thing, for an image 640 wide: 1 cm by 3 cm at 1 m."""
_MOST = 0.4
"""A body that fills more of the image, where there is no support, is what the things are in front of."""
_SMOOTH = 5
"""Pixels over which an outline is smoothed: cut off are frays of half the width."""
_CLEAR_VALLEY = 1.5
_CLEAR_CONTRAST = 20.0
"""Slope change, and colour difference (delta E), at which a border is two thirds sure."""


def outlines_of(labels: np.ndarray, relief: Relief) -> list[tuple[np.ndarray, float]]:
    """Mask (H, W) bool and score in [0, 1] of every thing in (H, W) int32 labels; masks do not overlap."""
    scores = _clearness(labels, relief)
    width = 2 * round(_SMOOTH * relief.scale / 2) + 1
    found = []
    taken = np.zeros(labels.shape, bool)
    for number, score in scores.items():
        mask = labels == number
        x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
        window = slice(max(0, y - width), y + h + width), slice(max(0, x - width), x + w + width)
        smooth = _smoothed(mask[window].astype(np.uint8), width, relief.scale)
        mask[window] = smooth & ((labels[window] == number) | (labels[window] == GROUND)) & ~taken[window]
        share = mask.mean()
        whole = share < _MOST or bool(relief.supports.planes)
        if mask[window].sum() >= _LEAST * relief.scale**2 and whole:
            taken[window] |= mask[window]
            found.append((mask, score))
    return found


def _smoothed(mask: np.ndarray, width: int, scale: float) -> np.ndarray:
    """A mask (h, w) uint8 with a smooth outline and without small holes, bool; thin parts keep their shape."""
    smooth = cv2.medianBlur(mask, min(width, 5))
    kernel = np.ones((width, width), np.uint8)
    thin = mask & ~cv2.dilate(cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=1), kernel)
    smooth |= thin
    count, holes, stats, _ = cv2.connectedComponentsWithStats(1 - smooth, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < max(_LEAST / 4 * scale**2, 0.01 * smooth.sum())
    small[0] = False
    border = np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]])
    small[border] = False
    return (smooth > 0) | small[holes]


def _clearness(labels: np.ndarray, relief: Relief) -> dict[int, float]:
    """How sure each thing's outline is, in [0, 1]: the mean over its border of what valley and colour tell."""
    borders = borders_of(labels, relief)
    length = borders.length
    told = borders.sums[:, 1] / length / _CLEAR_VALLEY + borders.contrast / length / _CLEAR_CONTRAST
    sure = length * (1.0 - np.exp(-told))
    count = int(labels.max()) + 1
    total, certain = np.zeros(count), np.zeros(count)
    for end in (0, 1):
        np.add.at(total, borders.pairs[:, end], length)
        np.add.at(certain, borders.pairs[:, end], sure)
    return {
        int(number): float(certain[number] / total[number]) if total[number] else 0.5
        for number in np.unique(labels)
        if number > GROUND
    }
