"""sensor_msgs/CameraInfo to the pinhole camera and back."""

from __future__ import annotations

import math

from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply

from ..frame import Camera
from .problems import Problem


def camera_from_info(message: CameraInfo) -> Camera:
    """The camera of the images that the driver sends, brought to the region and binning that it reads out.

    Images are taken as rectified, so the intrinsics are P's, as image_geometry and depth_image_proc have it; K's where
    the driver leaves P empty. Distortion is not undone.

    Raises:
        Problem: UNCALIBRATED_CAMERA if K or P holds no usable intrinsics, SIZE_MISMATCH if it gives no image size.
    """
    fx, fy, cx, cy = _usable("K", *(float(message.k[i]) for i in (0, 4, 2, 5)))
    if message.p[0] != 0:
        fx, fy, cx, cy = _usable("P", *(float(message.p[i]) for i in (0, 5, 2, 6)))
    across, down = max(1, message.binning_x), max(1, message.binning_y)
    roi = message.roi
    width, height = (roi.width, roi.height) if roi.width and roi.height else (message.width, message.height)
    if width < across or height < down:
        raise Problem(
            Reply.SIZE_MISMATCH,
            f"the camera info is for {message.width}x{message.height} pixels: publish the colour image's size in it",
        )
    return Camera(
        width=width // across,
        height=height // down,
        fx=fx / across,
        fy=fy / down,
        cx=(cx - roi.x_offset) / across,
        cy=(cy - roi.y_offset) / down,
    )


def _usable(matrix: str, fx: float, fy: float, cx: float, cy: float) -> tuple[float, float, float, float]:
    """Intrinsics of a matrix if they are some.

    Raises:
        Problem: UNCALIBRATED_CAMERA.
    """
    if not all(map(math.isfinite, (fx, fy, cx, cy))) or fx <= 0 or fy <= 0:
        raise Problem(
            Reply.UNCALIBRATED_CAMERA,
            f"the camera info has fx={fx:g}, fy={fy:g}, cx={cx:g}, cy={cy:g} in {matrix}: calibrate the camera, or let "
            f"its driver publish the intrinsics ({matrix}[0] must be positive)",
        )
    return fx, fy, cx, cy


def camera_to_info(camera: Camera, header: Header) -> CameraInfo:
    """Camera info of a rectified camera: plumb_bob with zero coefficients, R identity, P from K."""
    message = CameraInfo(header=header, width=camera.width, height=camera.height, distortion_model="plumb_bob")
    message.d = [0.0] * 5
    message.k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [camera.fx, 0.0, camera.cx, 0.0, 0.0, camera.fy, camera.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message
