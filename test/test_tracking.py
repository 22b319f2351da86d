"""Ids that last."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from reason_seg_ros.lifting.boxes import OrientedBox
from reason_seg_ros.lifting.fitting import fit_box
from reason_seg_ros.lifting.instance import Instance
from reason_seg_ros.lifting.tracking import Tracker
from reason_seg_ros.reply import Segment


def thing(x: float, label: str = "mug", size: float = 0.1, color: int = 100, seed: int = 0) -> Instance:
    """A cube of points, its centre at (x, 0, 1)."""
    points = np.random.default_rng(seed).uniform(-size / 2, size / 2, (400, 3)).astype(np.float32)
    points += np.array([x, 0, 1], np.float32)
    colors = np.full((400, 3), color, np.uint8)
    return Instance(0, Segment(np.ones((1, 1), bool), label), points, colors, fit_box(points), False, 1.0)


def ids(instances) -> list[int]:
    return [instance.id for instance in instances]


def test_ids_start_at_one_and_last():
    tracker = Tracker()
    assert ids(tracker.assign([thing(0.0), thing(0.3)])) == [1, 2]
    assert ids(tracker.assign([thing(0.301, seed=1), thing(0.005, seed=2)])) == [2, 1]
    assert ids(tracker.assign([thing(0.6)])) == [3]
    assert ids(tracker.assign([thing(0.0)])) == [1]


def test_instances_are_otherwise_unchanged():
    instance = thing(0.0)
    (tracked,) = Tracker().assign([instance])
    assert tracked.points is instance.points and tracked.segment is instance.segment and instance.id == 0


def test_neighbours_with_the_same_label_are_different_things():
    tracker = Tracker()
    tracker.assign([thing(0.0)])
    assert ids(tracker.assign([thing(0.13)])) == [2]


def test_a_thing_called_by_another_name_is_the_same_thing():
    tracker = Tracker()
    tracker.assign([thing(0.0, "mug")])
    assert ids(tracker.assign([thing(0.01, "drinking vessel")])) == [1]


def test_what_is_in_a_bowl_is_not_the_bowl():
    tracker = Tracker()
    tracker.assign([thing(0.0, "bowl", size=0.2)])
    assert ids(tracker.assign([thing(0.0, "apple", size=0.07)])) == [2]


def test_the_assignment_is_the_best_overall():
    """The first new instance overlaps both old ones, and must leave the nearer one to the second."""
    tracker = Tracker()
    tracker.assign([thing(0.0), thing(0.06)])
    assert ids(tracker.assign([thing(0.03), thing(0.075)])) == [1, 2]


def test_color_decides_between_equal_places():
    tracker = Tracker()
    tracker.assign([thing(0.0, color=250), thing(0.05, color=10)])
    assert ids(tracker.assign([thing(0.025, color=12)])) == [2]


def test_a_moving_camera_with_its_pose_keeps_ids():
    tracker = Tracker()
    tracker.assign([thing(0.0), thing(0.3)], np.eye(4))
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("y", 25, degrees=True).as_matrix()
    pose[:3, 3] = [0.4, -0.1, 0.2]

    def seen_from_pose(instance: Instance) -> Instance:
        points = ((instance.points - pose[:3, 3]) @ pose[:3, :3]).astype(np.float32)
        return Instance(0, instance.segment, points, instance.colors, fit_box(points), False, 1.0)

    moved = [seen_from_pose(thing(0.3)), seen_from_pose(thing(0.0))]
    assert ids(tracker.assign(moved, pose)) == [2, 1]


def test_things_are_forgotten_and_their_ids_not_reused():
    tracker = Tracker(forget_after=3)
    tracker.assign([thing(0.0)])
    for _ in range(3):
        tracker.assign([])
    assert ids(tracker.assign([thing(0.0)])) == [2]


def test_a_thing_that_is_seen_again_is_remembered_longer():
    tracker = Tracker(forget_after=3)
    for _ in range(4):
        tracker.assign([thing(0.0)])
        assert ids(tracker.assign([thing(0.0)])) == [1]
        tracker.assign([])


def test_an_answer_in_parts_gives_no_id_twice():
    tracker = Tracker()
    tracker.assign([thing(0.0)])
    assert ids(tracker.assign([thing(0.01)])) == [1]
    assert ids(tracker.assign([thing(0.0)], same_answer=True)) == [2]
    assert ids(tracker.assign([thing(0.3)], same_answer=True)) == [3]
    assert ids(tracker.assign([thing(0.3), thing(0.01)])) == [3, 1]


def test_an_answer_in_parts_is_one_answer():
    tracker = Tracker(forget_after=2)
    tracker.assign([thing(0.0)])
    tracker.assign([thing(0.3)])
    for _ in range(3):
        tracker.assign([thing(0.6)], same_answer=True)
    assert ids(tracker.assign([thing(0.3), thing(0.0)])) == [2, 1]


def test_reset_starts_afresh():
    tracker = Tracker()
    tracker.assign([thing(0.0), thing(0.3)])
    tracker.reset()
    assert ids(tracker.assign([thing(0.3)])) == [1]


@pytest.mark.parametrize("pose", [None, np.eye(4)])
def test_instances_without_points_get_fresh_ids(pose):
    empty = Instance(
        0,
        Segment(np.zeros((1, 1), bool), "mug"),
        np.zeros((0, 3), np.float32),
        np.zeros((0, 3), np.uint8),
        OrientedBox.empty(),
        False,
        0.0,
    )
    tracker = Tracker()
    assert ids(tracker.assign([empty, thing(0.0)], pose)) == [1, 2]
    assert ids(tracker.assign([empty, thing(0.0)], pose)) == [3, 2]
