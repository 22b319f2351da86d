"""Over-segmentation: convex bodies above the support, grown to the edges in colour."""

from __future__ import annotations

import cv2
import numpy as np

from .relief import Relief

GROUND = 1
"""Label of everything that is no thing: the support and what lies beyond it."""
_ODD = 3.0
"""Deviations in colour from which a pixel is not taken as the support's without doubt."""
_STAIN = 5.0
"""Deviations in colour from which a pixel at the height of the support is taken as something else."""
_BLIND_STAIN = 10.0
"""The same for a pixel without depth: beside things, holes in depth are mostly shadows on the support."""
_PLAIN = 2.0
"""Deviations in colour up to which a pixel whose depth tells nothing is the support's."""
_MARGIN = 5.0
_LEAST_MARGIN = 2.0
"""Pixels by which depth edges lie off colour edges, at worst and always; cores keep that far away from them."""
_STEP = 25.0
_CORE = 30
"""Pixels of the smallest core from which a patch grows."""


def patches_of(color: np.ndarray, relief: Relief) -> np.ndarray:
    """Divide the image into ground and patches of things.

    Cores lie where the height is beyond doubt and the surface bends in no valley, or where a flat surface has a colour
    that the support lacks. Pixels in doubt between cores and ground go to whichever side they resemble in colour
    (watershed), so that borders come to lie on edges of colour, which cameras place better than edges of depth.

    Args:
        color: (H, W, 3) uint8.
        relief: of the same frame.

    Returns:
        (H, W) int32, `GROUND` or a patch label from 2 on.
    """
    with np.errstate(invalid="ignore"):
        level = np.abs(relief.height) < relief.tolerance
    high = relief.high
    seam = relief.valley * (1.0 + np.minimum(color_step(relief.lab) / _STEP, 2.0))
    raised = _cores((seam < relief.bend) & high, relief.scale)
    doubt = relief.calm & ~high & (relief.supports.index >= 0)
    stain = np.where(relief.known, np.float32(_STAIN), np.float32(_BLIND_STAIN))
    stained = _cores(doubt & (relief.odd.color > stain) & (relief.odd.tint > _ODD), relief.scale)
    shaded = (relief.odd.color < _ODD) | (relief.odd.tint < _ODD)
    ground = (level & relief.calm & shaded) | (~high & (relief.odd.color < _PLAIN))
    ground |= (relief.supports.index < 0) & relief.known
    ground = cv2.erode(ground.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    markers = np.where(ground, GROUND, 0).astype(np.int32)
    markers[raised > 0] = raised[raised > 0] + GROUND
    markers[stained > 0] = stained[stained > 0] + GROUND + raised.max()
    return flood(cv2.GaussianBlur(color, (0, 0), 1.0), markers)


def _cores(mask: np.ndarray, scale: float) -> np.ndarray:
    """(H, W) int32, 0 or the number of a part of the mask.

    Parts are shrunk by `_MARGIN`, which parts them at necks; those that vanish are shrunk by less.
    """
    thin, wide = (_parts(_shrunk(mask, margin * scale), scale) for margin in (_LEAST_MARGIN, _MARGIN))
    survives = np.zeros(thin.max() + 1, bool)
    survives[thin[wide > 0]] = True
    survives[0] = True
    return np.where(survives[thin], wide, thin + wide.max())


def _shrunk(mask: np.ndarray, margin: float) -> np.ndarray:
    """A mask without its pixels nearer than a margin to its outline, (H, W) uint8."""
    width = 2 * round(margin) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.erode(mask.astype(np.uint8), kernel, borderValue=1)


def _parts(mask: np.ndarray, scale: float) -> np.ndarray:
    """(H, W) int32, 0 or the number of the connected part; parts too small are left out."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    kept = stats[:, cv2.CC_STAT_AREA] >= _CORE * scale**2
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0).astype(np.int32)[labels]


def flood(color: np.ndarray, markers: np.ndarray) -> np.ndarray:
    """Watershed of a colour image from markers (0 = undecided); the dividing lines are given to a neighbour."""
    labels = markers.astype(np.int32)
    cv2.watershed(color, labels)
    lines = labels < 1
    labels[lines] = cv2.dilate(np.maximum(labels, 0).astype(np.float32), np.ones((3, 3), np.uint8))[lines]
    return np.maximum(labels, GROUND)


def color_step(lab: np.ndarray) -> np.ndarray:
    """(H, W) float32: colour difference (delta E) across four pixels."""
    gx = lab[:, 4:] - lab[:, :-4]; gy = lab[4:] - lab[:-4]
    out = np.zeros(lab.shape[:2], np.float32)
    out[:, 2:-2] = np.sqrt((gx**2).sum(-1))
    out[2:-2] = np.maximum(out[2:-2], np.sqrt((gy**2).sum(-1)))
    return out
