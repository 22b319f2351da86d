"""The small words that hold an instruction together."""

from __future__ import annotations

from .phrase_table import PhraseTable, phrase_set, split
from .tokens import COMMA
from .word_file import load_words

_WORDS = load_words("function_words")

DEFINITE = frozenset(split("the, my, your, our, his, her, their, its, this, that, these, those"))
INDEFINITE = frozenset(split("a, an, some, any, another, every, each, no, several, few, many, more, most, either"))
POINTING = frozenset(split("this, that, these, those"))

_ONE_THING = "it, this, that, that one, this one, the same, the same one, the same thing"
_THINGS = (
    "them, these, those, they, these ones, those ones, the others, the other ones, the rest, the rest of them, "
    "the remaining ones"
)
PRONOUNS = PhraseTable(dict.fromkeys(split(_ONE_THING), False) | dict.fromkeys(split(_THINGS), True))
"""Pronoun to whether it means several things."""

EVERY = phrase_set(_WORDS["every"])
BOTH = phrase_set("both, both of, both the, both of the, both of these, both of those, both these, both those, the two")
OTHER = phrase_set("other, another, next, remaining, others, different")
OF_THESE = phrase_set(_WORDS["of_these"])
"""Phrases that only say "among what is in view"."""

BE = frozenset(split("is, are, was, were, be, being, been, am, looks, look, seems, seem, appears, appear"))
HAVE = frozenset(split("has, have, had, having"))
MODALS = frozenset(split("can, could, would, should, will, shall, may, might, must, do, does, did"))
SUBJECTS = phrase_set(
    "i, we, you, one, people, someone, somebody, he, she, they, a person, a robot, anyone, everybody, everyone"
)
AND = frozenset({"and", "plus", "&"})
OR = frozenset({"or"})
JOINERS = frozenset({COMMA, "and", "but", "or", "plus", "yet", "also", "&"})
RELATIVE = frozenset({"that", "which", "who", "whom"})
NOT = frozenset({"not", "never", "n't", "neither", "nor"})

STATE_VERBS = frozenset(split(_WORDS["state_verbs"]))
"""Verbs that people tell a situation with."""

EXCEPT = phrase_set(_WORDS["except"])
EVERYTHING_BUT = phrase_set(_WORDS["everything_but"])

INTENSIFIERS = phrase_set(_WORDS["intensifiers"])
SITS = phrase_set(_WORDS["sits"])
"""Verbs that only say that a thing is somewhere: skipped before a place."""

FUNCTION_WORDS = (
    DEFINITE | INDEFINITE | BE | HAVE | MODALS | JOINERS | RELATIVE | NOT | frozenset(split(_WORDS["function_words"]))
)


def is_content(word: str) -> bool:
    """True for a word that can be part of a noun phrase's head."""
    return word not in FUNCTION_WORDS and any(character.isalnum() for character in word)
