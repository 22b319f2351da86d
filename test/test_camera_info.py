"""Camera info to the pinhole camera and back."""

from __future__ import annotations

import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2's messages: run `make setup`, then `. ./env.sh`")
pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from reason_seg_ros.frame import Camera
from reason_seg_ros.msg import Reply
from reason_seg_ros.nodes.camera_info import camera_from_info, camera_to_info
from reason_seg_ros.nodes.problems import Problem

CAMERA = Camera(640, 480, 600.0, 610.0, 320.5, 239.5)


def test_round_trip() -> None:
    message = camera_to_info(CAMERA, Header(frame_id="optical"))
    assert camera_from_info(message) == CAMERA
    assert message.header.frame_id == "optical"
    assert message.distortion_model == "plumb_bob"
    assert list(message.d) == [0.0] * 5
    assert list(message.r) == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    assert list(message.p) == [600.0, 0.0, 320.5, 0.0, 0.0, 610.0, 239.5, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_binning_and_region_move_the_intrinsics() -> None:
    """K is for the whole sensor; the image is a part of it, binned."""
    message = camera_to_info(CAMERA, Header())
    message.binning_x = message.binning_y = 2
    message.roi = RegionOfInterest(x_offset=100, y_offset=60, width=400, height=300)
    camera = camera_from_info(message)
    assert (camera.width, camera.height) == (200, 150)
    assert (camera.fx, camera.fy) == (300.0, 305.0)
    assert (camera.cx, camera.cy) == ((320.5 - 100) / 2, (239.5 - 60) / 2)


def test_a_rectified_camera_is_p() -> None:
    """Undistorting changes the intrinsics: K is of the raw image, P of the rectified one."""
    message = camera_to_info(CAMERA, Header())
    message.p = [500.0, 0.0, 310.0, 0.0, 0.0, 505.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert camera_from_info(message) == Camera(640, 480, 500.0, 505.0, 310.0, 230.0)


def test_a_driver_that_leaves_p_empty() -> None:
    message = camera_to_info(CAMERA, Header())
    message.p = [0.0] * 12
    assert camera_from_info(message) == CAMERA


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_uncalibrated_cameras(bad: float) -> None:
    message = camera_to_info(CAMERA, Header())
    message.k[0] = bad
    with pytest.raises(Problem, match=r"K\[0\]") as caught:
        camera_from_info(message)
    assert caught.value.code == Reply.UNCALIBRATED_CAMERA


def test_a_projection_that_is_no_number() -> None:
    message = camera_to_info(CAMERA, Header())
    message.p[5] = float("nan")
    with pytest.raises(Problem, match=r"P\[0\]") as caught:
        camera_from_info(message)
    assert caught.value.code == Reply.UNCALIBRATED_CAMERA


def test_a_camera_without_a_size() -> None:
    message = CameraInfo(k=list(camera_to_info(CAMERA, Header()).k))
    with pytest.raises(Problem, match="0x0") as caught:
        camera_from_info(message)
    assert caught.value.code == Reply.SIZE_MISMATCH
