"""The clauses of a sentence, each with what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from .clauses import read_predicate
from .cursor import Cursor, Draft
from .determiners import ONES, starts_head
from .function_words import AND, BE, DEFINITE, INDEFINITE, JOINERS, MODALS, NOT, OF_THESE, OR, is_content
from .heads import read_adjectives, read_head
from .intent import Naming
from .lexicon import Lexicon
from .noun_phrase import noun_phrase
from .phrase_table import phrase_set
from .purposes import said_purpose
from .requests import (
    Opening,
    begins_request,
    read_opening,
    without_asides,
    without_politeness,
    without_thanks,
    without_where_ending,
)
from .tokens import COMMA
from .vocabulary import GENERIC_NOUNS
from .word_file import load_words


class Force(IntEnum):
    """What a clause does."""

    EMPTY = 0  # "can you help me?"
    TELLS = 1  # a situation
    WISHES = 2  # "I'd like ...", or a bare noun phrase
    ASKS = 3  # a request or a question


@dataclass(frozen=True)
class Clause:
    """One clause.

    Attributes:
        words: as said, politeness left out.
        force: what the clause does.
        drafts: what it asks for, several for "the mug and the spoon"; or the things that a situation is about.
        question: true if it asks which or what: a situation told before belongs to it.
        alternatives: true for "the mug or the cup".
    """

    words: tuple[str, ...]
    force: Force
    drafts: tuple[Draft, ...] = ()
    question: bool = False
    alternatives: bool = False


_SPLITTERS = frozenset({COMMA, "so", "but", "and", "then"})
_OF = frozenset({"of"})
_PLURAL_VERBS = frozenset({"are", "have", "were"})
_RELATIVE_VERBS = BE | frozenset({"has", "have", "stands", "lies", "sits"})
_ASKED = (Opening.WHICH, Opening.WHAT)
_STATES = frozenset({"need", "want", "have", "see", "would", "look", "feel", "like", "require", "fancy"})
_HELP = phrase_set(load_words("requests")["help"])


def read_clauses(words: Sequence[str], lexicon: Lexicon) -> list[Clause]:
    """Split a sentence where a request or question begins, and read each piece."""
    words = without_asides(words)
    pieces: list[tuple[str, ...]] = []
    start = 0
    for at, word in enumerate(words):
        if word in _SPLITTERS and at > start and _splits(words, start, at):
            pieces.append(tuple(words[start:at]))
            start = at + 1
    pieces.append(tuple(words[start:]))
    return [_read(cleaned, lexicon) for piece in pieces if (cleaned := without_politeness(piece))]


def _splits(words: Sequence[str], start: int, at: int) -> bool:
    """True if a new clause opens after a joiner; ", which is red" only goes on, and so does "and hand it to me"."""
    following = at + 1
    if words[following : following + 1] == (COMMA,) or not begins_request(words, following):
        return False
    if words[at] in AND | {"then"} and (begins_request(words, start) or words[following] in _STATES):
        return False
    opening = read_opening(words, following)
    relative = opening is not None and opening[1] is Opening.WHICH and words[following + 1 : following + 2]
    return not (relative and words[following + 1] in _RELATIVE_VERBS and begins_request(words, start))


def _read(words: tuple[str, ...], lexicon: Lexicon) -> Clause:
    if _HELP.is_whole(words):
        return Clause(words, Force.EMPTY)
    opening = read_opening(words)
    if opening is None and words[0] in BE and words[1:2] and words[1] in DEFINITE:  # "is the red mug on the tray?"
        return _bare(words[1:], lexicon)
    if opening is None:
        return _bare(words, lexicon)
    length, kind = opening
    rest = without_thanks(words[length:])
    if kind in _ASKED:
        return _question(words, Cursor(rest, lexicon), which=kind is Opening.WHICH)
    if kind is Opening.HOW:
        return Clause(words, Force.ASKS, (Draft(purpose=said_purpose(rest)),), question=True)
    return _request(words, rest, lexicon, kind)


def _request(words: tuple[str, ...], rest: tuple[str, ...], lexicon: Lexicon, kind: Opening) -> Clause:
    """A verb or wish and what it is about."""
    if kind is Opening.WHERE:
        rest = without_where_ending(rest)
    inner = read_opening(rest)
    if inner and inner[1] in _ASKED and kind is not Opening.WISH:  # "show me what I can cut with"
        return _read(rest, lexicon)
    cursor = Cursor(rest, lexicon)
    drafts, alternatives = _noun_phrases(cursor)
    wish = kind in (Opening.WISH, Opening.AIM)
    if not drafts or _ends_in_need(rest) or (wish and _tells_more(cursor, drafts[-1], kind)):
        return Clause(words, Force.TELLS)
    last = drafts[-1]
    if kind is Opening.MOVE and last.relations:  # "put the mug on the tray" says where to
        last.relations.pop()
    elif wish and last.naming is Naming.ANY:  # "I fancy something crunchy straight out of a carton"
        last.purpose.extend(said_purpose(cursor.take_rest()))
    elif wish and _is_strange(last, cursor):  # "I want guacamole"
        last.purpose = [*words]
    force = Force.WISHES if wish else Force.ASKS
    return Clause(words, force, tuple(drafts), alternatives=alternatives)


def _share_noun(first: Draft, second: Draft) -> None:
    """ "the red mug and the blue one", "the yellow and the green block"."""
    if second.one and first.naming is Naming.NAMED:
        second.naming, second.noun = Naming.NAMED, first.noun
    elif first.one and second.naming is Naming.NAMED:
        first.naming, first.noun = Naming.NAMED, second.noun


def _ends_in_need(words: Sequence[str]) -> bool:
    """ "draw a straight line with something" needs the something."""
    return (
        len(words) > 3 and words[-1] in ("something", "anything") and words[-2] in ("with", "on", "in", "from", "into")
    )


def _tells_more(cursor: Cursor, draft: Draft, kind: Opening) -> bool:
    """ "I'd like the cheese in fine shreds", "I want to take a picture": a wish for more than a thing in view."""
    if draft.naming is not Naming.NAMED:
        return False
    anchors = [anchor for relation in draft.relations for anchor in relation.anchors]
    strange = any(anchor.naming is Naming.NAMED and not _is_known(anchor.noun, cursor) for anchor in anchors)
    return not cursor.done or strange or (kind is Opening.AIM and _is_strange(draft, cursor))


def _is_strange(draft: Draft, cursor: Cursor) -> bool:
    """True for "a ..." with a noun that the lexicon has not."""
    return draft.naming is Naming.NAMED and not draft.definite and not _is_known(draft.noun, cursor)


def _is_known(noun: str, cursor: Cursor) -> bool:
    found = cursor.lexicon.match(noun.split())
    return found is not None and found.length == len(noun.split())


def _noun_phrases(cursor: Cursor) -> tuple[list[Draft], bool]:
    """Noun phrases joined by "and", "or" or commas."""
    drafts: list[Draft] = []
    alternatives = False
    joiners: list[str] = []
    while (draft := noun_phrase(cursor)) is not None:
        if draft.one and joiners == [COMMA] and cursor.done:  # "the blue cup, the one with the straw"
            drafts[-1].add_all(draft)
            break
        if drafts and not draft.other:
            _share_noun(drafts[-1], draft)
        drafts.append(draft)
        here = cursor.at
        joiners.clear()
        while cursor.peek() in JOINERS:
            joiners.append(cursor.take_word(JOINERS))
        if not joiners or "but" in joiners:
            cursor.at = here
            break
        alternatives |= bool(OR & set(joiners))
    return drafts, alternatives and len(drafts) > 1


def _bare(words: tuple[str, ...], lexicon: Lexicon) -> Clause:
    """A noun phrase on its own is a wish; any other statement tells a situation."""
    cursor = Cursor(without_thanks(words), lexicon)
    cursor.verb_due = True
    negated = bool(cursor.take_word(NOT))
    drafts, alternatives = _noun_phrases(cursor)
    if negated and drafts and cursor.done:  # "not the red one": the one that was meant before, if it is not red
        excluded = [draft.settled() for draft in drafts]
        return Clause(words, Force.WISHES, (Draft(naming=Naming.REFERRED, definite=True, excluded=excluded),))
    told = not cursor.done
    if not drafts or (told and drafts[-1].naming is not Naming.ANY):
        return Clause(words, Force.TELLS, tuple(drafts))
    if told:
        drafts[-1].purpose.extend(said_purpose(cursor.take_rest()))
    return Clause(words, Force.WISHES, tuple(drafts), alternatives=alternatives)


def _question(words: tuple[str, ...], cursor: Cursor, which: bool) -> Clause:
    """ "which of the two mugs is closer", "what is standing inside the bowl", "what should I use"."""
    draft = Draft(definite=True)
    cursor.verb_due = True
    if which:
        _among(cursor, draft)
    elif not _what_is(cursor, draft):
        _what_thing(cursor, draft, bare_what=cursor.words == words[1:])
    cursor.skip(OF_THESE)
    if not cursor.done:
        read_predicate(cursor, draft, noun_phrase)
    if draft.one and draft.naming is Naming.REFERRED and draft.count == 1:
        draft.naming, draft.one = Naming.ANY, False
    return Clause(words, Force.ASKS, (draft,), question=True)


def _among(cursor: Cursor, draft: Draft) -> None:
    """ "which of the two mugs", "which one", "which two objects", "which red mug on the table"."""
    if cursor.take_word(ONES):
        draft.count = None if cursor.peek(-1) == "ones" else 1
    if cursor.skip(OF_THESE):
        _what_thing(cursor, draft, bare_what=True)
        draft.count = None if cursor.peek() in _PLURAL_VERBS else 1
        return
    one_of = cursor.take_word(_OF)
    if not one_of and _verb_ahead(cursor):
        return
    _what_thing(cursor, draft)
    if one_of:
        draft.count = None if cursor.peek() in _PLURAL_VERBS else 1


def _verb_ahead(cursor: Cursor) -> bool:
    """True before a verb; "which can is empty" has a noun there, "what can help" has none."""
    a_can = starts_head(cursor) and not is_content(cursor.peek(1))
    return cursor.peek() in BE | MODALS and not a_can


def _what_is(cursor: Cursor, draft: Draft) -> bool:
    """ "what is the closest object", "what are those": the rest is a noun phrase."""
    start = cursor.at
    if cursor.take_word(BE) and cursor.peek() in DEFINITE | INDEFINITE:
        found = noun_phrase(cursor)
        if found is not None and cursor.done:
            draft.become(found)
            draft.definite = True
            return True
    cursor.at = start
    return False


def _what_thing(cursor: Cursor, draft: Draft, bare_what: bool = False) -> None:
    """ "(which) drinking vessel": a head without what follows it, which the predicate tells."""
    if cursor.done or _verb_ahead(cursor):
        return
    start = cursor.at
    trial = Draft()
    if bare_what and not _noun_ahead(cursor):
        return
    if not read_head(cursor, trial) or trial.naming is Naming.REFERRED:
        cursor.at = start
        return
    cursor.skip(OF_THESE)
    draft.become(trial)
    draft.definite = True


def _noun_ahead(cursor: Cursor) -> bool:
    """ "what tool ..." but "what keeps ...": True if a known noun comes before any verb."""
    probe = Cursor(cursor.words, cursor.lexicon, cursor.at)
    read_adjectives(probe, Draft())
    return probe.match(GENERIC_NOUNS) is not None or probe.lexicon.match(probe.words, probe.at) is not None
