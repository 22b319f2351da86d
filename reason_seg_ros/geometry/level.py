"""Which way is up, and the flat surfaces that lie across it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..frame import Frame
from .memo import memoized
from .noise import noise_gain
from .planes import Plane, bounded, find_planes, tolerance

_THIN = 4
"""Every fourth pixel in each direction tells the extent of a plane well enough."""
_PARALLEL = np.cos(np.radians(15.0))
_TILT = np.cos(np.radians(25.0))
"""A support departs by at most so much from a known "up": a desk lid, a ramp; from steeper ones things slide."""
_SAME = np.cos(np.radians(8.0))
_GAP = 3.0
"""Two planes that differ by less, in angle and in tolerances of distance, are one surface that the sensor bends."""
_UPRIGHT = 0.35
"""How much an overhead view counts beside a slanted one when "up" is guessed: cameras are seldom held sideways."""
_SIDEWAYS = 0.8
_PIECE = 0.03
"""Pieces of a plane smaller than this share of it do not widen its hull."""


@dataclass(frozen=True, eq=False)
class LevelPlane:
    """A level surface, seen from above.

    Attributes:
        normal: (3,) unit normal, up.
        offset: normal . p + offset = 0, metres.
        area: share of the image that it covers.
        elevation: height of its middle over the camera, metres.
        length: longer side of its largest connected part, metres.
        hull: (N, 2) float32 convex hull in the axes `basis(normal)`, metres.
        outline: (N, 1, 2) float32 convex hull seen along "up", in axes common to all planes of the frame, metres.
    """

    normal: np.ndarray
    offset: float
    area: float
    elevation: float
    length: float
    hull: np.ndarray
    outline: np.ndarray


def basis(normal: np.ndarray) -> np.ndarray:
    """(2, 3) orthonormal axes that span the plane with this normal."""
    helper = np.array([1.0, 0.0, 0.0]) if abs(normal[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    first = np.cross(normal, helper)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first)])


@memoized
def level_planes(frame: Frame) -> tuple[np.ndarray | None, list[LevelPlane]]:
    """"Up", and the planes across it that are seen from above, largest first.

    A frame that knows "up" is believed. Else "up" is the direction in which most of the image's flat area faces,
    directions towards the top of the image preferred.

    Returns:
        (3,) unit vector or None, and the planes.
    """
    points = frame.points[::_THIN, ::_THIN]
    gain = noise_gain(frame.depth)
    planes = [bounded(normal, offset, points, gain) for normal, offset in find_planes(frame)]
    planes = [plane for plane in planes if plane.mask.sum() > 30]
    planes.sort(key=lambda plane: -int(plane.mask.sum()))
    if frame.up is not None:
        up = np.asarray(frame.up, float) / np.linalg.norm(frame.up)
        level = [plane for plane in planes if plane.normal @ up > _TILT]
    else:
        up, level = _guessed(planes)
    if up is None:
        return None, []
    surfaces: list[tuple[np.ndarray, float, np.ndarray]] = []
    for plane in level:
        for number, (normal, offset, mask) in enumerate(surfaces):
            if plane.normal @ normal > _SAME and _gap(points[plane.mask], normal, offset, gain) < _GAP:
                surfaces[number] = normal, offset, mask | plane.mask
                break
        else:
            surfaces.append((plane.normal, plane.offset, plane.mask))
    return up, [_measured(normal, offset, mask, points, up) for normal, offset, mask in surfaces]


def _guessed(planes: list[Plane]) -> tuple[np.ndarray | None, list[Plane]]:
    """The most likely "up" given planes, and the planes across it."""
    if not planes:
        return None, []
    normals = np.stack([plane.normal for plane in planes])
    areas = np.array([plane.mask.mean() for plane in planes])
    parallel = normals @ normals.T > _PARALLEL
    upright = np.maximum(_UPRIGHT - normals[:, 1], 0.0) * (np.abs(normals[:, 0]) < _SIDEWAYS)
    likely = (parallel @ areas) * upright
    best = int(np.argmax(likely))
    if likely[best] <= 0:
        return None, []
    up = (parallel[best] * areas) @ normals
    return up / np.linalg.norm(up), [plane for plane, across in zip(planes, parallel[best]) if across]


def _gap(points: np.ndarray, normal: np.ndarray, offset: float, gain: float) -> float:
    """Median distance of points (N, 3) from a plane, in tolerances."""
    return float(np.median(np.abs(points @ normal + offset) / tolerance(points[:, 2], gain)))


def _measured(
    normal: np.ndarray, offset: float, mask: np.ndarray, points: np.ndarray, up: np.ndarray
) -> LevelPlane:
    """The extent of a plane from a thinned mask (h, w) and points (h, w, 3)."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    large = area >= _PIECE * mask.sum()
    own = basis(normal).T
    longest = cv2.minAreaRect((points[labels == np.argmax(area)] @ own).astype(np.float32))[1]
    on_it = points[large[labels]]
    return LevelPlane(
        normal=normal,
        offset=offset,
        area=float(mask.mean()),
        elevation=float(np.median(on_it @ up)),
        length=float(max(longest)),
        hull=cv2.convexHull((on_it @ own).astype(np.float32))[:, 0],
        outline=cv2.convexHull((on_it @ basis(up).T).astype(np.float32)),
    )
