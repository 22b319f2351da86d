"""Extremes ("the largest", "second from the left", "in the middle") among things that may or may not belong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..language.intent import Superlative
from .describe import Candidate

_AXES: dict[str, tuple[Callable[[Candidate], float], float, float]] = {
    # axis: (value, sign that makes the extreme the greatest, difference at which two values are told apart)
    "near": (lambda c: c.distance, -1, 0.015),
    "far": (lambda c: c.distance, 1, 0.015),
    "left": (lambda c: float(c.pixel[0]), -1, 8.0),
    "right": (lambda c: float(c.pixel[0]), 1, 8.0),
    "high": (lambda c: float(c.measured.high[2] + c.measured.low[2]) / 2, 1, 0.008),
    "low": (lambda c: float(c.measured.high[2] + c.measured.low[2]) / 2, -1, 0.008),
    "large": (lambda c: volume(c), 1, 0.12),
    "small": (lambda c: volume(c), -1, 0.12),
    "tall": (lambda c: c.measured.height, 1, 0.006),
    "short": (lambda c: c.measured.height, -1, 0.006),
    "long": (lambda c: float(c.measured.extents[0]), 1, 0.01),
    "thin": (lambda c: float(c.measured.extents[2]), -1, 0.005),
    "wide": (lambda c: c.measured.footprint[0], 1, 0.008),
    "narrow": (lambda c: c.measured.footprint[0], -1, 0.008),
    "light": (lambda c: c.lightness, 1, 3.0),
    "dark": (lambda c: c.lightness, -1, 3.0),
}


def volume(candidate: Candidate) -> float:
    """Log of the volume of the box around a thing, the hidden depth of round things completed."""
    long, short = candidate.measured.footprint
    deep = short if candidate.measured.far_seen else max(short, 0.6 * min(long, candidate.measured.width))
    return float(np.log(long * deep * candidate.measured.height))


def chosen(superlative: Superlative, candidates: tuple[Candidate, ...], member: np.ndarray) -> np.ndarray:
    """(N,) probability of each thing to be the extreme one of the set.

    A thing is the r-th if it belongs and exactly r - 1 others both belong and exceed it; belonging is independent
    between things, so that the number of those others is Poisson-binomial.

    Args:
        superlative: axis and rank.
        candidates: N things.
        member: (N,) probability of each to belong to the set.
    """
    if superlative.axis == "middle":
        return member * _middle(np.array([c.pixel[0] for c in candidates], float), member)
    value, sign, sharp = _AXES[superlative.axis]
    values = sign * np.array([value(c) for c in candidates], float)
    exceeds = 1 / (1 + np.exp(-np.clip((values[:, None] - values[None]) / sharp, -60, 60)))
    beaten = member[:, None] * exceeds
    np.fill_diagonal(beaten, 0)
    rank = max(superlative.rank, 1)
    return member * np.array([_exactly(beaten[:, i], rank - 1) for i in range(len(values))])


def _exactly(probabilities: np.ndarray, count: int) -> float:
    """Probability that exactly `count` of independent events happen."""
    chances = np.zeros(count + 1)
    chances[0] = 1.0
    for p in probabilities:
        chances[1:] = chances[1:] * (1 - p) + chances[:-1] * p
        chances[0] *= 1 - p
    return float(chances[-1])


def _middle(places: np.ndarray, member: np.ndarray) -> np.ndarray:
    """(N,) degree to which each thing has as many members on its left as on its right."""
    left = (places[None] < places[:, None] - 1e-9) @ member
    right = (places[None] > places[:, None] + 1e-9) @ member
    middle = 1 - np.abs(left - right) / np.maximum(left + right, 1e-6)
    inside = np.minimum(left, right)
    return np.clip(middle, 0.01, 1) ** 4 * np.clip(inside, 0.02, 1)
