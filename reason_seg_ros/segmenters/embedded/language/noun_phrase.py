"""A whole noun phrase: its head, and everything after the noun that narrows it down."""

from __future__ import annotations

from .cursor import Cursor, Draft
from .describing import read_adjectives_after, read_material, read_parts
from .determiners import starts_head
from .function_words import AND, EXCEPT, INDEFINITE, INTENSIFIERS, JOINERS, NOT, OF_THESE, OR, is_content
from .heads import read_head
from .intent import Description, Naming, Relation
from .phrase_table import phrase_set
from .placing import at_place, group_description, read_distance, read_place
from .predicates import read_relative
from .purposes import take_purpose
from .tokens import COMMA
from .vocabulary import ADJECTIVES, EDGES, PARTS, UNITS

_FOR_PERSON = phrase_set(
    "for me, for us, for him, for her, for you, to me, to us, to him, to her, for my friend, for the guests, please"
)
_CALLED = phrase_set("called, named, known as, labelled, labeled, that is called, that people call, like")
_USED = frozenset(
    {"used", "meant", "made", "designed", "suitable", "suited", "good", "needed", "intended", "useful", "ideal"}
)
_WRITTEN = frozenset({"labelled", "labeled", "marked", "saying", "reading"})
_BUT = frozenset({"but"})
_DETERMINERS = frozenset({"the", "my", "your", "a", "an", "this", "that", "our", "its"})


def noun_phrase(cursor: Cursor) -> Draft | None:
    """Read a noun phrase with all that belongs to it; None, with nothing read, if there is none."""
    draft = Draft()
    if not read_head(cursor, draft):
        return None
    cursor.depth += 1
    while not cursor.done and _modifier(cursor, draft):
        pass
    cursor.depth -= 1
    return draft


def _modifier(cursor: Cursor, draft: Draft) -> bool:
    """Read one more thing said of the noun."""
    if draft.surface and draft.naming is Naming.NAMED and not draft.placed_or_described:
        return _of(cursor, draft) or cursor.skip(OF_THESE)
    return (
        cursor.skip(OF_THESE)
        or cursor.skip(_FOR_PERSON)
        or _grip(cursor)
        or _called(cursor, draft)
        or _not_so(cursor, draft)
        or _exception(cursor, draft)
        or read_distance(cursor, draft, noun_phrase)
        or _of(cursor, draft)
        or _used(cursor, draft)
        or read_parts(cursor, draft, noun_phrase)
        or read_relative(cursor, draft, noun_phrase)
        or read_material(cursor, draft)
        or read_adjectives_after(cursor, draft)
        or read_place(cursor, draft, noun_phrase)
        or _joined_modifier(cursor, draft)
        or _aim(cursor, draft)
    )


def _joined_modifier(cursor: Cursor, draft: Draft) -> bool:
    """ ", between A and B" and "and behind the box" belong to the outermost noun, not to what stands last."""
    if cursor.peek() not in JOINERS or cursor.depth > 1:
        return False
    start = cursor.at
    cursor.at += 1
    cursor.take_word(JOINERS)
    if at_place(cursor) and cursor.peek() not in ("left", "right") and read_place(cursor, draft, noun_phrase):
        return True
    if cursor.peek() in ("with", "without") and read_parts(cursor, draft, noun_phrase):
        return True
    if cursor.peek() in NOT and _exception(cursor, draft):
        return True
    cursor.at = start
    return False


def _not_so(cursor: Cursor, draft: Draft) -> bool:
    """ "something not red"; "not red pencils" excepts things."""
    found = cursor.match(ADJECTIVES, 1) if cursor.peek() in NOT else None
    if found is None or starts_head(cursor, 1 + found[0]) or cursor.lexicon.match(cursor.words, cursor.at + 1, 2):
        return False
    return read_adjectives_after(cursor, draft)


def _exception(cursor: Cursor, draft: Draft) -> bool:
    """ "except the mug and the red one", "not the red one"."""
    start = cursor.at
    if cursor.peek() == COMMA:
        cursor.at += 1
    if cursor.sees(INTENSIFIERS) and cursor.peek(1) in NOT:  # "fruit, just not a banana"
        cursor.at += 1
    everything_but = draft.naming is Naming.ANY and cursor.take_word(_BUT)
    if not everything_but and not cursor.take(EXCEPT):
        cursor.at = start
        return False
    if cursor.peek() in _USED | {"for"}:  # "something not for eating"
        take_purpose(draft, ["not", *cursor.take_rest()])
        return True
    found: list[Description] = []
    while (other := noun_phrase(cursor)) is not None:
        if other.one and draft.naming is Naming.NAMED:
            other.naming, other.noun, other.other = Naming.NAMED, draft.noun, False
        found.append(other.settled())
        if not (cursor.peek() in AND | {COMMA, "or", "nor"} and cursor.peek(1) in _DETERMINERS):
            break
        cursor.at += 1
    if not found:
        cursor.at = start
        return False
    draft.excluded.extend(found)
    return True


def _grip(cursor: Cursor) -> bool:
    """ "by its handle" says how to take it."""
    part = cursor.match(PARTS, 2)
    if cursor.peek() != "by" or cursor.peek(1) not in _DETERMINERS or part is None:
        return False
    cursor.at += 2 + part[0]
    return True


def _called(cursor: Cursor, draft: Draft) -> bool:
    """ "the thing called a spatula" is a spatula."""
    start = cursor.at
    if draft.naming is not Naming.ANY or not cursor.take(_CALLED):
        return False
    named = noun_phrase(cursor)
    if named is None or named.naming is not Naming.NAMED:
        cursor.at = start
        return False
    draft.naming, draft.noun = Naming.NAMED, named.noun
    return True


def _of(cursor: Cursor, draft: Draft) -> bool:
    """ "pair of scissors", "can of soup", "stack of books", "larger of the two mugs"."""
    if cursor.peek() != "of":
        return False
    start = cursor.at
    if read_material(cursor, draft):
        return True
    cursor.at += 1
    inner = noun_phrase(cursor)
    if inner is None:
        cursor.at = start
        return False
    if draft.one or (draft.naming is Naming.ANY and not draft.group):
        _choose_among(cursor, draft, inner)
    elif draft.group:
        draft.naming, draft.noun, draft.group, draft.count = inner.naming, inner.noun, False, None
        draft.relations = [Relation("with", (group_description(_bare_group(draft)),))]
        draft.superlatives, draft.attributes = inner.superlatives, inner.attributes
    elif inner.group:  # "the top plate of the stack"
        draft.relations.append(Relation("with", (group_description(inner),)))
    elif draft.noun in EDGES and inner.surface:
        draft.surface = True
    elif draft.noun in UNITS:
        draft.count = 2 if draft.noun == "pair" and inner.plural else draft.count
        draft.noun, draft.naming, draft.plural = inner.noun, inner.naming, False
        draft.add_all(inner)
    elif inner.naming is Naming.NAMED and not inner.surface:  # "the can of soup" is a soup can
        draft.noun = f"{inner.noun} {draft.noun}"
        draft.add_all(inner)
    return True


def _bare_group(draft: Draft) -> Draft:
    bare = draft.copy()
    bare.naming, bare.noun = Naming.NAMED, "stack"
    return bare


def _choose_among(cursor: Cursor, draft: Draft, group: Draft) -> None:
    """ "the larger of the two mugs", "... of the box or the can": the kinds follow, the number comes before."""
    draft.plural = False
    others = [group]
    while draft.superlatives and not group.plural and cursor.peek() in AND | OR | {COMMA}:
        here = cursor.at
        while cursor.peek() in AND | OR | {COMMA}:
            cursor.at += 1
        other = noun_phrase(cursor)
        if other is None or other.naming is not Naming.NAMED:
            cursor.at = here
            break
        others.append(other)
    if len(others) > 1:
        draft.become_either(others)
        return
    draft.naming, draft.noun, draft.one = group.naming, group.noun, group.one
    draft.add_all(group)


def _used(cursor: Cursor, draft: Draft) -> bool:
    """ "used to cut paper", "meant for writing", "labelled fragile"."""
    if cursor.peek() in _WRITTEN and cursor.peek(1):
        draft.purpose.extend(cursor.take_rest())
        return True
    if cursor.peek() not in _USED or cursor.peek(1) not in ("to", "for", "in", "by", "as", "when", "with"):
        return False
    take_purpose(draft, cursor.take_rest())
    return True


def _aim(cursor: Cursor, draft: Draft) -> bool:
    """ "to stir my tea with", "for opening bottles"; after "something" any words: "crunchy from a carton"."""
    word, following = cursor.peek(), cursor.peek(1)
    aims = (word == "to" and following not in _DETERMINERS | {""}) or (word == "for" and following != "")
    unnamed = draft.naming is Naming.ANY and not draft.group
    if not aims and not (
        unnamed and (is_content(word) or word in INDEFINITE or word in ("in", "where", "as", "about", "when"))
    ):
        return False
    take_purpose(draft, cursor.take_rest())
    return True
