"""What is there: the steps of this folder, one after the other."""

from __future__ import annotations

import numpy as np

from ....frame import Frame
from .base import Proposal, Scenery
from .interior import join_interiors
from .merge import merge
from .patches import GROUND, patches_of
from .relief import relief_of


def propose(frame: Frame) -> Scenery:
    """Find the things in a frame.

    Args:
        frame: the capture.

    Returns:
        The things, the supports they rest on, "up", and the height of every pixel. Without depth: no things.
    """
    relief = relief_of(frame)
    labels = merge(patches_of(frame.color, relief), relief, frame.camera.rays)
    labels = join_interiors(labels, frame, relief)
    proposals = []
    for number in np.unique(labels[labels > GROUND]):
        mask = labels == number
        if mask.sum() < 150:
            continue
        index = relief.supports.index[mask]
        index = index[index >= 0]
        proposals.append(Proposal(mask, 1.0, int(np.bincount(index).argmax()) if len(index) else None))
    return Scenery(tuple(proposals), relief.supports.planes, relief.supports.up, relief.height)
