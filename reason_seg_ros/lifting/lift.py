"""Mask and depth to instances."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..frame import Frame
from ..reply import Segment
from .boxes import OrientedBox
from .cleaning import clean_mask
from .fitting import MAX_POINTS, fit_box, thin
from .instance import Instance

_BLOCK = np.ones((3, 3), np.uint8)
RIM = 2  # pixels around a mask whose depth tells what flies


def lift(frame: Frame, segments: Sequence[Segment], up: np.ndarray | None = None) -> tuple[Instance, ...]:
    """Lift segments to 3D.

    Args:
        frame: the capture that the segments belong to.
        segments: masks of the frame's size; they may overlap or be empty.
        up: (3,) direction against gravity in the optical frame; boxes then stand upright. The frame's own is used if
            this is None; if that is None too, boxes have the least volume.

    Returns:
        One instance for each segment, in the same order, with id 0. One without usable depth has no points and the
        empty box.
    """
    up = frame.up if up is None else up
    return tuple(_lift_one(frame, segment, up) for segment in segments)


def _lift_one(frame: Frame, segment: Segment, up: np.ndarray | None) -> Instance:
    x0, y0, x1, y1 = segment.box
    if x0 == x1:
        return _empty(segment)
    height, width = frame.shape
    rows, columns = slice(max(y0 - RIM, 0), y1 + RIM), slice(max(x0 - RIM, 0), x1 + RIM)
    mask = segment.mask[rows, columns]
    depth = np.ascontiguousarray(frame.depth[rows, columns])
    kept = clean_mask(mask, depth, (frame.camera.fx + frame.camera.fy) / 2)
    pixels = np.flatnonzero(kept)
    points = _points(frame, depth, rows.start, columns.start)
    return Instance(
        id=0,
        segment=segment,
        points=points.take(pixels, axis=0),
        colors=frame.color[rows, columns].reshape(-1, 3).take(pixels, axis=0),
        box=fit_box(_smoothed(points, depth, kept, pixels), up),
        touches_border=x0 == 0 or y0 == 0 or x1 == width or y1 == height,
        depth_share=float(np.count_nonzero(mask & np.isfinite(depth)) / np.count_nonzero(mask)),
    )


def _points(frame: Frame, depth: np.ndarray, row: int, column: int) -> np.ndarray:
    """A part of the depth image (H, W), whose corner is at (row, column), in the optical frame: (H * W, 3)."""
    camera = frame.camera
    u = np.arange(column, column + depth.shape[1], dtype=np.float32)
    v = np.arange(row, row + depth.shape[0], dtype=np.float32)
    x = (u - np.float32(camera.cx)) / np.float32(camera.fx) * depth
    y = ((v - np.float32(camera.cy)) / np.float32(camera.fy))[:, None] * depth
    return cv2.merge((x, y, depth)).reshape(-1, 3)


def _smoothed(points: np.ndarray, depth: np.ndarray, kept: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Points for the box: depth averaged over 3x3 blocks that are kept as a whole, which takes off most of the noise.

    Pixels on the rim keep their reading: an average there would pull the limb of a round body towards the camera.
    """
    mask = kept.view(np.uint8)
    inner = cv2.erode(mask, _BLOCK, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    mean = cv2.blur(cv2.copyTo(depth, mask), _BLOCK.shape)
    chosen = thin(pixels, MAX_POINTS)
    points = points.take(chosen, axis=0)
    scale = np.where(inner.take(chosen), mean.take(chosen) / points[:, 2], np.float32(1))
    return points * scale[:, None]


def _empty(segment: Segment) -> Instance:
    return Instance(
        id=0,
        segment=segment,
        points=np.zeros((0, 3), np.float32),
        colors=np.zeros((0, 3), np.uint8),
        box=OrientedBox.empty(),
        touches_border=False,
        depth_share=0.0,
    )
