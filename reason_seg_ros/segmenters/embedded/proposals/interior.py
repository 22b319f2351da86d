"""Bowls and mugs: the wall that is seen across the rim belongs to the vessel."""

from __future__ import annotations

import cv2
import numpy as np

from ....frame import Frame
from .patches import GROUND
from .relief import Relief

_LEAST_PIXELS = 60
_RIM = 0.02
_RIM_SHARE = 0.2
"""Metres, and share of the vessel's height, by which far and near rim may differ."""
_SAGITTA = 0.003
_SAGITTA_SHARE = 0.06
"""Metres, and share of the half width, by which the middle of an interior lies deeper than its sides."""
_TOUCH = 0.5
"""Least share of an interior's lower outline that runs along its vessel."""


def join_interiors(labels: np.ndarray, frame: Frame, relief: Relief) -> np.ndarray:
    """Give each interior to the vessel in front of it.

    An interior is hollow: across the line of sight its middle lies deeper than its sides, where things that merely
    stand behind are flat or bulge. Its far edge is a rim as high as that of its vessel, and its surface falls from
    there. What stands in the vessel bulges, so it stays a thing of its own.

    Args:
        labels: (H, W) int32, `GROUND` or things.
        frame: the capture.
        relief: of the same frame.
    """
    labels = labels.copy()
    reach = max(2, round(4 * relief.scale))
    for number in _by_area(labels):
        window = _window(labels == number, labels.shape, 3 * reach)
        mask = labels[window] == number
        if mask.sum() < _LEAST_PIXELS * relief.scale**2:
            continue
        upward = _upward(frame.camera.rays[window][mask].mean(axis=0), relief.supports.up)
        if _hollow(mask, window, upward, frame, relief):
            vessel = _vessel(labels[window], mask, upward, reach, relief.height[window])
            if vessel is not None:
                labels[window][mask] = vessel
    return labels


def _by_area(labels: np.ndarray) -> list[int]:
    """Labels of things, smallest first."""
    area = np.bincount(labels.ravel())
    return [int(number) for number in np.argsort(area, kind="stable") if number > GROUND and area[number]]


def _window(mask: np.ndarray, shape: tuple[int, int], margin: int) -> tuple[slice, slice]:
    """The box around a mask, with a margin."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return (
        slice(max(0, y - margin), min(shape[0], y + height + margin)),
        slice(max(0, x - margin), min(shape[1], x + width + margin)),
    )


def _upward(ray: np.ndarray, up: np.ndarray | None) -> np.ndarray:
    """(2,) unit direction in the image of "up" where a ray (z = 1) meets it; the top of the image if it has none."""
    if up is not None:
        along = up[:2] - up[2] * ray[:2]
        if np.linalg.norm(along) > 0.2:
            return along / np.linalg.norm(along)
    return np.array([0.0, -1.0])


def _hollow(
    mask: np.ndarray, window: tuple[slice, slice], upward: np.ndarray, frame: Frame, relief: Relief
) -> bool:
    """True if a surface is deeper in its middle than at its sides, across the image direction of "up"."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1).astype(bool)
    inner &= relief.known[window]
    if inner.sum() < _LEAST_PIXELS / 2:
        return False
    rays = frame.camera.rays[window][inner]
    inverse = relief.inverse[window][inner].astype(np.float64)
    offset = rays[:, :2] - rays[:, :2].mean(axis=0)
    v, u = offset @ upward, offset @ np.array([-upward[1], upward[0]])
    terms = np.column_stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    solution = np.linalg.lstsq(terms, inverse, rcond=None)[0]
    half = (np.percentile(u, 95) - np.percentile(u, 5)) / 2
    depth = 1.0 / inverse.mean()
    return bool(solution[3] * half**2 * depth**2 > max(_SAGITTA, _SAGITTA_SHARE * half * depth))


def _vessel(
    labels: np.ndarray, mask: np.ndarray, upward: np.ndarray, reach: int, height: np.ndarray
) -> int | None:
    """The neighbour below a hollow surface, in whose rim it ends, or None."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    below = _shifted(mask, -2 * reach * upward) & ~mask
    edge = _shifted(~mask, -2 * reach * upward) & mask
    rim = _top(height[edge])
    for number in np.unique(labels[below]):
        side = labels == number
        contact = below & side
        if number == GROUND or contact.sum() < _TOUCH * below.sum():
            continue
        near = cv2.dilate(contact.astype(np.uint8), kernel).astype(bool) & side
        level = _top(height[near])
        if abs(level - rim) < _RIM + _RIM_SHARE * max(level, 0.0):
            return int(number)
    return None


def _shifted(mask: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """A mask moved by (x, y) pixels; what comes in from outside is False."""
    shift = np.array([[1.0, 0.0, offset[0]], [0.0, 1.0, offset[1]]])
    return cv2.warpAffine(mask.astype(np.uint8), shift, mask.shape[::-1], flags=cv2.INTER_NEAREST) > 0


def _top(heights: np.ndarray) -> float:
    """Nearly the greatest of some heights, NaN left out; NaN of none."""
    heights = heights[np.isfinite(heights)]
    return float(np.percentile(heights, 90)) if len(heights) else float("nan")
