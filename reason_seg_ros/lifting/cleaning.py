"""Which pixels of a mask show the thing itself: no flying pixels, no detached background.

All thresholds follow the range z: a pixel covers z/f metres across, and the depth noise of stereo and structured light
grows with z^2 (Khoshelham and Elberink, "Accuracy and Resolution of Kinect Depth Data", Sensors 2012).
"""

from __future__ import annotations

import cv2
import numpy as np

# Neighbouring readings further apart than four standard deviations of the noise on a face of 80 degrees to the viewing
# direction belong to different surfaces. Depth noise in metres: NOISE_FLOOR + NOISE * z^2.
NOISE_FLOOR = 0.001
NOISE = 0.0015
STEEPEST_FACE = np.tan(np.deg2rad(80))
FAR_STEP = 0.6  # of that distance: a step that a usual face does not make
_MARGIN = 2  # pixels that the test of a pixel looks at to either side
UNREADABLE_STEP = 1.3  # of that distance: a step on a face steeper than sensors read

MIN_CLUSTER = 4  # pixels
MIN_SHARE = 0.004  # of the main cluster's pixels
COMPARABLE = 0.2  # share of the main cluster's pixels from which on a detached one may belong to the thing,
SOLID_SHARE = 0.05  # and the same if it is SOLID pixels thick: what a mask takes in of the background is a thin rim
SOLID = 9


def find_unsound(depth: np.ndarray, mask: np.ndarray, focal: float) -> np.ndarray:
    """Pixels of a mask at depth edges that lie on no surface, or on the far side of a jump inside the mask.

    Without them, what remains of two surfaces does not touch. The far side of a jump is where sensors guess.

    Args:
        depth: (H, W) float32, metres, NaN where there is no reading.
        mask: (H, W) bool.
        focal: focal length in pixels.

    Returns:
        (H, W) bool.
    """
    # Within a margin, the neighbours of every pixel lie at one distance in memory, and none beyond the end.
    margin = (_MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT)
    padded = cv2.copyMakeBorder(depth, *margin, value=float("nan"))
    inside = cv2.copyMakeBorder(mask.view(np.uint8), *margin, value=0).view(bool).ravel()
    unsound = np.zeros(padded.shape, bool)
    with np.errstate(invalid="ignore"):
        reach = surface_reach(padded, focal).ravel()
        for stride in (1, padded.shape[1]):
            _mark_unsound(padded.ravel(), reach, inside, stride, unsound.ravel())
    return unsound[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def surface_reach(depth: np.ndarray, focal: float, gap: float | np.ndarray = 1.0) -> np.ndarray:
    """How far apart in depth, in metres, two readings of one surface can be that are `gap` pixels apart."""
    reach = depth * np.float32(4 * NOISE)
    reach += np.float32(STEEPEST_FACE / focal) * gap
    reach *= depth
    reach += np.float32(4 * NOISE_FLOOR)
    return reach


def _mark_unsound(depth: np.ndarray, reach: np.ndarray, mask: np.ndarray, stride: int, unsound: np.ndarray) -> None:
    """Mark, in place, flying pixels and the far sides of jumps in one direction of the image.

    Args:
        depth, mask, unsound: (N,) pixels of the image.
        reach: (N,) of `surface_reach`.
        stride: distance in memory to the next pixel.
    """
    step = depth[stride:] - depth[:-stride]
    size, reach = np.abs(step), reach[:-stride]
    at = np.flatnonzero((size > reach) & mask[:-stride] & mask[stride:])
    unsound[at + stride * (step.take(at) > 0)] = True
    bound = np.float32(FAR_STEP) * reach
    near, far = size <= bound, size > bound  # neither where there is no reading
    edge = (far[:-stride] | far[stride:]) & ~(near[:-stride] | near[stride:]) & mask[stride:-stride]
    at = np.flatnonzero(edge)
    if len(at):
        at += stride
        unsound[at[_flies(step, at, stride, reach.take(at))]] = True


def _flies(step: np.ndarray, at: np.ndarray, stride: int, reach: np.ndarray) -> np.ndarray:
    """Which pixels at depth edges lie on no surface: (N,) bool.

    A flying pixel lies behind one neighbour and continues no surface on the other side. A pixel of a steep face may do
    so too, but it continues the slope on one side, unless the slope is one that no sensor reads. A pixel in front of
    its neighbours is a thin thing, and stays.

    Args:
        step: depth differences from each pixel to the next.
        at: (N,) pixels; at least one of the two steps beside each is far, and the other is far or missing.
        stride: distance in memory to the next pixel.
        reach: (N,) of `surface_reach`.
    """
    far = np.float32(FAR_STEP) * reach
    before, after = step.take(at - stride), step.take(at)
    behind = (before > far) | (after < -far)
    bend_before = np.abs(before - step.take(at - 2 * stride))
    bend_after = np.abs(after - step.take(at + stride))
    bent = ~(np.fmin(bend_before, bend_after) < far)
    unreadable = np.fmin(np.abs(before), np.abs(after)) > UNREADABLE_STEP * reach
    return np.asarray(behind & (bent | unreadable))


def clean_mask(mask: np.ndarray, depth: np.ndarray, focal: float) -> np.ndarray:
    """The pixels of a mask that show the thing itself.

    Pixels without depth and those at depth edges are dropped, then every cluster of pixels that is neither the largest
    nor continues it across a hole, nor is near it and comparable to it in size or at least no thin rim.

    Args:
        mask: (H, W) bool, the image or the part of it that holds the mask. A rim of two pixels around the mask helps
            to tell flying pixels.
        depth: (H, W) float32, metres, NaN where there is no reading.
        focal: focal length in pixels.

    Returns:
        (H, W) bool.
    """
    kept = mask & np.isfinite(depth) & ~find_unsound(depth, mask, focal)
    count, labels = cv2.connectedComponents(kept.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    if count <= 2:
        return kept
    sizes = np.bincount(labels.ravel(), minlength=count)
    main = 1 + int(sizes[1:].argmax())
    chosen = sizes >= max(MIN_CLUSTER, MIN_SHARE * sizes[main])
    chosen[0], chosen[main] = False, False
    if chosen.any():
        chosen &= _belongs(labels, sizes, main, depth, focal)
    if not chosen.any():
        return np.asarray(labels == main)
    chosen[main] = True
    return np.asarray(chosen.take(labels))


def _belongs(labels: np.ndarray, sizes: np.ndarray, main: int, depth: np.ndarray, focal: float) -> np.ndarray:
    """Which clusters go with the main one: (number of labels,) bool."""
    is_main = labels == main
    distance, nearest = cv2.distanceTransformWithLabels(
        (~is_main).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rim = np.flatnonzero(is_main & (cv2.erode(is_main.view(np.uint8), np.ones((3, 3), np.uint8)) == 0))
    depth_of = np.full(nearest.max() + 1, np.nan, np.float32)  # only pixels of the rim can be nearest
    depth_of[nearest.take(rim)] = depth.take(rim)
    others = np.flatnonzero((labels > 0) & ~is_main)
    label, gap, z = labels.take(others), distance.take(others), depth.take(others)
    apart = np.abs(z - depth_of.take(nearest.take(others)))
    continues = apart <= surface_reach(z, focal, np.maximum(1, gap / 3))
    size = max(cv2.boundingRect(is_main.view(np.uint8))[2:])
    near = (apart <= z * np.float32(size / focal)) & (gap <= size)

    def mostly(truth: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(label, truth, minlength=len(sizes)) > 0.5 * sizes)

    weighty = sizes >= COMPARABLE * sizes[main]
    if (candidates := (sizes >= SOLID_SHARE * sizes[main]) & ~weighty)[1:].any():
        core = cv2.erode((labels > 0).view(np.uint8) & ~is_main, np.ones((SOLID, SOLID), np.uint8))
        weighty |= candidates & (np.bincount(labels[core > 0], minlength=len(sizes)) > 0)
    return mostly(continues) | (mostly(near) & weighty)
