"""Colour and depth as image_transport compresses them."""

from __future__ import annotations

import array
import struct

import cv2
import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2's messages: run `make setup`, then `. ./env.sh`")
pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from rvl_encoder import encode_rvl
from sensor_msgs.msg import CompressedImage

from reason_seg_ros.nodes.compressed_images import color_from_compressed, depth_from_compressed
from reason_seg_ros.nodes.problems import ImageError
from reason_seg_ros.nodes.rvl import decode_rvl


def compressed(data: bytes, form: str) -> CompressedImage:
    return CompressedImage(format=form, data=array.array("B", data))


@pytest.fixture
def rgb() -> np.ndarray:
    gradient = np.linspace(0, 255, 32).astype(np.uint8)
    return np.dstack(np.broadcast_arrays(gradient[None, :], np.uint8(40), gradient[:32, None]))


@pytest.fixture
def millimetres() -> np.ndarray:
    generator = np.random.default_rng(3)
    image = generator.integers(300, 65535, (24, 31)).astype(np.uint16)
    image[generator.random(image.shape) < 0.3] = 0
    image[5:9] = 0
    return image


@pytest.mark.parametrize(
    ("form", "handed_over_as"),
    [
        ("png", "bgr"),
        ("rgb8; png compressed bgr8", "bgr"),
        ("bgr8; png compressed bgr8", "bgr"),
        ("rgb8; png compressed rgb8", "rgb"),
        ("rgb8; png compressed ", "rgb"),
    ],
)
def test_color_order_follows_the_format(rgb: np.ndarray, form: str, handed_over_as: str) -> None:
    handed_over = rgb if handed_over_as == "rgb" else rgb[..., ::-1]
    data = cv2.imencode(".png", np.ascontiguousarray(handed_over))[1].tobytes()
    np.testing.assert_array_equal(color_from_compressed(compressed(data, form)), rgb)


def test_jpeg_and_gray(rgb: np.ndarray) -> None:
    data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes()
    color = color_from_compressed(compressed(data, "rgb8; jpeg compressed bgr8")).astype(int)
    assert abs(color - rgb).mean() < 6
    data = cv2.imencode(".png", rgb[..., 0])[1].tobytes()
    gray = color_from_compressed(compressed(data, "mono8; png compressed "))
    np.testing.assert_array_equal(gray, np.dstack([rgb[..., 0]] * 3))


@pytest.mark.parametrize("form", ["16UC1; compressedDepth png", "16UC1; compressedDepth"])
def test_png_depth_in_millimetres(millimetres: np.ndarray, form: str) -> None:
    data = struct.pack("<iff", 0, 0, 0) + cv2.imencode(".png", millimetres)[1].tobytes()
    depth = depth_from_compressed(compressed(data, form))
    expected = np.where(millimetres, millimetres / 1000.0, np.nan)
    np.testing.assert_allclose(depth, expected, rtol=1e-6)


@pytest.mark.parametrize("codec", ["png", "rvl"])
def test_inverse_depth(codec: str) -> None:
    """Quantised as compressed_depth_image_transport does: a = q (q + 1), b = 1 - a / depth_max."""
    depth_max, quantisation = 10.0, 100.0
    a = quantisation * (quantisation + 1)
    b = 1 - a / depth_max
    metres = np.linspace(0.3, 9.5, 240, dtype=np.float32).reshape(12, 20)
    metres[0, :5] = np.nan
    stored = np.where(np.isfinite(metres), a / np.nan_to_num(metres, nan=1.0) + b, 0).astype(np.uint16)
    body = cv2.imencode(".png", stored)[1].tobytes()
    if codec == "rvl":
        body = struct.pack("<II", 20, 12) + encode_rvl(stored)
    depth = depth_from_compressed(compressed(struct.pack("<iff", 0, a, b) + body, f"32FC1; compressedDepth {codec}"))
    assert depth.shape == (12, 20)
    assert np.isnan(depth[0, :5]).all()
    read = np.isfinite(metres)
    # One step of the quantisation is depth^2 / a.
    assert (np.abs(depth[read] - metres[read]) <= 1.01 * metres[read] * depth[read] / a).all()


def test_rvl_depth(millimetres: np.ndarray) -> None:
    np.testing.assert_array_equal(decode_rvl(encode_rvl(millimetres), millimetres.size), millimetres.ravel())
    height, width = millimetres.shape
    data = struct.pack("<iffII", 0, 0, 0, width, height) + encode_rvl(millimetres)
    depth = depth_from_compressed(compressed(data, "16UC1; compressedDepth rvl"))
    np.testing.assert_allclose(depth, np.where(millimetres, millimetres / 1000.0, np.nan), rtol=1e-6)


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_rvl_of_one_value(value: int) -> None:
    image = np.full((3, 5), value, np.uint16)
    np.testing.assert_array_equal(decode_rvl(encode_rvl(image), 15), image.ravel())


def test_damaged_data_say_so(millimetres: np.ndarray) -> None:
    with pytest.raises(ImageError, match="cannot be decoded"):
        color_from_compressed(compressed(b"not an image", "jpeg"))
    with pytest.raises(ImageError, match="cannot be decoded"):
        color_from_compressed(compressed(b"", "jpeg"))
    with pytest.raises(ImageError, match="depth_image_transport"):
        depth_from_compressed(compressed(b"x" * 40, "jpeg"))
    with pytest.raises(ImageError, match="holds no image"):
        depth_from_compressed(compressed(b"x" * 12, "16UC1; compressedDepth png"))
    stream = encode_rvl(millimetres)
    with pytest.raises(ImageError, match=r"incomplete|damaged"):
        decode_rvl(stream[: len(stream) // 2], millimetres.size)
    with pytest.raises(ImageError, match="damaged"):
        decode_rvl(b"\xff" * 64 + bytes(4), 100)
    huge = struct.pack("<iffII", 0, 0, 0, 1 << 31, 1 << 31)
    with pytest.raises(ImageError, match="damaged"):
        depth_from_compressed(compressed(huge, "16UC1; compressedDepth rvl"))
