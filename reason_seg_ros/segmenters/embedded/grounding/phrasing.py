"""Descriptions back into words."""

from __future__ import annotations

from ..language.intent import Attribute, Description, Naming, Relation, Superlative
from .naming import a, joined

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
_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_YOURS = {"my": "your", "me": "you", "i": "you", "myself": "yourself", "our": "your", "us": "you", "am": "are"}


def phrase(description: Description) -> str:
    """A description as a noun phrase: "white mug left of the bowl"."""
    if description.surface:
        return description.noun or "table"
    extremes = [extreme(superlative) for superlative in description.superlatives]
    plain = [a for a in description.attributes if not a.on and a.family not in ("part", "color")]
    shades = joined([_adjective(a) for a in description.attributes if not a.on and a.family == "color"])
    before = [*(_adjective(a) for a in plain if a.family != "material"), *([shades] if shades else []),
              *(_adjective(a) for a in plain if a.family == "material")]  # fmt: skip
    colored = {a.on for a in description.attributes if a.on}
    after = [_with(a) for a in description.attributes if a.on or (a.family == "part" and a.value not in colored)]
    head = description.noun or "thing"
    for relation in description.relations:
        anchors = anchors_of(relation)
        after.append(f"{'not ' if relation.negated else ''}{RELATION_WORDS[relation.kind]} {anchors}")
    return " ".join([*extremes, *before, head, *after])


def anchors_of(relation: Relation) -> str:
    """ "the red box and the bowl": what a relation refers to."""
    bare = Description(Naming.ANY)
    return joined(["something" if anchor == bare else f"the {phrase(anchor)}" for anchor in relation.anchors])


def extreme(superlative: Superlative) -> str:
    """ "leftmost", "second largest"."""
    word = _AXIS_WORDS[superlative.axis]
    return word if superlative.rank == 1 else f"{_ORDINALS.get(superlative.rank, f'{superlative.rank}th')} {word}"


def _adjective(attribute: Attribute) -> str:
    return f"not {attribute.value}" if attribute.negated else attribute.value


def _with(attribute: Attribute) -> str:
    joint = "without" if attribute.negated else "with"
    if attribute.family == "part":
        return f"{joint} {a(attribute.value)}" if not attribute.negated else f"{joint} {attribute.value}"
    return f"{joint} {a(f'{attribute.value} {attribute.on}')}"


def need(description: Description, instruction: str) -> str:
    """ "to stir your tea with", if it was said so; "" for needs that were said in sentences of their own."""
    wish = f"to {description.purpose}"
    return " ".join(_YOURS.get(word, word) for word in wish.split()) if wish in instruction.lower() else ""
