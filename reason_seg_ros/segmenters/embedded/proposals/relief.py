"""Everything that the steps read of a frame, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ....frame import Frame
from ....geometry.noise import gain_of, sigma
from ....geometry.planes import tolerance
from ....geometry.support import Supports, supports_of
from .edges import SPANS, filled_inverse, smooth_lab, valleys
from .pattern import clear_pattern
from .surface import Oddness, oddness

_BIAS = 0.0015
"""What is left of the sensor's slow error, as a share of the range, once the support's bending is taken out."""
_RISE = 0.004
"""Metres beyond the tolerance: what rises by less over its support is told by colour alone."""
_SMOOTH = 7.0
"""Pixels (of an image 640 wide) over which heights are averaged to tell whether a flat surface rises."""
_DENSE = 0.4
"""Share of known heights around a pixel from which it has one itself."""
_CALM = 0.5
"""Slope change below which a surface counts as one body; weaker seams drown in what sensors do to flat faces."""


@dataclass(frozen=True, eq=False)
class Relief:
    """Images of one frame, all (H, W), and its supports.

    Attributes:
        supports: support planes with height and plane index per pixel.
        over: bool, pixels with a support below.
        level: bool, pixels at the height of the support.
        high: bool, pixels that rise over the support beyond doubt; without any support, every pixel with depth.
        lifted: bool, pixels that rise as a surface, though by less than single readings can show.
        known: bool, depth has a reading.
        inverse: float32 1/m, holes filled from behind.
        valley: float32, slope change where the surface bends away from the camera.
        bend: float32, slope change that noise or the sensor's smoothing may cause on a flat face.
        calm: bool, pixels in no valley.
        lab: (H, W, 3) float32, colour, slightly smoothed.
        odd: how far colours are off that of the support around them.
        gain: the sensor's noise, k of sigma(z) = k z^2.
        rays: (H, W, 3) float32 viewing rays with z = 1.
    """

    supports: Supports
    over: np.ndarray
    level: np.ndarray
    high: np.ndarray
    lifted: np.ndarray
    known: np.ndarray
    inverse: np.ndarray
    valley: np.ndarray
    bend: np.ndarray
    calm: np.ndarray
    lab: np.ndarray
    odd: Oddness
    gain: float
    rays: np.ndarray

    @property
    def scale(self) -> float:
        """Size of a pixel beside one of an image 640 pixels wide: lengths in pixels are given for that width."""
        return self.valley.shape[1] / 640.0


def relief_of(frame: Frame) -> Relief:
    """Compute the relief of a frame."""
    supports = supports_of(frame)
    gain = gain_of(frame)
    inverse = filled_inverse(frame.depth)
    valley = valleys(inverse, frame.camera)
    span = max(SPANS) * frame.shape[1] / 640.0
    bend = np.maximum(inverse, np.float32(0.1))
    np.divide(np.float32(2.4 * gain * frame.camera.fx / span), bend, out=bend)
    np.maximum(bend, np.float32(_CALM), out=bend)
    lab = smooth_lab(frame.color)
    depth = 1.0 / np.maximum(inverse, np.float32(1e-3))
    slack = tolerance(depth, gain, _BIAS)
    mean, filled = _smooth(supports.height)
    with np.errstate(invalid="ignore"):
        level = np.abs(filled) < slack
        high = filled > slack + np.float32(_RISE)
        lifted = mean > slack - 1.5 * sigma(depth, gain)
    odd = oddness(lab, level)
    clear_pattern(odd, lab, ~high & (supports.index >= 0))
    return Relief(
        supports=supports,
        over=supports.index >= 0,
        level=level,
        high=high if supports.planes else frame.has_depth,
        lifted=lifted,
        known=frame.has_depth,
        inverse=inverse,
        valley=valley,
        bend=bend,
        calm=valley < bend,
        lab=lab,
        odd=odd,
        gain=gain,
        rays=frame.camera.rays,
    )


def _smooth(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the known heights over a few pixels, and the heights with specks without depth filled by it.

    Returns:
        Two (H, W) float32, NaN where too little is known around.
    """
    width = 2 * round(_SMOOTH * height.shape[1] / 1280.0) + 1
    known = np.isfinite(height)
    weight = cv2.boxFilter(known.view(np.uint8), cv2.CV_32F, (width, width))
    weight[weight <= _DENSE] = np.nan
    mean = cv2.blur(np.where(known, height, np.float32(0)), (width, width)) / weight
    return mean, np.where(known, height, mean)
