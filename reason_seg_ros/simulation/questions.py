"""Instructions made from what is true of a view: by name, attribute, place and number.

Every rule checks its answer against all objects in view and asks only where there is no doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..segmenters.embedded.knowledge.base import Knowledge
from .truth import SeenObject, alike

_ASK = (
    "Pick up {}.", "Please hand me {}.", "Could you bring me {}?", "Where is {}?", "Point at {}.", "Get {}.",
    "Show me {}.", "I would like {}.", "Grab {} for me.", "Find {}.", "Select {}.",
)  # fmt: skip
_ASK_MANY = ("Mark {}.", "Pick up {}.", "Show me {}.", "Find {}.", "Where are {}?", "Select {}.", "Put away {}.")
_SIDE_PX = 45.0
_EXTREME_PX = 30.0
_NEARER_M = 0.07

# What people call several kinds together, with the members that can be simulated.
CLASSES: dict[str, frozenset[str]] = {
    "fruit": frozenset({"apple", "orange", "lemon", "pear", "banana"}),
    "drinking vessels": frozenset({"mug", "cup", "glass", "wine glass"}),
    "cutlery": frozenset({"fork", "spoon", "table knife"}),
    "writing instruments": frozenset({"pen", "pencil", "marker"}),
    "balls": frozenset({"tennis ball", "baseball", "golf ball"}),
    "bottles": frozenset({"mustard bottle", "ketchup bottle", "water bottle", "wine bottle", "spray bottle"}),
    "cans": frozenset({"soup can", "tuna can", "soda can"}),
    "tools": frozenset({"screwdriver", "hammer", "power drill", "wrench"}),
}
# Kinds that a person could take for a member, so that the class is not asked for when one is in view.
_DOUBTFUL: dict[str, frozenset[str]] = {
    "drinking vessels": frozenset({"water bottle", "soda can", "juice box", "bowl"}),
    "bottles": frozenset({"jar", "milk carton"}),
    "tools": frozenset({"flashlight", "scissors", "padlock", "table knife", "stapler"}),
    "writing instruments": frozenset(),
}
_PLURALS = {
    "table knife": "table knives",
    "computer mouse": "computer mice",
    "scissors": "scissors",
    "dice": "dice",
    "battery": "batteries",
    "toilet paper": "rolls of toilet paper",
}


@dataclass(frozen=True)
class Query:
    """An instruction with the ids of the objects that it means; kinds as in the tabletop data set."""

    instruction: str
    kind: str
    target_ids: tuple[int, ...]


def plural(noun: str) -> str:
    """The plural of a kind's name."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


class Questioner:
    """Rules over the objects of one view."""

    def __init__(self, seen: Sequence[SeenObject], knowledge: Knowledge, rng: np.random.Generator) -> None:
        self.seen, self.knowledge, self.rng = tuple(seen), knowledge, rng

    def named(self, noun: str) -> list[SeenObject]:
        """Objects that this noun can mean, with those that a person may take for one."""
        kinds = {kind.name for kind in self.knowledge.find(noun)} | {noun}
        return [o for o in self.seen if o.kind in kinds or o.kind.split()[-1] == noun]

    def unique_name(self, item: SeenObject, synonyms: float = 0.0) -> str | None:
        """A noun that means this object and no other in view: the kind's name, or with some chance a synonym."""
        kind = self.knowledge.by_name.get(item.kind)
        nouns = [item.kind]
        if kind and kind.synonyms and self.rng.random() < synonyms:
            nouns.insert(0, str(self.rng.choice(kind.synonyms)))
        nouns = [noun for noun in nouns if " of " not in noun or noun.startswith("roll of")]
        return next((noun for noun in nouns if self.named(noun) == [item]), None)

    def explicit(self) -> Iterator[Query]:
        """By name."""
        for item in self._clear():
            noun = self.unique_name(item, synonyms=0.3)
            if noun:
                yield Query(self._say(f"the {noun}"), "explicit", (item.id,))

    def attribute(self) -> Iterator[Query]:
        """By colour, by a part's colour, by size, by pose."""
        yield from self._by_color()
        yield from self._by_size()
        for item in self._clear():
            peers = self._peers(item)
            if peers and item.accent_on and all(p.accent_on and not alike(p.accent, item.accent) for p in peers):
                phrase = f"the {item.kind} with the {item.accent} {item.accent_on}"
                yield Query(self._say(phrase), "attribute", (item.id,))
            poses = {
                "upright": ("standing upright", "that is standing up"),
                "lying": ("lying on its side", "that lies down"),
            }
            if peers and item.pose in poses and all(p.pose in poses and p.pose != item.pose for p in peers):
                yield Query(self._say(f"the {item.kind} {self._one(poses[item.pose])}"), "attribute", (item.id,))

    def spatial(self) -> Iterator[Query]:
        """By place, from the camera's view."""
        yield from self._extremes()
        yield from self._among_peers()
        yield from self._beside_an_anchor()
        for item in self._clear():
            host = next((o for o in self.seen if o.id in (item.on, item.inside)), None)
            if host is None or sum(o.on == host.id or o.inside == host.id for o in self.seen) != 1:
                continue
            noun = self.unique_name(host)
            if noun and item.inside:
                ask = self._one(
                    (f"What is in the {noun}?", f"Take the thing out of the {noun}.", f"What lies inside the {noun}?")
                )
                yield Query(ask, "spatial", (item.id,))
            elif noun and self.unique_name(item):
                ask = self._one((f"What stands on top of the {noun}?", f"Take the object that is on the {noun}."))
                yield Query(ask, "spatial", (item.id,))
            if host.clear and self.unique_name(item):
                below = ("What is underneath the {}?", "Show me the object below the {}.")
                around = ("What is the {} lying in?", "Show me the object that holds the {}.")
                ask = self._one(around if item.inside else below)
                yield Query(ask.format(item.kind), "spatial", (host.id,))

    def multi(self) -> Iterator[Query]:
        """Several targets: all of a kind, of a class, or two that are named."""
        for kind in sorted({o.kind for o in self.seen}):
            members = self.named(kind)
            if len(members) > 1 and all(m.kind == kind for m in members) and all(m.clear for m in members):
                phrase = f"both {plural(kind)}" if len(members) == 2 else f"all the {plural(kind)}"
                yield Query(self._say_many(phrase), "multi", tuple(m.id for m in members))
        for name, kinds in CLASSES.items():
            members = [o for o in self.seen if o.kind in kinds]
            doubtful = any(o.kind in _DOUBTFUL.get(name, ()) for o in self.seen)
            if len(members) > 1 and not doubtful and all(m.clear for m in members):
                phrase = f"all the {name}" if self.rng.random() < 0.6 else f"every piece of {name}"
                phrase = phrase if name in ("fruit", "cutlery") else f"all the {name}"
                yield Query(self._say_many(phrase), "multi", tuple(m.id for m in members))
        nouns = [(item, self.unique_name(item)) for item in self._clear()]
        pairs = [(item, noun) for item, noun in nouns if noun]
        for (one, first), (two, second) in zip(pairs[::2], pairs[1::2], strict=False):
            yield Query(self._say_many(f"the {first} and the {second}"), "multi", (one.id, two.id))

    def _by_color(self) -> Iterator[Query]:
        for item in self._clear():
            peers = self._peers(item)
            others = [o for o in self.named(item.kind) if o is not item]
            if peers and all(o in peers and not alike(o.color, item.color) for o in others):
                yield Query(self._say(f"the {item.color} {item.kind}"), "attribute", (item.id,))
            plain = item.group != "packages" and item.color not in ("transparent", "silver") and not item.accent
            rest = [o for o in self.seen if o is not item]
            mixed = any(
                o.group == "packages" or alike(o.color, item.color) or alike(o.accent, item.color) for o in rest
            )
            if plain and not mixed and len(rest) > 2:
                phrase = self._one(
                    (f"the {item.color} object", f"the thing that is {item.color}", f"the {item.color} one")
                )
                yield Query(self._say(phrase), "attribute", (item.id,))

    def _by_size(self) -> Iterator[Query]:
        order = sorted(self.seen, key=lambda o: o.volume)
        if len(order) > 3:
            for item, rival, words in (
                (order[-1], order[-2], ("the largest object", "the biggest thing here")),
                (order[0], order[1], ("the smallest object", "the tiniest thing here")),
            ):
                ratio = max(item.volume / rival.volume, rival.volume / item.volume)
                longer = (item.size[0] > rival.size[0]) == (item is order[-1])
                if ratio > 1.8 and longer and item.clear and not item.cut:
                    yield Query(self._say(self._one(words)), "attribute", (item.id,))
        for item in self._clear():
            peers = self._peers(item)
            if (
                len(peers) == 1
                and item.volume > 1.35 * peers[0].volume
                and self.named(item.kind) in ([item, *peers], [*peers, item])
            ):
                yield Query(self._say(f"the bigger {item.kind}"), "attribute", (item.id,))
                if peers[0].clear:
                    yield Query(self._say(f"the smaller {item.kind}"), "attribute", (peers[0].id,))

    def _extremes(self) -> Iterator[Query]:
        by_side = sorted(self.seen, key=lambda o: o.middle[0])
        by_range = sorted(self.seen, key=lambda o: o.distance)
        if len(self.seen) < 3:
            return
        for item, rival, words in (
            (by_side[0], by_side[1], ("the object furthest to the left", "the leftmost thing")),
            (by_side[-1], by_side[-2], ("the object furthest to the right", "the rightmost thing")),
        ):
            if abs(item.middle[0] - rival.middle[0]) > _EXTREME_PX and item.clear:
                yield Query(self._say(self._one(words)), "spatial", (item.id,))
        for item, rival, words in (
            (by_range[0], by_range[1], ("the object closest to the camera", "the thing nearest to you")),
            (by_range[-1], by_range[-2], ("the object furthest from the camera", "the thing that is farthest away")),
        ):
            same_row = (item.middle[1] - rival.middle[1]) * (1 if item is by_range[0] else -1) > 10
            if abs(item.distance - rival.distance) > _NEARER_M and same_row and item.clear:
                yield Query(self._say(self._one(words)), "spatial", (item.id,))

    def _among_peers(self) -> Iterator[Query]:
        for item in self._clear():
            peers = self._peers(item)
            if not peers or len(self.named(item.kind)) != len(peers) + 1:
                continue
            sides = [item.middle[0] - p.middle[0] for p in peers]
            ranges = [item.distance - p.distance for p in peers]
            for fits, words in (
                (max(sides) < -_SIDE_PX, "on the left"),
                (min(sides) > _SIDE_PX, "on the right"),
                (max(ranges) < -_NEARER_M, "that is closer" if len(peers) == 1 else "that is closest"),
                (min(ranges) > _NEARER_M, "that is further away" if len(peers) == 1 else "that is furthest away"),
            ):
                if fits:
                    yield Query(self._say(f"the {item.kind} {words}"), "spatial", (item.id,))

    def _beside_an_anchor(self) -> Iterator[Query]:
        """Which of several is left or right of, or nearest to, a thing with a name of its own."""
        for anchor in self.seen:
            noun = self.unique_name(anchor) if anchor.clear else None
            if not noun:
                continue
            for item in self._clear():
                peers = self._peers(item)
                if item is anchor or not peers or len(self.named(item.kind)) != len(peers) + 1:
                    continue
                side = item.middle[0] - anchor.middle[0]
                others = [p.middle[0] - anchor.middle[0] for p in peers]
                if side < -_SIDE_PX and min(others) > _SIDE_PX:
                    yield Query(self._say(f"the {item.kind} to the left of the {noun}"), "spatial", (item.id,))
                elif side > _SIDE_PX and max(others) < -_SIDE_PX:
                    yield Query(self._say(f"the {item.kind} to the right of the {noun}"), "spatial", (item.id,))
                gap = np.linalg.norm(item.center - anchor.center)
                if gap * 1.6 < min(np.linalg.norm(p.center - anchor.center) for p in peers):
                    yield Query(self._say(f"the {item.kind} nearest to the {noun}"), "spatial", (item.id,))

    def _clear(self) -> list[SeenObject]:
        return [o for o in self.seen if o.clear]

    def _peers(self, item: SeenObject) -> list[SeenObject]:
        return [o for o in self.seen if o.kind == item.kind and o is not item]

    def _one(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def _say(self, phrase: str) -> str:
        return self._one(_ASK).format(phrase)

    def _say_many(self, phrase: str) -> str:
        asked = self._one(_ASK_MANY).format(phrase)
        return asked.replace("Where are every", "Where is every")
