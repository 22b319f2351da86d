"""One entry of an object file: checked field by field and made into an `ObjectKind`."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ....errors import KnowledgeError
from .kinds import ObjectKind, Shape


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


COLORS = _words(
    "red, orange, yellow, green, teal, blue, navy, purple, pink, brown, beige, black, grey, silver, white, gold, "
    "transparent"
)
PARTS = _words(
    "handle, lid, cap, opening, spout, blade, label, screen, keys, wheels, strap, cable, bristles, trigger, lens, "
    "hole, legs, pages, buttons"
)
MATERIALS = _words(
    "plastic, metal, glass, ceramic, wood, paper, cardboard, fabric, rubber, leather, foam, food, plant, wax, "
    "stone, foil"
)
PLACES = _words(
    "kitchen, dining table, office, workshop, bathroom, bedroom, living room, garden, shop, children's room, hall, "
    "laundry, garage, school, outdoors"
)
SHAPES = frozenset(shape.value for shape in Shape)

_PHRASES = ("synonyms", "categories", "affords", "needs", "facts")
_CHOICES: dict[str, frozenset[str]] = {"shapes": SHAPES, "parts": PARTS, "materials": MATERIALS, "places": PLACES}
FIELDS = ("name", *_PHRASES, "colors", "size_cm", *_CHOICES)

_MEASURED_TOLERANCE = 0.1  # a single number in size_cm is one specimen, measured with a ruler on soft or odd things
_LARGEST_CM = 300.0
_SHARE_SLACK = 1e-6


def read_entry(entry: Any, where: str, known: Mapping[str, ObjectKind]) -> ObjectKind:
    """Check an entry and make it a kind.

    Args:
        entry: a mapping of field to value; every scalar is a string (the YAML base loader's output).
        where: file and position, for error messages.
        known: kinds so far, by name. An entry with a known name changes the fields that it gives and keeps the rest.

    Raises:
        KnowledgeError: with the file, the entry, the field and what to change.
    """
    if not isinstance(entry, Mapping):
        raise KnowledgeError(f"{where}: an entry must be a mapping that starts with 'name: ...', got {entry!r}")
    where = f"{where} ('{entry['name']}')" if entry.get("name") else where
    for field in entry:
        if field not in FIELDS:
            raise KnowledgeError(f"{where}: unknown field '{field}'; {_suggest(str(field), FIELDS)}")
    if "name" not in entry:
        raise KnowledgeError(f"{where}: field 'name' is missing; add the object's commonest name")
    name = _text(entry["name"], f"{where}, field 'name'").lower()
    values: dict[str, Any] = {field: _phrases(entry[field], field, where) for field in _PHRASES if field in entry}
    values |= {field: _chosen(entry[field], field, where) for field in _CHOICES if field in entry}
    if "colors" in entry:
        values["colors"] = _colors(entry["colors"], where)
    if "size_cm" in entry:
        values["size_cm"] = _size(entry["size_cm"], where)
    if name in known:
        return replace(known[name], **values)
    if "size_cm" not in values:
        raise KnowledgeError(
            f"{where}: field 'size_cm' is missing; add the three extents in centimetres, longest first, "
            "for example 'size_cm: [[20, 25], [7, 9], [7, 9]]'"
        )
    defaults: dict[str, Any] = {field: () for field in FIELDS if field not in ("name", "size_cm", "shapes")}
    defaults["shapes"] = (_likely_shape(values["size_cm"]),)
    return ObjectKind(name=name, **(defaults | values))


def _text(value: Any, where: str) -> str:
    """A scalar as clean text; one space between words."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text:
        raise KnowledgeError(f"{where}: expected some text, got {value!r}")
    return text


def _phrases(value: Any, field: str, where: str) -> tuple[str, ...]:
    """A list of texts; a single text counts as a list of one."""
    where = f"{where}, field '{field}'"
    items = [value] if isinstance(value, str) and value else value
    if isinstance(items, str):  # 'needs:' with nothing after it
        return ()
    if not isinstance(items, list):
        raise KnowledgeError(f"{where}: expected a list of texts such as '[one, another]', got {value!r}")
    texts = tuple(_text(item, where) for item in items)
    return tuple(text.lower() for text in texts) if field in ("synonyms", "categories") else texts


def _chosen(value: Any, field: str, where: str) -> tuple[Any, ...]:
    """Words that must come from the field's vocabulary."""
    words = tuple(word.lower() for word in _phrases(value, field, where))
    for word in words:
        if word not in _CHOICES[field]:
            raise KnowledgeError(f"{where}, field '{field}': unknown word '{word}'; {_suggest(word, _CHOICES[field])}")
    if field != "shapes":
        return words
    if not words:
        raise KnowledgeError(f"{where}, field 'shapes': give at least one of {', '.join(sorted(SHAPES))}")
    return tuple(Shape(word) for word in words)


def _colors(value: Any, where: str) -> tuple[tuple[str, float], ...]:
    """Colour shares, the largest first."""
    where = f"{where}, field 'colors'"
    if value == "":
        return ()
    if not isinstance(value, Mapping):
        raise KnowledgeError(f"{where}: expected colours with shares such as '{{red: 0.7, white: 0.2}}', got {value!r}")
    shares: list[tuple[str, float]] = []
    for color, share in value.items():
        if color not in COLORS:
            raise KnowledgeError(f"{where}: unknown colour '{color}'; {_suggest(color, COLORS)}")
        number = _number(share, f"{where}, colour '{color}'")
        if not 0.0 < number <= 1.0:
            raise KnowledgeError(f"{where}: the share of '{color}' must be above 0 and at most 1, got {share}")
        shares.append((color, number))
    total = sum(share for _, share in shares)
    if total > 1.0 + _SHARE_SLACK:
        raise KnowledgeError(f"{where}: the shares sum to {total:.2f}; lower them to at most 1")
    return tuple(sorted(shares, key=lambda pair: -pair[1]))


def _size(value: Any, where: str) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Three ranges in centimetres, longest extent first."""
    where = f"{where}, field 'size_cm'"
    if not isinstance(value, list) or len(value) != 3:
        raise KnowledgeError(
            f"{where}: expected three extents, longest first, each '[min, max]' or one number in centimetres, "
            f"for example '[[20, 25], [7, 9], 8]', got {value!r}"
        )
    longest, middle, shortest = (_range(extent, where) for extent in value)
    for longer, shorter in ((longest, middle), (middle, shortest)):
        if shorter[0] > longer[0] + 1e-9 or shorter[1] > longer[1] + 1e-9:
            raise KnowledgeError(
                f"{where}: the longest extent must come first, but {_shown(shorter)} follows {_shown(longer)}"
            )
    return longest, middle, shortest


def _range(extent: Any, where: str) -> tuple[float, float]:
    """One extent as (min, max) centimetres."""
    if isinstance(extent, str):
        measured = _number(extent, where)
        low, high = measured * (1 - _MEASURED_TOLERANCE), measured * (1 + _MEASURED_TOLERANCE)
    elif isinstance(extent, list) and len(extent) == 2:
        low, high = _number(extent[0], where), _number(extent[1], where)
    else:
        raise KnowledgeError(f"{where}: an extent must be '[min, max]' or one number in centimetres, got {extent!r}")
    if min(low, high) <= 0 or max(low, high) > _LARGEST_CM:
        said = extent if isinstance(extent, str) else _shown((low, high))
        raise KnowledgeError(f"{where}: {said} lies outside 0 to {_LARGEST_CM:.0f}; sizes are in centimetres")
    if low > high:
        raise KnowledgeError(f"{where}: {_shown((low, high))} must not decrease; write the smaller number first")
    return low, high


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise KnowledgeError(f"{where}: expected a number, got {value!r}")
    return number


def _shown(extent: tuple[float, float]) -> str:
    return f"[{extent[0]:g}, {extent[1]:g}]"


def _likely_shape(size_cm: tuple[tuple[float, float], ...]) -> Shape:
    """A shape for an entry that names none: only what the extents themselves tell."""
    longest, middle, shortest = (math.sqrt(low * high) for low, high in size_cm)
    if longest > 4.0 * middle:
        return Shape.ROD
    return Shape.PLATE if middle > 6.0 * shortest else Shape.IRREGULAR


def _suggest(word: str, choices: tuple[str, ...] | frozenset[str]) -> str:
    close = difflib.get_close_matches(re.sub("gray", "grey", word), sorted(choices), n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}use one of: {', '.join(sorted(choices))}"
