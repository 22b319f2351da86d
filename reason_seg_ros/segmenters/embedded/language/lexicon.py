"""The nouns that the parser knows: names, synonyms and categories of the knowledge base."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..knowledge.base import noun_key
from ..knowledge.kinds import ObjectKind
from .inflection import edit_distance, singular
from .vocabulary import ADJECTIVES, PLURAL_IN_FORM

_SHORTEST_TYPO = 4
_SHORTEST_DOUBLE_TYPO = 8


@dataclass(frozen=True)
class Noun:
    """A noun found in the text: its singular, whether the text had the plural, and how many words it took."""

    text: str
    plural: bool
    length: int


class Lexicon:
    """Nouns of one or several words, looked up in singular or plural and with small typing errors.

    Args:
        nouns: in the singular.
        english: words that are no typing errors even though no noun has them, for example an encoder's vocabulary.
    """

    def __init__(self, nouns: Iterable[str], english: Collection[str] = ()) -> None:
        self._nouns = {noun_key(noun) for noun in nouns}
        self._heads = {noun.rpartition(" ")[2] for noun in self._nouns}
        self._words = {word for noun in self._nouns for word in noun.split()}
        self._english = english
        self._longest = max((len(noun.split()) for noun in self._nouns), default=1)

    @classmethod
    def of(cls, kinds: Iterable[ObjectKind], english: Collection[str] = ()) -> Lexicon:
        """The nouns of a knowledge base."""
        return cls((noun for kind in kinds for noun in _nouns(kind)), english)

    def match(self, words: Sequence[str], position: int = 0, shortest: int = 1, several: bool = False) -> Noun | None:
        """The longest known noun that starts at a position and has at least `shortest` words.

        "glasses" is the eyewear, but the plural of "glass" if several are spoken of.
        """
        for length in range(min(self._longest, len(words) - position), shortest - 1, -1):
            said = words[position : position + length]
            whole, one = " ".join(said), " ".join([*said[:-1], singular(said[-1])])
            for text in (whole, one) if said[-1] in PLURAL_IN_FORM and not several else (one, whole):
                if noun_key(text) in self._nouns:
                    return Noun(text, text != whole, length)
        return None

    def is_head(self, word: str) -> bool:
        """True if some known noun ends in this word, in singular or plural."""
        return noun_key(word) in self._heads or noun_key(singular(word)) in self._heads

    def corrected(self, word: str) -> str:
        """The known word that this one is a typing error of, or the word itself.

        One wrong, missing, extra or swapped letter is mended, in long words two, the first letter never.
        """
        if len(word) < _SHORTEST_TYPO or not word.isalpha() or self._is_word(word):
            return word
        limit = 2 if len(word) >= _SHORTEST_DOUBLE_TYPO else 1
        ranked = sorted(
            (
                min(edit_distance(form, candidate, limit) for form in {word, singular(word)}),
                _once(candidate) != _once(word),
                candidate,
            )
            for candidate in self._words
            if candidate[0] == word[0] and len(candidate) >= _SHORTEST_TYPO - 1
        )
        if not ranked or ranked[0][0] > limit or (len(ranked) > 1 and ranked[1][:2] == ranked[0][:2]):
            return word
        best = ranked[0][2]
        plural = edit_distance(word, best + "s", limit) < edit_distance(word, best, limit)
        return best + "s" if plural else best

    def _is_word(self, word: str) -> bool:
        known = self._words
        return word in known or singular(word) in known or word in self._english or singular(word) in self._english


def _once(word: str) -> str:
    """Doubled letters written once: the likeliest typing error, "bannana"."""
    return re.sub(r"(.)\1", r"\1", word)


def _nouns(kind: ObjectKind) -> list[str]:
    """What a kind is called; not "red apple" beside "apple", whose colour says which apple is meant."""
    names = [kind.name, *kind.synonyms, *kind.categories]
    colors = {color for color, _ in kind.colors}

    def describes(synonym: str) -> bool:
        adjective, _, plain = synonym.partition(" ")
        found = ADJECTIVES.match((adjective,))
        if found is None or plain not in names:
            return False
        family, value = found[1]
        return family == "size" or (family == "color" and value in colors)

    return [name for name in names if name == kind.name or not describes(name)]
