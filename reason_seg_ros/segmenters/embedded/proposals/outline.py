"""From labels to masks: small holes filled, frayed outlines smoothed, specks dropped."""

from __future__ import annotations

import cv2
import numpy as np

from .patches import GROUND
from .relief import Relief

_LEAST = 120
"""Pixels of the smallest thing, for an image 640 wide: 1 cm by 3 cm at 1 m."""
_MOST = 0.4
"""A body that fills more of the image, where there is no support, is what the things are in front of."""
_SMOOTH = 5
"""Pixels over which an outline is smoothed: cut off are frays of half the width."""


def outlines_of(labels: np.ndarray, relief: Relief) -> dict[int, np.ndarray]:
    """The mask (H, W) bool of every thing in (H, W) int32 labels; masks do not overlap."""
    width = 2 * round(_SMOOTH * relief.scale / 2) + 1
    taken = np.zeros(labels.shape, bool)
    found = {}
    for number in (GROUND + 1 + np.flatnonzero(np.bincount(labels.ravel())[GROUND + 1 :])).tolist():
        mask = labels == number
        x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
        window = slice(max(0, y - width), y + h + width), slice(max(0, x - width), x + w + width)
        smooth = _smoothed(mask[window].astype(np.uint8), width, relief.scale)
        mask[window] = smooth & (mask[window] | (labels[window] == GROUND)) & ~taken[window]
        area = int(np.count_nonzero(mask[window]))
        whole = area < _MOST * mask.size or bool(relief.supports.planes)
        if area >= _LEAST * relief.scale**2 and whole:
            taken[window] |= mask[window]
            found[number] = mask
    return found


def _smoothed(mask: np.ndarray, width: int, scale: float) -> np.ndarray:
    """A mask (h, w) uint8 with a smooth outline and without small holes, bool; thin parts keep their shape."""
    wide = cv2.dilate(cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=1), np.ones((width, width), np.uint8))
    smooth = (np.asarray(cv2.medianBlur(mask, min(width, 5))) > 0) | ((mask > 0) & (np.asarray(wide) == 0))
    _, holes, stats, _ = cv2.connectedComponentsWithStats((~smooth).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < max(_LEAST / 4 * scale**2, 0.01 * np.count_nonzero(smooth))
    small[0] = False
    small[np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]])] = False
    return smooth | small[holes]
