from __future__ import annotations

import numpy as np
import pytest
from rgbd_scenes import Box, Can, floor, render, table

from reason_seg_ros.frame import Frame
from reason_seg_ros.geometry.noise import noise_gain
from reason_seg_ros.geometry.planes import find_planes
from reason_seg_ros.geometry.support import supports_of

BLUE, RED = (40, 70, 180), (190, 40, 40)


def true_up(eye, target):
    """Up in the optical frame of a camera at `eye` that looks at `target`."""
    ahead = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(ahead, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    return np.array([right[2], np.cross(ahead, right)[2], ahead[2]])


def angle(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1, 1)))


@pytest.mark.parametrize("tilt", [25, 45, 70])
def test_the_table_is_found_at_every_tilt_of_the_camera(tilt):
    eye = (0.0, -np.cos(np.radians(tilt)), np.sin(np.radians(tilt)))
    frame, _ = render([Can(0.1, 0, 0.04, 0.1, RED)], [table()], eye=eye, target=(0, 0, 0))
    planes = supports_of(frame).planes
    assert len(planes) == 1
    assert angle(planes[0].normal, true_up(eye, (0, 0, 0))) < 0.5
    assert planes[0].offset == pytest.approx(eye[2], abs=0.004)
    assert angle(supports_of(frame).up, true_up(eye, (0, 0, 0))) < 0.5


def test_height_above_the_table_is_metric():
    frame, instances = render([Box(0, 0, (0.2, 0.2, 0.08), BLUE)], [table()])
    height = supports_of(frame).height
    assert np.nanpercentile(height[instances == 1], 90) == pytest.approx(0.08, abs=0.004)
    assert abs(np.nanmedian(height[instances == 0])) < 0.002


def test_the_floor_around_a_table_is_no_support_but_alone_it_is():
    frame, _ = render([Can(0, 0, 0.04, 0.1, RED)], [table(0.8, 0.6), floor()], eye=(0, -1.2, 0.9))
    assert len(supports_of(frame).planes) == 1
    assert supports_of(frame).planes[0].offset == pytest.approx(0.9, abs=0.01)
    frame, _ = render([Box(0, 1.0, (0.3, 0.3, 0.4), BLUE, z=-0.7)], [floor()], eye=(0, -1.2, 0.9))
    assert supports_of(frame).planes[0].offset == pytest.approx(1.6, abs=0.02)


def test_both_boards_of_a_shelf_are_supports():
    lower, upper = table(1.2, 0.4, z=-0.35), Box(0.0, 0.15, (1.2, 0.4, 0.03), (170, 130, 90), z=-0.03)
    things = [Can(-0.2, 0.15, 0.04, 0.1, RED), Can(0.2, -0.15, 0.04, 0.12, BLUE, z=-0.35)]
    frame, instances = render(things, [lower, upper], eye=(0, -0.9, 0.5), target=(0, 0, -0.15))
    supports = supports_of(frame)
    offsets = sorted(plane.offset for plane in supports.planes)
    assert offsets == pytest.approx([0.5, 0.85], abs=0.01)
    on = [np.bincount(supports.index[(instances == k) & (supports.index >= 0)]).argmax() for k in (1, 2)]
    assert supports.planes[on[0]].offset == pytest.approx(0.5, abs=0.01)
    assert supports.planes[on[1]].offset == pytest.approx(0.85, abs=0.01)


def test_a_board_that_stands_on_a_table_leaves_the_table_a_support():
    board = Box(0.0, 0.25, (0.7, 0.26, 0.02), (200, 170, 120), z=0.18)
    frame, _ = render([Can(0.1, -0.1, 0.04, 0.1, RED)], [table(1.4, 1.2), board], eye=(0, -0.8, 0.75))
    assert sorted(plane.offset for plane in supports_of(frame).planes) == pytest.approx([0.55, 0.75], abs=0.02)


def test_the_top_of_a_box_is_no_support():
    frame, _ = render([Box(0, 0, (0.3, 0.25, 0.15), BLUE)], [table()])
    assert len(find_planes(frame)) >= 2
    assert len(supports_of(frame).planes) == 1


def test_a_known_up_rules_out_walls():
    wall = Box(0, 0.5, (3, 0.1, 3), (200, 200, 200), z=-1.5)
    frame, _ = render([], [wall], eye=(0, -0.5, 0), target=(0, 0, 0))
    known = Frame(frame.color, frame.depth, frame.camera, up=np.array([0.0, -1.0, 0.0]))
    assert supports_of(known).planes == ()
    assert supports_of(known).up == pytest.approx([0, -1, 0])


def test_without_depth_there_are_no_planes_and_no_up():
    frame, _ = render([], [table()])
    blind = Frame(frame.color, np.full_like(frame.depth, np.nan), frame.camera)
    assert supports_of(blind).planes == ()
    assert supports_of(blind).up is None


def test_noise_is_measured_in_the_image():
    gains = [noise_gain(render([], [table()], gain=gain)[0].depth) for gain in (0.001, 0.004)]
    assert gains[1] > 2.5 * gains[0]
