"""The support's own look: its local colour, the spread of its texture, and what a shadow makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_CELL = 8
_REACHES = (24.0, 10.0)
"""Pixels of a cell, and cells over which colour is averaged, round by round: shading varies slowly."""
_LEAST = np.array([4.0, 2.0, 2.0], np.float32)
"""Spread in L, a, b that even a plain surface has: sensor noise and soft shading."""
_FAR = 4.0
_NONE = 100.0
_BLACK = (-16.0, 0.0, 0.0)
_SHADES = (0.6, 1.15)
"""A shadow scales light by s, and so L + 16, a and b by the cube root of s (CIE 1976); s is seldom below 0.2."""


@dataclass(frozen=True, eq=False)
class Oddness:
    """How far each pixel's colour is off that of the support around it; 100 everywhere if there is no support.

    Attributes:
        color: (H, W) float32, in standard deviations of the support's own texture.
        difference: (H, W) float32, as CIE 1976 delta E.
        tint: (H, W) float32, in deviations, only what neither a shadow nor a change of light explains.
    """

    color: np.ndarray
    difference: np.ndarray
    tint: np.ndarray


def oddness(lab: np.ndarray, level: np.ndarray) -> Oddness:
    """Compare every pixel with the support's local look.

    Args:
        lab: (H, W, 3) float32.
        level: (H, W) bool, pixels at the height of the support; things too flat to rise from it are among them, so
            the look is estimated from wide surroundings first, then from nearer ones without what was odd.
    """
    if np.count_nonzero(level) < _CELL**2:
        none = np.full(level.shape, np.float32(_NONE))
        return Oddness(none, none, none)
    half = level.shape[1] // 2, level.shape[0] // 2
    small = cv2.resize(lab, half, interpolation=cv2.INTER_AREA)
    plain = cv2.resize(level.astype(np.uint8), half, interpolation=cv2.INTER_NEAREST) > 0
    weight = plain
    for reach in _REACHES:
        mean, spread = _local_look(small, weight.astype(np.float32), reach)
        off = cv2.subtract(small, cv2.resize(mean, half))
        weight = plain & (_sum(cv2.multiply(off, off), spread**-2) < _FAR**2)
    size, weights = lab.shape[1::-1], spread**-2
    ray = (mean - np.array(_BLACK)).astype(np.float32)
    along = cv2.resize(ray, size)
    off = cv2.subtract(lab, along)
    off[..., 0] -= np.float32(_BLACK[0])
    cv2.multiply(off, along, dst=along)
    shade = _sum(along) / cv2.resize(_sum(ray * ray), size)
    np.clip(shade, _SHADES[0] - 1.0, _SHADES[1] - 1.0, out=shade)
    square = cv2.multiply(off, off, dst=off)
    color = _sum(square, weights)
    # The square of off - shade * ray, multiplied out: what varies over the image alone needs no passes over colours.
    tint = shade * cv2.resize(_sum(ray * ray, weights), size)
    tint -= 2.0 * _sum(along, weights)
    tint *= shade
    tint += color
    np.maximum(tint, 0.0, out=tint)
    return Oddness(*(cv2.sqrt(image, dst=image) for image in (color, _sum(square), tint)))


def _sum(image: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Weighted sum over channels: (H, W)."""
    line = np.ones((1, 3), np.float32) if weights is None else weights.astype(np.float32)[None]
    return cv2.transform(image, line)


def _local_look(lab: np.ndarray, weight: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Local mean of the weighted pixels (h, w, 3), one entry a cell, and their usual deviation from it (3,)."""
    cells = (max(1, 2 * lab.shape[1] // _CELL), max(1, 2 * lab.shape[0] // _CELL))
    weighted = lab * weight[..., None]
    share, first, second = (
        cv2.resize(image, cells, interpolation=cv2.INTER_AREA) for image in (weight, weighted, weighted * lab)
    )
    wide, summed = cv2.GaussianBlur(share, (0, 0), reach), cv2.GaussianBlur(first, (0, 0), reach)
    overall = first.sum(axis=(0, 1)) / max(float(share.sum()), 1e-6)
    mean = (summed + 1e-3 * overall) / (wide[..., None] + 1e-3)
    full = share > 0.5
    if not full.any():
        return mean, _LEAST
    local, square = first[full] / share[full, None], second[full] / share[full, None]
    variance = np.median(np.maximum(square - local**2, 0.0), axis=0) + np.median((local - mean[full]) ** 2, axis=0)
    return mean, np.maximum(np.sqrt(variance), _LEAST)
