"""Several noun phrases in a row: "the mug, the plate and the bowl", "the hammer or the mallet"."""

from __future__ import annotations

from .cursor import Cursor, Draft
from .function_words import BE, HAVE, JOINERS, MODALS, OR, is_content
from .intent import Naming, Relation
from .noun_phrase import noun_phrase
from .placing import group_description
from .tokens import COMMA

_OBJECTS = frozenset({"it", "them", "me", "us", "him", "her"})
_PRONOUNS = frozenset({"it", "i", "we", "you", "he", "she", "they", "that", "this"})


def noun_phrases(cursor: Cursor, apart: bool = False) -> tuple[list[Draft], bool]:
    """Noun phrases joined by "and", "or" or commas.

    Args:
        cursor: read to the end of the last of them.
        apart: "..., the one with the straw" is a thing of its own and does not describe the thing before.

    Returns:
        the drafts, and whether they are alternatives ("or").
    """
    drafts: list[Draft] = []
    alternatives = False
    joiners: list[str] = []
    while (draft := noun_phrase(cursor)) is not None:
        if draft.group:
            draft = _whole_stack(draft)
        if drafts and drafts[-1].naming is Naming.ANY and _is_quality(draft, cursor):  # "something yellow and sour"
            drafts[-1].purpose.extend([*draft.noun.split(), *draft.purpose])
            break
        if draft.one and not apart and joiners == [COMMA] and cursor.done:  # "the blue cup, the one with the straw"
            drafts[-1].add_all(draft)
            break
        if drafts and not draft.other:
            _share_noun(drafts[-1], draft)
        if drafts and draft.plural and not draft.determined:  # "all bottles and cans"
            draft.definite |= drafts[-1].definite and drafts[-1].count is None
        drafts.append(draft)
        here = cursor.at
        joiners.clear()
        while cursor.peek() in JOINERS:
            joiners.append(cursor.take_word(JOINERS))
        if not joiners or "but" in joiners or _begins_clause(cursor):
            cursor.at = here
            break
        alternatives |= bool(OR & set(joiners))
    return drafts, alternatives and len(drafts) > 1


def _begins_clause(cursor: Cursor) -> bool:
    """ "(the bear,) it is late", "(the cutlery and) put it in the tray"."""
    word, following = cursor.peek(), cursor.peek(1)
    if word in _PRONOUNS:
        return following in BE | HAVE | MODALS
    return following in _OBJECTS and is_content(word) and not cursor.lexicon.is_head(word)


def _is_quality(draft: Draft, cursor: Cursor) -> bool:
    """True for a bare word that is no known noun."""
    bare = draft.naming is Naming.NAMED and not draft.determined
    return bare and not cursor.lexicon.is_head(draft.noun.rpartition(" ")[2])


def _share_noun(first: Draft, second: Draft) -> None:
    """ "the red mug and the blue one", "the yellow and the green block"."""
    if second.one and first.naming is Naming.NAMED:
        second.naming, second.noun = Naming.NAMED, first.noun
    elif first.one and second.naming is Naming.NAMED:
        first.naming, first.noun = Naming.NAMED, second.noun


def _whole_stack(group: Draft) -> Draft:
    """ "the stack on the left": everything in it."""
    stack = Relation("with", (group_description(group),))
    return Draft(relations=[stack], count=None, definite=group.definite, plural=True)
