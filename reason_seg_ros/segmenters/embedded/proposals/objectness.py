"""How likely it is that a thing is one whole object."""

from __future__ import annotations

import numpy as np

from .merge import SURE, Growth
from .merge import WEIGHTS as MERGING
from .patches import GROUND

WEIGHTS = np.array([0.627, -16.036, -0.626, 2.024, -0.224, -0.921, 1.234, 2.184, 1.201, -1.57, 0.312, -0.004, -16.953])
"""Log odds of a whole object per unit of `objectness_evidence`, as fitted by `simulation/merge_training.py`."""
_LONG = 0.3
"""Metres, root of the visible surface, from which a thing is rather furniture."""


def objectness(growth: Growth) -> np.ndarray:
    """(L,) chance that the mask of each thing and that of an object share more than half of their union.

    As on the simulated frames of the fit; meaningless for labels that are no things.
    """
    return 1.0 / (1.0 + np.exp(-(objectness_evidence(growth) @ WEIGHTS)))


def objectness_evidence(growth: Growth) -> np.ndarray:
    """(L, 13) what tells objects from pieces, heaps and background, for every label.

    Logarithm of the area; length beyond that of things on a table; shares of pixels that rise, have depth, have a
    support below; width that the image's border cuts off; along the outline: logarithms of valley and contrast, shares
    towards the ground and at the end of the supports; log odds that the likeliest neighbour is none of it, and that
    the least likely part is; 1.
    """
    bodies, borders = growth.bodies, growth.borders
    count = len(bodies.area)
    area = np.maximum(bodies.area, 1.0)
    outline = np.maximum(borders.around(borders.length, count), 1.0)
    to_ground = (borders.pairs == GROUND).any(axis=1)
    split = np.full(count, SURE)
    np.minimum.at(split, growth.pairs.ravel(), np.repeat(growth.evidence() @ MERGING, 2))
    columns = (
        np.log(area),
        np.maximum(np.log(np.sqrt(np.maximum(bodies.surface, 1e-6)) / _LONG), 0.0),
        bodies.risen / area,
        bodies.known / area,
        bodies.over / area,
        np.minimum(bodies.cut / np.sqrt(area), 3.0),
        np.log(borders.around(borders.valley, count) / outline + 0.1),
        np.log(borders.around(borders.contrast, count) / outline + 3.0),
        borders.around(borders.length * to_ground, count) / outline,
        borders.around(borders.beyond, count) / outline,
        np.maximum(split, -SURE),
        growth.doubt,
        np.ones(count),
    )
    return np.stack(columns, axis=-1)
