"""A table of phrases, matched word by word, the longest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PhraseTable(Generic[Value]):
    """Phrases of one or several words with a value each."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = {tuple(phrase.split()): value for phrase, value in values.items()}
        self._longest = max(map(len, self._values), default=0)

    @classmethod
    def of(cls, spoken: Mapping[Value, str]) -> PhraseTable[Value]:
        """From value to its phrases, separated by commas."""
        return cls({phrase: value for value, phrases in spoken.items() for phrase in split(phrases)})

    def match(self, words: Sequence[str], position: int = 0) -> tuple[int, Value] | None:
        """The longest phrase at a position: (number of words, value), or None."""
        for length in range(min(self._longest, len(words) - position), 0, -1):
            phrase = tuple(words[position : position + length])
            if phrase in self._values:
                return length, self._values[phrase]
        return None

    def is_whole(self, words: Sequence[str]) -> bool:
        """True if the words together are one phrase of the table."""
        return tuple(words) in self._values

    def __contains__(self, word: object) -> bool:
        return (word,) in self._values


def split(phrases: str) -> tuple[str, ...]:
    """Phrases separated by commas."""
    return tuple(phrase.strip() for phrase in phrases.split(",") if phrase.strip())


def phrase_set(phrases: str) -> PhraseTable[bool]:
    """A table that only tells whether a phrase is in it."""
    return PhraseTable(dict.fromkeys(split(phrases), True))
