"""Resizing of 8-bit images exactly as Pillow does it, in integers and on whatever device the image is on.

The published models were trained on images that Pillow had resized, antialiased. Pillow convolves each axis on its own
with a kernel stretched by the scale, in fixed-point numbers of 22 bits, and rounds to 8 bits after each axis: rows
first, then columns. (From version 13 on, Pillow begins with the columns of very tall images; the models saw none of
that, so here rows always come first.)
"""

from __future__ import annotations

import math
from enum import Enum
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

_PRECISION = 22
_HALF = 1 << (_PRECISION - 1)
_TABLES = 64  # a camera needs four of them


class Kernel(str, Enum):
    """Resampling kernel; bicubic is Keys' (1981) with a = -0.5."""

    BILINEAR = "bilinear"
    BICUBIC = "bicubic"

    @property
    def support(self) -> float:
        """Half of the kernel's width, in pixels at scale 1."""
        return 1.0 if self is Kernel.BILINEAR else 2.0

    def weights(self, distance: np.ndarray) -> np.ndarray:
        """Weights at distances from the kernel's centre, float64, of any shape."""
        x = np.abs(distance)
        if self is Kernel.BILINEAR:
            return np.where(x < 1.0, 1.0 - x, 0.0)
        a = -0.5
        near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
        far = (((x - 5.0) * x + 8.0) * x - 4.0) * a
        return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def resize(image: Tensor, size: tuple[int, int], kernel: Kernel = Kernel.BILINEAR) -> Tensor:
    """Resize an image; the result is identical to that of `PIL.Image.resize`, rows first.

    Args:
        image: (H, W, C) uint8.
        size: (height, width) wanted, in pixels.
        kernel: resampling kernel.

    Returns:
        (height, width, C) uint8 on the image's device; the image itself if it has that size.
    """
    height, width = size
    if image.shape[1] != width:
        columns = _resample(image.transpose(0, 1), width, kernel)
        image = columns.transpose(0, 1)
    if image.shape[0] != height:
        image = _resample(image, height, kernel)
    return image.contiguous()


def _resample(image: Tensor, size: int, kernel: Kernel) -> Tensor:
    """Resample the first axis of an (N, M, C) uint8 image to (size, M, C).

    Whole rows are gathered, one kernel tap at a time, so that nothing grows with the number of taps.
    """
    rows = image.reshape(image.shape[0], -1)
    index, weight = _taps(rows.shape[0], size, kernel, image.device)
    total = torch.full((size, rows.shape[1]), _HALF, dtype=torch.int32, device=image.device)
    for at, by in zip(index, weight, strict=True):
        total += rows.index_select(0, at).to(torch.int32).mul_(by)
    total.bitwise_right_shift_(_PRECISION).clamp_(0, 255)
    return total.to(torch.uint8).reshape(size, *image.shape[1:])


@lru_cache(maxsize=_TABLES)
def _taps(size_in: int, size_out: int, kernel: Kernel, device: torch.device) -> tuple[list[Tensor], list[Tensor]]:
    """Of each tap: the input rows (size_out,) int64 and their fixed-point weights (size_out, 1) int32."""
    first, weights = _weights(size_in, size_out, kernel)
    fixed = np.trunc(weights * (1 << _PRECISION) + np.where(weights < 0, -0.5, 0.5)).astype(np.int32)
    used = np.flatnonzero(fixed.any(axis=0))
    index = np.minimum(first[:, None] + used, size_in - 1)
    with torch.inference_mode(False):
        rows = torch.from_numpy(index.T.copy()).to(device)
        by = torch.from_numpy(fixed[:, used].T[:, :, None].copy()).to(device)
    return list(rows), list(by)


def _weights(size_in: int, size_out: int, kernel: Kernel) -> tuple[np.ndarray, np.ndarray]:
    """First input row of each output row, (size_out,), and the weights from there on, (size_out, taps) float64."""
    scale = size_in / size_out
    stretch = max(scale, 1.0)
    support = kernel.support * stretch
    center = (np.arange(size_out) + 0.5) * scale
    first = np.maximum((center - support + 0.5).astype(np.int64), 0)
    end = np.minimum((center + support + 0.5).astype(np.int64), size_in)
    tap = np.arange(2 * math.ceil(support) + 1)
    weights = kernel.weights(((tap + first[:, None]) - center[:, None] + 0.5) * (1.0 / stretch))
    weights[tap >= (end - first)[:, None]] = 0.0
    # Summed one by one, as Pillow does it: NumPy's own sum adds in pairs and rounds otherwise.
    return first, weights / np.cumsum(weights, axis=1)[:, -1:]
