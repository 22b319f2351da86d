"""Bowls and mugs: what is seen across the rim, wall and floor, belongs to the vessel."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from .patches import GROUND
from .relief import Relief

_LEAST_PIXELS = 60
_ENOUGH = 1000
"""Pixels that tell the bend of a surface."""
_ROUNDS = 3
_RIM = 0.02
_RIM_SHARE = 0.2
"""Metres, and share of the vessel's height, by which far and near rim may differ."""
_SAGITTA = 0.003
_SAGITTA_SHARE = 0.06
"""Metres, and share of the half width, by which the middle of an interior lies deeper than its sides."""
_TOUCH = 0.15
"""Least share of an interior's lower outline that runs along its vessel; things that stand inside hide the rest."""
_SPAN = 0.5
"""A vessel is at least so wide, beside its interior: what stands inside is narrower."""
_ALIKE = np.array([35.0, 20.0, 20.0])
"""Differences in L, a and b up to which two faces may be one material, in light and in shade."""
_LIMITS_ALIKE = (6.0, 3.0)
_LIMITS_UNLIKE = (1.6, 1.4)
"""Vessel and interior, of like and of unlike colour, differ in width by no larger factor, and from near to far rim it
is at most so many widths: a rim is about round, but things inside may hide a part of it."""
_ENCLOSED = 0.05
"""Largest share of the outline of a vessel's floor that may seem to touch the ground."""


def join_interiors(labels: np.ndarray, relief: Relief) -> np.ndarray:
    """Give each interior to the vessel in front of it.

    An interior is hollow: across the line of sight its middle lies deeper than its sides, where things that merely
    stand behind are flat or bulge. Its far edge is a rim as high as that of its vessel, and its surface falls from
    there, down to a floor that touches no ground or straight to the near wall. What stands in the vessel bulges, so it
    stays a thing of its own.

    Args:
        labels: (H, W) int32, `GROUND` or things.
        relief: of the frame.
    """
    labels = labels.copy()
    solid: dict[int, int] = {}
    for _ in range(_ROUNDS):
        boxes = ndimage.find_objects(labels)
        joined = [_join(number, labels, boxes[number - 1], relief, solid) for number in _by_area(labels)]
        if not any(joined):
            break
    return labels


def _join(number: int, labels: np.ndarray, box: tuple[slice, slice], relief: Relief, solid: dict[int, int]) -> bool:
    """Give one patch, which lay within a box when the round began, to its vessel, in place; False if it has none.

    `solid` remembers the size at which a patch was found not to be hollow: patches change only by growing.
    """
    reach = max(2, round(4 * relief.scale))
    rows, columns = (slice(max(0, side.start - 3 * reach), side.stop + 3 * reach) for side in box)
    window = rows, columns
    mask = labels[window] == number
    pixels = int(np.count_nonzero(mask))
    if pixels < _LEAST_PIXELS * relief.scale**2 or solid.get(number) == pixels:
        return False
    upward = _upward(_middle(mask, window, relief), relief.supports.up)
    if _hollowness(mask, window, upward, relief) < 1.0:
        solid[number] = pixels
        return False
    below = _shifted(mask, -2 * reach * upward) & ~mask
    edge = _shifted(~mask, -2 * reach * upward) & mask
    rim, span = _top(relief.supports.height[window][edge]), _width(mask, upward)
    contacts = np.bincount(labels[window][below])
    for other in np.argsort(-contacts, kind="stable"):
        if contacts[other] < _TOUCH * below.sum():
            return False
        whole = labels == other
        if other == GROUND or _width(whole, upward) < _SPAN * span:
            continue
        if not _within(mask, labels[window] == other, window, relief):
            continue
        level = _top(relief.supports.height[whole])
        if abs(level - rim) < _RIM + _RIM_SHARE * max(level, 0.0) or _is_floor(whole, level, rim, labels, relief):
            labels[window][mask] = other
            return True
    return False


def _within(inner: np.ndarray, outer: np.ndarray, window: tuple[slice, slice], relief: Relief) -> bool:
    """True if one surface may be the inside of another: about as wide, and not further back than a round rim is."""
    up = relief.supports.up if relief.supports.up is not None else np.array([0.0, -1.0, 0.0])
    ahead = np.array([0.0, 0.0, 1.0]) - up[2] * up
    if np.linalg.norm(ahead) < 0.2:
        ahead = np.array([0.0, -1.0, 0.0]) + up[1] * up
    axes = np.stack([np.cross(ahead, up), ahead], axis=-1) / np.linalg.norm(ahead)
    spans = []
    for mask in (inner, outer):
        seen = mask & relief.known[window]
        if not seen.any():
            return False
        places = (relief.rays[window][seen] / relief.inverse[window][seen][:, None]) @ axes
        spans.append(np.percentile(places, (3, 97), axis=0))
    widths = [span[1, 0] - span[0, 0] for span in spans]
    looks = [np.median(relief.lab[window][mask], axis=0) for mask in (inner, outer)]
    alike = bool((np.abs(looks[0] - looks[1]) < _ALIKE).all())
    wider, deeper = _LIMITS_ALIKE if alike else _LIMITS_UNLIKE
    if max(widths) > wider * min(widths):
        return False
    return bool(spans[0][1, 1] - spans[1][0, 1] < deeper * max(widths))


def _is_floor(mask: np.ndarray, level: float, rim: float, labels: np.ndarray, relief: Relief) -> bool:
    """True if a patch (H, W) may be the floor of a vessel with this rim: lower, without bulge or way to the ground."""
    if not level < rim:
        return False
    around = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~mask
    if (labels[around] == GROUND).mean() > _ENCLOSED:
        return False
    window = slice(0, mask.shape[0]), slice(0, mask.shape[1])
    upward = _upward(_middle(mask, window, relief), relief.supports.up)
    return _hollowness(mask, window, upward, relief) > -0.5


def _by_area(labels: np.ndarray) -> list[int]:
    """Labels of things, smallest first."""
    area = np.bincount(labels.ravel())
    return [int(number) for number in np.argsort(area, kind="stable") if number > GROUND and area[number]]


def _middle(mask: np.ndarray, window: tuple[slice, slice], relief: Relief) -> np.ndarray:
    """(3,) viewing ray of the middle of a mask's box."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return relief.rays[window][y + height // 2, x + width // 2]


def _upward(ray: np.ndarray, up: np.ndarray | None) -> np.ndarray:
    """(2,) unit direction in the image of "up" where a ray (z = 1) meets it; the top of the image if it has none."""
    if up is not None:
        along = up[:2] - up[2] * ray[:2]
        if np.linalg.norm(along) > 0.2:
            return along / np.linalg.norm(along)
    return np.array([0.0, -1.0])


def _hollowness(mask: np.ndarray, window: tuple[slice, slice], upward: np.ndarray, relief: Relief) -> float:
    """How much deeper a surface is in its middle than at its sides, across the image direction of "up".

    1 is as much as makes an interior, negative values are bulges, 0 is flat or unknown.
    """
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1).astype(bool)
    places = np.flatnonzero(inner & relief.known[window])
    if len(places) < _LEAST_PIXELS / 2:
        return 0.0
    rows, columns = np.divmod(places[:: max(1, len(places) // _ENOUGH)], inner.shape[1])
    inverse = relief.inverse[window][rows, columns].astype(np.float64)
    offset = relief.rays[window][rows, columns, :2].astype(np.float64)
    offset -= offset.mean(axis=0)
    v, u = offset @ upward, offset @ np.array([-upward[1], upward[0]])
    half = np.ptp(np.percentile(u, (5, 95))) / 2
    depth = 1.0 / inverse.mean()
    u, v = u / max(half, 1e-9), v / max(float(np.abs(v).max()), 1e-9)
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1)
    solution = np.linalg.lstsq(terms.T @ terms, terms.T @ inverse, rcond=None)[0]
    return float(solution[3] * depth**2 / max(_SAGITTA, _SAGITTA_SHARE * half * depth))


def _width(mask: np.ndarray, upward: np.ndarray) -> float:
    """Extent of a mask across the image direction of "up", pixels."""
    y, x = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return float(np.ptp(x * upward[1] - y * upward[0]))


def _shifted(mask: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """A mask moved by (x, y) pixels; what comes in from outside is False."""
    shift = np.array([[1.0, 0.0, offset[0]], [0.0, 1.0, offset[1]]])
    return cv2.warpAffine(mask.astype(np.uint8), shift, mask.shape[::-1], flags=cv2.INTER_NEAREST) > 0


def _top(heights: np.ndarray) -> float:
    """Nearly the greatest of some heights, NaN left out; NaN of none."""
    heights = heights[np.isfinite(heights)]
    return float(np.percentile(heights, 95)) if len(heights) else float("nan")
