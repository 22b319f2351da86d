"""One clause of a sentence: what it says and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .cursor import Draft


class Force(IntEnum):
    """What a clause does."""

    EMPTY = 0  # "can you help me?"
    TELLS = 1  # a situation
    WISHES = 2  # "I'd like ...", or a bare noun phrase
    ASKS = 3  # a request or a question


@dataclass(frozen=True)
class Clause:
    """One clause.

    Attributes:
        words: as said, politeness left out.
        force: what the clause does.
        drafts: what it asks for, several for "the mug and the spoon"; or the things that a situation is about.
        question: true if it asks which or what: a situation told before belongs to it.
        alternatives: true for "the mug or the cup".
    """

    words: tuple[str, ...]
    force: Force
    drafts: tuple[Draft, ...] = ()
    question: bool = False
    alternatives: bool = False
