"""Support planes: which flat surfaces hold things, and how high every pixel stands over its support."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..frame import Frame
from .level import LevelPlane, basis, level_planes
from .memo import memoized
from .noise import gain_of
from .planes import Plane, dot_rays, near_cells, tolerance

_FURNITURE = 0.5
"""Metres: a horizontal face at least this long that lies above another is furniture, a shorter one is a thing's top."""
_SUPPORT = 0.3
_FILLING = 0.1
"""A support is longer, in metres, or fills more of the image; else it is the top of something."""
_BOARDS = 0.5
"""Metres between the boards of a shelf, at most: the next one down may stick out, by half the main one's area."""
_SHARE = 0.1
"""Furniture also covers at least this share of the pixels that the largest level face covers."""
_STEP = 0.15
"""Metres: furniture that rises by more over a surface is what the camera looks at, not that surface."""
_STAND = 0.35
"""Metres: a surface no further below the main support is what that stands on; tables are higher over the floor."""
_OUTSIDE = 0.5
"""A surface further below of which a larger share lies beyond the main one's outline is the floor around it."""
_NEAR = 1.15
"""Seen from above, surfaces used together overlap, or would if the main one were so much larger."""
_GRID = 0.01
_MARGIN = 0.02
"""Metres: cell of the bird's-eye grid, and how far a thing may reach beyond the seen edge of its support."""
_FAR = 20.0
_SUNK = 0.02
"""Metres below a support at which a pixel still counts as its: glossy surfaces mirror, and so seem lower."""
_CELL = 8
_REACH = 4.0
"""Pixels of a cell, and cells over which a support's slow bending is averaged."""


@dataclass(frozen=True, eq=False)
class Supports:
    """The supports of a frame.

    Attributes:
        planes: the most important first, normals up.
        up: (3,) unit vector, or None.
        height: (H, W) float32 metres above the support below each pixel, the support's slow bending taken out; NaN
            where there is no depth or no support below.
        index: (H, W) int8, which plane that is, for a pixel without depth the one that it would show; -1 for none.
    """

    planes: tuple[Plane, ...]
    up: np.ndarray | None
    height: np.ndarray
    index: np.ndarray


@memoized
def supports_of(frame: Frame) -> Supports:
    """Find the supports and the height of every pixel above them."""
    up, level = level_planes(frame)
    reach = tolerance(frame.depth, gain_of(frame))
    height = np.full(frame.shape, np.nan, np.float32)
    index = np.full(frame.shape, -1, np.int8)
    planes = []
    for number, plane in enumerate(_used(level)):
        above = frame.depth * dot_rays(frame.camera, plane.normal)
        above += np.float32(plane.offset)
        with np.errstate(invalid="ignore"):
            away = np.abs(above)
            mask = near_cells(away < reach, plane.cells)
            above -= _bend(above, away < 2.0 * reach if number == 0 else mask)
            over = _over(frame, plane)
            closer = over & (above > -_SUNK) & ~(above > height)
        planes.append(Plane(plane.normal, plane.offset, mask))
        np.copyto(height, above, where=closer)
        index[closer | (over & ~frame.has_depth & (index < 0))] = number
    return Supports(tuple(planes), up, height, index)


def _used(level: list[LevelPlane]) -> list[LevelPlane]:
    """The planes among level ones that hold things: the main one first, then those used together with it."""
    level = [plane for plane in level if plane.length > _SUPPORT or plane.area > _FILLING]
    if not level:
        return []
    main = largest = max(level, key=lambda plane: plane.area)
    for plane in level:
        raised = plane.elevation > main.elevation + _STEP
        if raised and plane.length > _FURNITURE and plane.area > _SHARE * largest.area:
            main = plane
    return [main, *(plane for plane in level if plane is not main and _together(plane, main))]


def _together(plane: LevelPlane, main: LevelPlane) -> bool:
    """True if a plane holds things as the main one does: not a thing's top, not the floor around the furniture."""
    own, whole = cv2.contourArea(plane.outline), cv2.contourArea(main.outline)
    middle = main.outline.mean(axis=0)
    common = cv2.intersectConvexConvex(plane.outline, middle + _NEAR * (main.outline - middle))[0]
    rise = plane.elevation - main.elevation
    if common <= 0 or rise > 0:
        return common > 0 and plane.length > _FURNITURE
    if rise > -_STAND:
        return True
    outside = own - cv2.intersectConvexConvex(plane.outline, main.outline)[0]
    return outside < _OUTSIDE * (own if rise < -_BOARDS else max(own, whole))


def _over(frame: Frame, plane: LevelPlane) -> np.ndarray:
    """(H, W) bool: pixels whose foot point falls within the seen extent of a plane (its convex hull and a margin).

    The foot point of a pixel without depth is where its ray meets the plane.
    """
    low = plane.hull.min(axis=0) - 2 * _MARGIN
    extent = plane.hull.max(axis=0) + 2 * _MARGIN - low
    cell = max(_GRID, float(extent.max()) / 1000.0)
    grid = np.zeros((int(extent[1] / cell) + 1, int(extent[0] / cell) + 1), np.uint8)
    cv2.fillConvexPoly(grid, np.round((plane.hull - low) / cell).astype(np.int32), 1)
    reach = 2 * round(_MARGIN / cell) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    with np.errstate(divide="ignore"):
        hit = np.float32(-plane.offset) / dot_rays(frame.camera, plane.normal)
    hit[~((hit > 0) & (hit < _FAR))] = np.nan
    depth = np.where(frame.has_depth, frame.depth, hit)
    across, along = (depth * dot_rays(frame.camera, axis / cell) for axis in basis(plane.normal))
    across -= np.float32(low[0] / cell)
    along -= np.float32(low[1] / cell)
    seen = cv2.remap(cv2.dilate(grid, kernel), across, along, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(seen) > 0


def _bend(height: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, W) float32: how a plane's readings depart from it slowly over the image.

    Depth cameras bend flat surfaces by several millimetres; what stands on the surface is measured from the bent one.
    """
    size = (max(1, mask.shape[1] // _CELL), max(1, mask.shape[0] // _CELL))
    value = cv2.resize(np.where(mask, height, np.float32(0)), size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    value, weight = (cv2.GaussianBlur(image, (0, 0), _REACH) for image in (value, weight))
    return cv2.resize(value / (weight + np.float32(0.02)), mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
