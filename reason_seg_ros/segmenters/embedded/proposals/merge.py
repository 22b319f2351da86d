"""From patches to things: neighbours join unless a seam, a step or a colour tells them apart."""

from __future__ import annotations

import numpy as np

from ....geometry.cells import fit, to_plane
from .borders import Border, borders_of
from .bodies import Body, bodies_of, ground_like
from .patches import GROUND
from .relief import Relief

_WEIGHTS = np.array([0.61, 0.65, -9.54, -0.02, 0.63, -0.42, 0.65, -1.6, -5.11])
_BIAS = -6.08
"""Logistic regression of "two things" on `_evidence`, over pairs of patches in simulated scenes."""
_FEW = 20
_UNKNOWN_MISFIT = 0.7
"""Readings without which a patch has no shape, and what is then assumed."""
_FULL_CONTRAST = 50.0
"""Colour difference (delta E) beyond which colours are simply different."""


def _evidence(border: Border, first: Body, second: Body, gain: float, scale: float) -> np.ndarray:
    """(9,) what speaks for two things.

    The depth of the valley between them and its logarithm, the share of the border without one, colour difference
    across it, the smaller area
    (little is certain about little), the neck's width, how badly one plane fits both, how convexly they meet, how
    much of their colours they share.
    """
    valley = border.valley / border.length
    smaller = min(first.area, second.area)
    misfit, convex = _fold(first.moments, second.moments, gain)
    return np.array(
        [
            valley,
            np.log(valley + 0.1),
            border.open / border.length,
            min(border.contrast / border.length, _FULL_CONTRAST) / 25.0,
            np.log(smaller),
            min(border.length / scale / np.sqrt(smaller), 2.0),
            misfit,
            convex,
            np.sqrt(first.palette * second.palette).sum() / np.sqrt(first.area * second.area),
        ]
    )


def _fold(first: np.ndarray, second: np.ndarray, gain: float) -> tuple[float, float]:
    """How far two patches are from one plane (logarithm, in standard deviations of the sensor), and how they meet:
    positive if convex, negative if concave, 0 if straight; from their moments."""
    if min(first[0], second[0]) < _FEW:
        return _UNKNOWN_MISFIT, 0.0
    coefficients, residual = fit(np.stack([first, second, first + second]))
    if not np.isfinite(coefficients).all():
        return _UNKNOWN_MISFIT, 0.0
    normals = to_plane(coefficients[:2])[0]
    middles = np.stack([first[[1, 2, 0]] / first[3], second[[1, 2, 0]] / second[3]])
    apart = middles[0] - middles[1]
    convex = float(apart @ (normals[0] - normals[1]) / np.linalg.norm(apart))
    return float(np.log(np.clip(residual[2] / gain, 0.3, 300.0))), float(np.clip(convex, -1.2, 1.2))


def merge(labels: np.ndarray, relief: Relief, rays: np.ndarray) -> np.ndarray:
    """Join patches, those most likely one thing first, until every two neighbours are more likely two.

    Args:
        labels: (H, W) int32 as from `patches_of`.
        relief: of the same frame.
        rays: (H, W, 3) float32 viewing rays with z = 1.

    Returns:
        (H, W) int32, labels of things, `GROUND` kept.
    """
    bodies = bodies_of(labels, relief, rays)
    borders = borders_of(labels, relief)
    target = np.arange(labels.max() + 1)
    target[ground_like(bodies, borders)] = GROUND
    borders = {pair: border for pair, border in borders.items() if (target[list(pair)] != GROUND).all()}

    def odds(pair: tuple[int, int]) -> float:
        """Log odds of two things."""
        first, second = (bodies[number] for number in pair)
        return float(_evidence(borders[pair], first, second, relief.gain, relief.scale) @ _WEIGHTS + _BIAS)

    scores = {pair: odds(pair) for pair in borders}
    while scores:
        pair = min(scores, key=lambda key: (scores[key], key))
        if scores[pair] > 0.0:
            break
        kept, gone = pair
        target[target == gone] = kept
        bodies[kept].add(bodies.pop(gone))
        del borders[pair], scores[pair]
        for other in [key for key in borders if gone in key]:
            border = borders.pop(other)
            del scores[other]
            neighbour = other[0] if other[1] == gone else other[1]
            borders.setdefault((min(kept, neighbour), max(kept, neighbour)), Border()).add(border)
        for other in [key for key in borders if kept in key]:
            scores[other] = odds(other)
    return target[labels].astype(np.int32)
