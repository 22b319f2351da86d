"""Which kinds a noun names, by the words of the knowledge base alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..knowledge.base import noun_key
from ..knowledge.kinds import ObjectKind
from .vocabulary import ADJECTIVES

# How strongly each way of naming speaks for a kind. "the can" may be any kind of can, each about as much as the plain
# can; "the mug" is a mug before it is a beer mug.
NAME, SYNONYM, CATEGORY, HEAD, SYNONYM_HEAD = 1.0, 0.8, 0.5, 0.4, 0.2


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
            for category in kind.categories:
                self._add(index, category, CATEGORY, 0.0)

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
