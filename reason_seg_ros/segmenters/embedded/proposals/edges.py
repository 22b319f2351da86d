"""Where surfaces meet: valleys of depth, and colours that a support does not have."""

from __future__ import annotations

import cv2
import numpy as np

from ....frame import Camera

SPANS = (5, 10)
"""Half spans in pixels at which valleys are sought, for an image 640 pixels wide."""


def filled_inverse(depth: np.ndarray) -> np.ndarray:
    """Inverse depth with each hole filled from the farther of its ends in the row.

    Stereo and structured light leave shadows beside near things; what is hidden there lies behind. A hole within a
    thing has the thing at both ends and is filled with it.

    Args:
        depth: (H, W) float32 metres, NaN where there is no reading.

    Returns:
        (H, W) float32, 1/m; 0 (infinitely far) in rows without any reading.
    """
    inverse = np.nan_to_num(1.0 / depth, nan=0.0)
    columns = np.arange(depth.shape[1], dtype=np.int32)
    known = inverse > 0
    left = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, columns, depth.shape[1])[:, ::-1], axis=1)[:, ::-1]
    left = np.where(left < 0, right, left)
    right = np.where(right >= depth.shape[1], left, right)
    inside = np.clip(left, 0, depth.shape[1] - 1), np.clip(right, 0, depth.shape[1] - 1)
    return np.minimum(*(np.take_along_axis(inverse, ends, axis=1) for ends in inside))


def valleys(inverse: np.ndarray, camera: Camera) -> np.ndarray:
    """How sharply the surface bends towards the camera's far side at each pixel, in the sharpest direction.

    In inverse depth planes are linear, so the second difference over a span vanishes on them; it is negative where two
    surfaces meet in a concave seam and on the far side of a step. Seams and occlusions are valleys, convex edges are
    not: between valleys lie the convex bodies.

    Args:
        inverse: (H, W) float32, 1/m, no holes.
        camera: the pinhole model.

    Returns:
        (H, W) float32: change of slope, metres of depth per metre across the line of sight; 0 on planes and ridges.
    """
    scale = inverse.shape[1] / 640.0
    smooth = cv2.blur(inverse, (3, 3))
    worst = np.zeros_like(inverse)
    for span in SPANS:
        reach = max(1, round(span * scale))
        slanted = max(1, round(reach / np.sqrt(2)))
        for dx, dy in ((reach, 0), (0, reach), (slanted, slanted), (slanted, -slanted)):
            bend = _mean_of_ends(smooth, dx, dy)
            bend -= smooth
            bend *= np.float32(2.0 * camera.fx / reach)
            np.maximum(worst, bend, out=worst)
    return worst / np.maximum(smooth, np.float32(1e-3))


def _mean_of_ends(image: np.ndarray, dx: int, dy: int) -> np.ndarray:
    """Mean of the pixels at (+dx, +dy) and (-dx, -dy) of each pixel, the border repeated."""
    kernel = np.zeros((2 * abs(dy) + 1, 2 * abs(dx) + 1), np.float32)
    if dy >= 0:
        kernel[0, 0] = kernel[-1, -1] = 0.5
    else:
        kernel[-1, 0] = kernel[0, -1] = 0.5
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)


def to_lab(color: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of an RGB image: (H, W, 3) float32, L in [0, 100], in the steps of 8-bit images."""
    lab = cv2.cvtColor(color, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 0] *= np.float32(100.0 / 255.0)
    lab[..., 1:] -= np.float32(128.0)
    return lab
