"""Which kinds a noun names, by the words of the knowledge base alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..knowledge.base import noun_key
from ..knowledge.kinds import ObjectKind
from .inflection import singular
from .vocabulary import ADJECTIVES

# How strongly each way of naming speaks for a kind. "the can" may be any kind of can, each about as much as the plain
# can; "the mug" is a mug before it is a beer mug.
NAME, SYNONYM, CATEGORY, HEAD, SYNONYM_HEAD = 1.0, 0.8, 0.5, 0.4, 0.2


_LONGEST_MENTION = 3  # words
_WIDER = 0.8
"""Categories go from narrow to wide: a mug is a drinking vessel first of all, a thermos is a bottle before that."""
_CATEGORY_HEAD = 0.5  # "hand tool" makes a tool


@dataclass(frozen=True)
class NameMatch:
    """The kinds that a noun names.

    Attributes:
        strengths: (K,) in [0, 1], 0 where the noun says nothing for a kind.
        words: (K,) the name, synonym or category that matched.
        whole: true if the whole noun was matched, false if only its last words ("tomato can" as a can).
    """

    strengths: np.ndarray
    words: tuple[str, ...]
    whole: bool


class NameIndex:
    """Looks nouns up among names, synonyms, categories and the last words of them."""

    def __init__(self, kinds: Sequence[ObjectKind]) -> None:
        self._count = len(kinds)
        self._entries: dict[str, dict[int, tuple[float, str]]] = {}
        for index, kind in enumerate(kinds):
            self._add(index, kind.name, NAME, HEAD)
            for synonym in kind.synonyms:
                self._add(index, synonym, SYNONYM, SYNONYM_HEAD)
            for place, category in enumerate(kind.categories):
                strength = CATEGORY * _WIDER**place
                self._add(index, category, strength, strength * _CATEGORY_HEAD)

    def match(self, noun: str) -> NameMatch | None:
        """The kinds that a noun in the singular names; None if neither it nor its last words are known.

        A material or colour within the noun ("plastic cup") leaves the plain noun as a second reading.
        """
        words = noun_key(noun).split()
        for start in range(len(words)):
            found = self._entries.get(" ".join(words[start:]))
            if found is None:
                continue
            readings = [found]
            if start + 1 < len(words) and words[start] in ADJECTIVES:
                readings.append(self._entries.get(" ".join(words[start + 1 :]), {}))
            return self._merged(readings, whole=start == 0)
        return None

    def mentioned(self, text: str) -> np.ndarray:
        """(K,) True for the kinds whose name or synonym occurs in a text."""
        found = np.zeros(self._count, bool)
        words = [word.strip(",.?!") for word in noun_key(text).split()]
        for start, length in product(range(len(words)), range(1, _LONGEST_MENTION + 1)):
            *before, last = words[start : start + length]
            for key in {" ".join([*before, last]), " ".join([*before, singular(last)])}:
                for index, (strength, _) in self._entries.get(key, {}).items():
                    found[index] |= strength >= SYNONYM
        return found

    def _add(self, index: int, name: str, strength: float, head_strength: float) -> None:
        words = noun_key(name).split()
        self._note(" ".join(words), index, strength, name)
        if head_strength:
            for start in range(1, len(words)):
                self._note(" ".join(words[start:]), index, head_strength, name)

    def _note(self, key: str, index: int, strength: float, name: str) -> None:
        entry = self._entries.setdefault(key, {})
        if strength > entry.get(index, (0.0, ""))[0]:
            entry[index] = (strength, name)

    def _merged(self, readings: Sequence[dict[int, tuple[float, str]]], whole: bool) -> NameMatch:
        strengths = np.zeros(self._count)
        words = [""] * self._count
        for reading in readings:
            for index, (strength, name) in reading.items():
                if strength > strengths[index]:
                    strengths[index], words[index] = strength, name
        return NameMatch(strengths, tuple(words), whole)
