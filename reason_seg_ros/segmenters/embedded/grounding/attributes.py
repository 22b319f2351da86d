"""Degrees to which things have the visible properties that a description names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..knowledge.kinds import Shape
from ..language.intent import Attribute
from . import colors
from .describe import Candidate
from .evidence import Evidence
from .kind_table import GENERIC_COLORS
from .shape_model import SHAPES, shape_model
from .superlatives import volume

RATES: Mapping[str, tuple[float, float]] = {
    "color": (0.12, 0.01),
    "size": (0.4, 0.15),
    "shape": (0.3, 0.15),
    "material": (0.3, 0.25),
    "part": (0.25, 0.2),
    "pose": (0.5, 0.1),
    "content": (0.5, 0.1),
}
"""Per family: share of things in general that have such a property; how often it is misjudged or misnamed."""

_ROUND = (Shape.CYLINDER, Shape.SPHERE, Shape.BOTTLE, Shape.CUP, Shape.BOWL, Shape.RING, Shape.PLATE)
_SHAPES: Mapping[str, tuple[Shape, ...]] = {
    "round": _ROUND,
    "spherical": (Shape.SPHERE,),
    "cylindrical": (Shape.CYLINDER, Shape.BOTTLE, Shape.CUP),
    "rectangular": (Shape.BOX,),
    "square": (Shape.BOX,),
    "flat": (Shape.PLATE,),
    "ring-shaped": (Shape.RING,),
    "bottle-shaped": (Shape.BOTTLE,),
    "conical": (Shape.CUP, Shape.BOTTLE),
    "oval": (Shape.SPHERE, Shape.BOWL, Shape.PLATE),
}
_TRUST = 0.75
"""How far a part that is seen, or not, is believed against what is usual for the kind."""
_TOP_PARTS = ("lid", "cap", "rim", "spout", "opening", "top")
_SIZES: Mapping[str, tuple[Callable[[Candidate], float], float, float]] = {
    # value: (measure, sign, what is usual)
    "large": (volume, 1 / 3, np.log(0.10**3) / 3),
    "small": (volume, -1 / 3, np.log(0.10**3) / 3),
    "tall": (lambda c: float(np.log(c.measured.height)), 1, np.log(0.10)),
    "short": (lambda c: float(np.log(c.measured.height)), -1, np.log(0.10)),
    "long": (lambda c: float(np.log(c.measured.extents[0])), 1, np.log(0.15)),
    "wide": (lambda c: float(np.log(c.measured.footprint[0])), 1, np.log(0.12)),
    "narrow": (lambda c: float(np.log(c.measured.footprint[0])), -1, np.log(0.12)),
    "thin": (lambda c: float(np.log(c.measured.extents[2])), -1, np.log(0.04)),
    "thick": (lambda c: float(np.log(c.measured.extents[2])), 1, np.log(0.04)),
}


def degrees(attribute: Attribute, evidence: Evidence, member: np.ndarray) -> np.ndarray:
    """(N,) degree in [0, 1] to which each thing has a property; negation is left to the caller.

    Args:
        attribute: the property.
        evidence: the things.
        member: (N,) how likely each is of the described kind: sizes are relative to things of the same kind.
    """
    candidates = evidence.candidates
    if attribute.family == "color":
        return np.array([_color(c, attribute) for c in candidates])
    if attribute.family == "size":
        return _size(attribute.value, candidates, member)
    if attribute.family == "shape":
        return np.array([_shape(c, attribute.value) for c in candidates])
    if attribute.family == "material":
        return evidence.share_with(np.array([attribute.value in kind.materials for kind in evidence.table.kinds]))
    if attribute.family == "part":
        return _part(attribute.value, evidence)
    if attribute.family == "pose":
        return _pose(attribute.value, candidates)
    if attribute.family == "content":
        return _content(attribute.value, evidence)
    return np.full(len(candidates), 0.5)


def log_ratio(degree: np.ndarray, attribute: Attribute) -> np.ndarray:
    """(N,) log p(degree | the property was meant) - log p(degree | any thing)."""
    rate, slip = RATES.get(attribute.family, (0.4, 0.2))
    if attribute.family == "color":
        rate = GENERIC_COLORS.get(colors.canonical(attribute.value)[1], rate)
    degree = np.clip(1 - degree if attribute.negated else degree, 0, 1)
    rate = 1 - rate if attribute.negated else rate
    meant = degree * (1 - slip) + (1 - degree) * slip
    anything = degree * rate + (1 - degree) * (1 - rate)
    return np.log(meant) - np.log(anything)


def _color(candidate: Candidate, attribute: Attribute) -> float:
    regions = candidate.regions
    if attribute.on in _TOP_PARTS:
        return max(colors.match(share, attribute.value) for share in (regions.top, *regions.ends))
    if attribute.on in ("body", "handle", "base"):
        return max(colors.match(regions.body, attribute.value), 0.8 * colors.match(regions.whole, attribute.value))
    return colors.match(regions.whole, attribute.value)


def _size(value: str, candidates: tuple[Candidate, ...], member: np.ndarray) -> np.ndarray:
    if value not in _SIZES:
        return np.full(len(candidates), 0.5)
    measure, sign, usual = _SIZES[value]
    values = sign * np.array([measure(c) for c in candidates], float)
    weights = np.broadcast_to(member, (len(values), len(values))) * (1 - np.eye(len(values)))
    usual_weight = 0.35  # a lone thing is compared with what is usual
    compared = (weights @ values + usual_weight * np.sign(sign) * usual) / (weights.sum(axis=1) + usual_weight)
    return 1 / (1 + np.exp(-(values - compared) / 0.18))


def _shape(candidate: Candidate, value: str) -> float:
    if value not in _SHAPES:
        return 0.5
    rows = [SHAPES.index(shape) for shape in _SHAPES[value]]
    seen, usual = float(candidate.shapes[rows].sum()), float(shape_model().prior[rows].sum())
    degree = seen * (1 - usual) / (seen * (1 - usual) + (1 - seen) * usual + 1e-9)
    if value == "square":
        degree *= float(np.exp(2 * np.log(candidate.measured.footprint[1] / candidate.measured.footprint[0])))
    if value == "flat":
        _, middle, shortest = candidate.measured.extents
        degree = max(degree, float(np.clip(1.6 - 4 * shortest / middle, 0, 1)))
    return degree


def _part(value: str, evidence: Evidence) -> np.ndarray:
    """What is seen of a part, as far as it can be seen; else whether kinds that look so have it."""
    likely = evidence.share_with(np.array([value in kind.parts for kind in evidence.table.kinds]))
    seen = {"handle": "handle", "opening": "opening", "lid": "lid", "cap": "lid", "label": "label"}.get(value)
    if seen is None:
        return likely
    trust = np.array([_TRUST * (c.vessel if seen == "handle" else 1.0) for c in evidence.candidates])
    return trust * np.array([getattr(c.parts, seen) for c in evidence.candidates]) + (1 - trust) * likely


def _pose(value: str, candidates: tuple[Candidate, ...]) -> np.ndarray:
    upright = np.array([c.upright for c in candidates])
    if value == "upright":
        return upright
    return 1 - upright if value == "lying" else np.full(len(candidates), 0.5)


def _content(value: str, evidence: Evidence) -> np.ndarray:
    if not len(evidence.candidates):
        return np.zeros(0)
    holds = evidence.pairs.degree("containing").max(axis=1, initial=0)
    opening = np.array([c.parts.opening for c in evidence.candidates])
    if value == "full":
        return np.maximum(holds, 0.3 * (1 - opening))
    return (1 - holds) * (0.3 + 0.7 * opening)
