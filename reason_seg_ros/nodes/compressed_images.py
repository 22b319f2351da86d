"""sensor_msgs/CompressedImage as image_transport writes it: compressed colour and compressedDepth."""

from __future__ import annotations

import struct

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage

from .images import millimetres_to_depth
from .problems import ImageError
from .rvl import decode_rvl

# compressed_depth_image_transport's ConfigHeader: an int32 that no decoder uses and the two quantisation parameters.
_CONFIG_HEADER = struct.Struct("<iff")
_RVL_SIZE = struct.Struct("<II")
_MAX_PIXELS = 1 << 26


def color_from_compressed(message: CompressedImage) -> np.ndarray:
    """Colour of a jpeg or png: (H, W, 3) uint8 RGB.

    The format is "ENCODING; jpeg compressed ORDER" or just "jpeg" or "png". The pixels were handed to the encoder in
    ORDER; like image_transport's own decoder, anything but bgr after a colour ENCODING means that they were RGB.

    Raises:
        ImageError: if the data cannot be decoded.
    """
    encoding, separator, details = message.format.partition(";")
    pixels = _decode(message, 0, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if separator and _is_color(encoding) and "compressed bgr" not in details:
        return pixels
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def depth_from_compressed(message: CompressedImage) -> np.ndarray:
    """Depth of a compressedDepth message: (H, W) float32 metres, NaN where there is no reading.

    The format is "16UC1; compressedDepth png" (or rvl, or nothing for png). 32FC1 is stored as 16-bit inverse depth:
    metres = a / (value - b) with a, b from the header that precedes the image.

    Raises:
        ImageError: if the format is another one or the data cannot be decoded.
    """
    encoding, _, details = message.format.partition(";")
    encoding = encoding.strip()
    if "compressedDepth" not in details or encoding not in ("16UC1", "32FC1"):
        raise ImageError(
            f"'{message.format}' is not a format of compressedDepth: it must be like '16UC1; compressedDepth png'; "
            "set depth_image_transport to what the camera publishes"
        )
    if len(message.data) <= _CONFIG_HEADER.size:
        raise ImageError(f"a compressedDepth message of {len(message.data)} bytes holds no image")
    _, a, b = _CONFIG_HEADER.unpack_from(message.data)
    pixels = _decode_rvl_image(message) if details.rstrip().endswith("rvl") else _decode_depth_png(message)
    return millimetres_to_depth(pixels) if encoding == "16UC1" else inverse_to_depth(pixels, a, b)


def inverse_to_depth(pixels: np.ndarray, a: float, b: float) -> np.ndarray:
    """(H, W) uint16 inverse depth, 0 = no reading, to (H, W) float32 metres: a / (value - b)."""
    offset = pixels.astype(np.float32) - np.float32(b)
    depth = np.full(pixels.shape, np.nan, np.float32)
    np.divide(np.float32(a), offset, out=depth, where=(pixels > 0) & (offset > 0))
    depth[~(depth > 0)] = np.nan
    return depth


def _decode_depth_png(message: CompressedImage) -> np.ndarray:
    pixels = _decode(message, _CONFIG_HEADER.size, cv2.IMREAD_UNCHANGED)
    if pixels.ndim != 2 or pixels.dtype != np.uint16:
        raise ImageError(
            f"compressedDepth holds {pixels.dtype} pixels of shape {pixels.shape}: "
            "it must be a 16-bit png with one channel"
        )
    return pixels


def _decode_rvl_image(message: CompressedImage) -> np.ndarray:
    start = _CONFIG_HEADER.size + _RVL_SIZE.size
    if len(message.data) < start:
        raise ImageError(f"an rvl message of {len(message.data)} bytes holds no image")
    width, height = _RVL_SIZE.unpack_from(message.data, _CONFIG_HEADER.size)
    if not 0 < width * height <= _MAX_PIXELS:
        raise ImageError(f"the rvl image claims to be {width}x{height}: its data are damaged")
    return decode_rvl(memoryview(message.data)[start:], width * height).reshape(height, width)


def _decode(message: CompressedImage, start: int, flags: int) -> np.ndarray:
    data = np.frombuffer(message.data, np.uint8)[start:]
    try:
        pixels = cv2.imdecode(data, flags) if data.size else None
    except cv2.error:
        pixels = None
    if pixels is None:
        raise ImageError(f"{len(message.data)} bytes of '{message.format}' cannot be decoded: they are no whole image")
    return pixels


def _is_color(encoding: str) -> bool:
    return encoding.strip().startswith(("rgb", "bgr"))
