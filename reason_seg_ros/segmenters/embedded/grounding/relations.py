"""How things stand to each other from the camera's view, graded.

Every relation is an (N, N) array: entry [i, j] in [0, 1] is the degree to which thing i stands so to thing j.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import cv2
import numpy as np

from .describe import Candidate

_SHARP = 0.015
"""Metres over which "left" turns into "right"."""
_REACH = 0.12
"""Gap in metres at which things stop being beside each other."""
_CLOSER = 0.05
"""Difference of gaps in metres that makes one thing clearly nearer than another."""
_OVERHANG = 0.08
"""Gap in metres beyond which nothing can lie above a thing, however much of either is hidden."""
_BORNE = 0.25
"""Share of a footprint that must lie above a thing to rest on it: one of several may carry it."""
_STACK_GAP = 0.02
"""Tolerance in metres between the top of a thing and the bottom of the one on it."""


class Pairs:
    """Relations between N things, each computed when it is first asked for."""

    def __init__(self, candidates: tuple[Candidate, ...]) -> None:
        self.candidates = candidates
        self._cache: dict[str, np.ndarray] = {}

    def degree(self, kind: str) -> np.ndarray:
        """(N, N) degrees of one relation of `intent.Relation` other than "between".

        Raises:
            KeyError: if there is no such relation.
        """
        if kind not in self._cache:
            result = np.clip(_RELATIONS[kind](self), 0, 1)
            np.fill_diagonal(result, 0)
            self._cache[kind] = result
        return self._cache[kind]

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(N,) degree to which each thing lies between two others.

        Args:
            first: (N,) probability of each thing to be the one anchor; sums to at most 1.
            second: (N,) the same for the other anchor.
        """
        place = self.centers[:, :2]
        result = np.zeros(len(place))
        for a in np.flatnonzero(first > 0.02).tolist():
            for b in np.flatnonzero(second > 0.02).tolist():
                if a != b:
                    result += first[a] * second[b] * _between(place, place[a], place[b], {a, b})
        total = sum(first[a] * second[b] for a in range(len(place)) for b in range(len(place)) if a != b)
        return result / max(total, 1e-6)

    def nearest(self, anchor: np.ndarray, member: np.ndarray) -> np.ndarray:
        """(N,) degree to which each thing is the one near an anchor: nearness counts among those that may be meant.

        Args:
            anchor: (N,) probability of each thing to be the anchor.
            member: (N,) probability of each thing to be of the kind that is meant.
        """
        others = anchor[None] * (1 - np.eye(len(anchor)))
        pull = (others * np.exp(-self.gaps / _CLOSER)).sum(axis=1) / np.maximum(others.sum(axis=1), 1e-9)
        best = np.max(pull * member / max(float(member.max(initial=0)), 1e-9), initial=1e-12)
        return np.clip(pull / best, 0, 1)

    @cached_property
    def centers(self) -> np.ndarray:
        """(N, 3) middles in view axes."""
        return np.array([c.measured.center for c in self.candidates]).reshape(-1, 3)

    @cached_property
    def gaps(self) -> np.ndarray:
        """(N, N) horizontal distance between the footprints, metres; 0 where they overlap."""
        low = np.array([c.measured.low[:2] for c in self.candidates]).reshape(-1, 2)
        high = np.array([c.measured.high[:2] for c in self.candidates]).reshape(-1, 2)
        apart = np.maximum(low[:, None] - high[None], low[None] - high[:, None])
        return np.linalg.norm(np.maximum(apart, 0), axis=-1)

    @cached_property
    def over(self) -> np.ndarray:
        """(N, N) degree to which i lies above the footprint of j: its middle, or a fair part of it."""
        result = np.zeros((len(self.candidates),) * 2)
        for j, below in enumerate(self.candidates):
            for i, above in enumerate(self.candidates):
                if self.gaps[i, j] > _OVERHANG:
                    continue
                x, y = above.measured.center[:2]
                inside = cv2.pointPolygonTest(below.measured.hull, (float(x), float(y)), True)
                slack = 0.012 + 0.03 * below.measured.sides.any  # what is hidden may reach farther
                part = cv2.intersectConvexConvex(above.measured.hull, below.measured.hull)[0]
                share = part / max(cv2.contourArea(above.measured.hull), 1e-6)
                result[i, j] = max(_sigmoid((inside + slack) / 0.008), _sigmoid((share - _BORNE) / 0.05))
        return result


def _heading(pairs: Pairs, axis: int, sign: float) -> np.ndarray:
    """Displacement along a view axis, discounted where the other axis dominates or the things are far apart."""
    delta = (pairs.centers[:, None] - pairs.centers[None])[..., :2]
    along, across = sign * delta[..., axis], np.abs(delta[..., 1 - axis])
    direct = np.abs(along) / np.maximum(np.hypot(along, 0.7 * across), 1e-6)
    stacked = np.maximum(pairs.degree("on"), pairs.degree("on").T)
    near = np.exp(-np.maximum(pairs.gaps - 0.3, 0) / 1.0)
    return _sigmoid(along / _SHARP) * (0.35 + 0.65 * direct) * near * (1 - 0.7 * stacked)


def _on(pairs: Pairs) -> np.ndarray:
    bottom = np.array([c.measured.low[2] for c in pairs.candidates])
    top = np.array([c.measured.high[2] for c in pairs.candidates])
    gap = bottom[:, None] - top[None]
    touching = np.exp(-0.5 * (np.where(gap < 0, gap, 0.7 * gap) / _STACK_GAP) ** 2)
    higher = _sigmoid((top[:, None] - top[None] - 0.004) / 0.004)
    return touching * higher * pairs.over * (1 - 0.8 * _in(pairs))


def _in(pairs: Pairs) -> np.ndarray:
    bottom = np.array([c.measured.low[2] for c in pairs.candidates])
    base = np.array([c.measured.base for c in pairs.candidates])
    top = np.array([c.measured.high[2] for c in pairs.candidates])
    depth = np.maximum(top - base, 0.01)
    below_rim = _sigmoid((top[None] - 0.1 * depth[None] - bottom[:, None]) / 0.008)
    above_floor = _sigmoid((bottom[:, None] - base[None] + 0.3 * depth[None]) / 0.01)
    opening = np.array([0.15 + 0.85 * c.parts.opening for c in pairs.candidates])
    area = np.array([np.prod(c.measured.footprint) for c in pairs.candidates])
    smaller = _sigmoid(np.log(area[None] / area[:, None]) / 0.15)
    return below_rim * above_floor * pairs.over * smaller * opening[None]


def _near(pairs: Pairs) -> np.ndarray:
    gaps = pairs.gaps + 1e9 * np.eye(len(pairs.candidates))
    nearest = gaps.min(axis=0, initial=1e9)[None]
    return np.maximum(np.exp(-gaps / _REACH), 0.9 * np.exp(-(gaps - nearest) / 0.04) * np.exp(-nearest / 0.5))


def _beside(pairs: Pairs) -> np.ndarray:
    delta = np.abs(pairs.centers[:, None] - pairs.centers[None])
    lateral = delta[..., 0] / np.maximum(np.hypot(delta[..., 0], 0.7 * delta[..., 1]), 1e-6)
    stacked = np.maximum(pairs.degree("on"), pairs.degree("on").T)
    return _near(pairs) * (0.6 + 0.4 * lateral) * (1 - 0.8 * stacked)


def _with(pairs: Pairs) -> np.ndarray:
    one = np.maximum(pairs.degree("on"), pairs.degree("in"))
    touching = 0.4 * np.exp(-pairs.gaps / 0.02)
    return np.maximum(np.maximum(one, one.T), touching)


_RELATIONS: dict[str, Callable[[Pairs], np.ndarray]] = {
    "left": lambda pairs: _heading(pairs, 0, -1.0),
    "right": lambda pairs: _heading(pairs, 0, 1.0),
    "front": lambda pairs: _heading(pairs, 1, -1.0),
    "behind": lambda pairs: _heading(pairs, 1, 1.0),
    "on": _on,
    "under": lambda pairs: pairs.degree("on").T.copy(),
    "in": _in,
    "containing": lambda pairs: pairs.degree("in").T.copy(),
    "beside": _beside,
    "near": _near,
    "with": _with,
}


def _between(place: np.ndarray, a: np.ndarray, b: np.ndarray, ends: set[int]) -> np.ndarray:
    way = b - a
    length = max(float(np.linalg.norm(way)), 1e-6)
    along = (place - a) @ way / length**2
    aside = np.abs((place - a) @ np.array([-way[1], way[0]])) / length
    degree = _sigmoid((along - 0.08) / 0.04) * _sigmoid((0.92 - along) / 0.04) * np.exp(-((aside / 0.35) ** 2))
    degree[list(ends)] = 0
    return degree


def _sigmoid(x: np.ndarray | float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))
