from __future__ import annotations

import numpy as np
import pytest

from reason_seg_ros.frame import Camera
from reason_seg_ros.geometry.cells import MOMENTS, cells_of, moments_of
from reason_seg_ros.geometry.planes import dot_rays
from reason_seg_ros.segmenters.embedded.proposals.edges import filled_inverse, valleys

CAMERA = Camera(640, 480, 600.0, 600.0, 320.0, 240.0)
NAN = np.nan


def on_plane(a: float, b: float, c: float) -> np.ndarray:
    """(H, W) float32, inverse depth of the plane 1/z = a x + b y + c."""
    return (CAMERA.rays @ np.array([a, b, c])).astype(np.float32)


@pytest.mark.parametrize(
    ("row", "filled"),
    [
        ([1, NAN, NAN, 2, NAN, 1], [1, 2, 2, 2, 2, 1]),  # from the farther end
        ([NAN, NAN, 1, 4, NAN, NAN], [1, 1, 1, 4, 4, 4]),  # from the only end
        ([NAN, NAN, NAN, NAN, NAN, NAN], [np.inf] * 6),
        ([1, 2, 4, 1, 2, 4], [1, 2, 4, 1, 2, 4]),
    ],
)
def test_holes_are_filled_from_the_farther_end_of_their_row(row, filled):
    depth = np.array([[1] * 6, row, [4] * 6], np.float32)
    assert np.array_equal(filled_inverse(depth), 1 / np.array([[1] * 6, filled, [4] * 6], np.float32))


def test_planes_and_ridges_are_no_valleys_but_seams_and_steps_are():
    assert valleys(on_plane(0.3, -0.5, 1.0), CAMERA)[12:-12, 12:-12].max() < 0.01
    left, right = on_plane(0.5, 0, 1.0), on_plane(-0.5, 0, 1.0)
    assert valleys(np.minimum(left, right), CAMERA)[12:-12, 12:-12].max() < 0.01  # the ridge is nearest
    seam = valleys(np.maximum(left, right), CAMERA)[240]
    assert seam[320] == pytest.approx(1.0, abs=0.1)  # the slopes differ by 1
    assert seam[100] < 0.01
    step = np.where(np.arange(640) < 320, np.float32(1.0), np.float32(0.8)) * np.ones((480, 1), np.float32)
    assert valleys(step, CAMERA)[240, 320] > 5
    assert valleys(step, CAMERA)[240, 318] < 0.01  # the near side


def test_cells_hold_the_sums_of_their_readings():
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.5, 2, (480, 640)).astype(np.float32)
    depth[rng.random(depth.shape) < 0.2] = NAN
    cells = cells_of(depth, CAMERA, 16)
    assert cells.moments.shape == (30, 40, MOMENTS)
    for row, column in ((0, 0), (29, 39), (7, 21)):
        window = np.s_[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        known = np.isfinite(depth[window])
        terms = moments_of(CAMERA.rays[window][known], 1 / depth[window][known])
        assert np.allclose(cells.moments[row, column], terms.sum(axis=0, dtype=float), rtol=1e-4, atol=1e-4)


def test_products_with_rays_are_those_of_their_vectors():
    normal, window = np.array([0.2, -0.9, 0.4]), np.s_[10:50:4, 100:200]
    assert np.allclose(dot_rays(CAMERA, normal), CAMERA.rays @ normal, atol=1e-5)
    assert np.allclose(dot_rays(CAMERA, normal, window), (CAMERA.rays @ normal)[window], atol=1e-5)
