"""How exact a depth reading is: the tolerances that every geometric test is made of."""

from __future__ import annotations

import numpy as np

from ..frame import Frame
from .memo import memoized

TYPICAL_GAIN = 0.002
"""k of sigma(z) = k z^2, 1/m, of a structured-light or stereo camera (Khoshelham & Elberink 2012: 0.0014)."""
FLOOR = 0.001
"""Metres: no depth camera in use is more exact than this, however near the surface."""
_REACH = 8
"""Pixels over which a surface is taken as flat; less would measure the sensor's own smoothing."""


@memoized
def gain_of(frame: Frame) -> float:
    """`noise_gain` of a frame's depth."""
    return noise_gain(frame.depth)


def noise_gain(depth: np.ndarray) -> float:
    """The k of sigma(z) = k z^2 (1/m), measured in the image itself.

    On a plane, inverse depth is linear in pixel coordinates, so its second difference is noise alone; surfaces are
    smooth at most pixels, which a median over the image exploits.

    Args:
        depth: (H, W) float32 metres, NaN where there is no reading.
    """
    inverse = 1.0 / depth[::4]
    second = inverse[:, 2 * _REACH :] - 2.0 * inverse[:, _REACH:-_REACH] + inverse[:, : -2 * _REACH]
    second = np.abs(second[np.isfinite(second)])
    if len(second) < 100:
        return TYPICAL_GAIN
    gain = float(np.median(second)) / 0.6745 / np.sqrt(6.0)
    return float(np.clip(gain, 0.2 * TYPICAL_GAIN, 3.0 * TYPICAL_GAIN))


def sigma(depth: np.ndarray, gain: float) -> np.ndarray:
    """Standard deviation of depth readings (metres, any shape), metres."""
    square = np.float32(gain) * depth * depth
    square *= square
    square += np.float32(FLOOR**2)
    return np.sqrt(square, out=square)
