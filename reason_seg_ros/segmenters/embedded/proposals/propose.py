"""What is there: the steps of this folder, one after the other."""

from __future__ import annotations

import cv2
import numpy as np

from ....frame import Camera, Frame
from ....geometry.planes import Plane
from ....geometry.support import Supports
from .base import Proposal, Scenery
from .interior import join_interiors
from .merge import grown
from .objectness import objectness
from .outline import outlines_of
from .patches import flood, patches_of
from .relief import relief_of

_WIDEST = 800
"""Pixels of image width above which the work is done on a reduced frame."""
_WIDTH = 640


def propose(frame: Frame) -> Scenery:
    """Find the things in a frame.

    Relief (supports, heights, valleys, odd colours), patches between edges, merging of patches to things, interiors
    to their vessels, outlines. Frames wider than 800 pixels are worked on at about 640 and the outlines refined.

    Args:
        frame: the capture.

    Returns:
        The things, the supports they rest on, "up", and the height of every pixel. Without depth: no things.
    """
    if not frame.has_depth.any():
        return Scenery((), (), frame.up, np.full(frame.shape, np.nan, np.float32))
    if frame.shape[1] <= _WIDEST:
        return _propose(frame)
    factor = frame.shape[1] / _WIDTH
    return _enlarged(_propose(_reduced(frame, factor)), frame, factor)


def _propose(frame: Frame) -> Scenery:
    """`propose` at the frame's own size."""
    relief = relief_of(frame)
    patches = patches_of(frame.color, relief)
    growth = grown(patches, relief)
    things = growth.things()[patches]
    labels = join_interiors(things, relief)
    step = np.arange(len(growth.target))
    step[things] = labels
    growth.unite(step)
    chance, supports = objectness(growth), relief.supports
    proposals = tuple(
        Proposal(mask, float(chance[number]), _support_of(mask, supports))
        for number, mask in outlines_of(labels, relief).items()
    )
    return Scenery(proposals, supports.planes, supports.up, supports.height)


def _support_of(mask: np.ndarray, supports: Supports) -> int | None:
    """The plane over which most of a mask lies."""
    index = supports.index.take(np.flatnonzero(mask))
    index = index[index >= 0]
    return int(np.bincount(index).argmax()) if len(index) else None


def _reduced(frame: Frame, factor: float) -> Frame:
    """The frame with an image smaller by a factor; depth is sampled, never mixed across edges."""
    size = round(frame.shape[1] / factor), round(frame.shape[0] / factor)
    camera = frame.camera
    shift = (1.0 - 1.0 / factor) / 2.0
    return Frame(
        color=cv2.resize(frame.color, size, interpolation=cv2.INTER_AREA),
        depth=cv2.resize(frame.depth, size, interpolation=cv2.INTER_NEAREST),
        camera=Camera(
            width=size[0],
            height=size[1],
            fx=camera.fx / factor,
            fy=camera.fy / factor,
            cx=camera.cx / factor - shift,
            cy=camera.cy / factor - shift,
        ),
        stamp=frame.stamp,
        frame_id=frame.frame_id,
        up=frame.up,
    )


def _enlarged(scenery: Scenery, frame: Frame, factor: float) -> Scenery:
    """A scenery of the reduced frame at the size of the frame; outlines follow the colours of the large image."""
    size = frame.shape[::-1]
    small = np.zeros(scenery.height.shape, np.int32)
    for number, proposal in enumerate(scenery.proposals):
        small[proposal.mask] = number + 1
    labels = cv2.resize(small, size, interpolation=cv2.INTER_NEAREST) + 1
    reach = 2 * round(factor) + 1
    kernel = np.ones((reach, reach), np.uint8)
    shown = labels.astype(np.float32)
    certain = cv2.erode(shown, kernel) == cv2.dilate(shown, kernel)
    labels = flood(frame.color, np.where(certain, labels, 0))
    proposals = tuple(
        Proposal(labels == number + 2, proposal.score, proposal.support)
        for number, proposal in enumerate(scenery.proposals)
    )
    planes = tuple(Plane(plane.normal, plane.offset, _enlarged_mask(plane.mask, size)) for plane in scenery.planes)
    height = cv2.resize(scenery.height, size, interpolation=cv2.INTER_NEAREST)
    return Scenery(proposals, planes, scenery.up, height)


def _enlarged_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask at another size (width, height)."""
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
