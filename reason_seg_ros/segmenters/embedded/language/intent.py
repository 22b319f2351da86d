"""What is meant: the instruction as a small tree that grounding can resolve."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Naming(str, Enum):
    """How a description says what kind of thing it means."""

    NAMED = "named"  # by a noun: "the mug", "drinking vessels"
    NEEDED = "needed"  # by a purpose or fact: "something to stir my tea with"
    ANY = "any"  # by nothing: "the object", "what is ..."
    REFERRED = "referred"  # by an earlier turn: "it", "the other one", "the left one"


@dataclass(frozen=True)
class Attribute:
    """A visible property. `family` is "color", "size", "shape", "material", "part", "pose" or "content".

    Values are canonical words of `vocabulary.py`: "navy", "small", "round", "metal", "handle", "upright", "empty".
    `on` names the part that the property belongs to ("black cap": value "black", on "cap"), "" for the whole.
    """

    family: str
    value: str
    negated: bool = False
    on: str = ""


@dataclass(frozen=True)
class Superlative:
    """An extreme along one axis among whatever else the description matches.

    `axis`: "near", "far", "left", "right", "high", "low", "large", "small", "tall", "short", "long", "thin",
    "wide", "narrow", "light", "dark", "middle". `rank` 1 is the extreme itself, 2 the next ("second from the left").
    With `than` it compares: everything beyond that thing fits ("taller than the mug"). The thing itself is among the
    description's `excluded`.
    """

    axis: str
    rank: int = 1
    than: Description | None = None


@dataclass(frozen=True)
class Relation:
    """A place given by other things, from the camera's view.

    `kind`: "left", "right", "front", "behind", "on", "under", "in", "containing", "beside", "near", "between",
    "with" (together with, "the stack of", "holding"). Anchors are descriptions of their own, so relations nest.
    An anchor `Description(naming=ANY)` with `surface` set means the support itself ("on the table").
    """

    kind: str
    anchors: tuple[Description, ...]
    negated: bool = False


@dataclass(frozen=True)
class Description:
    """One noun phrase, or the purpose that stands in for it.

    Attributes:
        naming: how the kind is given.
        noun: head noun phrase without attributes, singular, lower case ("mustard bottle"); "" unless NAMED. An
            extreme or a purpose that chooses among several kinds has "box or can".
        purpose: the words that tell the need or fact ("stir my tea with"); "" if there are none. A named
            description may have one too ("the cup I can drink hot tea from").
        attributes, superlatives, relations: all must hold; superlatives apply last.
        surface: true if this is the support ("the table", "the floor", "the shelf") and not a thing on it.
        excluded: things that are not meant: "anything but the mug", "not the red one".
    """

    naming: Naming
    noun: str = ""
    purpose: str = ""
    attributes: tuple[Attribute, ...] = ()
    superlatives: tuple[Superlative, ...] = ()
    relations: tuple[Relation, ...] = ()
    surface: bool = False
    excluded: tuple[Description, ...] = ()


@dataclass(frozen=True)
class Intent:
    """The instruction, understood.

    Attributes:
        instruction: as it was said.
        targets: what is meant; several descriptions for "the mug and the spoon".
        count: how many are wanted of each target: 1 for "the mug", 2 for "both", None for "all", "every" or a bare
            plural.
        definite: "the mug" expects exactly one to exist; "a mug", "something to ..." takes the best.
        alternatives: true for "the mug or the cup": any one of the targets will do.
    """

    instruction: str
    targets: tuple[Description, ...]
    count: int | None = 1
    definite: bool = True
    alternatives: bool = False
