"""Planes in the optical frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..frame import Camera, Frame
from .cells import cells_of, fit, to_plane
from .noise import FLOOR, gain_of, sigma

_COLUMNS = 40
"""Cells across the image."""
_MIN_CELLS = 8
"""A plane covers at least so many cells: 0.7 % of the image."""
_MAX_PLANES = 12
_SEED_STEP = 5
"""Every fifth cell's window proposes a plane: one of the least size still gets a proposal."""
_BEND = 1.0 - np.cos(np.radians(15.0))
"""Cells whose own normal departs by more than 15 degrees do not lie on the plane."""
_WHOLE = (slice(None), slice(None))
_BIAS = 0.004
"""Depth cameras bend flat surfaces: a slow error of up to this share of the range."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A bounded plane: points p with normal . p + offset = 0, metres, optical frame.

    Attributes:
        normal: (3,) unit normal; of a support plane it points up, towards the side on which things stand.
        offset: signed distance of the camera from the plane (positive: the camera is on the normal's side).
        mask: (H, W) bool, the pixels that lie on the plane.
    """

    normal: np.ndarray
    offset: float
    mask: np.ndarray

    def height(self, points: np.ndarray) -> np.ndarray:
        """Signed distance of points (..., 3) above the plane, metres."""
        return points @ self.normal.astype(points.dtype) + points.dtype.type(self.offset)


def tolerance(depth: np.ndarray, gain: float, bias: float = _BIAS) -> np.ndarray:
    """Distance from a plane up to which a reading may still belong to it: same shape as `depth`, metres.

    Args:
        depth: metres, any shape.
        gain: the sensor's noise, as from `noise_gain`.
        bias: the sensor's slow error as a share of the range.
    """
    return 2.5 * sigma(depth, gain) + np.float32(bias) * depth


def find_planes(frame: Frame) -> list[tuple[np.ndarray, float, np.ndarray]]:
    """Every flat surface that covers a fair part of the image.

    Each window of 3x3 cells proposes its own least-squares plane; the one on which most cells lie is fitted to them
    until it settles, its cells are set aside, and so on. So the planes with most cells come first.

    Returns:
        Per surface its normal (3,), facing the camera, its offset, and the cells (R, C) bool that lie on it: a wall
        that a table's plane cuts has pixels on that plane, but its cells lean otherwise.
    """
    size = max(4, frame.shape[1] // _COLUMNS)
    cells = cells_of(frame.depth, frame.camera, size)
    gain = gain_of(frame)
    own, residual = fit(cells.moments)
    seeds, _ = fit(cells.blocks())
    count = cells.moments[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        center = np.stack([cells.moments[..., 1] / count, cells.moments[..., 2] / count, np.ones_like(count)], -1)
        inverse = cells.moments[..., 3] / count
        flat = (count >= 0.5 * size**2) & (residual < 3.0 * gain + FLOOR * inverse**2)
    flat &= np.isfinite(own).all(axis=-1) & np.isfinite(seeds).all(axis=-1)
    if not flat.any():
        return []
    found = _sequential(cells.moments[flat], center[flat], inverse[flat], own[flat], seeds[flat], gain)
    planes = []
    for coefficients, members in found:
        on_it = np.zeros(flat.shape, bool)
        on_it[flat] = members
        normal, offset = to_plane(coefficients)
        planes.append((normal, float(offset), on_it))
    return planes


def near_cells(mask: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """The pixels of a mask (H, W) bool that lie in some cells (R, C) bool or at most a cell away from them."""
    near = cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8))
    return mask & (cv2.resize(near, mask.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)


def dot_rays(camera: Camera, vector: np.ndarray, window: tuple[slice, slice] = _WHOLE) -> np.ndarray:
    """Product of every viewing ray (z = 1) with a vector (3,): (H, W) float32, or as much of it as a window holds.

    Times depth that is the product with every point, without the cost of an image of points.
    """
    rows, columns = window
    x, y, z = vector.astype(np.float32)
    return camera.rays[0, columns, 0] * x + (camera.rays[rows, 0, 1] * y + z)[:, None]


def _sequential(
    moments: np.ndarray, center: np.ndarray, inverse: np.ndarray, own: np.ndarray, seeds: np.ndarray, gain: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Coefficients (a, b, c) of planes and their cells (N,) bool, each the best for the cells that others left.

    All arrays have one row a cell.
    """
    normals = to_plane(own)[0].astype(np.float32).T
    center, inverse = center.astype(np.float32).T, inverse.astype(np.float32)
    band = tolerance(1.0 / inverse, gain) * inverse**2
    free = np.ones(len(own), bool)
    found: list[tuple[np.ndarray, np.ndarray]] = []

    def members(coefficients: np.ndarray, slack: float = 1.0) -> np.ndarray:
        """(..., N) bool: the cells that lie on the planes, within `slack` times the tolerance."""
        single = coefficients.astype(np.float32)
        near = np.abs(_products(single, center) - inverse) < slack * band
        return near & (_products(to_plane(single)[0], normals) > 1.0 - slack**2 * _BEND)

    seeds = seeds[::_SEED_STEP]
    ballots = members(seeds).astype(np.float32)
    while free.sum() >= _MIN_CELLS and len(found) < _MAX_PLANES:
        votes = np.einsum("sn,n->s", ballots, free.astype(np.float32))
        choice = int(np.argmax(votes))
        if votes[choice] < _MIN_CELLS:
            break
        best = seeds[choice]
        for _ in range(4):
            refined = fit(moments[members(best) & free].sum(axis=0))[0]
            if not np.isfinite(refined).all():
                break
            best = refined
        near = members(best, slack=2.0)
        if (members(best) & free).sum() >= _MIN_CELLS:
            found.append((best, near & free))
        ballots[choice] = 0.0
        free &= ~near
    return found


def _products(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(..., 3) @ (3, N), without the threads of BLAS: on a busy machine their start takes longer than the products."""
    x, y, z = np.moveaxis(rows, -1, 0)[..., None]
    return x * columns[0] + y * columns[1] + z * columns[2]
