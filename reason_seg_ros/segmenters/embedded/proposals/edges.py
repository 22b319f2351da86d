"""Where surfaces meet: valleys of depth, and colours that a support does not have."""

from __future__ import annotations

import cv2
import numpy as np

from ....frame import Camera

SPANS = (5, 10)
"""Half spans in pixels at which valleys are sought, for an image 640 pixels wide."""
_LAB_OF_BYTES = np.array([[100.0 / 255.0, 0, 0, 0], [0, 1, 0, -128], [0, 0, 1, -128]], np.float32)
"""From OpenCV's bytes to L in [0, 100] and signed a and b."""


def filled_inverse(depth: np.ndarray) -> np.ndarray:
    """Inverse depth with each hole filled from the farther of its ends in the row.

    Stereo and structured light leave shadows beside near things; what is hidden there lies behind. A hole within a
    thing has the thing at both ends and is filled with it.

    Args:
        depth: (H, W) float32 metres, NaN where there is no reading.

    Returns:
        (H, W) float32, 1/m; 0 (infinitely far) in rows without any reading.
    """
    # Holes are stretches of the image in memory; a column without any on either side keeps them within their rows.
    inverse = cv2.copyMakeBorder(1.0 / depth, 0, 0, 1, 1, cv2.BORDER_CONSTANT, value=float("inf"))
    flat = inverse.ravel()
    hole = np.isnan(flat)
    before, last = np.flatnonzero(hole[1:] != hole[:-1]).reshape(-1, 2).T
    farther = np.minimum(flat[before], flat[last + 1])
    farther[np.isinf(farther)] = 0.0
    flat[hole] = np.repeat(farther, last - before)
    return np.ascontiguousarray(inverse[:, 1:-1])


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
    height, width = inverse.shape
    smooth = np.asarray(cv2.blur(inverse, (3, 3)), np.float32)
    reaches = [max(1, round(span * width / 640.0)) for span in SPANS]
    rim = max(reaches)
    around = cv2.copyMakeBorder(smooth, rim, rim, rim, rim, cv2.BORDER_REPLICATE)

    def moved(dx: int, dy: int) -> np.ndarray:
        """The image moved by up to `rim` pixels."""
        return around[rim + dy : rim + dy + height, rim + dx : rim + dx + width]

    worst, nearest, ends = np.zeros_like(smooth), np.empty_like(smooth), np.empty_like(smooth)
    for reach in reaches:
        slanted = max(1, round(reach / np.sqrt(2)))
        np.add(moved(reach, 0), moved(-reach, 0), out=nearest)
        for dx, dy in ((0, reach), (slanted, slanted), (slanted, -slanted)):
            np.maximum(nearest, np.add(moved(dx, dy), moved(-dx, -dy), out=ends), out=nearest)
        nearest -= 2.0 * smooth
        nearest *= np.float32(camera.fx / reach)
        np.maximum(worst, nearest, out=worst)
    worst /= np.maximum(smooth, np.float32(1e-3))
    return worst


def smooth_lab(color: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of an RGB image, averaged over 3x3 pixels: (H, W, 3) float32, L in [0, 100]."""
    lab = cv2.boxFilter(cv2.cvtColor(color, cv2.COLOR_RGB2LAB), cv2.CV_32F, (3, 3))
    return cv2.transform(lab, _LAB_OF_BYTES)
