"""From patches to things: neighbours join unless a seam, a step or a colour tells them apart."""

from __future__ import annotations

import numpy as np

from ....geometry.cells import fit, to_plane
from .bodies import Bodies, bodies_of, ground_like
from .borders import borders_of, clearness
from .patches import GROUND
from .relief import Relief

_WEIGHTS = np.array([0.43, 0.74, -8.77, -0.25, 0.71, -0.48, 0.95, -1.54, -4.75])
_BIAS = -7.11
"""Logistic regression of "two things" on `_evidence`, over pairs of patches in simulated scenes."""
_FEW = 20
_UNKNOWN_MISFIT = 0.7
"""Readings without which a patch has no shape, and what is then assumed."""
_FULL_CONTRAST = 50.0
"""Colour difference (delta E) beyond which colours are simply different."""


def merge(labels: np.ndarray, relief: Relief) -> tuple[np.ndarray, dict[int, float]]:
    """Join patches, those most likely one thing first, until every two neighbours are more likely two.

    Args:
        labels: (H, W) int32 as from `patches_of`.
        relief: of the same frame.

    Returns:
        (H, W) int32, labels of things, `GROUND` kept; and how sure the outline of each thing is, in [0, 1].
    """
    bodies, borders = bodies_of(labels, relief), borders_of(labels, relief)
    target = np.arange(labels.max() + 1)
    target[ground_like(bodies, borders, whole=False)] = GROUND
    between = (target[borders.pairs] != GROUND).all(axis=1)
    pairs = [(first, second) for first, second in borders.pairs[between].tolist()]
    sums = dict(zip(pairs, borders.sums[between], strict=True))

    def odds(pairs: list[tuple[int, int]]) -> dict[tuple[int, int], float]:
        """Log odds of two things, for each pair."""
        if not pairs:
            return {}
        rows = _evidence(np.array(pairs), np.stack([sums[pair] for pair in pairs]), bodies, relief)
        return dict(zip(pairs, (rows @ _WEIGHTS + _BIAS).tolist(), strict=True))

    scores = odds(list(sums))
    while scores:
        pair = min(scores, key=lambda key: (scores[key], key))
        if scores[pair] > 0.0:
            break
        kept, gone = pair
        target[target == gone] = kept
        bodies.join(kept, gone)
        del sums[pair], scores[pair]
        for other in [key for key in sums if gone in key]:
            del scores[other]
            neighbour = other[0] if other[1] == gone else other[1]
            key = (min(kept, neighbour), max(kept, neighbour))
            sums[key] = sums.pop(other) + sums.get(key, 0.0)
        scores.update(odds([key for key in sums if kept in key]))
    borders = borders.relabeled(target)
    final = np.where(ground_like(bodies, borders, whole=True)[target], GROUND, target)
    return final[labels].astype(np.int32), clearness(borders)


def _evidence(pairs: np.ndarray, sums: np.ndarray, bodies: Bodies, relief: Relief) -> np.ndarray:
    """(P, 9) what speaks for two things, for pairs (P, 2) of labels.

    The depth of the valley between them and its logarithm, the share of the border without one, colour difference
    across it, the smaller area (little is certain about little), the neck's width, how badly one plane fits both, how
    convexly they meet, how much of their colours they share.
    """
    length, valley, free, contrast = sums[:, :4].T
    valley = valley / length
    first, second = pairs.T
    smaller = np.minimum(bodies.area[first], bodies.area[second])
    shared = np.sqrt(bodies.palette[first] * bodies.palette[second]).sum(axis=1)
    misfit, convex = _fold(bodies.moments[first], bodies.moments[second], relief.gain)
    columns = (
        valley,
        np.log(valley + 0.1),
        free / length,
        np.minimum(contrast / length, _FULL_CONTRAST) / 25.0,
        np.log(smaller),
        np.minimum(length / relief.scale / np.sqrt(smaller), 2.0),
        misfit,
        convex,
        shared / np.sqrt(bodies.area[first] * bodies.area[second]),
    )
    return np.stack(columns, axis=-1)


def _fold(first: np.ndarray, second: np.ndarray, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """How far pairs of patches, given by moments (P, 10), are from one plane, and how they meet.

    Returns:
        (P,) logarithm of the residual from the common plane in standard deviations of the sensor; (P,) cosine that is
        positive where they meet in a convex edge, negative in a concave one, 0 if straight.
    """
    coefficients, residual = fit(np.stack([first, second, first + second]))
    normals = to_plane(coefficients[:2])[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        middles = [moments[:, [1, 2, 0]] / moments[:, 3:4] for moments in (first, second)]
        apart = middles[0] - middles[1]
        convex = (apart * (normals[0] - normals[1])).sum(axis=1) / np.linalg.norm(apart, axis=1)
    shaped = (np.minimum(first[:, 0], second[:, 0]) >= _FEW) & np.isfinite(coefficients).all(axis=(0, 2))
    shaped &= np.isfinite(convex)
    misfit = np.where(shaped, np.log(np.clip(residual[2] / gain, 0.3, 300.0)), _UNKNOWN_MISFIT)
    return misfit, np.where(shaped, np.clip(convex, -1.2, 1.2), 0.0)
