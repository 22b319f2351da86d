"""Lifting against closed forms: rendered bodies at known poses through a sensor with noise, flying pixels and holes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from analytic_scenes import CAMERA, Box, Cylinder, Plane, Sphere, capture, degrade, render, segment, standing, up_of

from reason_seg_ros.frame import Camera
from reason_seg_ros.lifting.lift import lift

CENTER, EXTENT = 0.005, 0.008  # metres, at 1 m


def on_table(shape, height: float, up: np.ndarray, seed: int = 0):
    """A frame of a shape standing on a table, and the shape's mask."""
    depth, ids = render([shape, Plane(shape.center - up * height / 2, up)])
    return capture(degrade(depth, np.random.default_rng(seed), flying=0.3)), ids == 0, depth


def visible_part(box, depth, mask):
    """Centre (in the box's axes) and extents of the undisturbed visible surface along the axes of a box."""
    points = (CAMERA.rays * depth[..., None])[mask].astype(float) @ box.rotation
    return (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0)


@pytest.mark.parametrize("known_up", [True, False], ids=["upright", "least-volume"])
@pytest.mark.parametrize("yaw", [25, 45, 65])
@pytest.mark.parametrize("tilt", [25, 40, 55])
def test_box_seen_with_three_faces(tilt, yaw, known_up):
    up = up_of(tilt)
    truth = Box(np.array([0.05, 0.02, 1.0]), standing(up, yaw), np.array([0.13, 0.09, 0.15]))
    frame, mask, _ = on_table(truth, 0.15, up, seed=tilt + yaw)
    (instance,) = lift(frame, [segment(mask)], up=up if known_up else None)
    assert np.linalg.norm(instance.box.center - truth.center) < CENTER
    assert np.allclose(np.sort(instance.box.extents), np.sort(truth.extents), atol=EXTENT)
    agreement = np.abs(instance.box.rotation.T @ truth.rotation).max(axis=0)
    assert (agreement > np.cos(np.deg2rad(3))).all()
    if known_up:
        assert np.allclose(instance.box.rotation[:, 2], up)
        assert instance.box.extents[2] == pytest.approx(0.15, abs=EXTENT)


@pytest.mark.parametrize("known_up", [True, False], ids=["upright", "least-volume"])
@pytest.mark.parametrize("tilt", [30, 50])
@pytest.mark.parametrize("body", ["sphere", "standing cylinder", "lying cylinder"])
def test_visible_part_of_round_bodies(body, tilt, known_up):
    up, center = up_of(tilt), np.array([0.0, 0.03, 1.0])
    standing_axes = standing(up, 0)
    shape, height = {
        "sphere": (Sphere(center, 0.04), 0.08),
        "standing cylinder": (Cylinder(center, standing_axes, 0.04, 0.12), 0.12),
        "lying cylinder": (Cylinder(center, standing_axes[:, [1, 2, 0]], 0.03, 0.16), 0.06),
    }[body]
    frame, mask, depth = on_table(shape, height, up, seed=tilt)
    (instance,) = lift(frame, [segment(mask)], up=up if known_up else None)
    true_center, true_extents = visible_part(instance.box, depth, mask)
    assert np.linalg.norm(instance.box.center @ instance.box.rotation - true_center) < CENTER
    assert np.allclose(instance.box.extents, true_extents, atol=EXTENT)


def test_background_in_the_mask_does_not_count():
    """A mask that is two pixels too large takes in a wall 30 cm behind; the box stays that of the thing."""
    truth = Box(np.array([0.0, 0, 1.0]), standing(up_of(35), 40), np.array([0.12, 0.08, 0.1]))
    depth, ids = render([truth, Plane(np.array([0, 0, 1.35]), np.array([0, 0, 1.0]))])
    frame = capture(degrade(depth, np.random.default_rng(5)))
    (instance,) = lift(frame, [segment(ids == 0, grow=2)], up=up_of(35))
    assert np.linalg.norm(instance.box.center - truth.center) < CENTER
    assert np.allclose(np.sort(instance.box.extents), np.sort(truth.extents), atol=EXTENT)
    assert instance.points[:, 2].max() < 1.15


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.0, 3.0])
def test_thresholds_follow_the_range(distance):
    """At every range a thing before a wall is parted from it, and keeps its points."""
    size = 0.12 * distance
    truth = Box(np.array([0, 0, distance]), standing(up_of(30), 40), np.array([size, size, size]))
    depth, ids = render([truth, Plane(np.array([0, 0, 1.5 * distance]), np.array([0, 0, 1.0]))])
    frame = capture(degrade(depth, np.random.default_rng(6)))
    (instance,) = lift(frame, [segment(ids == 0, grow=1)], up=up_of(30))
    assert len(instance.points) > 0.8 * np.count_nonzero(ids == 0)
    assert np.allclose(instance.box.extents, size, atol=EXTENT * max(distance, distance**2))


def test_flying_pixels_are_dropped_and_the_surface_kept():
    truth = Box(np.array([0, 0, 1.0]), np.eye(3), np.array([0.2, 0.15, 0.1]))
    depth, ids = render([truth, Plane(np.array([0, 0, 1.6]), np.array([0, 0, 1.0]))])
    flown = depth.copy()
    rim = (ids == 0) & (cv2.erode((ids == 0).astype(np.uint8), np.ones((3, 3))) == 0)
    flown[rim] = np.random.default_rng(7).uniform(1.05, 1.5, int(rim.sum()))
    (instance,) = lift(capture(flown), [segment(ids == 0)])
    assert instance.points[:, 2].max() < 0.96
    assert len(instance.points) == np.count_nonzero((ids == 0) & ~rim)


@pytest.mark.parametrize("incidence", [0, 45, 70])
def test_slanted_faces_are_kept_whole(incidence):
    """A wall seen at a slant has large steps between pixels, and none of them is an edge."""
    angle = np.deg2rad(incidence)
    normal = np.array([np.sin(angle), 0, -np.cos(angle)])
    depth, _ = render([Plane(np.array([0, 0, 1.0]), normal)])
    mask = np.zeros(depth.shape, bool)
    mask[150:330, 230:410] = True
    noisy = degrade(depth, np.random.default_rng(8), flying=0, holes=0)
    (instance,) = lift(capture(noisy), [segment(mask)])
    assert len(instance.points) > 0.985 * np.count_nonzero(mask & np.isfinite(noisy))


def test_thin_things_are_not_eaten():
    """A wire one pixel wide and a pen of four, before a wall."""
    wall = Plane(np.array([0, 0, 1.5]), np.array([0, 0, 1.0]))
    depth, _ = render([wall])
    wire, pen = np.zeros(depth.shape, bool), np.zeros(depth.shape, bool)
    wire[100:300, 200] = True
    pen[100:300, 400:404] = True
    depth[wire | pen] = 1.0
    first, second = lift(capture(depth), [segment(wire), segment(pen)])
    assert len(first.points) == wire.sum()
    assert len(second.points) == pen.sum()


def test_parts_across_a_hole_belong_together():
    """A band without depth cuts a pen in two unequal parts; both are kept."""
    depth, ids = render([Box(np.array([0, 0, 1.0]), np.eye(3), np.array([0.2, 0.012, 0.012]))])
    depth[:, 350:362] = np.nan
    (instance,) = lift(capture(depth), [segment(ids == 0)])
    assert np.ptp(instance.points[:, 0]) == pytest.approx(0.2, abs=0.006)


def test_parts_beside_something_in_front_belong_together():
    """A post in front cuts a box in two comparable parts."""
    body = Box(np.array([0, 0, 1.0]), np.eye(3), np.array([0.3, 0.1, 0.05]))
    depth, ids = render([body, Box(np.array([0.03, 0, 0.7]), np.eye(3), np.array([0.03, 0.4, 0.03]))])
    (instance,) = lift(capture(depth), [segment(ids == 0)])
    assert np.ptp(instance.points[:, 0]) == pytest.approx(0.3, abs=0.006)


def test_points_and_colors_are_those_of_the_pixels():
    camera = Camera(640, 480, 500.0, 520.0, 300.0, 200.0)
    depth = np.full((480, 640), np.nan, np.float32)
    depth[100:110, 50:70] = 2.0
    mask = np.zeros(depth.shape, bool)
    mask[90:110, 50:70] = True
    (instance,) = lift(capture(depth, camera), [segment(mask)])
    expected = camera.rays[100:110, 50:70].reshape(-1, 3) * 2
    assert instance.points.dtype == np.float32
    assert np.allclose(instance.points, expected, atol=1e-6)
    assert instance.colors.dtype == np.uint8
    assert np.array_equal(instance.colors[:, 0], np.tile(np.arange(50, 70), 10))
    assert instance.depth_share == pytest.approx(0.5)
    assert not instance.touches_border
    assert instance.id == 0


def test_masks_without_depth_or_pixels_give_empty_instances():
    depth = np.full((480, 640), np.nan, np.float32)
    depth[0, 0] = 1.0
    mask = np.zeros(depth.shape, bool)
    blind = mask.copy()
    blind[10:20, 10:20] = True
    corner = mask.copy()
    corner[0, 0] = True
    nothing, no_depth, single = lift(capture(depth), [segment(mask), segment(blind), segment(corner)], up=up_of(30))
    for instance in (nothing, no_depth):
        assert instance.points.shape == (0, 3) and instance.colors.shape == (0, 3)
        assert not instance.box.extents.any() and instance.depth_share == 0
    assert len(single.points) == 1 and single.touches_border
    assert np.allclose(single.box.center, single.points[0])


def test_up_of_the_frame_serves_where_none_is_given():
    up = up_of(40)
    depth, ids = render([Box(np.array([0, 0, 1.0]), standing(up, 20), np.array([0.1, 0.1, 0.1]))])
    (instance,) = lift(capture(depth, up=up), [segment(ids == 0)])
    assert np.allclose(instance.box.rotation[:, 2], up)


def test_order_is_kept_and_masks_may_overlap():
    depth = np.ones((480, 640), np.float32)
    left, right = np.zeros(depth.shape, bool), np.zeros(depth.shape, bool)
    left[100:200, 100:300] = True
    right[100:200, 200:400] = True
    frame = capture(depth)
    instances = lift(frame, [segment(left, label="left"), segment(right, label="right")])
    assert [instance.segment.label for instance in instances] == ["left", "right"]
    assert [len(instance.points) for instance in instances] == [20000, 20000]
    assert lift(frame, []) == ()


def test_a_solid_part_is_kept_and_a_thin_rim_is_not():
    """Of two small clusters apart from the thing, the front wall of a bowl stays and a strip of background goes."""
    depth = np.full((480, 640), np.nan, np.float32)
    depth[100:200, 100:200] = 1.0
    depth[203:225, 130:170] = 0.94
    depth[100:200, 200:206] = 1.06
    mask = np.zeros(depth.shape, bool)
    mask[100:225, 100:206] = True
    (instance,) = lift(capture(depth), [segment(mask)])
    z, counts = np.unique(instance.points[:, 2], return_counts=True)
    assert np.allclose(z, [0.94, 1.0]) and counts.tolist() == [22 * 40, 100 * 100]
