"""Over-segmentation: convex bodies above the support, grown to the edges in colour."""

from __future__ import annotations

import cv2
import numpy as np

from .relief import Relief

GROUND = 1
"""Label of everything that is no thing: the support and what lies beyond it."""
_PLAIN = 2.0
"""Deviations in colour up to which a pixel that does not rise is the support's, whatever its depth."""
_ODD = 3.0
"""Deviations in colour from which a pixel is not taken as the support's without doubt."""
_STAIN = 5.0
"""Deviations in colour from which a pixel at the height of the support is taken as something else."""
_BLIND_STAIN = 10.0
"""The same for a pixel without depth: beside things, holes in depth are mostly shadows on the support."""
_FOOT = 8.0
"""The same where the support's depth is bent by a thing beside it."""
_STEP = 25.0
"""Colour difference (delta E) over four pixels at which a seam counts double."""
_MARGINS = (5.0, 2.0, 1.0)
"""Pixels by which cores keep away from the edges of depth, which lie off those of colour: as far as a part allows."""
_FRAY = 5
"""Pixels of the thinnest foot that is told from noise."""
_VOID = 10.0
"""Where there is no support, pixels without depth at this distance from any depth are no thing's."""
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
    seam = relief.valley * (1.0 + np.minimum(_color_step(relief.lab) / _STEP, 2.0))
    raised = _cores((seam < relief.bend) & relief.high, relief.scale)
    stain = np.where(relief.known, np.float32(_STAIN), np.float32(_BLIND_STAIN))
    doubt = relief.calm & ~relief.high & relief.over
    tinted = (relief.odd.color > stain) & (relief.odd.tint > _ODD)
    stained = _cores(doubt & (tinted | ((relief.odd.color > _ODD) & relief.lifted)), relief.scale)
    shaded = (relief.odd.color < _ODD) | ((relief.odd.tint < _ODD) & ~relief.lifted)
    ground = (relief.level & relief.calm & shaded) | (~relief.high & (relief.odd.color < _PLAIN))
    if relief.supports.planes:
        ground |= ~relief.over & relief.known
    else:
        ground |= _shrunk(~relief.known, _VOID * relief.scale) > 0
    ground = cv2.erode(ground.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    markers = np.where(ground, np.int32(GROUND), np.int32(0))
    np.copyto(markers, raised + GROUND, where=raised > 0)
    np.copyto(markers, stained + (GROUND + raised.max()), where=stained > 0)
    labels = flood(cv2.GaussianBlur(color, (0, 0), 1.0), markers)
    return _with_feet(labels, relief)


def flood(color: np.ndarray, markers: np.ndarray) -> np.ndarray:
    """Watershed of a colour image from markers (0 = undecided); the dividing lines are given to a neighbour."""
    labels = markers.astype(np.int32)
    cv2.watershed(color, labels)
    lines = labels < 1
    labels[lines] = cv2.dilate(np.maximum(labels, 0).astype(np.float32), np.ones((3, 3), np.uint8))[lines]
    return np.maximum(labels, GROUND)


def _cores(mask: np.ndarray, scale: float) -> np.ndarray:
    """(H, W) int32, 0 or the number of a part of the mask.

    Parts are shrunk, which parts them at necks; those that vanish are shrunk by less. Parts too small are left out.
    """
    labels = np.zeros(mask.size, np.int32)
    number = 0
    for margin in _MARGINS:
        shrunk = _shrunk(mask, margin * scale)
        count, parts = cv2.connectedComponents(shrunk, connectivity=4)
        places = np.flatnonzero(shrunk.view(bool))
        part = np.asarray(parts, np.int32).take(places)
        fresh = np.bincount(part, minlength=count) >= _CORE * scale**2
        fresh[part[labels.take(places) > 0]] = False
        numbers = np.where(fresh, number + np.cumsum(fresh), 0).astype(np.int32)
        labels[places] += numbers.take(part)
        number += np.count_nonzero(fresh)
    return labels.reshape(mask.shape)


def _shrunk(mask: np.ndarray, margin: float) -> np.ndarray:
    """A mask without its pixels nearer than a margin to its outline, (H, W) uint8."""
    width = 2 * round(margin) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.erode(mask.astype(np.uint8), kernel, borderValue=1)


def _color_step(lab: np.ndarray) -> np.ndarray:
    """(H, W) float32: colour difference (delta E) across four pixels, the greater of across and along."""
    line = np.array([[-1, 0, 0, 0, 1]], np.float32)
    steps = []
    for kernel in (line, line.T):
        step = cv2.filter2D(lab, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        steps.append(cv2.transform(cv2.multiply(step, step), np.ones((1, 3), np.float32)))
    return cv2.sqrt(cv2.max(*steps))


def _with_feet(labels: np.ndarray, relief: Relief) -> np.ndarray:
    """Give the feet of things back to them: depth melts into the support there, but the colour is not the support's."""
    foot = (labels == GROUND) & relief.over & (relief.odd.color > _FOOT) & (relief.odd.tint > _STAIN)
    width = 2 * round(_FRAY * relief.scale / 2) + 1
    foot = cv2.morphologyEx(foot.astype(np.uint8), cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    count, parts = cv2.connectedComponents(foot, connectivity=4)
    if count == 1 or labels.max() == GROUND:
        return labels
    away, nearest = cv2.distanceTransformWithLabels(
        (labels == GROUND).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    thing = labels > GROUND
    rim = thing & (cv2.erode(thing.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    owner = np.zeros(nearest.max() + 1, labels.dtype)
    owner[nearest[rim]] = labels[rim]
    touching = np.zeros(count, bool)
    touching[parts[away <= width]] = True
    touching[0] = False
    joined = touching[parts]
    labels[joined] = owner[nearest[joined]]
    return labels
