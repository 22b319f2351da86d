"""Everything that the steps read of a frame, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ....frame import Frame
from ....geometry.noise import noise_gain
from ....geometry.planes import FLOOR_RISE, tolerance
from ....geometry.support import Supports, supports_of
from .edges import SPANS, filled_inverse, to_lab, valleys
from .surface import Oddness, oddness

_BIAS = 0.0015
"""What is left of the sensor's slow error, as a share of the range, once the support's bending is taken out."""
_CALM = 0.5
"""Slope change below which a surface counts as one body; weaker seams drown in what sensors do to flat faces."""


@dataclass(frozen=True, eq=False)
class Relief:
    """Images of one frame, all (H, W), and its supports.

    Attributes:
        supports: support planes with height and plane index per pixel.
        height: float32 metres over the support, NaN where unknown.
        tolerance: float32 metres, what noise alone does to a height; NaN without depth.
        inverse: float32 1/m, holes filled from behind.
        valley: float32, slope change where the surface bends away from the camera.
        bend: float32, slope change that noise or the sensor's smoothing may cause on a flat face.
        calm: bool, pixels in no valley.
        lab: (H, W, 3) float32, colour, slightly smoothed.
        odd: how far colours are off that of the support around them.
        known: bool, depth has a reading.
        high: bool, pixels that rise over the support beyond doubt.
        gain: the sensor's noise, k of sigma(z) = k z^2.
    """

    supports: Supports
    height: np.ndarray
    tolerance: np.ndarray
    inverse: np.ndarray
    valley: np.ndarray
    bend: np.ndarray
    calm: np.ndarray
    lab: np.ndarray
    odd: Oddness
    known: np.ndarray
    high: np.ndarray
    gain: float

    @property
    def scale(self) -> float:
        """Size of a pixel beside one of an image 640 pixels wide: lengths in pixels are given for that width."""
        return self.height.shape[1] / 640.0


def relief_of(frame: Frame) -> Relief:
    """Compute the relief of a frame."""
    supports = supports_of(frame)
    gain = noise_gain(frame.depth)
    slack = tolerance(frame.depth, gain, _BIAS)
    inverse = filled_inverse(frame.depth)
    valley = valleys(inverse, frame.camera)
    span = max(SPANS) * frame.shape[1] / 640.0
    noise = np.float32(1.2 * gain * frame.camera.fx / span) / np.maximum(inverse, np.float32(0.1))
    bend = np.maximum(np.float32(_CALM), 2.0 * noise)
    lab = cv2.blur(to_lab(frame.color), (3, 3))
    with np.errstate(invalid="ignore"):
        level = np.abs(supports.height) < slack
        high = supports.height > slack + np.float32(FLOOR_RISE)
    return Relief(
        supports=supports,
        height=supports.height,
        tolerance=slack,
        inverse=inverse,
        valley=valley,
        bend=bend,
        calm=valley < bend,
        lab=lab,
        odd=oddness(lab, level),
        known=frame.has_depth,
        high=high,
        gain=gain,
    )
