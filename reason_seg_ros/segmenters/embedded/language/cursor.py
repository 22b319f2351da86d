"""A place in a sentence, and the description that is being drafted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from .intent import Attribute, Description, Naming, Relation, Superlative
from .lexicon import Lexicon
from .phrase_table import PhraseTable
from .tokens import COMMA

Value = TypeVar("Value")


class Cursor:
    """Reads a sentence from left to right."""

    def __init__(self, words: Sequence[str], lexicon: Lexicon, at: int = 0) -> None:
        self.words = tuple(words)
        self.lexicon = lexicon
        self.at = at
        self.possessed = False  # inside "with ...": "on it" belongs to the owner
        self.depth = 0  # of noun phrases within noun phrases
        self.verb_due = False  # a verb follows the first noun phrase: "which tool joins ..."

    @property
    def done(self) -> bool:
        """True at the end of the sentence."""
        return self.at >= len(self.words)

    @property
    def left(self) -> tuple[str, ...]:
        """The words not yet read."""
        return self.words[self.at :]

    def peek(self, ahead: int = 0) -> str:
        """A word to come, "" beyond the end."""
        position = self.at + ahead
        return self.words[position] if 0 <= position < len(self.words) else ""

    def match(self, table: PhraseTable[Value], ahead: int = 0) -> tuple[int, Value] | None:
        """The longest phrase of a table here: (number of words, value)."""
        return table.match(self.words, self.at + ahead)

    def sees(self, table: PhraseTable[Any], ahead: int = 0) -> bool:
        """True if a phrase of a table is here."""
        return table.match(self.words, self.at + ahead) is not None

    def take(self, table: PhraseTable[Value]) -> Value | None:
        """Read a phrase of a table and return its value; None if there is none here."""
        found = self.match(table)
        if found is None:
            return None
        self.at += found[0]
        return found[1]

    def skip(self, table: PhraseTable[bool]) -> bool:
        """Read phrases of a table for as long as there are any; true if there was one."""
        start = self.at
        while self.take(table):
            pass
        return self.at > start

    def take_word(self, words: frozenset[str]) -> str:
        """Read one word of a set; "" if there is none here."""
        word = self.peek()
        if word and word in words:
            self.at += 1
            return word
        return ""

    def take_rest(self) -> list[str]:
        """Read everything to the end of the sentence, commas left out."""
        rest = [word for word in self.left if word != COMMA]
        self.at = len(self.words)
        return rest


@dataclass
class Draft:
    """A description in the making. `settled()` is what it says in the end.

    Attributes beyond those of `Description`:
        rank: from an ordinal that waits for its axis ("second ... from the left").
        count, definite: as in `Intent`.
        plural: the head was said in the plural.
        one_of: "one of the ...": any of them will do.
        one: the head was "one": the noun is to be found elsewhere.
        other: "the other ...": not the one that was meant before.
        group: the head is a stack or pile; the description is of the whole.
        determined: an article, number or the like came before the head.
    """

    naming: Naming = Naming.ANY
    noun: str = ""
    purpose: list[str] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    superlatives: list[Superlative] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    surface: bool = False
    excluded: list[Description] = field(default_factory=list)
    rank: int = 1
    count: int | None = 1
    definite: bool = False
    plural: bool = False
    one_of: bool = False
    one: bool = False
    other: bool = False
    group: bool = False
    determined: bool = False

    def copy(self) -> Draft:
        """An independent draft with the same contents."""
        return replace(
            self,
            purpose=list(self.purpose),
            attributes=list(self.attributes),
            superlatives=list(self.superlatives),
            relations=list(self.relations),
            excluded=list(self.excluded),
        )

    def become(self, other: Draft) -> None:
        """Take over another draft's contents."""
        self.__dict__.update(other.copy().__dict__)

    def add_all(self, other: Draft) -> None:
        """Hold everything true that another draft says beside the kind."""
        self.attributes.extend(other.attributes)
        self.superlatives.extend(other.superlatives)
        self.relations.extend(other.relations)
        self.excluded.extend(other.excluded)
        self.purpose.extend(other.purpose)

    def become_either(self, others: Sequence[Draft]) -> None:
        """Mean one of several kinds ("the bigger of the box or the can"); what is said of all of them holds."""
        nouns = list(dict.fromkeys(other.noun for other in others if other.noun))
        if nouns:
            self.naming, self.noun, self.one = Naming.NAMED, " or ".join(nouns), False
        first, *rest = others
        self.attributes.extend(a for a in first.attributes if all(a in other.attributes for other in rest))
        self.relations.extend(r for r in first.relations if all(r in other.relations for other in rest))

    @property
    def placed_or_described(self) -> bool:
        """True if anything but the head noun says what is meant."""
        return bool(self.attributes or self.superlatives or self.relations or self.excluded)

    def add_extremes(self, extremes: Sequence[Superlative]) -> None:
        """Add superlatives; a waiting ordinal becomes the rank of the last one."""
        *corner, last = extremes
        self.superlatives.extend([*corner, Superlative(last.axis, self.rank)])
        self.rank = 1

    def settled(self) -> Description:
        """The description."""
        superlatives = list(self.superlatives)
        if self.rank > 1:  # "the second mug": counted as one reads, from the left
            superlatives.append(Superlative("left", self.rank))
        naming = self.naming
        if self.purpose and naming is Naming.ANY:
            naming = Naming.NEEDED
        excluded = list(self.excluded)
        if self.other:
            excluded.append(Description(Naming.REFERRED))
        return Description(
            naming=naming,
            noun=self.noun if naming is Naming.NAMED else "",
            purpose=" ".join(self.purpose),
            attributes=tuple(dict.fromkeys(self.attributes)),
            superlatives=tuple(dict.fromkeys(superlatives)),
            relations=tuple(dict.fromkeys(self.relations)),
            surface=self.surface,
            excluded=tuple(dict.fromkeys(excluded)),
        )
