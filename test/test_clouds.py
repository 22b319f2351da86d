"""Point clouds as messages."""

from __future__ import annotations

import array
import struct
from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2's messages: run `make setup`, then `. ./env.sh`")
pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from reason_seg_ros.nodes.clouds import cloud_message, points_from_cloud
from reason_seg_ros.nodes.problems import ImageError

POINTS = np.array([[0.1, -0.2, 1.5], [3.0, 4.0, 5.0]], np.float32)
COLORS = np.array([[255, 128, 1], [2, 3, 4]], np.uint8)


def test_layout_is_what_pcl_expects() -> None:
    message = cloud_message(POINTS, COLORS, Header(frame_id="optical"), np.array([7, 9]))
    assert [(f.name, f.offset, f.datatype, f.count) for f in message.fields] == [
        ("x", 0, 7, 1),
        ("y", 4, 7, 1),
        ("z", 8, 7, 1),
        ("rgb", 12, 7, 1),
        ("instance_id", 16, 6, 1),
    ]
    assert (message.height, message.width, message.point_step, message.row_step) == (1, 2, 20, 40)
    x, y, z, rgb, identity = struct.unpack_from("<fffII", message.data, 0)
    assert (x, y, z) == pytest.approx((0.1, -0.2, 1.5))
    assert (rgb, identity) == (0xFF8001, 7)
    assert message.header.frame_id == "optical"


@pytest.mark.parametrize("ids", [None, np.array([7, 9])])
def test_round_trip(ids: np.ndarray | None) -> None:
    points, colors = points_from_cloud(cloud_message(POINTS, COLORS, Header(), ids))
    np.testing.assert_array_equal(points, POINTS)
    np.testing.assert_array_equal(colors, COLORS)


def test_empty_cloud() -> None:
    message = cloud_message(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), Header())
    assert (message.width, len(message.data), message.point_step) == (0, 0, 16)
    assert points_from_cloud(message)[0].shape == (0, 3)


def test_coordinates_of_another_type() -> None:
    """Through sensor_msgs_py where it is installed; else the person is told."""
    cloud = np.zeros(len(POINTS), [("x", "<f8"), ("y", "<f8"), ("z", "<f8"), ("rgb", "<f4")])
    for i, name in enumerate("xyz"):
        cloud[name] = POINTS[:, i]
    cloud["rgb"] = np.array([0xFF8001, 0x020304], np.uint32).view(np.float32)
    message = PointCloud2(height=1, width=len(cloud), point_step=cloud.itemsize, row_step=cloud.nbytes)
    types = (PointField.FLOAT64, PointField.FLOAT64, PointField.FLOAT64, PointField.FLOAT32)
    message.fields = [
        PointField(name=name, offset=8 * i, datatype=kind, count=1)
        for i, (name, kind) in enumerate(zip(cloud.dtype.names, types, strict=True))
    ]
    message.data = array.array("B", cloud.tobytes())
    if find_spec("sensor_msgs_py") is None:
        with pytest.raises(ImageError, match="sensor_msgs_py"):
            points_from_cloud(message)
        return
    points, colors = points_from_cloud(message)
    np.testing.assert_array_equal(points, POINTS)
    np.testing.assert_array_equal(colors, COLORS)


def test_unusable_clouds_say_why() -> None:
    message = cloud_message(POINTS, COLORS, Header())
    message.data = message.data[:-1]
    with pytest.raises(ImageError, match="31 bytes"):
        points_from_cloud(message)
    message.fields = message.fields[:3]
    with pytest.raises(ImageError, match="lacks the fields rgb"):
        points_from_cloud(message)
