"""Instructions that name nothing: needs and facts from the knowledge base, and requests for what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ..segmenters.embedded.knowledge.base import Knowledge
from ..segmenters.embedded.knowledge.kinds import ObjectKind
from .questions import CLASSES, Query, Questioner
from .truth import SeenObject, alike


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


# Kinds that serve much the same ends: a need of one is not asked for while another is in view.
_ENDS: tuple[frozenset[str], ...] = (
    *CLASSES.values(),
    _listed("mug, cup, glass, wine glass, water bottle, soda can, juice box, milk carton, teapot, wine bottle"),
    _listed("bowl, plate, frying pan, food container, cup, mug, jar"),
    _listed("apple, orange, lemon, pear, banana, cracker box, cereal box, soup can, tuna can, jar, egg carton"),
    _listed("mustard bottle, ketchup bottle, jar, lemon"),
    _listed("book, notebook"),
    _listed("notebook, pen, pencil, marker"),
    _listed("table knife, scissors"),
    _listed("flashlight, candle, smartphone"),
    _listed("smartphone, remote control, calculator, computer mouse, battery"),
    _listed("sponge, spray bottle, tissue box, toilet paper"),
    _listed("toy block, wood block, rubik's cube, dice, tennis ball, baseball, golf ball"),
    _listed("tape roll, stapler, scissors"),
    _listed("coffee bag, mug, teapot, soda can"),
    _listed("potted plant, candle, book"),
    _listed("hammer, wrench, screwdriver, power drill, flashlight, padlock, tape roll"),
)
_COMMON = _listed(
    "a, an, the, and, or, of, to, in, on, at, for, from, with, without, into, onto, out, up, off, by, as, is, are, "
    "was, be, been, am, it, its, i, my, me, you, your, we, our, they, them, their, this, that, these, those, "
    "something, thing, some, any, one, no, not, what, which, who, how, can, could, should, would, will, want, need, "
    "like, have, has, had, get, got, do, does, make, made, use, used, keep, put, let, take, give, go, find, place, "
    "small, big, little, good, very, much, more, most, so, if, when, while, before, after, all, every, each, there, "
    "here, just, about, than, then, people, person, home, house, things, us, im, id, ive, hand, hands, over"
)
_NEEDS = (
    "{} What should I take?",
    "{} What could help me?",
    "{} Which of these do I need?",
    "{} Pick something that fits.",
)
_AFFORDS = (
    "I need something to {}.",
    "Give me something I can use to {}.",
    "What here would let me {}?",
    "Find something to {}.",
)
_FACTS = ("Which of these {}?", "Which object here {}?", "Point at the one that {}.")
_VERB = re.compile(r"^(?!its\b|this\b|always\b)(can|will|would|may|\w+s)\b", re.IGNORECASE)  # "is ...", "holds ..."
_QUESTION = re.compile(r"^(what|which|where|how|who|can|could|is there|do|have)\b", re.IGNORECASE)


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning, cut to a crude stem."""
    words = re.findall(r"[a-z]+", text.lower().replace("'", ""))
    return frozenset(re.sub(r"(ing|ed|es|s|e)$", "", word) for word in words if word not in _COMMON)


def _as_fact(asked: str, fact: str) -> str:
    """A question for a fact; "is what muesli is eaten from" asks for the one that muesli is eaten from."""
    said = asked.format(fact.rstrip(".").replace("is what ", "is the one that ", 1))
    return said.replace("the one that is the one that", "the one that")


class PurposeQuestioner(Questioner):
    """Rules that need to know what things are for."""

    def __init__(self, seen: Sequence[SeenObject], knowledge: Knowledge, rng: np.random.Generator) -> None:
        super().__init__(seen, knowledge, rng)
        self._kinds = {o.kind for o in seen}

    def affordance(self) -> Iterator[Query]:
        """By what it is needed for."""
        for item, kind in self._single():
            if self._rivals(item.kind):
                continue
            for text in (*kind.needs, *kind.affords):
                if self._only(text, item.kind):
                    yield Query(self._as_need(text, text in kind.needs), "affordance", (item.id,))

    def knowing(self) -> Iterator[Query]:
        """By what people know about it."""
        for item, kind in self._single():
            for text in kind.facts:
                if (
                    _VERB.match(text)
                    and self._only(text, item.kind)
                    and not (self._rivals(item.kind) and len(content_words(text)) < 3)
                ):
                    yield Query(_as_fact(self._one(_FACTS), text), "knowledge", (item.id,))

    def absent(self) -> Iterator[Query]:
        """For what is not there: another kind, a need that nothing meets, the right kind in a wrong colour."""
        kinds = [kind for kind in self.knowledge.kinds if self._foreign(kind)]
        for index in self.rng.permutation(len(kinds))[:6]:
            kind = kinds[index]
            yield Query(self._say(f"the {kind.name}"), "absent", ())
            if not self._rivals(kind.name) and kind.name in {name for end in _ENDS for name in end}:
                for text in kind.needs[:1]:
                    if self._only(text, kind.name):
                        yield Query(self._as_need(text, True), "absent", ())
        for item in {o.kind: o for o in self._clear()}.values():
            members = self.named(item.kind)
            if item.group in ("packages", "fruit") or any(m.color in ("transparent", "silver") for m in members):
                continue
            shown = {color for m in members for color in (m.color, m.accent) if color}
            free = [
                c for c in ("red", "blue", "green", "yellow", "black", "white") if not any(alike(c, s) for s in shown)
            ]
            if free and all(m.kind == item.kind for m in members):
                yield Query(self._say(f"the {self._one(free)} {item.kind}"), "absent", ())

    def _single(self) -> list[tuple[SeenObject, ObjectKind]]:
        """Objects that are the only ones of their kind."""
        by_name = self.knowledge.by_name
        return [(o, by_name[o.kind]) for o in self._clear() if o.kind in by_name and not self._peers(o)]

    def _rivals(self, name: str) -> bool:
        """Whether another kind in view serves the same ends."""
        return any(name in end and (self._kinds & end) - {name} for end in _ENDS)

    def _only(self, text: str, name: str) -> bool:
        """Whether a text speaks of one kind, and of no other that is in view."""
        words = content_words(text)
        if not words or words <= content_words(name):
            return False
        for other in self._kinds - {name}:
            kind = self.knowledge.by_name.get(other)
            if kind is None or words & content_words(
                " ".join((kind.name, *kind.needs, *kind.affords, *kind.categories))
            ):
                return False
        return True

    def _foreign(self, kind: ObjectKind) -> bool:
        """Whether nothing in view could be taken for this kind."""
        names = {kind.name, *kind.synonyms}
        heads = {name.split()[-1] for name in names}
        for other in self._kinds:
            known = self.knowledge.by_name.get(other)
            calls = {other, *(known.synonyms if known else ()), *(known.categories if known else ())}
            narrow = set(kind.categories[:1]) & set(known.categories[:2] if known else ())
            if names & calls or narrow or heads & {call.split()[-1] for call in calls} or other in kind.categories:
                return False
        return True

    def _as_need(self, text: str, need: bool) -> str:
        text = text.strip().rstrip(".")
        if not need:
            return self._one(_AFFORDS).format(text)
        text = text[0].upper() + text[1:]
        if _QUESTION.match(text) or text.endswith("?"):
            return text.rstrip("?") + "?"
        return self._one(_NEEDS).format(text.rstrip("!") + ".")


_QUOTA = {"explicit": 3, "attribute": 3, "spatial": 4, "affordance": 2, "knowledge": 2, "multi": 2, "absent": 3}


def sample_queries(
    seen: Sequence[SeenObject], knowledge: Knowledge, rng: np.random.Generator, quota: dict[str, int] | None = None
) -> tuple[Query, ...]:
    """Instructions of all kinds about a view, at most some of each kind and no sentence twice."""
    asker = PurposeQuestioner(seen, knowledge, rng)
    rules = (asker.explicit, asker.attribute, asker.spatial, asker.affordance, asker.knowing, asker.multi, asker.absent)
    chosen: list[Query] = []
    for rule, (_, most) in zip(rules, (quota or _QUOTA).items(), strict=True):
        found = list({query.instruction: query for query in rule()}.values())
        chosen += _spread([found[i] for i in rng.permutation(len(found))], most)
    return tuple(chosen)


def _spread(queries: Sequence[Query], most: int) -> list[Query]:
    """At most some queries, of different targets as far as they go."""
    times: dict[tuple[int, ...], int] = {}
    ranks = []
    for query in queries:
        times[query.target_ids] = times.get(query.target_ids, -1) + 1
        ranks.append(times[query.target_ids])
    return [queries[i] for i in sorted(sorted(range(len(queries)), key=lambda i: (ranks[i], i))[:most])]
