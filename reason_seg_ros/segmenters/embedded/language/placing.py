"""Where a thing is, said after its noun: "right behind the box", "between A and B", "second from the left"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .cursor import Cursor, Draft
from .determiners import starts_head
from .function_words import AND, BE, DEFINITE, INDEFINITE, INTENSIFIERS, NOT, SITS
from .intent import Description, Naming, Relation, Superlative
from .phrase_table import PhraseTable, phrase_set
from .tokens import COMMA
from .vocabulary import CAMERA, EDGES, FROM_SIDE, NUMBERS, ONLY_BEFORE_NOUN, ORDINALS, SCENE, SUPERLATIVES
from .word_file import load_words

_WORDS = load_words("placing")

NounPhrase = Callable[[Cursor], "Draft | None"]

RELATIONS = PhraseTable.of(_WORDS["relations"])
"""Phrase to the kind of `Relation`."""

_SIDES = PhraseTable.of(_WORDS["sides"])
"""With the table, the picture or a row these say where in view something is."""

_FROM = phrase_set("to, from, away from, towards, toward, of")
ON_IT = PhraseTable.of(
    {
        "under": "on it, on top of it, on top, on them, on top of them, lying on it, standing on it",
        "containing": "in it, inside it, inside, in them, inside them, inside of it",
    }
)
"""Where something had is: "the bowl with a spoon in it" contains the spoon."""

_SIDE_OF_IT = PhraseTable.of({side: f"to its {side}, on its {side}, at its {side}" for side in ("left", "right")})
_EACH_OTHER = phrase_set("each other, one another, eachother")
_THAN = phrase_set("than")
_FRONTAL = frozenset({"front", "near"})


def read_place(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """Read one place: a relation to something or an extreme of the view."""
    start = cursor.at
    _skip_lead(cursor)
    negated = bool(cursor.take_word(NOT))
    _skip_lead(cursor)
    if cursor.possessed and cursor.sees(ON_IT):
        cursor.at = start
        return False
    if side := cursor.take(_SIDE_OF_IT):
        draft.relations.append(Relation(side, (Description(Naming.REFERRED),), negated))
        return True
    if _side_of_view(cursor, draft) or _counted(cursor, draft):
        return True
    if (ordinal := cursor.match(ORDINALS)) and cursor.sees(SUPERLATIVES, ordinal[0]):  # "second closest to the camera"
        cursor.at += ordinal[0]
        draft.rank = ordinal[1]
    relation, extreme = cursor.match(RELATIONS), cursor.match(SUPERLATIVES)
    if extreme and extreme[0] == 1 and cursor.peek() in ONLY_BEFORE_NOUN:
        extreme = None
    if extreme and (relation is None or extreme[0] > relation[0] or not _has_anchor(cursor, relation[0])):
        return _extreme(cursor, draft, extreme, noun_phrase)
    if relation and _relation(cursor, draft, relation, negated, noun_phrase):
        return True
    cursor.at = start
    return False


def _skip_lead(cursor: Cursor) -> None:
    """ "standing right", "partly hidden" before a place."""
    here = -1
    while here != cursor.at:
        here = cursor.at
        _skip_verb(cursor)
        _skip_intensifiers(cursor)


def _skip_verb(cursor: Cursor) -> None:
    """ "standing", and "left" only where it is no side: "left on the table", "left of the bowl"."""
    while cursor.sees(SITS) and not cursor.sees(RELATIONS) and not cursor.sees(_SIDES):
        if cursor.verb_due and cursor.peek() in BE:  # the verb of the sentence: "my shirt is full of creases"
            return
        cursor.take(SITS)


def _skip_intensifiers(cursor: Cursor) -> None:
    """ "right behind" is "behind"; "right of" is a side."""
    while cursor.sees(INTENSIFIERS) and not cursor.sees(RELATIONS) and not cursor.sees(_SIDES):
        if cursor.sees(SUPERLATIVES) and not (cursor.peek() == "right" and cursor.sees(RELATIONS, 1)):
            return
        cursor.take(INTENSIFIERS)


def _side_of_view(cursor: Cursor, draft: Draft) -> bool:
    """ "on the left of the table", "at the back of the picture"."""
    start = cursor.at
    axis = cursor.take(_SIDES)
    if axis is not None:
        cursor.take_word(DEFINITE)
        found = cursor.match(SCENE)
        several = found is None and cursor.take(NUMBERS) is not None  # "in the middle of the three"
        if several or (found and not _is_longer_noun(cursor, found[0])):
            cursor.at += found[0] if found else 0
            draft.add_extremes((Superlative(axis),))
            return True
    cursor.at = start
    return False


def _is_longer_noun(cursor: Cursor, ahead: int) -> bool:
    """True if the word ahead would make a longer noun of what stands here ("table lamp")."""
    noun = cursor.lexicon.match(cursor.words, cursor.at)
    return noun is not None and noun.length > ahead


def _counted(cursor: Cursor, draft: Draft) -> bool:
    """ "from the left", "second from the right"."""
    start = cursor.at
    ordinal = cursor.take(ORDINALS)
    cursor.take_word(frozenset({"one", "object", "item"}))
    axis = cursor.take(FROM_SIDE)
    if axis is None:
        cursor.at = start
        return False
    draft.rank = ordinal or draft.rank
    draft.add_extremes((Superlative(axis),))
    return True


def _has_anchor(cursor: Cursor, length: int) -> bool:
    """True if something follows to which a relation can hold."""
    following = cursor.peek(length)
    return following in DEFINITE | INDEFINITE or starts_head(cursor, length)


def _extreme(cursor: Cursor, draft: Draft, found: tuple[int, Sequence[Superlative]], noun_phrase: NounPhrase) -> bool:
    """ "furthest to the left", "closest to the camera", "further away than the mug"."""
    cursor.at += found[0]
    draft.add_extremes(found[1])
    here = cursor.at
    if cursor.take_word(frozenset({"of", "in"})):  # "in the middle of the table", "on the left in the picture"
        cursor.take_word(DEFINITE)
        if cursor.take(SCENE):
            return True
        cursor.at = here
    if cursor.take(_THAN) and (anchor := noun_phrase(cursor)):
        if anchor.one and draft.naming is Naming.NAMED:  # "a mug bigger than the red one"
            anchor.naming, anchor.noun = Naming.NAMED, draft.noun
        than = anchor.settled()
        draft.superlatives[-1] = replace(draft.superlatives[-1], than=than)
        draft.excluded.append(than)
        return True
    cursor.at = here
    return True


def read_distance(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "closest ... to the camera", "furthest ... from the mug" after a noun whose extreme came before it."""
    near_or_far = [extreme for extreme in draft.superlatives if extreme.axis in ("near", "far")]
    start = cursor.at
    if not near_or_far or not cursor.take(_FROM):
        return False
    if cursor.take(CAMERA):
        return True
    anchor = noun_phrase(cursor)
    if anchor is None or anchor.naming is Naming.ANY:
        cursor.at = start
        return False
    if not anchor.surface:
        extreme = near_or_far[-1]
        draft.superlatives.remove(extreme)
        draft.relations.append(Relation("near", (anchor.settled(),), negated=extreme.axis == "far"))
    return True


def _relation(cursor: Cursor, draft: Draft, found: tuple[int, str], negated: bool, noun_phrase: NounPhrase) -> bool:
    start = cursor.at
    length, kind = found
    cursor.at += length
    if cursor.take(CAMERA):
        if kind in _FRONTAL:  # everything in view is in front of the camera
            return True
        cursor.at = start
        return False
    if cursor.take(_EACH_OTHER):
        draft.relations.append(Relation(kind, (_same_kind(draft),), negated))
        return True
    anchors = _anchors(cursor, draft, kind, noun_phrase)
    if not anchors:
        cursor.at = start
        return False
    _add_relation(draft, kind, anchors, negated)
    return True


def _same_kind(draft: Draft) -> Description:
    return Description(draft.naming, draft.noun) if draft.naming is Naming.NAMED else Description(Naming.ANY)


def _anchors(cursor: Cursor, draft: Draft, kind: str, noun_phrase: NounPhrase) -> list[Draft]:
    """What the relation holds to: one thing, or for "between" two."""
    first = noun_phrase(cursor)
    if first is None or first.purpose:
        return []
    anchors = [first]
    if kind == "between":
        here = cursor.at
        second = noun_phrase(cursor) if cursor.take_word(AND) else None
        if second is None:
            cursor.at = here
        anchors.append(second or first.copy())
    for anchor in anchors:
        if anchor.one and draft.naming is Naming.NAMED:  # "the can on top of the other one"
            anchor.naming, anchor.noun, anchor.other = Naming.NAMED, draft.noun, False
        elif anchor.other and anchor.noun == draft.noun:
            anchor.other = False
    return anchors


def _add_relation(draft: Draft, kind: str, anchors: list[Draft], negated: bool) -> None:
    anchor = anchors[0]
    if anchor.group:
        _add_group_place(draft, kind, anchor, negated)
        return
    if anchor.noun in EDGES:  # "nearest to the left edge"
        draft.superlatives.extend(anchor.superlatives)
        return
    for each in anchors:
        if each.surface:
            each.naming = Naming.ANY
    draft.relations.append(Relation(kind, tuple(each.settled() for each in anchors), negated))


def _add_group_place(draft: Draft, kind: str, group: Draft, negated: bool) -> None:
    """ "at the bottom of the stack": under something, and the lowest; "in the left stack": part of that stack."""
    if kind in ("on", "under") and not negated:
        draft.relations.append(Relation(kind, (Description(Naming.ANY),)))
        draft.superlatives.append(Superlative("high" if kind == "on" else "low"))
    if kind not in ("on", "under") or group.placed_or_described or negated:
        stacked = "with" if kind in ("on", "under", "in", "with", "between") else kind
        draft.relations.append(Relation(stacked, (group_description(group),), negated))


def group_description(group: Draft) -> Description:
    """A stack as an anchor: noun "stack" with whatever else was said of it."""
    group = group.copy()
    group.naming, group.noun = Naming.NAMED, "stack"
    return group.settled()


def at_place(cursor: Cursor) -> bool:
    """True if the words here begin a place."""
    probe = Cursor(cursor.words, cursor.lexicon, cursor.at)
    _skip_lead(probe)
    if probe.peek() == COMMA:
        return False
    return any(probe.match(table) for table in (RELATIONS, _SIDES, FROM_SIDE)) or (
        probe.match(SUPERLATIVES) is not None and probe.peek() not in ONLY_BEFORE_NOUN
    )
