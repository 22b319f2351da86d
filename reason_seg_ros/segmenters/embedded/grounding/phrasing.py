"""Descriptions back into words."""

from __future__ import annotations

from ..language.intent import Attribute, Description, Naming, Relation, Superlative
from .naming import a, joined, ordinal

RELATION_WORDS = {
    "left": "left of", "right": "right of", "front": "in front of", "behind": "behind", "on": "on", "under": "under",
    "in": "in", "containing": "containing", "beside": "beside", "near": "near", "between": "between", "with": "with",
}  # fmt: skip
_AXIS_WORDS = {
    "near": "nearest", "far": "furthest", "left": "leftmost", "right": "rightmost", "high": "highest", "low": "lowest",
    "large": "largest", "small": "smallest", "tall": "tallest", "short": "shortest", "long": "longest",
    "thin": "thinnest", "wide": "widest", "narrow": "narrowest", "light": "lightest", "dark": "darkest",
    "middle": "middle",
}  # fmt: skip
_COMPARED = {
    "near": "nearer", "far": "further away", "left": "further left", "right": "further right", "high": "higher",
    "low": "lower", "large": "larger", "small": "smaller", "tall": "taller", "short": "shorter", "long": "longer",
    "thin": "thinner", "wide": "wider", "narrow": "narrower", "light": "lighter", "dark": "darker",
}  # fmt: skip
_WISHES = ("to", "i can", "can i", "i could", "could i")
_YOURS = {"my": "your", "me": "you", "i": "you", "myself": "yourself", "our": "your", "us": "you", "am": "are"}


def phrase(description: Description) -> str:
    """A description as a noun phrase: "white mug left of the bowl"."""
    if description.surface:
        return description.noun or "table"
    ranked = [superlative for superlative in description.superlatives if superlative.than is None]
    extremes = [extreme(superlative) for superlative in ranked if not _counted(superlative)]
    said = [attribute for attribute in description.attributes if not attribute.negated]
    plain = [a for a in said if not a.on and a.family not in ("part", "color")]
    shades = joined([a.value for a in said if not a.on and a.family == "color"])
    before = [*(a.value for a in plain if a.family != "material"), *([shades] if shades else []),
              *(a.value for a in plain if a.family == "material")]  # fmt: skip
    head = description.noun or ("one" if description.naming is Naming.REFERRED else "thing")
    places = [extreme(superlative) for superlative in ranked if _counted(superlative)]
    other = ["other"] if Description(Naming.REFERRED) in description.excluded else []
    return " ".join([*other, *extremes, *before, head, *places, *qualities(description)])


def qualities(description: Description) -> list[str]:
    """What is said of a thing after its noun: "with a red lid", "behind it", "taller than it", "that is not wet"."""
    colored = {a.on for a in description.attributes if a.on}
    after = [_with(a) for a in description.attributes if a.on or (a.family == "part" and a.value not in colored)]
    after += [
        f"{'not ' if relation.negated else ''}{RELATION_WORDS[relation.kind]} {anchors_of(relation)}"
        for relation in description.relations
    ]
    compared = [s for s in description.superlatives if s.than is not None and s.axis in _COMPARED]
    after += [f"{_COMPARED[s.axis]} than {_the(s.than)}" for s in compared if s.than is not None]
    lacking = [a for a in description.attributes if a.negated and not a.on and a.family != "part"]
    not_so = [f"not {a.value}" for a in lacking]
    not_so += [f"not {_the(other)}" for other in description.excluded if other not in [s.than for s in compared]]
    return [*after, *([f"that is {joined(not_so)}"] if not_so else [])]


def anchors_of(relation: Relation) -> str:
    """ "the red box and the bowl": what a relation refers to."""
    bare = Description(Naming.ANY)
    return joined(["something" if anchor == bare else _the(anchor) for anchor in relation.anchors])


def _the(description: Description) -> str:
    return "it" if description == Description(Naming.REFERRED) else f"the {phrase(description)}"


def extreme(superlative: Superlative) -> str:
    """ "leftmost", "second largest", "second from the left"."""
    if _counted(superlative):
        return f"{ordinal(superlative.rank)} from the {superlative.axis}"
    word = _AXIS_WORDS[superlative.axis]
    return word if superlative.rank <= 1 else f"{ordinal(superlative.rank)} {word}"


def _counted(superlative: Superlative) -> bool:
    """True for "second from the left", which is said after the noun."""
    return superlative.rank > 1 and superlative.axis in ("left", "right")


def _with(attribute: Attribute) -> str:
    joint = "without" if attribute.negated else "with"
    if attribute.family == "part":
        return f"{joint} {a(attribute.value)}" if not attribute.negated else f"{joint} {attribute.value}"
    return f"{joint} {a(f'{attribute.value} {attribute.on}')}"


def need(description: Description, instruction: str) -> str:
    """ "to stir your tea with", if it was said so; "" for needs that were said in sentences of their own."""
    purpose, said = description.purpose, instruction.lower()
    if not purpose or not any(f"{wish} {purpose}" in said for wish in _WISHES):
        return ""
    return " ".join(_YOURS.get(word, word) for word in f"to {purpose}".split())
