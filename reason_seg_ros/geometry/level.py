"""Which way is up, and the flat surfaces that lie across it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..frame import Frame
from .memo import memoized
from .noise import gain_of
from .planes import Plane, dot_rays, find_planes, near_cells, tolerance

_THINNED = (slice(None, None, 4), slice(None, None, 4))
"""Every fourth pixel in each direction tells the extent of a plane well enough."""
_FEWER = 3
"""Of these, every third tells its hull."""
_PARALLEL = np.cos(np.radians(15.0))
_TILT = np.cos(np.radians(25.0))
"""A support departs by at most so much from a known "up": a desk lid, a ramp; from steeper ones things slide."""
_SAME = np.cos(np.radians(8.0))
_GAP = 3.0
"""Two planes that differ by less, in angle and in tolerances of distance, are one surface that the sensor bends."""
_UPRIGHT = 0.35
"""How much an overhead view counts beside a slanted one when "up" is guessed: cameras are seldom held sideways."""
_SIDEWAYS = 0.8
_HELD_ODDLY = 0.1
"""What is left of that for a camera held sideways or upside down, as at a robot's wrist."""
_BEYOND = 0.25
"""Share of the image size by which a plane that is cut by the border goes on: feet of things near it lie there."""
_BAND = (0.02, 0.12)
"""Share of the image's height and width along its border in which a stereo camera may have no depth."""
_LEAST = 30
"""Thinned pixels of the smallest plane."""
_BRIDGE = 0.15
"""Metres: pieces of a plane further apart are different surfaces at one height."""


@dataclass(frozen=True, eq=False)
class LevelPlane:
    """A level surface, seen from above.

    Attributes:
        normal: (3,) unit normal, up.
        offset: normal . p + offset = 0, metres.
        cells: (R, C) bool, the cells of the image that lie on it.
        area: share of the image that it covers.
        elevation: height of its middle over the camera, metres.
        length: longer side of its largest piece in the image, metres.
        hull: (N, 2) float32 convex hull in the axes `basis(normal)`, metres.
        outline: (N, 1, 2) float32 convex hull seen along "up", in axes common to all planes of the frame, metres.
    """

    normal: np.ndarray
    offset: float
    cells: np.ndarray
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
    """ "Up", and the planes across it that are seen from above, largest first.

    A frame that knows "up" is believed. Else "up" is the direction in which most of the image's flat area faces,
    directions towards the top of the image preferred.

    Returns:
        (3,) unit vector or None, and the planes.
    """
    depth = frame.depth[_THINNED]
    points = frame.camera.rays[_THINNED] * depth[..., None]
    gain = gain_of(frame)
    reach = tolerance(depth, gain)
    found = []
    for normal, offset, cells in find_planes(frame):
        with np.errstate(invalid="ignore"):
            flat = np.abs(depth * dot_rays(frame.camera, normal, _THINNED) + np.float32(offset)) < reach
        found.append((Plane(normal, offset, near_cells(flat, cells)), cells))
    found = [(plane, cells) for plane, cells in found if plane.mask.sum() > _LEAST]
    found.sort(key=lambda pair: -int(pair[0].mask.sum()))
    planes = [plane for plane, _ in found]
    cells_on = {id(plane): cells for plane, cells in found}
    if frame.up is not None:
        up = np.asarray(frame.up, float) / np.linalg.norm(frame.up)
        level = [plane for plane in planes if plane.normal @ up > _TILT]
    else:
        up, level = _guessed(planes)
    if up is None:
        return None, []
    surfaces: list[tuple[Plane, np.ndarray]] = []
    for plane in level:
        cells = cells_on[id(plane)]
        for number, (other, others) in enumerate(surfaces):
            if plane.normal @ other.normal > _SAME and _gap(points[plane.mask], other, gain) < _GAP:
                joined = Plane(other.normal, other.offset, other.mask | plane.mask)
                surfaces[number] = joined, others | cells
                break
        else:
            surfaces.append((plane, cells))
    return up, [_measured(plane, cells, points, frame, up) for plane, cells in surfaces]


def _guessed(planes: list[Plane]) -> tuple[np.ndarray | None, list[Plane]]:
    """The most likely "up" given planes, and the planes across it."""
    if not planes:
        return None, []
    normals = np.stack([plane.normal for plane in planes])
    areas = np.array([plane.mask.mean() for plane in planes])
    parallel = normals @ normals.T > _PARALLEL
    upright = (_UPRIGHT - normals[:, 1]) * (np.abs(normals[:, 0]) < _SIDEWAYS)
    best = int(np.argmax((parallel @ areas) * np.maximum(upright, _HELD_ODDLY)))
    up = (parallel[best] * areas) @ normals
    return up / np.linalg.norm(up), [plane for plane, across in zip(planes, parallel[best], strict=True) if across]


def _gap(points: np.ndarray, plane: Plane, gain: float) -> float:
    """Median distance of points (N, 3) from a plane, in tolerances."""
    return float(np.median(np.abs(plane.height(points)) / tolerance(points[:, 2], gain)))


def _measured(plane: Plane, cells: np.ndarray, points: np.ndarray, frame: Frame, up: np.ndarray) -> LevelPlane:
    """The extent of a plane with a mask (h, w) of the frame's thinned points (h, w, 3)."""
    on_it = points[plane.mask]
    axes = basis(plane.normal).T
    places = (on_it @ axes).astype(np.float32)
    whole = _one_piece(places)
    outer = np.flatnonzero(whole)[::_FEWER]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(plane.mask.astype(np.uint8), connectivity=8)
    largest = labels[plane.mask] == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])
    hidden = _beyond_border(plane, frame) @ axes
    from_above = on_it[outer] @ np.vstack([basis(up), up]).T
    return LevelPlane(
        normal=plane.normal,
        offset=plane.offset,
        cells=cells,
        area=float(plane.mask.mean()),
        elevation=float(np.median(from_above[:, 2])),
        length=float(max(cv2.minAreaRect(np.ascontiguousarray(places[largest][::_FEWER]))[1])),
        hull=cv2.convexHull(np.concatenate([places[outer], hidden.astype(np.float32)]))[:, 0],
        outline=cv2.convexHull(from_above[:, :2].astype(np.float32)),
    )


def _beyond_border(plane: Plane, frame: Frame) -> np.ndarray:
    """(N, 3) points where a plane with a thinned mask goes on beyond the border of the image."""
    rays, depth = frame.camera.rays[_THINNED], frame.depth[_THINNED]
    reach = _BEYOND * np.array([frame.shape[1] / frame.camera.fx, frame.shape[0] / frame.camera.fy])
    ends = []
    for axis in (0, 1):
        known, mask = (np.moveaxis(image, axis, 1) for image in (np.isfinite(depth), plane.mask))
        lines = np.flatnonzero(known.any(axis=1))
        first = known[lines].argmax(axis=1)
        last = known.shape[1] - 1 - known[lines, ::-1].argmax(axis=1)
        size = known.shape[1]
        for place, margin, outward in ((first, first, -1), (last, size - 1 - last, 1)):
            seen = mask[lines, place] & (margin <= _BAND[axis] * size)
            at = (place[seen], lines[seen]) if axis == 0 else (lines[seen], place[seen])
            ray = rays[at].astype(float)
            ray[:, 1 - axis] += outward * reach[1 - axis]
            with np.errstate(divide="ignore"):
                distance = -plane.offset / (ray @ plane.normal)
            ends.append(ray * distance[:, None] * ((distance > 0) & (distance < 2.0 * depth[at]))[:, None])
    found = np.concatenate(ends)
    return found[found[:, 2] > 0]


def _one_piece(places: np.ndarray) -> np.ndarray:
    """(N,) bool: the places (N, 2) of the largest piece of a surface, across the shadows that things cast on it."""
    low = places.min(axis=0)
    extent = float((places.max(axis=0) - low).max())
    cell = max(_BRIDGE / 4.0, extent / 500.0)
    index = ((places - low) / cell).astype(np.int32)
    grid = np.zeros(index.max(axis=0)[::-1] + 1, np.uint8)
    grid[index[:, 1], index[:, 0]] = 1
    reach = 2 * round(_BRIDGE / 2.0 / cell) + 1
    _, pieces = cv2.connectedComponents(cv2.dilate(grid, np.ones((reach, reach), np.uint8)))
    piece = pieces[index[:, 1], index[:, 0]]
    return piece == np.bincount(piece).argmax()
