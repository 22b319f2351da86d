"""Patterns of the support: checks, prints and tiles have odd colours too, but the same ones all over it."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import maximum_filter

from .surface import Oddness

_ODD = 4.0
"""Deviations from which a colour is odd enough to be taken as a thing."""
_STEPS = np.array([100 / 8, 12.0, 12.0], np.float32)
"""Steps of L, a and b within which colours count as one."""
_SIDES = np.array([9, 11, 11])
"""Steps over the whole range of colours; neutral ones lie in the middle of a and b."""
_BLOCKS = (8, 6)
"""Blocks across and along the image, in which a colour is looked for."""
_PRESENT = 0.02
"""Share of a block's pixels from which a colour is there, and ten times that from which the support is."""
_SHARE = 0.5
_PIECES = 6
_SPECK = 8
"""A pattern's colours, or ones a step away, are in so large a share of the support's blocks, each in so many pieces of
so many pixels (of an image 320 wide): a card is in one piece, and a set of cards in fewer blocks."""


def clear_pattern(odd: Oddness, lab: np.ndarray, flat: np.ndarray) -> None:
    """Take flat pixels in colours that recur all over the support as the support's own; changes `odd`.

    Args:
        odd: as from `oddness`.
        lab: (H, W, 3) float32.
        flat: (H, W) bool, pixels over a support that do not rise from it.
    """
    step = max(1, round(lab.shape[1] / 320))
    thin = (slice(None, None, step), slice(None, None, step))
    strange = flat[thin] & (odd.color[thin] > _ODD)
    if np.count_nonzero(strange) < _PIECES * _SPECK:
        return
    codes = _codes(lab[thin])
    rows, columns = (np.arange(size) * blocks // size for size, blocks in zip(codes.shape, _BLOCKS[::-1], strict=True))
    block = rows[:, None] * _BLOCKS[0] + columns
    count, colors = _BLOCKS[0] * _BLOCKS[1], int(_SIDES.prod())
    size = np.bincount(block.ravel(), minlength=count)
    there = np.bincount(block[flat[thin]], minlength=count) > 10 * _PRESENT * size
    inside = np.bincount(block[strange] * colors + codes[strange], minlength=count * colors).reshape(count, colors)
    spread = _among_alike((inside > _PRESENT * size[:, None]) & there[:, None]).sum(axis=0)
    own = np.zeros(colors, bool)
    for color in np.flatnonzero((spread > _SHARE * there.sum()) & (inside.sum(axis=0) > 0)):
        own[color] = _pieces(strange & (codes == color)) >= _PIECES
    if not own.any():
        return
    pattern = flat & own[_codes(lab)]
    for image in (odd.color, odd.tint, odd.difference):
        image[pattern] = np.minimum(image[pattern], 1.0)


def _codes(lab: np.ndarray) -> np.ndarray:
    """(H, W) int64 number of each pixel's step of colour."""
    steps = np.round(lab / _STEPS).astype(np.int64) + np.array([0, 5, 5])
    steps = np.clip(steps, 0, _SIDES - 1)
    return np.asarray((steps[..., 0] * _SIDES[1] + steps[..., 1]) * _SIDES[2] + steps[..., 2])


def _among_alike(inside: np.ndarray) -> np.ndarray:
    """(B, colors) bool: blocks that hold a colour or one a step away, as shading and blending make it."""
    return np.asarray(maximum_filter(inside.reshape(-1, *_SIDES), (1, 3, 3, 3), mode="constant")).reshape(inside.shape)


def _pieces(mask: np.ndarray) -> int:
    """Number of pieces of a mask that are more than specks."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return int(np.count_nonzero(stats[1:, cv2.CC_STAT_AREA] >= _SPECK))
