"""Instances as messages: poses in either frame, masks, markers, label image."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2's messages: run `make setup`, then `. ./env.sh`")
pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from reason_seg_ros.lifting.boxes import OrientedBox
from reason_seg_ros.lifting.instance import Instance
from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray
from reason_seg_ros.nodes.demo_report import Terminal, full_mask
from reason_seg_ros.nodes.images import color_from_image
from reason_seg_ros.nodes.markers import marker_array
from reason_seg_ros.nodes.messages import instance_message, label_image, merged_cloud
from reason_seg_ros.reply import Segment

SHAPE = (20, 30)
SOURCE = Header(stamp=Time(sec=7), frame_id="optical")
CENTER = np.array([0.1, -0.2, 1.0])
# A quarter turn about z.
ROTATION = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
EXTENTS = np.array([0.3, 0.2, 0.1])


def make_instance(identity: int = 4, points: int = 5, rows: slice = slice(3, 9)) -> Instance:
    mask = np.zeros(SHAPE, bool)
    mask[rows, 10:25] = True
    mask[rows.start, 10] = False
    return Instance(
        id=identity,
        segment=Segment(mask, "mug", "white mug", 0.75, span=(4, 13)),
        points=np.ones((points, 3), np.float32),
        colors=np.full((points, 3), 9, np.uint8),
        box=OrientedBox(CENTER, ROTATION, EXTENTS),
        touches_border=True,
        depth_share=0.5,
    )


def quaternion(message: SegmentedInstance) -> list[float]:
    orientation = message.pose.orientation
    return [orientation.x, orientation.y, orientation.z, orientation.w]


def test_an_instance_in_the_optical_frame() -> None:
    message = instance_message(make_instance(), SOURCE)
    assert (message.header.frame_id, message.header.stamp.sec) == ("optical", 7)
    assert (message.id, message.label, message.description, message.score) == (4, "mug", "white mug", 0.75)
    assert (message.text_start, message.text_end) == (4, 13)
    box = message.box
    assert (box.x_offset, box.y_offset, box.width, box.height) == (10, 3, 15, 6)
    mask = color_from_image(message.mask)[..., 0]
    assert mask.shape == (6, 15)
    assert mask[0, 0] == 0
    assert np.count_nonzero(mask == 255) == 15 * 6 - 1
    position = message.pose.position
    np.testing.assert_allclose([position.x, position.y, position.z], CENTER)
    np.testing.assert_allclose(np.abs(quaternion(message)), [0, 0, np.sqrt(0.5), np.sqrt(0.5)], atol=1e-9)
    np.testing.assert_allclose([message.extents.x, message.extents.y, message.extents.z], EXTENTS)
    assert (message.point_count, message.cloud.width) == (5, 5)
    assert message.touches_border
    assert message.depth_share == 0.5


def test_the_camera_pose_brings_the_box_along_and_leaves_the_cloud() -> None:
    pose = np.eye(4)
    pose[:3, :3] = ROTATION.T
    pose[:3, 3] = 1.0, 2.0, 3.0
    message = instance_message(make_instance(), SOURCE, "map", pose)
    position = message.pose.position
    np.testing.assert_allclose([position.x, position.y, position.z], ROTATION.T @ CENTER + [1, 2, 3])
    np.testing.assert_allclose(np.abs(quaternion(message)), [0, 0, 0, 1], atol=1e-9)
    assert message.header.frame_id == "map"
    assert message.cloud.header.frame_id == message.mask.header.frame_id == "optical"


def test_without_depth_pose_and_extents_are_zero() -> None:
    message = instance_message(make_instance(points=0), SOURCE)
    assert message.point_count == message.cloud.width == 0
    assert (message.pose.position.z, message.extents.x) == (0.0, 0.0)


def test_a_mask_without_a_pixel_is_a_message_without_data() -> None:
    message = instance_message(make_instance(points=0, rows=slice(3, 3)), SOURCE)
    assert (message.mask.width, message.mask.height, len(message.mask.data)) == (0, 0, 0)
    assert (message.box.width, message.box.height) == (0, 0)
    assert not full_mask(message, SHAPE).any()


def test_better_instances_are_on_top_in_the_label_image() -> None:
    best, other = make_instance(1, rows=slice(3, 9)), make_instance(2, rows=slice(6, 12))
    image = label_image([best, other], SHAPE, SOURCE)
    labels = np.frombuffer(image.data, np.uint16).reshape(SHAPE)
    assert image.encoding == "16UC1"
    assert labels[7, 15] == 1
    assert labels[10, 15] == 2
    assert labels[0, 0] == 0


def test_one_cloud_of_all() -> None:
    cloud = merged_cloud([make_instance(1, 2), make_instance(2, 3)], SOURCE)
    ids = np.frombuffer(cloud.data, np.uint32).reshape(-1, 5)[:, 4]
    assert ids.tolist() == [1, 1, 2, 2, 2]
    assert merged_cloud([], SOURCE).width == 0


def test_markers_replace_the_earlier_ones() -> None:
    instances = [instance_message(make_instance(1), SOURCE), instance_message(make_instance(2, 0), SOURCE)]
    markers = marker_array(instances, SOURCE, 2.5).markers
    assert markers[0].action == markers[0].DELETEALL
    assert {(marker.ns, marker.id) for marker in markers[1:]} == {("boxes", 1), ("edges", 1), ("labels", 1)}
    cube, edges, label = markers[1:]
    np.testing.assert_allclose([cube.scale.x, cube.scale.y, cube.scale.z], EXTENTS)
    assert (cube.lifetime.sec, cube.lifetime.nanosec) == (2, 500_000_000)
    assert len(edges.points) == 24
    lengths = [
        np.linalg.norm([a.x - b.x, a.y - b.y, a.z - b.z])
        for a, b in zip(edges.points[::2], edges.points[1::2], strict=True)
    ]
    np.testing.assert_allclose(sorted(lengths), sorted([*EXTENTS] * 4))
    assert "mug" in label.text


def test_an_answer_in_the_terminal_has_columns_and_nothing_that_steers_it(capsys: pytest.CaptureFixture[str]) -> None:
    instances = [instance_message(make_instance(identity), SOURCE) for identity in (1, 2)]
    instances[0].label = "the box of crackers on the left"
    Terminal().answer(SegmentedInstanceArray(status=Reply.FOUND, text="a\x1b[2J b", instances=instances))
    answer, first, second, _ = capsys.readouterr().out.splitlines()
    assert answer == "  found: a\ufffd[2J b"
    assert first.index(" at (") == second.index(" at (")
