"""RVL, image_transport's lossless depth compression (A. D. Wilson, Fast Lossless Depth Image Compression, 2017)."""

from __future__ import annotations

import numpy as np

from .problems import ImageError


def decode_rvl(data: bytes | memoryview, pixels: int) -> np.ndarray:
    """Decode an RVL stream.

    The stream is a row of numbers in nibbles of three bits and a "goes on" bit, packed high nibble first into
    little-endian 32-bit words. The numbers are, again and again: how many zeros, how many readings, and for each
    reading its difference to the one before, zigzag coded.

    Args:
        data: the stream, without the size that image_transport puts before it.
        pixels: how many pixels the image has.

    Returns:
        (pixels,) uint16.

    Raises:
        ImageError: if the stream ends early or says more than the image holds.
    """
    numbers = _numbers(data)
    places, runs = _runs(numbers, pixels)
    image = np.zeros(pixels, np.uint16)
    if runs:
        zigzag = np.concatenate(runs)
        deltas = (zigzag >> 1) ^ -(zigzag & 1)
        image[np.concatenate(places)] = np.cumsum(deltas).astype(np.uint16)
    return image


def _numbers(data: bytes | memoryview) -> np.ndarray:
    """Every number of the stream: (N,) int64."""
    words = np.frombuffer(data, "<u4", count=len(data) // 4)
    nibbles = ((words[:, None] >> np.arange(28, -4, -4, dtype=np.uint32)) & 0xF).ravel().astype(np.int64)
    ends = np.flatnonzero(nibbles < 8)
    if not len(ends):
        return np.zeros(0, np.int64)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    # 16-bit values zigzag to 17 bits, run lengths to the size of an image: more nibbles than ten are damage.
    if lengths.max() > 10:
        raise ImageError("the rvl image holds a number that is too long: its data are damaged")
    nibbles = nibbles[: ends[-1] + 1]
    digit = np.arange(len(nibbles)) - np.repeat(starts, lengths)
    return np.add.reduceat((nibbles & 7) << (3 * digit), starts)


def _runs(numbers: np.ndarray, pixels: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Places in the image, and zigzag differences, of each run of readings."""
    places, runs = [], []
    pixel = position = 0
    while pixel < pixels:
        if position + 2 > len(numbers):
            raise ImageError(f"the rvl image ends after {pixel} of {pixels} pixels: its data are incomplete")
        zeros, readings = int(numbers[position]), int(numbers[position + 1])
        position += 2
        pixel += zeros
        if pixel + readings > pixels or position + readings > len(numbers) or zeros + readings == 0:
            raise ImageError("the rvl image does not fit its size: its data are damaged")
        places.append(np.arange(pixel, pixel + readings))
        runs.append(numbers[position : position + readings])
        position += readings
        pixel += readings
    return places, runs
