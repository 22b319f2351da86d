"""What a clause says of a thing: "that is blue-green", "has no handle", "lies on the table", "is used to cut paper"."""

from __future__ import annotations

from collections.abc import Callable

from .cursor import Cursor, Draft
from .describing import read_adjectives_after, read_having, read_material, read_possession
from .function_words import (
    BE,
    DEFINITE,
    HAVE,
    INDEFINITE,
    INTENSIFIERS,
    JOINERS,
    NOT,
    OF_THESE,
    RELATIVE,
    SITS,
    SUBJECTS,
)
from .intent import Attribute, Description, Naming, Relation
from .phrase_table import phrase_set
from .placing import RELATIONS, at_place, group_description, read_place
from .purposes import take_purpose
from .requests import begins_request
from .tokens import COMMA
from .vocabulary import ADJECTIVES, CONTAINERS

NounPhrase = Callable[[Cursor], "Draft | None"]

_MAKES_UP = phrase_set(
    "make up, makes up, form, forms, are part of, is part of, belong to, belongs to, are in, is in, build"
)
_STACKED = phrase_set(
    "stacked, piled, stacked up, piled up, in a stack, in a pile, stacked together, on top of each other, "
    "stacked on each other"
)
_HOLDS = phrase_set("contains, contain, holds, hold, containing, holding, carries")
_GOING_ON = frozenset({"with", "without", "for", "than", "except"})
_GONE = frozenset({"missing", "gone", "lost", "off", "broken"})
_NOR = frozenset({"nor"})
_WHOSE = frozenset({"whose"})
TURNED = {
    "on": "under",
    "under": "on",
    "in": "containing",
    "containing": "in",
    "left": "right",
    "right": "left",
    "front": "behind",
    "behind": "front",
    "beside": "beside",
    "near": "near",
}
_STANDING = phrase_set("standing, stands, stand")


def read_relative(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "that ...", "which ...", "whose lid is red", "(that) I can drink from"."""
    start = cursor.at
    if cursor.take_word(_WHOSE):
        return _whose(cursor, draft, noun_phrase)
    if _turned_place(cursor, draft, noun_phrase):
        return True
    if cursor.peek() == COMMA and cursor.peek(1) in RELATIVE:
        cursor.at += 1
    if cursor.take_word(RELATIVE) and not cursor.done:
        return read_predicate(cursor, draft, noun_phrase)
    cursor.at = start
    subject = cursor.match(SUBJECTS)
    return subject is not None and cursor.peek(subject[0]) != "" and _purpose(cursor, draft)


def _turned_place(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "on which the mug stands", "(that) the mug is on": the mug is on it, so it is under the mug."""
    start = cursor.at
    found = cursor.match(RELATIONS)
    if found and cursor.peek(found[0]) == "which":
        cursor.at += found[0] + 1
    else:
        found = None
        cursor.take_word(RELATIVE)
    anchor = noun_phrase(cursor) if cursor.peek() in DEFINITE | INDEFINITE else None
    verb = anchor is not None and cursor.skip(SITS)
    if verb and found is None and (found := cursor.match(RELATIONS)):
        cursor.at += found[0]
    if anchor is None or not verb or found is None or found[1] not in TURNED or not _at_boundary(cursor):
        cursor.at = start
        return False
    draft.relations.append(Relation(TURNED[found[1]], (anchor.settled(),)))
    return True


def _whose(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "whose lid is red" is "with a red lid"."""
    rest = list(cursor.left)
    verb = next((at for at, word in enumerate(rest) if word in BE), None)
    if verb is None:
        return _purpose(cursor, draft)
    if rest[verb + 1 :] and rest[verb + 1] in _GONE:
        rest[verb + 1 :] = []
    negated = verb + 1 == len(rest) or rest[verb + 1] in NOT
    turned = rest[verb + 1 + negated :] + rest[:verb]
    inner = Cursor(turned, cursor.lexicon)
    if not read_possession(inner, draft, noun_phrase, negated) or not inner.done:
        return _purpose(cursor, draft)
    cursor.at = len(cursor.words)
    return True


def read_predicate(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """Read a verb and what follows it as visible properties and places; what is neither is a purpose."""
    start = cursor.at
    trial = draft.copy()
    if _visible(cursor, trial, noun_phrase):
        draft.become(trial)
        if not cursor.done and cursor.peek() in JOINERS and _clause_follows(cursor):
            cursor.at += 1
            _purpose(cursor, draft)
        return True
    cursor.at = start
    return _purpose(cursor, draft)


def _clause_follows(cursor: Cursor) -> bool:
    """True if after a joiner neither a new noun phrase nor a new sentence begins."""
    return not begins_request(cursor.words, cursor.at + 1) and cursor.peek(1) not in ("the", "a", "an", "not", "that")


def _visible(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """One or several visible statements joined by "and"; false unless they reach a boundary."""
    read = False
    while not cursor.done:
        here = cursor.at
        if read:
            cursor.take_word(JOINERS)
            cursor.take_word(RELATIVE)
        cursor.skip(OF_THESE)
        trial = draft.copy()
        if cursor.done or not _statement(cursor, trial, noun_phrase) or not _at_boundary(cursor):
            cursor.at = here
            break
        draft.become(trial)
        read = True
    return read


def _statement(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    while cursor.sees(INTENSIFIERS) and cursor.peek(1) in BE | HAVE:  # "still has"
        cursor.take(INTENSIFIERS)
    if cursor.peek() in HAVE and cursor.sees(ADJECTIVES):  # "has fallen over"
        return _adjectives(cursor, draft)
    if (
        _group(cursor, draft, noun_phrase)
        or read_having(cursor, draft, noun_phrase)
        or _holds(cursor, draft, noun_phrase)
    ):
        return True
    cursor.take_word(BE)
    cursor.skip(OF_THESE)
    if read_having(cursor, draft, noun_phrase):
        return True
    return (
        _pose(cursor, draft)
        or read_material(cursor, draft)
        or _adjectives(cursor, draft)
        or read_place(cursor, draft, noun_phrase)
        or _identity(cursor, draft, noun_phrase)
    )


def _adjectives(cursor: Cursor, draft: Draft) -> bool:
    start = cursor.at
    if read_adjectives_after(cursor, draft):
        return True
    negated = cursor.take_word(NOT)
    while cursor.sees(INTENSIFIERS) and not cursor.sees(ADJECTIVES):
        cursor.take(INTENSIFIERS)
    found = cursor.match(ADJECTIVES)
    if found is None:
        cursor.at = start
        return False
    cursor.at += found[0]
    draft.attributes.append(Attribute(*found[1], negated=bool(negated)))
    read_adjectives_after(cursor, draft)
    return True


def _pose(cursor: Cursor, draft: Draft) -> bool:
    """ "is standing" at the end of a clause is upright; before a place it only says where."""
    if cursor.sees(ADJECTIVES):
        return False
    start = cursor.at
    if cursor.take(_STANDING) and (cursor.done or cursor.peek() in JOINERS):
        draft.attributes.append(Attribute("pose", "upright"))
        return True
    cursor.at = start
    return False


def _group(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "make up the stack on the left", "are stacked"."""
    start = cursor.at
    cursor.take_word(BE)
    if cursor.take(_STACKED) and _at_boundary(cursor) and not at_place(cursor):
        draft.relations.append(Relation("with", (Description(Naming.NAMED, "stack"),)))
        return True
    cursor.at = start
    if cursor.take(_MAKES_UP):
        group = noun_phrase(cursor)
        if group is not None and group.group:
            draft.relations.append(Relation("with", (group_description(group),)))
            return True
    cursor.at = start
    return False


def _holds(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "holds the pens"; a package that holds something is named after it, "can that contains soup"."""
    start = cursor.at
    if not cursor.take(_HOLDS):
        return False
    thing = noun_phrase(cursor)
    if thing is None or thing.naming is not Naming.NAMED or not cursor.lexicon.match(thing.noun.split()):
        cursor.at = start
        return False
    if draft.naming is Naming.NAMED and draft.noun in CONTAINERS:
        draft.noun = f"{thing.noun} {draft.noun}"
    elif draft.naming is Naming.ANY:
        cursor.at = start
        return False
    else:
        draft.relations.append(Relation("containing", (thing.settled(),)))
    return True


def _identity(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "is the bigger one", "is the largest", "is not the red one": another noun phrase that says nothing of a kind."""
    predicate = cursor.peek(-1) in BE
    negated = bool(cursor.take_word(NOT))
    other = noun_phrase(cursor)
    if other is None or other.purpose:
        return False
    named = other.naming is Naming.NAMED
    known = named and cursor.lexicon.is_head(other.noun.rpartition(" ")[2])
    if negated and named:
        unnamed = Description(Naming.NEEDED, purpose=other.noun)  # "is not edible"
        draft.excluded.append(other.settled() if known else unnamed)
        while cursor.take_word(_NOR) and (other := noun_phrase(cursor)):
            draft.excluded.append(other.settled())
        return True
    if known and predicate and not other.relations and (draft.naming is Naming.ANY or draft.one):
        _become_kind(cursor, draft, other)
        return True
    if named or not other.placed_or_described:
        return False
    if negated:
        other.naming, other.noun = draft.naming, draft.noun
        draft.excluded.append(other.settled())
        return True
    draft.add_all(other)
    return True


def _become_kind(cursor: Cursor, draft: Draft, kind: Draft) -> None:
    """ "(which of these) is a tool"; a noun that is only half known is a fact, "is a hard white ball"."""
    draft.add_all(kind)
    words = kind.noun.split()
    found = cursor.lexicon.match(words)
    if found is None or found.length < len(words):
        draft.purpose.extend(["a", *words])
    else:
        draft.naming, draft.noun, draft.one = Naming.NAMED, kind.noun, False


def _at_boundary(cursor: Cursor) -> bool:
    """True where a visible statement may end."""
    word = cursor.peek()
    return cursor.done or word in JOINERS | RELATIVE | _GOING_ON or cursor.sees(OF_THESE) or at_place(cursor)


def _purpose(cursor: Cursor, draft: Draft) -> bool:
    """Everything that is left tells what the thing is for or known for."""
    take_purpose(draft, cursor.take_rest())
    return True
