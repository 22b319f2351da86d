"""sensor_msgs/Image to NumPy arrays and back, without copying where the layout allows."""

from __future__ import annotations

import array
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from ..frame import clean_depth
from .problems import ImageError

MILLIMETRES = np.float32(0.001)
# No RGB-D camera sees half of its picture beyond 100 m, and in millimetres anything beyond 0.1 m would be there.
_FARTHEST = 100.0
_SAMPLE = 8  # every how many rows and columns are looked at for it

# encoding: (type of one channel, channels, conversion to RGB or None where the bytes are RGB already).
# 8UC3 and 8UC4 name no order; OpenCV's own (blue first) is what publishes them.
_COLOR: dict[str, tuple[str, int, int | None]] = {
    "rgb8": ("u1", 3, None),
    "bgr8": ("u1", 3, cv2.COLOR_BGR2RGB),
    "rgba8": ("u1", 4, cv2.COLOR_RGBA2RGB),
    "bgra8": ("u1", 4, cv2.COLOR_BGRA2RGB),
    "mono8": ("u1", 1, cv2.COLOR_GRAY2RGB),
    "8UC1": ("u1", 1, cv2.COLOR_GRAY2RGB),
    "8UC3": ("u1", 3, cv2.COLOR_BGR2RGB),
    "8UC4": ("u1", 4, cv2.COLOR_BGRA2RGB),
    "mono16": ("u2", 1, cv2.COLOR_GRAY2RGB),
    "rgb16": ("u2", 3, None),
    "bgr16": ("u2", 3, cv2.COLOR_BGR2RGB),
    "yuv422": ("u1", 2, cv2.COLOR_YUV2RGB_UYVY),
    "uyvy": ("u1", 2, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422_yuy2": ("u1", 2, cv2.COLOR_YUV2RGB_YUY2),
    "yuyv": ("u1", 2, cv2.COLOR_YUV2RGB_YUY2),
}

# encoding: (type of a pixel, metres per unit) as REP-118 has it.
_DEPTH: dict[str, tuple[str, np.float32]] = {
    "16UC1": ("u2", MILLIMETRES),
    "mono16": ("u2", MILLIMETRES),
    "32FC1": ("f4", np.float32(1)),
}


def color_from_image(message: Image) -> np.ndarray:
    """Colour of an image: (H, W, 3) uint8 RGB; a view of the message's data if it is rgb8.

    Raises:
        ImageError: if the encoding is not supported or the data does not fit its layout.
    """
    known = _COLOR.get(message.encoding)
    if known is None:
        return _rare_color(message)
    dtype, channels, conversion = known
    pixels = _pixels(message, dtype, channels)
    if dtype == "u2":
        pixels = (pixels >> 8).astype(np.uint8)
    if conversion is None:
        return pixels
    try:
        return cv2.cvtColor(np.ascontiguousarray(pixels), conversion)
    except cv2.error as error:
        raise ImageError(
            f"{message.width}x{message.height} {message.encoding} cannot be turned into RGB: {error}"
        ) from error


def depth_from_image(message: Image) -> np.ndarray:
    """Depth of an image: (H, W) float32 metres, NaN where there is no reading. The encoding gives the unit (REP-118).

    Raises:
        ImageError: if the encoding is not one of depth or the data does not fit its layout.
    """
    known = _DEPTH.get(message.encoding)
    if known is None:
        raise ImageError(
            f"depth in encoding '{message.encoding}' is not supported: publish 16UC1 (millimetres) or 32FC1 (metres)"
        )
    dtype, unit = known
    pixels = _pixels(message, dtype, 1)[..., 0]
    if unit == MILLIMETRES:
        return millimetres_to_depth(pixels)
    depth = clean_depth(pixels)
    _check_metres(depth[::_SAMPLE, ::_SAMPLE])
    return depth


def _check_metres(depth: np.ndarray) -> None:
    """Refuse millimetres that claim to be metres: (H, W) float32, NaN where there is no reading."""
    readings = depth[np.isfinite(depth)]
    if readings.size and np.median(readings) > _FARTHEST:
        raise ImageError(
            f"half of the 32FC1 depth lies beyond {np.median(readings):.0f} m: 32FC1 is in metres (REP-118), "
            "let the driver divide by 1000, or publish millimetres as 16UC1"
        )


def millimetres_to_depth(pixels: np.ndarray) -> np.ndarray:
    """(H, W) uint16 millimetres, 0 = no reading, to (H, W) float32 metres with NaN."""
    depth = pixels.astype(np.float32)
    depth *= MILLIMETRES
    depth[pixels == 0] = np.nan
    return depth


def color_to_image(color: np.ndarray, header: Header) -> Image:
    """An rgb8 image from (H, W, 3) uint8 RGB."""
    return array_to_image(color, "rgb8", header)


def depth_to_image(depth: np.ndarray, header: Header) -> Image:
    """A 16UC1 image in millimetres from (H, W) float32 metres; NaN and what does not fit 16 bits become 0."""
    millimetres = np.nan_to_num(depth * np.float32(1000))
    millimetres[(millimetres < 0) | (millimetres > np.iinfo(np.uint16).max)] = 0
    return array_to_image(np.rint(millimetres).astype(np.uint16), "16UC1", header)


def array_to_image(pixels: np.ndarray, encoding: str, header: Header) -> Image:
    """An image whose data are the array's bytes: (H, W) or (H, W, C) of a type that fits the encoding."""
    message = Image(header=header, encoding=encoding)
    message.height, message.width = pixels.shape[:2]
    message.step = pixels.itemsize * int(np.prod(pixels.shape[1:]))
    message.is_bigendian = 0
    message.data = to_byte_array(pixels)
    return message


def to_byte_array(pixels: np.ndarray) -> array.array[int]:
    """The array's bytes as array('B'): rclpy checks any other type element by element."""
    data = array.array("B")
    if pixels.size:  # a memoryview of nothing cannot be cast
        data.frombytes(np.ascontiguousarray(pixels).data.cast("B"))
    return data


def _pixels(message: Image, dtype: str, channels: int) -> np.ndarray:
    """The message's data as (H, W, channels), rows `step` bytes apart: a view unless the bytes must be swapped."""
    big = bool(message.is_bigendian)
    kind = np.dtype(dtype).newbyteorder(">" if big else "<")
    height, width, step = message.height, message.width, message.step
    row = width * channels * kind.itemsize
    if height < 1 or width < 1:
        raise ImageError(f"the image is {width}x{height}: it has no pixels")
    if step < row:
        raise ImageError(
            f"the image's step is {step} bytes but {width} pixels of {message.encoding} take {row}: "
            "correct the driver's step or encoding"
        )
    needed = step * (height - 1) + row
    if len(message.data) < needed:
        raise ImageError(
            f"the image holds {len(message.data)} bytes but {width}x{height} {message.encoding} with step {step} "
            f"takes {needed}: the driver sends incomplete images"
        )
    view: np.ndarray = np.ndarray(
        (height, width, channels), kind, message.data, strides=(step, channels * kind.itemsize, kind.itemsize)
    )
    return view.astype(dtype) if big and kind.itemsize > 1 else view


def _rare_color(message: Image) -> np.ndarray:
    convert = _cv_bridge()
    if convert is None:
        raise ImageError(
            f"colour in encoding '{message.encoding}' is not supported here: publish one of {', '.join(_COLOR)}, "
            "or install a cv_bridge that works with this NumPy"
        )
    try:
        return np.ascontiguousarray(convert(message, "rgb8"))
    except Exception as error:  # cv_bridge raises types of its own C++ module
        raise ImageError(f"cv_bridge cannot turn encoding '{message.encoding}' into rgb8: {error}") from error


@lru_cache(maxsize=1)
def _cv_bridge() -> Callable[[Any, str], np.ndarray] | None:
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
    except Exception:  # builds for another NumPy fail with ImportError or AttributeError, as they please
        return None
    return bridge.imgmsg_to_cv2
