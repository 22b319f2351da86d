"""From a description to the kinds of object that it may mean."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..knowledge.kinds import ObjectKind
from .embedding_cache import EmbeddingCache
from .encoder import SentenceEncoder
from .hypothesis import Hypothesis, Reading
from .intent import Description, Naming
from .naming_match import SYNONYM, NameIndex, NameMatch
from .sentence_index import SentenceIndex

# Temperatures turn similarities into probabilities, chosen for the likelihood of the right kinds over questions that
# are not in the knowledge base; `known` rises through 1/2 at the similarity that unanswerable questions reach as well.
_PURPOSE_TEMPERATURE = 0.03
_NAME_TEMPERATURE = 0.05
_NARROWING_TEMPERATURE = 0.08
_KNOWN_PURPOSE = (0.45, 0.05)
_KNOWN_NAME = (0.56, 0.05)
_HALF_NAMED = 0.8  # how well a noun is known of which only the last words are
_MENTIONED = 0.07  # who says "the toast is ready" does not ask for toast
_DEFINING = ("a ", "an ", "the ")  # but who says "which is a round ball" does
_LOOSELY_NAMED = 0.05  # weight of a kind that serves the purpose but goes by another name, "the device that ..."
_MOST_OF_IT = 0.8  # share of the instruction from which on the purpose alone says the same
_LEAST_WEIGHT = 1e-4
_REMEMBERED = 64


class Meaning:
    """A knowledge base that can be asked what a description means.

    Args:
        kinds: the kinds of object that can be meant.
        encoder: embeds sentences.
        cache: keeps the embeddings of the knowledge base; without one they are computed anew.
        progress: called with sentences done and in all while the knowledge base is being embedded.
    """

    def __init__(
        self,
        kinds: Sequence[ObjectKind],
        encoder: SentenceEncoder,
        cache: EmbeddingCache | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.kinds = tuple(kinds)
        self._encoder = encoder
        self._names = NameIndex(self.kinds)
        self._sentences = SentenceIndex(self.kinds, (cache or encoder).encode, progress)
        self._queries: OrderedDict[str, np.ndarray] = OrderedDict()

    def of(self, description: Description, instruction: str = "") -> Reading:
        """The kinds that a description may mean.

        Args:
            description: noun, purpose or both; attributes and places are left to grounding.
            instruction: the whole instruction if the description is its only target; its wording helps a purpose.
        """
        if description.naming is Naming.NAMED:
            return self._named(description.noun, description.purpose)
        if description.purpose:
            return self._needed(description.purpose, instruction)
        return Reading((), 1.0)

    def _named(self, noun: str, purpose: str) -> Reading:
        weights, words, known = self._noun(noun)
        if purpose:
            serves, evidence = self._sentences.purposes(self._embed(purpose))
            if known < _HALF_NAMED:
                known = max(known, _rising(float(serves.max(initial=-1.0)), *_KNOWN_PURPOSE))
            loosely = weights if " or " in noun else weights + _LOOSELY_NAMED * weights.max(initial=0.0)
            weights = loosely * np.exp((serves - serves.max(initial=-1.0)) / _NARROWING_TEMPERATURE)
            words = [word or sentence for word, sentence in zip(words, evidence, strict=True)]
        named = " or " not in noun and self._names.match(noun) is not None
        return replace(self._reading(weights, words, known), named=named)

    def _noun(self, noun: str) -> tuple[np.ndarray, Sequence[str], float]:
        """Weights of a noun, the names that speak for each kind, and how well it is known."""
        one, _, other = noun.partition(" or ")
        if other:  # "the bigger of the box or the can"
            first, second = self._noun(one), self._noun(other)
            weights = _shares(first[0]) + (1 + other.count(" or ")) * _shares(second[0])
            words = [word or later for word, later in zip(first[1], second[1], strict=True)]
            return weights, words, (first[2] + second[2]) / 2
        match = self._names.match(noun)
        return self._unmatched(noun) if match is None else self._matched(noun, match)

    def _matched(self, noun: str, match: NameMatch) -> tuple[np.ndarray, Sequence[str], float]:
        """Weights for a noun that the knowledge base has; of a noun half known the likeliest of its readings."""
        if match.whole:
            return match.strengths, match.words, 1.0
        similarity, nearest = self._alike(noun)
        strengths = match.strengths
        if strengths.max() < SYNONYM:  # "guacamole ingredient" need not be among what is called an ingredient
            strengths = strengths + _LOOSELY_NAMED * strengths.max()
        weights = strengths * np.exp((similarity - similarity.max()) / _NAME_TEMPERATURE)
        words = [word or other for word, other in zip(match.words, nearest, strict=True)]
        return weights, words, _HALF_NAMED

    def _unmatched(self, noun: str) -> tuple[np.ndarray, Sequence[str], float]:
        """Weights for a noun that it has not: what is called or used alike."""
        similarity, words = self._alike(noun)
        known = _rising(float(similarity.max(initial=-1.0)), *_KNOWN_NAME)
        return _softmax(similarity / _NAME_TEMPERATURE), words, known

    def _alike(self, noun: str) -> tuple[np.ndarray, Sequence[str]]:
        """How much each kind is called or used like what a noun names, (K,), and its nearest name."""
        query = self._embed(f"a {noun}")
        called, words = self._sentences.names(query)
        used, _ = self._sentences.purposes(query)
        return (called + used) / 2, words

    def _needed(self, purpose: str, instruction: str) -> Reading:
        similarity, words = self._sentences.purposes(self._embed(purpose))
        if len(purpose) < _MOST_OF_IT * len(instruction):
            whole, _ = self._sentences.purposes(self._embed(instruction))
            similarity = (similarity + whole) / 2
        if not purpose.startswith(_DEFINING):
            similarity = similarity - _MENTIONED * self._names.mentioned(instruction or purpose)
        known = _rising(float(similarity.max(initial=-1.0)), *_KNOWN_PURPOSE)
        return self._reading(_softmax(similarity / _PURPOSE_TEMPERATURE), words, known)

    def _reading(self, weights: np.ndarray, words: Sequence[str], known: float) -> Reading:
        total = weights.sum()
        if not total:
            return Reading((), 0.0)
        weights = np.where(weights >= _LEAST_WEIGHT * total, weights, 0.0)
        weights = weights / weights.sum()
        order = [int(index) for index in np.argsort(-weights, kind="stable") if weights[index] > 0]
        return Reading(
            tuple(Hypothesis(self.kinds[index], float(weights[index]), words[index]) for index in order), known
        )

    def _embed(self, text: str) -> np.ndarray:
        """Embedding of a query, (384,); the last few are remembered, because relations ask again."""
        if text not in self._queries:
            self._queries[text] = self._encoder.encode([text])[0]
            if len(self._queries) > _REMEMBERED:
                self._queries.popitem(last=False)
        self._queries.move_to_end(text)
        return self._queries[text]


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / max(float(weights.sum()), 1e-12)


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(initial=-np.inf)) if scores.size else scores
    return raised / raised.sum() if raised.size else raised


def _rising(value: float, middle: float, width: float) -> float:
    """Logistic function: 1/2 at the middle."""
    return float(1 / (1 + np.exp(-(value - middle) / width)))
