"""What things are called: a short label, and a description that tells them apart from the others in view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..knowledge.kinds import Shape
from ..language.intent import Naming
from ..language.vocabulary import PLURAL_IN_FORM
from . import colors
from .evidence import Evidence
from .resolve import Resolution
from .shape_model import SHAPES

_SAID_COLOR = 0.4
"""Degree from which on a thing is given the colour that the person named."""
LIKE_KIND = 1.5
"""Log ratio from which on a thing counts as one of a kind."""
_SURE_KIND = 0.3
"""Probability from which on a thing is called by its most probable kind."""
_UNLIKELY = 0.1
"""Kinds that are less likely meant than this, compared with the likeliest, name nothing."""
_APART = 10
"""Pixels from which on one thing is left of another."""
_ORDINALS = (
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
)  # fmt: skip
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_FORMS = {
    Shape.BOX: "box-shaped", Shape.CYLINDER: "cylindrical", Shape.SPHERE: "round", Shape.BOTTLE: "bottle-shaped",
    Shape.CUP: "cup-shaped", Shape.BOWL: "bowl-shaped", Shape.PLATE: "flat", Shape.ROD: "long and thin",
    Shape.RING: "ring-shaped", Shape.BAG: "bag-like",
}  # fmt: skip


def label_of(index: int, evidence: Evidence, resolution: Resolution | None = None) -> str:
    """Short name of a thing: as the person named it, else the kind that it clearly is, else "object"."""
    described = resolution.description if resolution is not None else None
    before = described is not None and described.naming is Naming.REFERRED and " or " not in described.noun
    if resolution is not None and resolution.description.noun and (resolution.reading.named or before):
        return resolution.description.noun
    kind = _kind_of(index, evidence, resolution)
    clear = kind is not None and evidence.likelihoods[index, kind] - evidence.background[index] > LIKE_KIND
    return evidence.table.kinds[kind].name if kind is not None and clear else "object"


def guess_of(index: int, evidence: Evidence, resolution: Resolution) -> str:
    """The kind that a thing may be of those that are meant; "" if its label says so already or none fits."""
    kind = _kind_of(index, evidence, resolution)
    if kind is None or label_of(index, evidence, resolution) != "object":
        return ""
    return evidence.table.kinds[kind].name if evidence.likelihoods[index, kind] > evidence.background[index] else ""


def _kind_of(index: int, evidence: Evidence, resolution: Resolution | None) -> int | None:
    """Row of the kind that a thing most probably is, of those that are meant if any are."""
    if resolution is not None and resolution.description.naming in (Naming.NAMED, Naming.NEEDED):
        hypotheses = resolution.reading.hypotheses
        least = _UNLIKELY * max((h.weight for h in hypotheses), default=0.0)
        meant = [(evidence.table.index[h.kind.name], h.weight) for h in hypotheses if h.weight > least]
        if meant:
            columns = [column for column, _ in meant]
            fits = evidence.likelihoods[index, columns] + np.log([weight for _, weight in meant])
            return columns[int(np.argmax(fits))]
    if not evidence.kinds.shape[1] or evidence.kinds[index].max() < _SURE_KIND:
        return None
    return int(np.argmax(evidence.kinds[index]))


def color_of(index: int, evidence: Evidence, resolution: Resolution | None = None) -> str:
    """The words for a thing's colours: the person's own where they fit, "" if none says it."""
    candidate = evidence.candidates[index]
    for attribute in resolution.description.attributes if resolution else ():
        said = attribute.family == "color" and not attribute.negated and not attribute.on
        if said and colors.match(candidate.regions.whole, attribute.value) > _SAID_COLOR:
            return attribute.value
    return candidate.color


def describe_one(
    index: int, label: str, evidence: Evidence, among: Sequence[int], resolution: Resolution | None = None
) -> str:
    """ "white mug on the right": colour, label and, where others share both, the place.

    Args:
        index: the thing.
        label: its label.
        evidence: all things.
        among: the things from which it must be told apart.
        resolution: the description that it answers; its words are taken up.
    """
    color = color_of(index, evidence, resolution)
    color = "" if color and any(word in label.split() for word in color.split()) else color
    name = f"{color} {label}".strip()
    others = [i for i in among if i != index]
    said = (color_of(index, evidence, resolution), label_of(index, evidence, resolution))
    same = [i for i in others if (color_of(i, evidence, resolution), label_of(i, evidence, resolution)) == said]
    if not same and color:
        return name
    return f"{name} {place_of(index, evidence, same or others)}".strip()


def place_of(index: int, evidence: Evidence, others: Sequence[int]) -> str:
    """Where a thing is among others, from the camera's view: "on the left", "second from the right"; "" without others.

    Things above one another in the picture are told apart by their distance.
    """
    if not others:
        return ""
    everything = [index, *others]
    across = np.array([evidence.candidates[i].pixel[0] for i in everything])
    distances = np.array([evidence.candidates[i].distance for i in everything])
    if np.abs(across[1:] - across[0]).min() < _APART:
        if distances[0] < distances[1:].min() - 0.01:
            return "at the front"
        if distances[0] > distances[1:].max() + 0.01:
            return "at the back"
    from_left = int(np.argsort(across, kind="stable").tolist().index(0))
    from_right = len(everything) - 1 - from_left
    rank, side = (from_left, "left") if from_left <= from_right else (from_right, "right")
    if rank == 0:
        return f"on the {side}"
    return "in the middle" if from_left == from_right else f"{ordinal(rank + 1)} from the {side}"


def ordinal(rank: int) -> str:
    """ "second", "third", "twelfth"."""
    if rank < len(_ORDINALS):
        return _ORDINALS[rank]
    return f"{rank}{_ENDINGS.get(rank % 10, 'th') if rank % 100 not in (11, 12, 13) else 'th'}"


def form_of(index: int, evidence: Evidence) -> str:
    """ "cup-shaped, 10 cm tall, open at the top": what was seen of a thing's form and size."""
    candidate = evidence.candidates[index]
    words = []
    best = int(np.argmax(candidate.shapes))
    if candidate.shapes[best] > 0.35 and SHAPES[best] in _FORMS:
        words.append(_FORMS[SHAPES[best]])
    height, long = candidate.measured.height * 100, candidate.measured.footprint[0] * 100
    words.append(f"{height:.0f} cm tall" if height > long else f"{long:.0f} cm long")
    if candidate.parts.opening > 0.6:
        words.append("open at the top, with a handle" if candidate.parts.handle > 0.7 else "open at the top")
    return ", ".join(words)


def a(noun: str) -> str:
    """A noun with its indefinite article; nouns such as "scissors" have none."""
    return noun if plural_in_form(noun) else f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def plural_in_form(noun: str) -> bool:
    """True for one thing that is spoken of as several: "scissors"."""
    return bool({*noun.split()[-1:]} & PLURAL_IN_FORM)


def joined(words: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
