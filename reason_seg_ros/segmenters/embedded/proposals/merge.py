"""From patches to things: neighbours join unless a seam, a step or a colour tells them apart."""

from __future__ import annotations

import numpy as np

from ....geometry.cells import fit, to_plane
from .bodies import Bodies, bodies_of, ground_like
from .borders import Borders, borders_of
from .patches import GROUND
from .relief import Relief

WEIGHTS = np.array([0.594, 1.108, -0.222, -0.454, 0.711, -4.61, 0.79, 0.088, -0.927, -8.239])
"""Log odds of "two things" per unit of `evidence_of`, as fitted by `simulation/merge_training.py`."""
SURE = 6.0
"""Log odds beyond which a border is simply certain."""
_PLAIN = 5.0
"""Texture (delta E) that even plain surfaces show."""
_FEW = 20
_UNKNOWN = 0.7
"""Readings without which a patch has no shape, and the logarithm of the misfit that is then assumed."""


class Growth:
    """Patches on their way to things.

    Attributes:
        bodies, borders: of the things so far, `GROUND` included.
        target: (L,) label of the thing that each patch is part of, or `GROUND`.
        inner: (P,) bool, borders between two things.
        doubt: (L,) the highest log odds at which parts of each thing were joined.
    """

    def __init__(self, labels: np.ndarray, relief: Relief) -> None:
        """Start from patches (H, W) int32, without those that are the support's."""
        self.borders, self.bodies = borders_of(labels, relief), bodies_of(labels, relief)
        self.target = np.arange(len(self.bodies.area))
        self.doubt = np.full(len(self.target), -SURE)
        self._relabel(np.where(ground_like(self.bodies, self.borders, whole=False), GROUND, self.target))

    @property
    def pairs(self) -> np.ndarray:
        """(N, 2) labels of neighbouring things, the smaller first."""
        return self.borders.pairs[self.inner]

    def evidence(self) -> np.ndarray:
        """(N, 10) what speaks for two things, for each of `pairs`."""
        return evidence_of(Borders(self.pairs, self.borders.sums[self.inner]), self.bodies)

    def join(self, odds: np.ndarray) -> bool:
        """Join the pairs that are rather one thing, where each is the other's likeliest part.

        Args:
            odds: (N,) log odds that each of `pairs` is two things.

        Returns:
            False if there was no such pair.
        """
        rank = np.empty(len(odds), np.int64)
        rank[np.argsort(odds, kind="stable")] = np.arange(len(odds))
        best = np.full(len(self.target), len(odds))
        np.minimum.at(best, self.pairs.ravel(), np.repeat(rank, 2))
        chosen = (best[self.pairs] == rank[:, None]).all(axis=1) & (odds < 0.0)
        if not chosen.any():
            return False
        kept, gone = self.pairs[chosen].T
        self.bodies.join(kept, gone)
        self.doubt[kept] = np.maximum.reduce([self.doubt[kept], self.doubt[gone], np.maximum(odds[chosen], -SURE)])
        step = np.arange(len(self.target))
        step[gone] = kept
        self._relabel(step)
        return True

    def unite(self, step: np.ndarray) -> None:
        """Join every thing to the thing `step[label]`, whatever the odds."""
        for gone in np.flatnonzero(step != np.arange(len(step))):
            self.bodies.join(step[gone : gone + 1], np.array([gone]))
        self._relabel(step)

    def things(self) -> np.ndarray:
        """(L,) int32 label of the thing that each patch is part of, or `GROUND` also where the whole is no thing."""
        none = ground_like(self.bodies, self.borders, whole=True)
        return np.where(none[self.target], GROUND, self.target).astype(np.int32)

    def _relabel(self, step: np.ndarray) -> None:
        """Replace every label by `step[label]`."""
        self.target = step[self.target]
        self.borders = self.borders.relabeled(step)
        self.inner = (self.borders.pairs != GROUND).all(axis=1)


def grown(labels: np.ndarray, relief: Relief) -> Growth:
    """Join patches, those most likely one thing first, until every two neighbours are more likely two.

    Args:
        labels: (H, W) int32 as from `patches_of`.
        relief: of the same frame.
    """
    growth = Growth(labels, relief)
    while growth.join(growth.evidence() @ WEIGHTS):
        pass
    return growth


def evidence_of(borders: Borders, bodies: Bodies) -> np.ndarray:
    """(P, 10) what speaks for two things on either side of each border.

    The depth of the valley between them and its logarithm; contrast beside the texture of both; the neck's width; the
    smaller area (little is certain about little); how much of their colours they share; how badly one plane fits both;
    the gap between their own planes at the border; how convexly they meet; 1.
    """
    first, second = borders.pairs.T
    length = borders.length
    valley = borders.valley / length
    smaller = np.minimum(bodies.area[first], bodies.area[second])
    texture = np.sqrt((bodies.texture[first] + bodies.texture[second]) / 2.0)
    shared = np.sqrt(bodies.palette[first] * bodies.palette[second]).sum(axis=1)
    columns = (
        valley,
        np.log(valley + 0.1),
        borders.contrast / length / (texture + _PLAIN),
        np.minimum(length / np.sqrt(smaller), 3.0),
        np.log(smaller),
        shared / np.sqrt(bodies.area[first] * bodies.area[second]),
        *_fold(bodies.moments[first], bodies.moments[second], borders),
        np.ones(len(length)),
    )
    return np.stack(columns, axis=-1)


def _fold(first: np.ndarray, second: np.ndarray, borders: Borders) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How pairs of things, given by moments (P, 10), lie to each other.

    Returns:
        (P,) logarithm of the residual from the plane of best fit to both; (P,) logarithm of the gap between their own
        planes at the border, both in deviations of the sensor; (P,) cosine that is positive where they meet in a convex
        edge, negative in a concave one, 0 if straight.
    """
    coefficients, residual = fit(np.stack([first, second, first + second]))
    normals = to_plane(coefficients[:2])[0]
    place = np.stack([borders.x, borders.y, borders.length], axis=-1) / borders.length[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        middles = [moments[:, [1, 2, 0]] / moments[:, 3:4] for moments in (first, second)]
        apart = middles[0] - middles[1]
        convex = (apart * (normals[0] - normals[1])).sum(axis=1) / np.linalg.norm(apart, axis=1)
        gap = np.abs(((coefficients[0] - coefficients[1]) * place).sum(axis=1))
    shaped = (np.minimum(first[:, 0], second[:, 0]) >= _FEW) & np.isfinite(coefficients).all(axis=(0, 2))
    shaped &= np.isfinite(convex)
    misfit, gap = (
        np.where(shaped, np.log(np.clip(deviations, 1.0, 300.0)), _UNKNOWN) for deviations in (residual[2], gap)
    )
    return misfit, gap, np.where(shaped, np.clip(convex, -1.2, 1.2), 0.0)
