"""Support planes: which flat surfaces hold things, which way is up, and how high every pixel stands over its support."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..frame import Frame
from .memo import memoized
from .noise import noise_gain
from .planes import Plane, planes_of, tolerance

_PARALLEL = np.cos(np.radians(15.0))
_TILT = np.cos(np.radians(25.0))
"""A support departs by at most so much from a known "up": a desk lid, a ramp; steeper things slide."""
_SAME = np.cos(np.radians(8.0))
_UPRIGHT = 0.35
"""How much an overhead view counts beside a slanted one when "up" is guessed: cameras are seldom held sideways."""
_FURNITURE = 0.5
"""Metres: a horizontal face at least this long that lies above another is furniture, a shorter one is a thing's top."""
_STEP = 0.15
"""Metres: a surface no further below the main support is used together with it: a lower tier, a tray."""
_GRID = 0.01
_MARGIN = 0.02
"""Metres: cell of the bird's-eye grid, and how far a thing may reach beyond the seen edge of its support."""


@dataclass(frozen=True, eq=False)
class Supports:
    """The supports of a frame.

    Attributes:
        planes: the most important first, normals up.
        up: (3,) unit vector, or None.
        height: (H, W) float32 metres above the support below each pixel, the support's slow bending taken out; NaN
            where there is no depth or no support below.
        index: (H, W) int8, which plane that is; -1 for none.
    """

    planes: tuple[Plane, ...]
    up: np.ndarray | None
    height: np.ndarray
    index: np.ndarray


def support_planes(frame: Frame) -> tuple[Plane, ...]:
    """Table tops, floor, shelves that things stand on, the most important first, normals up."""
    return supports_of(frame).planes


def up_of(frame: Frame) -> np.ndarray | None:
    """(3,) unit vector against gravity in the optical frame: as the frame says, else the supports' normal, or None."""
    return supports_of(frame).up


@memoized
def supports_of(frame: Frame) -> Supports:
    """Find the supports and the height of every pixel above them."""
    up, level = _level_planes(frame)
    planes = _supports(frame, up, level)
    height = np.full(frame.shape, np.nan, np.float32)
    index = np.full(frame.shape, -1, np.int8)
    gain = noise_gain(frame.depth)
    for number, plane in enumerate(planes):
        above = plane.height(frame.points)
        above -= _bend(above, plane.mask)
        with np.errstate(invalid="ignore"):
            closer = over(frame, plane) & (above > -tolerance(frame.depth, gain)) & ~(above > height)
        height[closer], index[closer] = above[closer], number
    return Supports(planes, up, height, index)


def basis(normal: np.ndarray) -> np.ndarray:
    """(2, 3) orthonormal axes that span the plane with this normal."""
    helper = np.array([1.0, 0.0, 0.0]) if abs(normal[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    first = np.cross(normal, helper)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first)])


def over(frame: Frame, plane: Plane) -> np.ndarray:
    """(H, W) bool: pixels whose foot point falls within the seen extent of a plane (its convex hull and a margin)."""
    axes = basis(plane.normal).astype(np.float32)
    hull = _hull(frame, plane)
    low = hull.min(axis=0) - 2 * _MARGIN
    extent = hull.max(axis=0) + 2 * _MARGIN - low
    cell = max(_GRID, float(extent.max()) / 1000.0)
    grid = np.zeros((int(extent[1] / cell) + 1, int(extent[0] / cell) + 1), np.uint8)
    cv2.fillConvexPoly(grid, np.round((hull - low) / cell).astype(np.int32), 1)
    reach = 2 * round(_MARGIN / cell) + 1
    grid = cv2.dilate(grid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    feet = cv2.transform(frame.points, np.hstack([axes, -low[:, None]]).astype(np.float32) / cell)
    return cv2.remap(grid, feet, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT) > 0


def _level_planes(frame: Frame) -> tuple[np.ndarray | None, tuple[Plane, ...]]:
    """"Up", and the planes across it that are seen from above."""
    planes = planes_of(frame)
    if frame.up is not None:
        up = np.asarray(frame.up, float) / np.linalg.norm(frame.up)
        return up, tuple(plane for plane in planes if plane.normal @ up > _TILT)
    if not planes:
        return None, ()
    normals = np.stack([plane.normal for plane in planes])
    areas = np.array([plane.mask.mean() for plane in planes])
    parallel = normals @ normals.T > _PARALLEL
    likely = (parallel @ areas) * np.maximum(_UPRIGHT - normals[:, 1], 0.0) * (np.abs(normals[:, 0]) < 0.8)
    best = int(np.argmax(likely))
    if likely[best] <= 0:
        return None, ()
    level = tuple(plane for plane, together in zip(planes, parallel[best], strict=True) if together)
    up = sum(plane.normal * plane.mask.sum() for plane in level)
    return up / np.linalg.norm(up), level


def _supports(frame: Frame, up: np.ndarray | None, level: tuple[Plane, ...]) -> tuple[Plane, ...]:
    """The planes among level ones that hold things: the main one, and those used together with it."""
    if up is None or not level:
        return ()
    distinct: list[Plane] = []
    for plane in level:
        twin = next((number for number, other in enumerate(distinct) if _same(frame, plane, other)), None)
        if twin is None:
            distinct.append(plane)
        else:
            other = distinct[twin]
            distinct[twin] = Plane(other.normal, other.offset, other.mask | plane.mask)
    lengths = [_length(frame, plane) for plane in distinct]
    largest = distinct[0]
    main = largest
    for plane, length in zip(distinct, lengths, strict=True):
        raised = _elevation(frame, plane, up) > _elevation(frame, main, up) + _STEP
        if raised and length > _FURNITURE and plane.mask.sum() > 0.2 * largest.mask.sum():
            main = plane
    outline = _area(frame, main, up)
    kept = [main]
    for plane, length in zip(distinct, lengths, strict=True):
        rise = _elevation(frame, plane, up) - _elevation(frame, main, up)
        if plane is main or (rise > 0 and length < _FURNITURE):
            continue
        if rise > -_STEP or _outside(frame, plane, outline, up) < 0.5:
            kept.append(plane)
    return tuple(kept)


def _same(frame: Frame, plane: Plane, other: Plane) -> bool:
    """True if a plane is a bent part of another one rather than a surface of its own."""
    if plane.normal @ other.normal < _SAME:
        return False
    points = frame.points[plane.mask][::97]
    gap = np.median(np.abs(other.height(points)) / tolerance(points[:, 2], noise_gain(frame.depth)))
    return bool(gap < 3.0)


def _elevation(frame: Frame, plane: Plane, up: np.ndarray) -> float:
    """Height of a plane's middle over the camera, metres."""
    return float(np.median(frame.points[plane.mask][::97] @ up))


def _length(frame: Frame, plane: Plane) -> float:
    """Longer side of a plane's largest connected part, metres."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(plane.mask.astype(np.uint8), connectivity=4)
    largest = labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])
    points = frame.points[largest][::7] @ basis(plane.normal).T
    return float(max(cv2.minAreaRect(points.astype(np.float32))[1]))


def _hull(frame: Frame, plane: Plane) -> np.ndarray:
    """(N, 2) float32 convex hull of a plane's larger parts in its own axes, metres."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(plane.mask.astype(np.uint8), connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= 0.03 * plane.mask.sum()
    large[0] = False
    points = frame.points[large[labels]][::7]
    return cv2.convexHull((points @ basis(plane.normal).T).astype(np.float32))[:, 0]


def _area(frame: Frame, plane: Plane, up: np.ndarray) -> np.ndarray:
    """(N, 1, 2) float32 convex hull of a plane seen along "up", metres."""
    return cv2.convexHull((frame.points[plane.mask][::97] @ basis(up).T).astype(np.float32))


def _outside(frame: Frame, plane: Plane, outline: np.ndarray, up: np.ndarray) -> float:
    """Share of a plane's hull that lies beyond an outline, both seen along "up"."""
    own = _area(frame, plane, up)
    common = cv2.intersectConvexConvex(own, outline)[0]
    return 1.0 - common / max(cv2.contourArea(own), 1e-6)


def _bend(height: np.ndarray, mask: np.ndarray, reach: int = 8) -> np.ndarray:
    """(H, W) float32: how a plane's readings depart from it slowly over the image, from cells of `reach` pixels.

    Depth cameras bend flat surfaces by several millimetres; whatever stands on the surface is measured from the bent one.
    """
    known = mask.astype(np.float32)
    size = (max(1, mask.shape[1] // reach), max(1, mask.shape[0] // reach))
    value = cv2.resize(np.where(mask, height, np.float32(0)), size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    value, weight = (cv2.GaussianBlur(image, (0, 0), 4.0) for image in (value, weight))
    return cv2.resize(value / (weight + np.float32(0.02)), mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
