"""How a thing looks, said after its noun: "with the black cap", "without a handle", "made of wood", "red all over"."""

from __future__ import annotations

from collections.abc import Callable

from .cursor import Cursor, Draft
from .function_words import AND, DEFINITE, HAVE, INDEFINITE, JOINERS, NOT, SITS, is_content
from .heads import read_adjective, read_adjectives
from .intent import Attribute, Naming, Relation
from .phrase_table import PhraseTable, phrase_set
from .placing import ON_IT, RELATIONS
from .vocabulary import ADJECTIVES, NUMBERS, PARTS

NounPhrase = Callable[[Cursor], "Draft | None"]

_WITH = PhraseTable(
    {
        "with": False,
        "without": True,
        "with no": True,
        "without any": True,
        "lacking": True,
        "missing": True,
        "with out": True,
    }
)
_NOTHING = phrase_set("nothing, no content, no contents, not anything, no liquid, none")
_IN_IT = phrase_set("in it, inside it, inside, in there, inside of it, on it, in them, inside them, in, in its inside")
_SOMETHING = phrase_set("something, stuff, things, contents, content, anything, a thing, a content, liquid, a liquid")
_MADE_OF = phrase_set("made of, made out of, made from, that is made of, built of, of")
_ALL_OVER = phrase_set(
    "all over, in colour, in color, coloured, colored, in shape, in size, shaped, all around, in tone, throughout, "
    "overall, everywhere, on the outside, in material, through and through"
)
_ATTACHED = {"on": True, "attached": True, "off": False, "missing": False}
_OF_A = frozenset({"of", "in"})
_KINDS = phrase_set("a, an, the, colour, color, material, shape, size, kind")


def read_adjectives_after(cursor: Cursor, draft: Draft) -> bool:
    """ "red", "red and shiny", "red all over" after the noun."""
    begin = cursor.at
    lead = cursor.match(SITS)
    if lead and cursor.sees(ADJECTIVES, lead[0]) and not cursor.sees(ADJECTIVES) and not cursor.sees(RELATIONS):
        cursor.at += lead[0]  # "lying face down"
    start = cursor.at
    while cursor.sees(ADJECTIVES) or (cursor.peek() in JOINERS | NOT and cursor.sees(ADJECTIVES, 1)):
        here = cursor.at
        cursor.take_word(JOINERS)
        if _begins_relation(cursor) or not read_adjective(cursor, draft, before_noun=False):
            cursor.at = here
            break
        cursor.skip(_ALL_OVER)
    if cursor.at > start:
        return True
    cursor.at = begin
    return False


def _begins_relation(cursor: Cursor) -> bool:
    """ "filled with pens" is more than "filled"."""
    relation, adjective = cursor.match(RELATIONS), cursor.match(ADJECTIVES)
    return relation is not None and adjective is not None and relation[0] > adjective[0]


def read_material(cursor: Cursor, draft: Draft) -> bool:
    """ "made of wood", "in blue", "of a red colour"."""
    start = cursor.at
    negated = bool(cursor.take_word(NOT))
    if not cursor.take(_MADE_OF) and (negated or not cursor.take_word(_OF_A)):
        cursor.at = start
        return False
    cursor.skip(_KINDS)
    found = cursor.match(ADJECTIVES)
    following = cursor.peek(found[0]) if found else ""
    if found and (not is_content(following) or following in _KINDS):
        cursor.at += found[0]
        draft.attributes.append(Attribute(*found[1], negated))
        cursor.skip(_KINDS)
        while cursor.peek() in AND and (more := cursor.match(ADJECTIVES, 1)):
            cursor.at += 1 + more[0]
            draft.attributes.append(Attribute(*more[1]))
        return True
    cursor.at = start
    return False


def read_parts(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "with a red lid and no handle", "without a cap", "with nothing in it", "with pens in it"."""
    negated = cursor.match(_WITH)
    if negated is None:
        return False
    start = cursor.at
    cursor.at += negated[0]
    if read_possession(cursor, draft, noun_phrase, negated[1]):
        return True
    cursor.at = start
    return False


def read_having(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase) -> bool:
    """ "has no handle", "does not have a lid", "has a red lid"."""
    start = cursor.at
    negated = False
    if cursor.peek() in ("do", "does", "did") and cursor.peek(1) in NOT:
        cursor.at += 2
        negated = True
    if cursor.take_word(HAVE) and read_possession(cursor, draft, noun_phrase, negated):
        return True
    cursor.at = start
    return False


def read_possession(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase, negated: bool) -> bool:
    """What is had: parts, one after the other, or things on or in it."""
    if _content(cursor, draft, negated):
        return True
    read = False
    while True:
        here = cursor.at
        if read and not (cursor.take_word(AND) or cursor.take_word(JOINERS)):
            break
        again = cursor.take(_WITH) if read else None
        if not _part(cursor, draft, negated if again is None else again):
            cursor.at = here
            break
        read = True
    if read:
        cursor.take(ON_IT)
    return read or _things(cursor, draft, noun_phrase, negated)


def _content(cursor: Cursor, draft: Draft, negated: bool) -> bool:
    """ "nothing in it": empty; "something inside": full."""
    for table, value in ((_NOTHING, "empty"), (_SOMETHING, "full")):
        here = cursor.at
        if cursor.take(table) and cursor.take(_IN_IT):
            empty = (value == "empty") != negated
            draft.attributes.append(Attribute("content", "empty" if empty else "full"))
            return True
        cursor.at = here
    return False


def _part(cursor: Cursor, draft: Draft, negated: bool) -> bool:
    """One part with its own properties; "no" negates its presence, or its properties if it has any."""
    here = cursor.at
    trial = Draft()
    while word := cursor.take_word(DEFINITE | INDEFINITE):
        negated |= word == "no"
    cursor.take(NUMBERS)
    read_adjectives(cursor, trial)
    found = cursor.match(PARTS)
    if found is None or (cursor.lexicon.is_head(cursor.peek(found[0])) and is_content(cursor.peek(found[0]))):
        cursor.at = here
        return False
    cursor.at += found[0]
    part = found[1]
    if cursor.peek() in _ATTACHED and (cursor.peek(1) in JOINERS or not cursor.peek(1)):  # "has its lid on"
        negated |= not _ATTACHED[cursor.take_word(frozenset(_ATTACHED))]
    if trial.attributes:
        draft.attributes.extend(Attribute(a.family, a.value, a.negated or negated, on=part) for a in trial.attributes)
    if not (trial.attributes and (negated or part == "body")):
        draft.attributes.append(Attribute("part", part, negated))
    return True


def _things(cursor: Cursor, draft: Draft, noun_phrase: NounPhrase, negated: bool) -> bool:
    """Other things on, in or along with it."""
    start = cursor.at
    cursor.possessed = True
    anchor = noun_phrase(cursor)
    cursor.possessed = False
    if anchor is None or anchor.naming is not Naming.NAMED:
        return False
    said = cursor.words[start : cursor.at]
    kind = cursor.take(ON_IT)
    if kind is None and not cursor.lexicon.is_head(anchor.noun.rpartition(" ")[2]):  # "the mug with the crack"
        draft.purpose.extend(["without" if negated else "with", *said])
    else:
        draft.relations.append(Relation(kind or "with", (anchor.settled(),), negated))
    return True
