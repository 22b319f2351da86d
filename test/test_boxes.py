"""Oriented boxes: closed forms, conventions and degenerate sets of points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from reason_seg_ros.lifting.boxes import OrientedBox
from reason_seg_ros.lifting.fitting import fit_box, visible_range

UP = np.array([0.0, -0.8, -0.6])


def box_points(box: OrientedBox, count: int = 3000, seed: int = 0) -> np.ndarray:
    """Points spread over the surface of a box."""
    rng = np.random.default_rng(seed)
    local = rng.uniform(-0.5, 0.5, (count, 3))
    local[np.arange(count), np.arange(count) % 3] = rng.choice([-0.5, 0.5], count)
    return box.center + (local * box.extents) @ box.rotation.T


def is_rotation(matrix: np.ndarray) -> bool:
    return np.allclose(matrix.T @ matrix, np.eye(3), atol=1e-9) and np.linalg.det(matrix) > 0


def test_corners_span_the_extents():
    box = OrientedBox(
        np.array([1.0, 2, 3]), Rotation.from_euler("z", 30, degrees=True).as_matrix(), np.array([4.0, 2, 1])
    )
    local = (box.corners() - box.center) @ box.rotation
    assert np.allclose(np.abs(local), [2, 1, 0.5])
    assert len(np.unique(box.corners().round(9), axis=0)) == 8
    assert box.volume == pytest.approx(8)
    assert box.diagonal == pytest.approx(np.sqrt(21))


def test_quaternion_is_xyzw_with_positive_w():
    box = OrientedBox(np.zeros(3), Rotation.from_euler("z", 90, degrees=True).as_matrix(), np.ones(3))
    assert np.allclose(box.quaternion, [0, 0, np.sqrt(0.5), np.sqrt(0.5)])
    turned = OrientedBox(np.zeros(3), Rotation.from_euler("z", -170, degrees=True).as_matrix(), np.ones(3))
    assert turned.quaternion[3] > 0


def test_contains_takes_a_margin():
    box = OrientedBox(np.array([0.0, 0, 1]), np.eye(3), np.array([0.2, 0.2, 0.2]))
    points = np.array([[0, 0, 1.0], [0.105, 0, 1], [0.2, 0, 1]])
    assert box.contains(points).tolist() == [True, False, False]
    assert box.contains(points, margin=0.01).tolist() == [True, True, False]


def test_transformed_moves_centre_and_axes():
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    pose[:3, 3] = [1, 2, 3]
    box = OrientedBox(np.array([0.0, 1, 0]), np.eye(3), np.array([3.0, 2, 1])).transformed(pose)
    assert np.allclose(box.center, [1, 2, 4])
    assert np.allclose(box.rotation, pose[:3, :3])
    assert np.allclose(box.extents, [3, 2, 1])


@settings(max_examples=25, deadline=None)
@given(
    yaw=st.floats(-180, 180),
    sides=st.tuples(st.floats(0.02, 0.3), st.floats(0.02, 0.3), st.floats(0.02, 0.3)),
    x=st.floats(-0.5, 0.5),
)
def test_upright_box_is_found(yaw, sides, x):
    first = np.array([1.0, 0, 0])
    basis = np.stack([first, np.cross(UP, first), UP], 1)
    truth = OrientedBox(
        np.array([x, 0.1, 1.2]), basis @ Rotation.from_euler("z", yaw, degrees=True).as_matrix(), np.array(sides)
    )
    box = fit_box(box_points(truth), up=3 * UP)
    assert is_rotation(box.rotation)
    assert np.allclose(box.rotation[:, 2], UP)
    assert box.extents[0] >= box.extents[1]
    assert box.rotation[0, 0] >= 0
    tolerance = 0.002 + 0.03 * max(sides)
    assert np.allclose(box.center, truth.center, atol=tolerance)
    assert box.extents[2] == pytest.approx(sides[2], abs=tolerance)
    assert np.allclose(np.sort(box.extents[:2]), np.sort(sides[:2]), atol=tolerance)


@settings(max_examples=25, deadline=None)
@given(
    turn=st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3)),
    sides=st.tuples(st.floats(0.05, 0.09), st.floats(0.1, 0.15), st.floats(0.16, 0.3)),
)
def test_box_of_least_volume_is_found(turn, sides):
    truth = OrientedBox(np.array([0.1, -0.1, 1.0]), Rotation.from_rotvec(turn).as_matrix(), np.array(sides))
    box = fit_box(box_points(truth))
    assert is_rotation(box.rotation)
    assert np.allclose(box.center, truth.center, atol=0.006)
    assert np.allclose(box.extents, np.sort(sides)[::-1], atol=0.012)
    assert box.rotation[0, 0] >= 0
    assert box.rotation[:, 2] @ box.center <= 0


def test_two_visible_sides_are_aligned_with_the_sides():
    """The hull of two sides is a triangle: the box along its longest side has the same area, and is wrong."""
    rng = np.random.default_rng(1)
    along, height = rng.uniform(0, 1, 2000), rng.uniform(0, 0.1, 2000)
    first = np.arange(2000) % 2 == 0
    flat = np.where(first[:, None], np.stack([0.2 * along, 0 * along], 1), np.stack([0 * along, 0.12 * along], 1))
    turn = Rotation.from_euler("z", 25, degrees=True)
    points = turn.apply(np.column_stack([flat, height])) + rng.normal(0, 5e-4, (2000, 3))
    for up in (np.array([0, 0, 1.0]), None):
        box = fit_box(points, up)
        angle = np.abs(box.rotation.T @ turn.as_matrix()).max(axis=0)
        assert (angle > np.cos(np.deg2rad(5))).all()
        assert np.allclose(np.sort(box.extents), [0.1, 0.12, 0.2], atol=0.008)


def test_outliers_do_not_move_the_box():
    truth = OrientedBox(np.array([0.0, 0, 1]), np.eye(3), np.array([0.2, 0.15, 0.1]))
    points = box_points(truth)
    rng = np.random.default_rng(2)
    stray = truth.center + rng.normal(size=(15, 3)) * 0.4
    for up in (np.array([0.0, -1, 0]), None):
        box = fit_box(np.concatenate([points, stray])[rng.permutation(len(points) + 15)], up)
        assert np.allclose(box.center, truth.center, atol=0.006)
        assert np.allclose(np.sort(box.extents), [0.1, 0.15, 0.2], atol=0.012)


def test_range_is_exact_for_the_ends_it_is_made_for():
    even = np.linspace(0, 1, 5001)
    low, high = visible_range(np.stack([even, np.sqrt(even), even**2], axis=1))
    assert low[0] == pytest.approx(0, abs=1e-3)  # evenly spread
    assert low[1] == pytest.approx(0, abs=0.03)  # thinning out, a limb: trimming alone would lose 0.09
    assert low[2] == pytest.approx(0, abs=1e-3)  # heaped
    assert np.allclose(high, 1, atol=2e-3)
    low, high = visible_range(np.r_[even, 5.0, -7.0][:, None])
    assert abs(low[0]) < 0.01 and abs(high[0] - 1) < 0.01


@pytest.mark.parametrize("up", [None, UP])
def test_degenerate_points_have_finite_boxes(up):
    rng = np.random.default_rng(3)
    line = np.linspace(0, 1, 50)[:, None] * [0.1, 0.2, 0.05] + [0, 0, 1]
    plane = np.column_stack([rng.uniform(0, 0.2, (200, 2)), np.ones(200)])
    cases = [line[:0], line[:1], line[:2], line[:3], np.repeat(line[:1], 50, 0), line, plane]
    for points in cases:
        box = fit_box(points.astype(np.float32), up)
        assert is_rotation(box.rotation)
        assert np.isfinite(box.center).all() and np.isfinite(box.extents).all() and (box.extents >= 0).all()
        if len(points):
            assert box.contains(points, margin=0.012).mean() > 0.95
    assert fit_box(line).extents[0] == pytest.approx(np.linalg.norm([0.1, 0.2, 0.05]), abs=0.01)
    assert np.allclose(np.sort(fit_box(plane).extents), [0, 0.2, 0.2], atol=0.015)


def test_fit_is_deterministic_and_does_not_change_its_input():
    points = box_points(OrientedBox(np.array([0.0, 0, 1]), np.eye(3), np.array([0.1, 0.1, 0.1])))
    copy = points.copy()
    for up in (None, UP):
        first, second = fit_box(points, up), fit_box(points, up)
        assert np.array_equal(first.rotation, second.rotation)
        assert np.array_equal(first.extents, second.extents)
    assert np.array_equal(points, copy)
