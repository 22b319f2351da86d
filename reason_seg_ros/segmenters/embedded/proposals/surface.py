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
_BLACK = np.array([-16.0, 0.0, 0.0], np.float32)
_DARKEST_SHADOW = 0.6
"""A shadow scales light by s and so L + 16, a and b by the cube root of s (CIE 1976); s is seldom below 0.2."""


@dataclass(frozen=True, eq=False)
class Oddness:
    """How many deviations each pixel's colour is off that of the support around it; huge where there is no support.

    Attributes:
        color: (H, W) float32, any difference.
        difference: (H, W) float32, the same difference as CIE 1976 delta E.
        tint: (H, W) float32, differences that neither a shadow nor a change of light explains.
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
    weight = level.astype(np.float32)
    distance = np.full(level.shape, np.float32(100.0))
    tint = difference = distance
    for reach in _REACHES:
        if weight.sum() < 100:
            break
        mean, spread = _local_look(lab, weight, reach)
        difference = _norm(lab - mean)
        distance = _norm((lab - mean) / spread)
        weight = (level & (distance < _FAR)).astype(np.float32)
        ray, light = mean - _BLACK, lab - _BLACK
        shade = _sum(light * ray) / _sum(ray * ray)
        shade = np.clip(shade, _DARKEST_SHADOW, np.float32(1.15))
        tint = _norm((light - shade[..., None] * ray) / spread)
    return Oddness(distance, difference, tint)


def _sum(image: np.ndarray) -> np.ndarray:
    """Sum over channels: (H, W)."""
    return cv2.transform(image, np.ones((1, 3), np.float32))


def _norm(image: np.ndarray) -> np.ndarray:
    """Euclidean norm over channels: (H, W)."""
    return np.sqrt(_sum(image * image))


def _local_look(lab: np.ndarray, weight: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Local mean (H, W, 3) of the weighted pixels, and their usual (3,) deviation from it."""
    cells = (max(1, lab.shape[1] // _CELL), max(1, lab.shape[0] // _CELL))
    weighted = lab * weight[..., None]
    share, first, second = (
        cv2.resize(image, cells, interpolation=cv2.INTER_AREA) for image in (weight, weighted, weighted * lab)
    )
    wide, summed = cv2.GaussianBlur(share, (0, 0), reach), cv2.GaussianBlur(first, (0, 0), reach)
    overall = first.sum(axis=(0, 1)) / share.sum()
    mean = (summed + 1e-3 * overall) / (wide[..., None] + 1e-3)
    full = share > 0.5
    if not full.any():
        return cv2.resize(mean, lab.shape[1::-1]), _LEAST
    local, square = first[full] / share[full, None], second[full] / share[full, None]
    variance = np.median(np.maximum(square - local**2, 0.0), axis=0) + np.median((local - mean[full]) ** 2, axis=0)
    return cv2.resize(mean, lab.shape[1::-1]), np.maximum(np.sqrt(variance), _LEAST)
