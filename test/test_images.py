"""Images of every encoding to arrays and back."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2's messages: run `make setup`, then `. ./env.sh`")
pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from sensor_msgs.msg import Image
from std_msgs.msg import Header

from reason_seg_ros.nodes import images
from reason_seg_ros.nodes.images import color_from_image, color_to_image, depth_from_image, depth_to_image
from reason_seg_ros.nodes.problems import ImageError

HEIGHT, WIDTH = 5, 7


def make_image(pixels: np.ndarray, encoding: str, padding: int = 0, big: bool = False) -> Image:
    """An image message with `padding` bytes of 0xAB behind each row, in either byte order."""
    height, width = pixels.shape[:2]
    stored = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<"))
    rows = np.frombuffer(stored.tobytes(), np.uint8).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xAB)
    message = Image(height=height, width=width, encoding=encoding, step=rows.shape[1], is_bigendian=int(big))
    message.data = array.array("B", rows.tobytes())
    return message


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.mark.parametrize("padding", [0, 13])
@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8", "8UC3", "8UC4"])
def test_color_encodings(rgb: np.ndarray, encoding: str, padding: int) -> None:
    pixels = rgb if encoding.startswith("rgb") else rgb[..., ::-1]
    if encoding in ("rgba8", "bgra8", "8UC4"):
        pixels = np.dstack([pixels, np.full((HEIGHT, WIDTH), 77, np.uint8)])
    color = color_from_image(make_image(pixels, encoding, padding))
    assert color.dtype == np.uint8
    np.testing.assert_array_equal(color, rgb)


@pytest.mark.parametrize("big", [False, True])
def test_gray_and_sixteen_bit_color(rgb: np.ndarray, big: bool) -> None:
    gray = rgb[..., 0]
    np.testing.assert_array_equal(color_from_image(make_image(gray, "mono8")), np.dstack([gray] * 3))
    wide = (gray.astype(np.uint16) << 8) | 0x12
    np.testing.assert_array_equal(color_from_image(make_image(wide, "mono16", 4, big)), np.dstack([gray] * 3))
    wide = (rgb.astype(np.uint16) << 8) | 0x34
    np.testing.assert_array_equal(color_from_image(make_image(wide, "rgb16", 2, big)), rgb)
    np.testing.assert_array_equal(color_from_image(make_image(wide[..., ::-1], "bgr16", 2, big)), rgb)


@pytest.mark.parametrize(("encoding", "order"), [("yuv422", "UYVY"), ("yuv422_yuy2", "YUYV")])
def test_yuv_gray_stays_gray(encoding: str, order: str) -> None:
    luma = np.full((4, 6), 126, np.uint8)
    neutral = np.full((4, 6), 128, np.uint8)
    pixels = np.dstack([neutral, luma] if order == "UYVY" else [luma, neutral])
    color = color_from_image(make_image(pixels, encoding)).astype(int)
    assert color.shape == (4, 6, 3)
    assert np.ptp(color) <= 1
    assert abs(color.mean() - (126 - 16) * 255 / 219) < 2


def test_rgb8_is_not_copied(rgb: np.ndarray) -> None:
    message = make_image(rgb, "rgb8", padding=3)
    color = color_from_image(message)
    message.data[0] = (int(rgb[0, 0, 0]) + 1) % 256
    assert color[0, 0, 0] == message.data[0]


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("encoding", ["16UC1", "mono16"])
def test_millimetre_depth(encoding: str, padding: int, big: bool) -> None:
    millimetres = np.array([[0, 1, 500], [1234, 65535, 0]], np.uint16)
    depth = depth_from_image(make_image(millimetres, encoding, padding, big))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, [[np.nan, 0.001, 0.5], [1.234, 65.535, np.nan]], rtol=1e-6)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 5])
def test_metre_depth_without_readings(padding: int, big: bool) -> None:
    metres = np.array([[0.0, -1.0, np.nan], [np.inf, -np.inf, 1.25]], np.float32)
    depth = depth_from_image(make_image(metres, "32FC1", padding, big))
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth, np.array([[np.nan] * 3, [np.nan, np.nan, 1.25]], np.float32))


def test_last_row_needs_no_padding(rgb: np.ndarray) -> None:
    message = make_image(rgb, "rgb8", padding=9)
    message.data = message.data[:-9]
    np.testing.assert_array_equal(color_from_image(message), rgb)


def test_millimetres_that_claim_to_be_metres() -> None:
    depth = np.full((40, 40), 812.0, np.float32)
    depth[:5] = 0.0
    with pytest.raises(ImageError, match=r"812 m.*divide by 1000"):
        depth_from_image(make_image(depth, "32FC1"))
    depth /= 1000
    depth[:, :10] = 300.0  # a few readings may be wild
    assert np.nanmedian(depth_from_image(make_image(depth, "32FC1"))) == pytest.approx(0.812)


class StandInBridge:
    """What cv_bridge promises: imgmsg_to_cv2(message, desired_encoding) is an array of that encoding, or raises."""

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = "passthrough") -> np.ndarray:
        assert desired_encoding == "rgb8"
        if img_msg.encoding != "bayer_rggb8":
            raise RuntimeError(f"Unrecognized image encoding [{img_msg.encoding}]")
        mosaic = np.ndarray((img_msg.height, img_msg.width), np.uint8, img_msg.data, strides=(img_msg.step, 1))
        return cv2.cvtColor(mosaic, cv2.COLOR_BayerBG2RGB)


def test_rare_encodings_go_through_cv_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one where it can be imported."""
    if images._cv_bridge() is None:
        monkeypatch.setattr(images, "_cv_bridge", lambda: StandInBridge().imgmsg_to_cv2)
    mosaic = np.zeros((8, 8), np.uint8)
    mosaic[::2, ::2] = 200  # red
    color = color_from_image(make_image(mosaic, "bayer_rggb8", 3))
    assert (color.shape, color.dtype) == ((8, 8, 3), np.uint8)
    assert color[2:6, 2:6, 0].min() > 90
    assert color[..., 1:].max() == 0
    with pytest.raises(ImageError, match="cv_bridge cannot turn encoding 'nv99'"):
        color_from_image(make_image(mosaic, "nv99"))


def test_rare_encodings_without_cv_bridge_name_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_cv_bridge", lambda: None)
    with pytest.raises(ImageError, match=r"publish one of rgb8, bgr8.*cv_bridge"):
        color_from_image(make_image(np.zeros((8, 8), np.uint8), "bayer_rggb8"))


def test_unusable_images_say_why(rgb: np.ndarray) -> None:
    short = make_image(rgb, "rgb8")
    short.data = short.data[:-1]
    with pytest.raises(ImageError, match="incomplete"):
        color_from_image(short)
    narrow = make_image(rgb, "rgb8")
    narrow.step -= 1
    with pytest.raises(ImageError, match="step"):
        color_from_image(narrow)
    with pytest.raises(ImageError, match="no pixels"):
        color_from_image(Image(encoding="rgb8"))
    with pytest.raises(ImageError, match="'nv99'"):
        color_from_image(make_image(rgb, "nv99"))
    with pytest.raises(ImageError, match=r"16UC1 .* or 32FC1"):
        depth_from_image(make_image(rgb, "rgb8"))


def test_images_written_are_read_back(rgb: np.ndarray) -> None:
    header = Header(frame_id="optical")
    message = color_to_image(rgb, header)
    assert (message.encoding, message.step, message.header.frame_id) == ("rgb8", 3 * WIDTH, "optical")
    np.testing.assert_array_equal(color_from_image(message), rgb)
    depth = np.array([[np.nan, 0.5004], [65.6, 1.0]], np.float32)
    np.testing.assert_allclose(
        depth_from_image(depth_to_image(depth, header)), [[np.nan, 0.5], [np.nan, 1.0]], rtol=1e-6
    )
