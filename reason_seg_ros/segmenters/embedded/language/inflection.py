"""Singular and plural of English nouns, and the distance between two spellings."""

from __future__ import annotations

from .phrase_table import split
from .vocabulary import NO_PLURAL, PLURAL_IN_FORM
from .word_file import load_words

_IRREGULAR = dict(pair.split() for pair in split(load_words("inflection")["irregular"]))
_HISSING = ("s", "x", "z", "ch", "sh")


def singular(word: str) -> str:
    """The singular of a noun; a word that is none already stays as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in NO_PLURAL or word in PLURAL_IN_FORM or len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if (
        word.endswith("es")
        and word[:-2].endswith(_HISSING)
        and not word.endswith(("ases", "oses", "uses", "nses", "rses"))
    ):
        return word[:-2]
    return word[:-1]


def is_plural(word: str) -> bool:
    """True if a noun's form says several things."""
    return singular(word) != word


def edit_distance(first: str, second: str, limit: int) -> int:
    """Damerau-Levenshtein distance (neighbouring letters swapped count once), or limit + 1 if it is larger."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        current = [i]
        for j, other in enumerate(second, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)
