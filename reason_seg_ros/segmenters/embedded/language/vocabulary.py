"""The words of the language: how each is said, and the canonical word that it stands for.

Phrases lie in `words/vocabulary.yaml`. Nouns are not here: they come from the knowledge base.
"""

from __future__ import annotations

from itertools import product

from .intent import Superlative
from .phrase_table import PhraseTable, phrase_set, split
from .word_file import load_words

_WORDS = load_words("vocabulary")

_COLORS = _WORDS["colors"]
_SHADES = {
    "light": "light, pale, pastel, faint, soft, whitish",
    "dark": "dark, deep",
    "bright": "bright, vivid, neon, intense",
}
SHADES = tuple(_SHADES)
_UNSHADED = {"navy", "transparent", "colorful", *SHADES}

BASE_COLORS = tuple(color for color in _COLORS if color not in SHADES)
"""The canonical colours without a shade. "navy" is dark blue."""

_ATTRIBUTES = _WORDS["attributes"]

PARTS = PhraseTable.of(_WORDS["parts"])
"""Parts of a thing. "body" is what the thing shows most of; the words of the knowledge base come first."""


def _adjectives() -> PhraseTable[tuple[str, str]]:
    """Phrase to (family, canonical value)."""
    table: dict[str, tuple[str, str]] = {}
    for family, values in _ATTRIBUTES.items():
        for value, phrases in values.items():
            table |= dict.fromkeys(split(phrases), (family, value))
    table |= {phrase: ("color", color) for color, phrases in _COLORS.items() for phrase in split(phrases)}
    for shade, color in product(_SHADES, BASE_COLORS):
        if color not in _UNSHADED:
            for said, name in product(split(_SHADES[shade]), split(_COLORS[color])):
                for phrase in (f"{said} {name}", f"{said}-{name}"):
                    table.setdefault(phrase, ("color", f"{shade} {color}"))
    return PhraseTable(table)


ADJECTIVES = _adjectives()
"""Phrase to (family, canonical value). A shaded colour is "light green", "dark red", "bright yellow"."""


_AXES = _WORDS["axes"]
_OF_CAMERA = (
    "the camera, camera, the robot, robot, the robot arm, robot arm, the arm, the gripper, gripper, the viewer, "
    "the lens, the observer, you, me, us"
)
_TOWARDS_CAMERA = "nearest to, nearest, closest to, closest, closer to, nearer to, nearer"
_AWAY_FROM_CAMERA = _WORDS["away_from_camera"]


_ROWS = {"top": "far", "upper": "far", "back": "far", "rear": "far", "bottom": "near", "lower": "near", "front": "near"}


def _superlatives() -> PhraseTable[tuple[Superlative, ...]]:
    table: dict[str, tuple[Superlative, ...]]
    table = {phrase: (Superlative(axis),) for axis, phrases in _AXES.items() for phrase in split(phrases)}
    for axis, prefixes in (("near", _TOWARDS_CAMERA), ("far", _AWAY_FROM_CAMERA)):
        for prefix, camera in product(split(prefixes), split(_OF_CAMERA)):
            table[f"{prefix} {camera}"] = (Superlative(axis),)
    for (row, axis), side in product(_ROWS.items(), ("left", "right")):
        corner = (Superlative(axis), Superlative(side))
        for phrase in (f"{row} {side}", f"{row}-{side}", f"in the {row} {side} corner", f"in the {row} {side}"):
            table[phrase] = corner
        table[f"on the {row} {side}"] = table[f"at the {row} {side}"] = corner
    return PhraseTable(table)


SUPERLATIVES = _superlatives()
"""Phrase to the extremes that it names; two of them for a corner of the view."""

ONLY_BEFORE_NOUN = frozenset(
    split(
        "left, right, front, back, rear, top, bottom, upper, lower, middle, centre, center, central, light, dark, high"
    )
)
"""Extremes of one word that are something else after a noun ("what is left", "the mug right behind")."""

FROM_SIDE = PhraseTable.of(_WORDS["from_side"])
"""Where counting starts: "the second mug from the left"."""

_LATER_ORDINALS = split(
    "seventh, eighth, ninth, tenth, eleventh, twelfth, thirteenth, fourteenth, fifteenth, sixteenth, seventeenth, "
    "eighteenth, nineteenth, twentieth"
)
ORDINALS = PhraseTable(
    {
        **dict.fromkeys(("second", "2nd", "next"), 2),
        **dict.fromkeys(("third", "3rd"), 3),
        **dict.fromkeys(("fourth", "4th"), 4),
        **dict.fromkeys(("fifth", "5th"), 5),
        **dict.fromkeys(("sixth", "6th"), 6),
        **{word: rank for rank, word in enumerate(_LATER_ORDINALS, start=7)},
        **{f"{rank}th": rank for rank in range(7, 21)},
        **dict.fromkeys(("first", "1st"), 1),
    }
)
NUMBERS = PhraseTable(
    {word: number for number, word in enumerate(split("two, three, four, five, six, seven, eight, nine, ten"), start=2)}
    | {str(number): number for number in range(2, 21)}
    | {"one": 1, "1": 1, "a couple of": 2, "couple of": 2}
)

GENERIC_NOUNS = phrase_set(_WORDS["generic_nouns"])
SURFACES = phrase_set(_WORDS["surfaces"])
SCENE = phrase_set(_WORDS["scene"])
"""What bounds the view, so that "on the left of the table" places a thing in the view and not beside the table."""

EDGES = phrase_set("edge, side, corner, end, rim, border")
"""With "of the table": places that no thing in view marks."""

GROUPS = phrase_set("stack, stacks, pile, piles, tower, towers, heap, heaps")
CAMERA = phrase_set(_OF_CAMERA)

PLURAL_IN_FORM = frozenset(split(_WORDS["plural_in_form"]))
"""Plurals that name one thing, or one packet of them."""

NO_PLURAL = frozenset(split(_WORDS["no_plural"]))

UNITS = phrase_set("pair, pairs, piece, pieces, set, bit, bar, slice, sheet, kind, kinds, type, types, sort, sorts")
"""Words before "of" that only portion the noun after it."""

CONTAINERS = phrase_set(_WORDS["containers"])
"""Packages that are called by their content: "the can of soup" is a soup can."""

EMPTY_ADJECTIVES = phrase_set(_WORDS["empty_adjectives"])
"""Adjectives that a camera and a knowledge base cannot use: skipped before a noun."""
