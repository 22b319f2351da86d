"""Fits what the evidence of a frame is worth: python -m reason_seg_ros.simulation.evidence_training.

Prints the constants `WHOLE` of grounding/evidence.py, `WEIGHTS` of grounding/likelihood.py and `ABSENT_PRIOR` of
grounding/decide.py. They are fitted to what the geometry step proposes in simulated frames, not to true masks: what
is whole to the proposals of tidy scenes and heaps, the rest to the questions about tidy scenes.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ..frame import Frame
from ..segmenters.embedded.grounding.decide import ABSENT_PRIOR, absence
from ..segmenters.embedded.grounding.describe import describe
from ..segmenters.embedded.grounding.evidence import WHOLE, Evidence, wholeness
from ..segmenters.embedded.grounding.kind_table import KindTable
from ..segmenters.embedded.grounding.likelihood import WEIGHTS
from ..segmenters.embedded.grounding.resolve import Resolver
from ..segmenters.embedded.knowledge.base import load_knowledge
from ..segmenters.embedded.language.embedding_cache import EmbeddingCache
from ..segmenters.embedded.language.encoder import SentenceEncoder
from ..segmenters.embedded.language.hypothesis import Reading
from ..segmenters.embedded.language.intent import Description
from ..segmenters.embedded.language.lexicon import Lexicon
from ..segmenters.embedded.language.meaning import Meaning
from ..segmenters.embedded.language.parser import parse
from ..segmenters.embedded.proposals.propose import propose
from .dataset import capture, simulate_frame
from .heaps import sample_heap
from .questions import Query
from .render import Renderer

_WHOLE_FROM, _PIECE_BELOW = 0.5, 0.3
"""Intersection over union with a thing from which on a proposal is that thing, and below which it is none."""
_DECAY = 2e-3
_SLIP = 0.02
"""Share of questions that are answered at random, whatever the evidence: no single question may decide a fit."""


@dataclass(frozen=True, eq=False)
class Question:
    """A question for one thing or for none.

    Attributes:
        described: what is asked for.
        read: the kinds that a description may mean.
        answer: index of the thing, None if it is absent.
    """

    described: Description
    read: Callable[[Description], Reading]
    answer: int | None


@dataclass(frozen=True, eq=False)
class Example:
    """A simulated frame as grounding sees it.

    Attributes:
        evidence: its things.
        overlap: (N,) intersection over union of each with the true object that it covers most.
        questions: about it; none for heaps.
    """

    evidence: Evidence
    overlap: np.ndarray
    questions: tuple[Question, ...] = ()


class Examples:
    """Makes examples; language and knowledge are loaded once."""

    def __init__(self) -> None:
        kinds, encoder = load_knowledge().kinds, SentenceEncoder()
        self._lexicon, self._table = Lexicon.of(kinds, encoder.words), KindTable(kinds)
        self._meaning = Meaning(kinds, encoder, EmbeddingCache(encoder))

    def tidy(self, seed: int) -> Example:
        """A frame of the simulated data sets with its questions."""
        simulated = simulate_frame(seed)
        evidence, overlaps = self._look(simulated.frame, simulated.ids)
        questions = tuple(q for query in simulated.queries for q in self._question(query, overlaps))
        return Example(evidence, overlaps.max(axis=1, initial=0), questions)

    def heap(self, seed: int) -> Example:
        """A heap, a bin, a view from above."""
        frame, rendering = capture(Renderer(sample_heap(seed)), np.random.default_rng([seed, 1]))
        evidence, overlaps = self._look(frame, rendering.ids)
        return Example(evidence, overlaps.max(axis=1, initial=0))

    def _look(self, frame: Frame, ids: np.ndarray) -> tuple[Evidence, np.ndarray]:
        """The evidence of a frame, and (N, largest id + 1) its overlap with each object; column 0 is empty."""
        evidence = Evidence(describe(frame, propose(frame)), self._table)
        size = int(ids.max()) + 1
        areas = np.bincount(ids.ravel(), minlength=size)
        overlaps = np.zeros((len(evidence.candidates), size))
        for i, candidate in enumerate(evidence.candidates):
            common = np.bincount(ids[candidate.proposal.mask], minlength=size)
            overlaps[i] = common / np.maximum(areas + np.count_nonzero(candidate.proposal.mask) - common, 1)
        overlaps[:, 0] = 0
        return evidence, overlaps

    def _question(self, query: Query, overlaps: np.ndarray) -> Iterator[Question]:
        """The question, if it has one target at most and that was found."""
        intent = parse(query.instruction, self._lexicon)
        if len(intent.targets) != 1 or len(query.target_ids) > 1 or not len(overlaps):
            return
        answer = int(overlaps[:, query.target_ids[0]].argmax()) if query.target_ids else None
        if answer is not None and overlaps[answer, query.target_ids[0]] < _WHOLE_FROM:
            return
        (described,) = intent.targets
        readings: dict[Description, Reading] = {}

        def read(wanted: Description) -> Reading:
            if wanted not in readings:
                readings[wanted] = self._meaning.of(wanted, query.instruction if wanted is described else "")
            return readings[wanted]

        yield Question(described, read, answer)


def fit_whole(examples: Sequence[Example]) -> dict[str, float]:
    """Logistic regression of being a whole thing, with weight decay, in the form of `WHOLE`."""
    x = np.concatenate([wholeness(example.evidence.described).reshape(-1, len(WHOLE)) for example in examples])
    overlap = np.concatenate([example.overlap for example in examples])
    clear = (overlap > _WHOLE_FROM) | (overlap < _PIECE_BELOW)
    x, whole = x[clear], (overlap[clear] > _WHOLE_FROM).astype(float)
    scale = np.where(x.std(axis=0) > 1e-6, x.std(axis=0), np.maximum(np.abs(x).max(axis=0), 1.0))

    def loss(weights: np.ndarray) -> float:
        odds = x / scale @ weights
        return float(np.mean(np.logaddexp(0, odds) - whole * odds) + _DECAY * weights[1:] @ weights[1:])

    best = minimize(loss, np.zeros(len(scale))).x / scale
    return dict(zip(WHOLE, best.tolist(), strict=True))


def fit_weights(examples: Sequence[Example]) -> tuple[dict[str, float], float]:
    """The weights of the terms and the prior of absence with which the right answers are most probable."""
    start = np.r_[np.log(list(WEIGHTS.values())), np.log(ABSENT_PRIOR / (1 - ABSENT_PRIOR))]

    def loss(values: np.ndarray) -> float:
        return -mean_log_probability(examples, np.exp(values[:-1]), 1 / (1 + np.exp(-values[-1])))

    best = minimize(loss, start, method="Nelder-Mead", options={"xatol": 0.03, "fatol": 3e-4, "maxfev": 250}).x
    return dict(zip(WEIGHTS, np.exp(best[:-1]).tolist(), strict=True)), float(1 / (1 + np.exp(-best[-1])))


def mean_log_probability(examples: Sequence[Example], weights: np.ndarray, absent: float) -> float:
    """Mean log probability of the right answers with (len(WEIGHTS),) weights and a prior of absence."""
    logs = []
    for example in examples:
        evidence = _weighted(example.evidence, weights)
        for question in example.questions:
            resolution = Resolver(evidence, question.read).resolve(question.described)
            gone = absence(resolution, evidence, absent)
            right = gone if question.answer is None else (1 - gone) * resolution.choice[question.answer]
            logs.append(np.log((1 - _SLIP) * right + _SLIP / (len(evidence.candidates) + 1)))
    return float(np.mean(logs))


def _weighted(evidence: Evidence, weights: np.ndarray) -> Evidence:
    """The same things with other weights; what does not depend on them stays computed."""
    other = copy.copy(evidence)
    for name in ("background", "kinds"):
        other.__dict__.pop(name, None)
    other.__dict__["likelihoods"] = np.tensordot(weights, evidence.terms, axes=1)
    return other


def main() -> None:
    """Simulate, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=60, help="simulated scenes, and as many heaps (default 60)")
    parser.add_argument("--seed", type=int, default=50000, help="seed of the first scene (default 50000)")
    options = parser.parse_args()
    examples, seeds = Examples(), range(options.seed, options.seed + options.scenes)
    tidy, heaps = [examples.tidy(seed) for seed in seeds], [examples.heap(seed) for seed in seeds]
    print(f"{sum(len(e.overlap) for e in tidy + heaps)} proposals, {sum(len(e.questions) for e in tidy)} questions")
    print("WHOLE =", {name: round(value, 3) for name, value in fit_whole([*tidy, *heaps]).items()})
    weights, absent = fit_weights(tidy)
    print("WEIGHTS =", {name: round(value, 2) for name, value in weights.items()})
    print("ABSENT_PRIOR =", round(absent, 2))


if __name__ == "__main__":
    main()
