"""Local planes: least squares over square cells of the image, all at once.

A plane n . p + d = 0 seen along the rays r (z = 1) gives 1/z = -(n . r) / d: inverse depth is linear in the rays, and
its noise is the same at every range for stereo and structured light. So planes are fitted as 1/z = a x + b y + c, and
the sums that a fit needs can be added: a larger window, or a whole plane, is the sum of its cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frame import Camera

MOMENTS = 10
"""Sums that fix a plane: n, x, y, q, xx, xy, yy, xq, yq, qq, where (x, y, 1) is the ray and q the inverse depth."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A grid of square cells over the image.

    Attributes:
        size: cell edge in pixels.
        moments: (R, C, 10) float64, sums over the readings of each cell, as in `MOMENTS`.
    """

    size: int
    moments: np.ndarray

    def blocks(self) -> np.ndarray:
        """(R, C, 10) sums over each cell and its eight neighbours."""
        padded = np.pad(self.moments, ((1, 1), (1, 1), (0, 0)))
        rows = padded[:-2] + padded[1:-1] + padded[2:]
        return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]


def cells_of(depth: np.ndarray, camera: Camera, size: int) -> Cells:
    """Sums of every cell of `size` pixels; a margin at the right and the bottom that fills no cell is left out.

    Args:
        depth: (H, W) float32 metres, NaN where there is no reading.
        camera: the pinhole model.
        size: cell edge in pixels.
    """
    rows, columns = depth.shape[0] // size, depth.shape[1] // size
    inverse = (1.0 / depth[: rows * size, : columns * size]).astype(np.float64)
    known = np.isfinite(inverse)
    q = np.where(known, inverse, 0.0)
    x = (np.arange(columns * size) - camera.cx) / camera.fx
    y = (np.arange(rows * size) - camera.cy) / camera.fy
    powers_x = np.stack([np.ones_like(x), x, x * x]).reshape(3, columns, size)
    powers_y = np.stack([np.ones_like(y), y, y * y]).reshape(3, rows, size).swapaxes(0, 1)

    def summed(image: np.ndarray, terms: int) -> np.ndarray:
        """Sums over the rows of each cell of an image times 1, y, y^2: (R, terms, W)."""
        return powers_y[:, :terms] @ image.reshape(rows, size, columns * size)

    # Terms with 1, y, y^2, q, yq, q^2, to be summed over the columns of each cell with 1, x, x^2.
    sums = np.concatenate([summed(known.astype(np.float64), 3), summed(q, 2), summed(q * q, 1)], axis=1)
    sums = np.einsum("rtcs,pcs->rctp", sums.reshape(rows, 6, columns, size), powers_x)
    return Cells(size, sums[..., [0, 0, 1, 3, 0, 1, 2, 3, 4, 5], [0, 1, 0, 0, 2, 1, 0, 1, 0, 0]])


def moments_of(rays: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """(N, 10) terms of single readings, to be summed: rays (N, 3) with z = 1, inverse depths (N,)."""
    (x, y), q = np.ascontiguousarray(rays[:, :2].T), inverse
    return np.stack([np.ones_like(q), x, y, q, x * x, x * y, y * y, x * q, y * q, q * q]).T


def fit(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares planes 1/z = a x + b y + c.

    Args:
        moments: (..., 10) sums, as in `Cells`.

    Returns:
        (a, b, c): (..., 3) float64, NaN where the readings do not fix a plane; and the root mean square residual of
        1/z: (...) float64, in 1/m.
    """
    n, x, y, q, xx, xy, yy, xq, yq, qq = np.moveaxis(moments, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mx, my, mq = x / n, y / n, q / n
        cxx, cxy, cyy = xx / n - mx * mx, xy / n - mx * my, yy / n - my * my
        cxq, cyq, cqq = xq / n - mx * mq, yq / n - my * mq, qq / n - mq * mq
        det = cxx * cyy - cxy * cxy
        det = np.where(det > 1e-4 * (cxx + cyy) ** 2, det, np.nan)
        a = (cxq * cyy - cyq * cxy) / det
        b = (cyq * cxx - cxq * cxy) / det
        residual = np.sqrt(np.maximum(cqq - a * cxq - b * cyq, 0.0))
    return np.stack([a, b, mq - a * mx - b * my], axis=-1), residual


def to_plane(coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (..., 3), facing the camera, and offsets (...) of planes 1/z = a x + b y + c.

    Facing the camera means a positive offset: normal . p + offset = 0.
    """
    norm = np.linalg.norm(coefficients, axis=-1)
    return -coefficients / norm[..., None], 1.0 / norm
