"""Resolves a description against the things in view: how well each fits, and which one its extremes single out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import logsumexp

from ..language.hypothesis import Reading
from ..language.intent import Description, Naming, Relation
from ..language.vocabulary import GROUPS
from . import attributes
from .evidence import Evidence
from .superlatives import chosen

BELONGS = 0.3
"""Share of the things in view that belong to a set that a person names, before looking."""
_SURE = 0.5
"""A thing that is the anchor with more than this probability stands in the relation the less."""
_RELATION_RATES = {"on": 0.15, "under": 0.1, "in": 0.1, "containing": 0.1, "with": 0.2, "between": 0.2}
_ON_SURFACE = 0.9
"""Share of things that rest on the surface that people mean: saying so says little."""
_RELATION_RATE, _RELATION_SLIP = 0.35, 0.08
_POINTED_AT = 1e-3
"""Likelihood that "the other one" is the one that was meant before."""
_UNNAMED_FLOOR = np.log(0.02)
"""A kind never speaks more than this against a thing: the knowledge base may be wrong about it."""

Read = Callable[[Description], Reading]


@dataclass(frozen=True, eq=False)
class Resolution:
    """A description against N things.

    Attributes:
        description: what was resolved.
        reading: the kinds that it may mean.
        kind: (N,) log ratio of its kind alone: p(thing | meant) / p(thing | any thing).
        fit: (N,) log ratio of kind, properties and relations together.
        member: (N,) probability of each thing to belong to what is described, extremes aside.
        choice: (N,) probability of each thing to be the one that is meant if one is; sums to 1.
        terms: (what it says, (N,) degree) of each property and relation, for explanations.
    """

    description: Description
    reading: Reading
    kind: np.ndarray
    fit: np.ndarray
    member: np.ndarray
    choice: np.ndarray
    terms: tuple[tuple[str, np.ndarray], ...] = field(default=())


class Resolver:
    """Resolves descriptions on one frame.

    Args:
        evidence: the things of the frame.
        read: the kinds that a description may mean.
        referred: (N,) degree to which each thing was meant in the turn before, or None without one.
    """

    def __init__(self, evidence: Evidence, read: Read, referred: np.ndarray | None = None) -> None:
        self.evidence = evidence
        self._read = read
        self._referred = referred

    def resolve(self, description: Description) -> Resolution:
        """Resolve a description with everything nested in it."""
        evidence = self.evidence
        group = is_group(description)
        reading = Reading((), 1.0) if group else self._read(description)
        kind = self._stacked() if group else self._kind_ratio(reading) + self._reference(description)
        fit, terms = kind.copy(), []
        for attribute in sorted(description.attributes, key=lambda a: a.family == "size"):
            degree = attributes.degrees(attribute, evidence, self._members(fit, description))
            fit = fit + attributes.log_ratio(degree, attribute)
            terms.append((attribute.value, 1 - degree if attribute.negated else degree))
        for relation in description.relations:
            degree = self._relation(relation, self._members(fit, description))
            plain = all(anchor.surface for anchor in relation.anchors)
            rate = _ON_SURFACE if plain else _RELATION_RATES.get(relation.kind, _RELATION_RATE)
            fit = fit + _graded(degree, rate, _RELATION_SLIP, relation.negated)
            terms.append((relation.kind, 1 - degree if relation.negated else degree))
        for excluded in description.excluded:
            fit = fit + self._exclusion(excluded)
        member = self._members(fit, description)
        weight = evidence.prior * np.exp(fit - fit.max(initial=-np.inf)) if len(fit) else np.zeros(0)
        for superlative in description.superlatives:
            weight = weight * chosen(superlative, evidence.candidates, member) / np.maximum(member, 1e-9)
        return Resolution(description, reading, kind, fit, member, _normalized(weight), tuple(terms))

    def _kind_ratio(self, reading: Reading) -> np.ndarray:
        """(N,) log p(thing | a kind that is meant) / p(thing | any thing)."""
        evidence = self.evidence
        rows = [(evidence.table.index[h.kind.name], h.weight) for h in reading.hypotheses if h.weight > 1e-4]
        if not rows or not len(evidence.candidates):
            return np.zeros(len(evidence.candidates))
        weights = np.array([weight for _, weight in rows])
        likelihoods = evidence.likelihoods[:, [column for column, _ in rows]]
        meant = logsumexp(likelihoods, b=weights / weights.sum(), axis=1) - evidence.background
        known = np.clip(reading.known, 0.05, 0.98)
        return np.maximum(np.logaddexp(np.log(known) + meant, np.log((1 - known) * 0.8)), _UNNAMED_FLOOR)

    def _stacked(self) -> np.ndarray:
        """(N,) log ratio for being part of a stack or pile."""
        on = self.evidence.pairs.degree("on")
        return _graded(np.maximum(on, on.T).max(axis=1, initial=0), 0.15, 0.03, negated=False)

    def _reference(self, description: Description) -> np.ndarray:
        if description.naming is not Naming.REFERRED or self._referred is None:
            return np.zeros(len(self.evidence.candidates))
        return _graded(self._referred, BELONGS, 0.02, negated=False)

    def _members(self, fit: np.ndarray, description: Description) -> np.ndarray:
        bare = description.naming is Naming.ANY and not (description.attributes or description.relations)
        odds = 20.0 if bare and not description.excluded else BELONGS / (1 - BELONGS)
        likely = 1 / (1 + np.exp(-np.clip(fit + np.log(odds), -60, 60)))
        return np.clip(likely * self.evidence.prior, 1e-6, 1.0)

    def _exclusion(self, excluded: Description) -> np.ndarray:
        if excluded.naming is Naming.REFERRED and self._referred is None:
            return np.zeros(len(self.evidence.candidates))
        if self._referred is not None and excluded == Description(Naming.REFERRED):  # "the other one"
            return np.log(np.maximum(1 - self._referred, _POINTED_AT))
        if excluded.surface:
            return np.zeros(len(self.evidence.candidates))
        return np.log(np.maximum(1 - self.resolve(excluded).member, 0.02))

    def _relation(self, relation: Relation, member: np.ndarray) -> np.ndarray:
        """(N,) degree to which each thing stands in the relation to its anchors, given who may be meant at all."""
        count = len(self.evidence.candidates)
        surfaces = [anchor for anchor in relation.anchors if anchor.surface]
        anchors = [anchor for anchor in relation.anchors if not anchor.surface]
        if surfaces and not anchors:
            return self._on_surface(relation.kind, surfaces[0])
        if not anchors or count == 0:
            return np.full(count, 0.5)
        choices = [self.resolve(anchor).choice for anchor in anchors]
        if relation.kind == "between":
            return self.evidence.pairs.between(choices[0], choices[-1])
        degree = np.ones(count)
        if relation.kind in ("near", "beside"):
            for choice in choices:
                degree = degree * self.evidence.pairs.nearest(choice, member * (1 - choice))
            return degree
        pairs = self.evidence.pairs.degree(relation.kind)
        for anchor, choice in zip(anchors, choices, strict=True):
            if _bare(anchor):
                degree = degree * (1 - np.prod(1 - pairs * self.evidence.prior[None], axis=1))
                continue
            if is_group(anchor):  # its members are meant, the one that stands for it included
                degree = degree * np.clip((pairs + np.eye(count)) @ choice, 0, 1)
                continue
            others = choice[None] * (1 - np.eye(count))
            total = others.sum(axis=1)
            related = (pairs * others).sum(axis=1) / np.maximum(total, 1e-9)
            # The anchor itself is not what is meant: it stands in no relation to itself.
            degree = degree * np.minimum(total / _SURE, 1) * related
        return degree

    def _on_surface(self, kind: str, surface: Description) -> np.ndarray:
        """(N,) degree to which things rest on a surface itself and not on one another."""
        candidates, planes = self.evidence.candidates, self.evidence.described.scenery.planes
        if kind not in ("on", "in", "with") or not planes:
            return np.full(len(candidates), 0.5)
        stacked = np.maximum(self.evidence.pairs.degree("on"), self.evidence.pairs.degree("in")).max(axis=1, initial=0)
        heights = [plane.height(np.zeros(3)) for plane in planes]  # the camera's height above each
        lowest = int(np.argmax(heights))
        wants_lowest = surface.noun in ("floor", "ground", "carpet") and len(planes) > 1
        right = [
            1.0
            if c.proposal.support is None or (c.proposal.support == lowest) == wants_lowest or len(planes) == 1
            else 0.2
            for c in candidates
        ]
        return np.array(right) * (1 - 0.5 * stacked)


def is_group(description: Description) -> bool:
    """True for "the stack", "the pile": things that are one only by how they lie."""
    return description.naming is Naming.NAMED and description.noun in GROUPS


def _bare(description: Description) -> bool:
    """True for "something": whatever stands in the relation will do."""
    return description.naming is Naming.ANY and not (
        description.attributes or description.relations or description.superlatives or description.excluded
    )


def _graded(degree: np.ndarray, rate: float, slip: float, negated: bool) -> np.ndarray:
    """Log ratio of a degree given that the property is meant, to a thing in general."""
    if negated:
        degree, rate = 1 - degree, 1 - rate
    meant = degree * (1 - slip) + (1 - degree) * slip
    return np.log(meant) - np.log(degree * rate + (1 - degree) * (1 - rate))


def _normalized(weight: np.ndarray) -> np.ndarray:
    total = weight.sum()
    return weight / total if total > 0 else np.full(len(weight), 1 / max(len(weight), 1))
