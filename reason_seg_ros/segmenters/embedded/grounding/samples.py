"""Some pixels in place of all, and quantiles of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MAX_POINTS = 2500
"""Pixels that tell the place and the form of a thing."""


def quantiles(values: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Nearest-rank quantiles along the first axis: (len(shares), ...); many times faster than interpolated ones."""
    lines = np.ascontiguousarray(values.T)
    ranks = [round(share * (len(values) - 1)) for share in shares]
    return np.stack([np.partition(lines, rank)[..., rank] for rank in ranks])  # faster than all ranks at once


def thinned(mask: np.ndarray) -> np.ndarray:
    """(N,) flat index of pixels of a mask (h, w), spread over it; fewer than twice `MAX_POINTS`."""
    pixels = np.flatnonzero(mask)
    return pixels[:: max(1, len(pixels) // MAX_POINTS)]


def pixels_of(points: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(N, 3) pixels of an image (h, w, 3) by flat index; much faster than by mask."""
    return points.reshape(-1, 3).take(index, axis=0)
