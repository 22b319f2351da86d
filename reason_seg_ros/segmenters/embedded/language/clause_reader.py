"""The clauses of a sentence, each with what it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from .clause import Clause, Force
from .cursor import Cursor, Draft
from .determiners import ONES, SOMETHING
from .function_words import AND, BE, DEFINITE, INDEFINITE, NOT, STATE_VERBS, is_content
from .intent import Naming
from .lexicon import Lexicon
from .listing import noun_phrases
from .noun_phrase import noun_phrase
from .phrase_table import phrase_set
from .predicates import read_predicate
from .purposes import said_purpose, take_purpose
from .questions import read_question
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
from .vocabulary import ADJECTIVES
from .word_file import load_words

_SPLITTERS = frozenset({COMMA, "so", "but", "and", "then"})
_RELATIVE_VERBS = BE | frozenset({"has", "have", "stands", "lies", "sits"})
_ASKED = (Opening.WHICH, Opening.WHAT)
_GOES_ON = frozenset({"with", "without", "in", "on", "at", "from", "for", "to", "enough", "that", "which", "where"})
_STATES = frozenset({"need", "want", "have", "see", "would", "look", "feel", "like", "require", "fancy"})
_HELP = phrase_set(load_words("requests")["help"])
_SURVEY = phrase_set(load_words("requests")["survey"])
_IDENTITY = phrase_set("what is it, which is it, what is that, what is this, which one is it, which one is that")


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
    if _IDENTITY.is_whole(words):
        return Clause(words, Force.EMPTY, (Draft(naming=Naming.REFERRED, definite=True),))
    if _SURVEY.is_whole(words):
        return Clause(words, Force.ASKS, (Draft(count=None, definite=True, plural=True),))
    if words[0] == "there" and words[1:2] and words[1] in BE:  # "there is a hole in my sock"
        return Clause(words, Force.TELLS, tuple(noun_phrases(Cursor(words[2:], lexicon))[0]))
    opening = read_opening(words)
    if opening is None and words[0] in BE and words[1:2] and words[1] in DEFINITE:  # "is the red mug on the tray?"
        return _bare(_without_state(words[1:], lexicon), lexicon)
    if opening is None:
        return _bare(words, lexicon)
    length, kind = opening
    rest = without_thanks(words[length:])
    if kind in _ASKED:
        return read_question(words, Cursor(rest, lexicon), which=kind is Opening.WHICH)
    if kind is Opening.HOW:
        return Clause(words, Force.ASKS, (Draft(purpose=said_purpose(rest)),), question=True)
    return _request(words, rest, lexicon, kind)


def _without_state(words: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    """ "(is) the can open" asks for the can: a last word that ends no known noun and tells nothing to be seen."""
    if len(words) < 3:
        return words
    thing, state = words[-2:]
    tells = lexicon.is_head(thing) and not lexicon.is_head(state) and state not in ADJECTIVES and is_content(state)
    return words[:-1] if tells else words


def _request(words: tuple[str, ...], rest: tuple[str, ...], lexicon: Lexicon, kind: Opening) -> Clause:
    """A verb or wish and what it is about."""
    if kind is Opening.WHERE:
        rest = without_where_ending(rest)
        rest = rest[1:] if rest[:1] == ("where",) and len(rest) > 1 else rest  # "can you see where the mug is"
    inner = read_opening(rest)
    if inner and inner[1] in _ASKED and kind is not Opening.WISH:  # "show me what I can cut with"
        return _read(rest, lexicon)
    cursor = Cursor(rest, lexicon)
    drafts, alternatives = noun_phrases(cursor)
    if kind is Opening.REQUEST and _is_recipient(drafts) and cursor.peek() in DEFINITE | INDEFINITE | SOMETHING:
        drafts, alternatives = noun_phrases(cursor)
    wish = kind in (Opening.WISH, Opening.AIM)
    if not drafts or _ends_in_need(rest) or (wish and _tells_more(cursor, drafts[-1], kind)):
        return Clause(words, Force.TELLS)
    if kind is Opening.TASK and (not cursor.done or not _is_heard_of(drafts[-1], cursor)):  # "keep the sandwich fresh"
        return Clause(words, Force.TELLS)
    last = drafts[-1]
    if kind is Opening.MOVE and last.relations:  # "put the mug on the tray" says where to
        last.relations.pop()
    elif wish and last.naming is Naming.ANY:  # "I fancy something crunchy straight out of a carton"
        take_purpose(last, cursor.take_rest())
    elif wish and _is_strange(last, cursor):  # "I want guacamole"
        last.purpose = [*words]
    force = Force.WISHES if wish else Force.ASKS
    return Clause(words, force, tuple(drafts), alternatives=alternatives)


def _ends_in_need(words: Sequence[str]) -> bool:
    """ "draw a straight line with something" needs the something."""
    return (
        len(words) > 3 and words[-1] in ("something", "anything") and words[-2] in ("with", "on", "in", "from", "into")
    )


def _tells_more(cursor: Cursor, draft: Draft, kind: Opening) -> bool:
    """ "I'd like the cheese in fine shreds", "I want to take a picture": a wish for more than a thing in view."""
    anchors = [anchor for relation in draft.relations for anchor in relation.anchors]
    strange = any(anchor.naming is Naming.NAMED and not _is_known(anchor.noun, cursor) for anchor in anchors)
    if draft.naming is not Naming.NAMED:  # "something under my head", "more light"
        return not draft.definite and (strange or (draft.one and cursor.peek(-1) not in ONES))
    return not cursor.done or strange or (kind is Opening.AIM and _is_strange(draft, cursor))


def _is_strange(draft: Draft, cursor: Cursor) -> bool:
    """True for "a ..." with a noun that the lexicon has not."""
    return draft.naming is Naming.NAMED and not draft.definite and not _is_known(draft.noun, cursor)


def _is_recipient(drafts: Sequence[Draft]) -> bool:
    """ "give grandma her slippers": a plain noun before another noun phrase."""
    return len(drafts) == 1 and drafts[0].naming is Naming.NAMED and not drafts[0].placed_or_described


def _is_heard_of(draft: Draft, cursor: Cursor) -> bool:
    """True unless it is "something" or a noun that ends in no word of the lexicon."""
    if draft.naming is Naming.NAMED:
        return cursor.lexicon.is_head(draft.noun.rpartition(" ")[2])
    return draft.naming is Naming.REFERRED or draft.definite


def _is_known(noun: str, cursor: Cursor) -> bool:
    found = cursor.lexicon.match(noun.split())
    return found is not None and found.length == len(noun.split())


def _bare(words: tuple[str, ...], lexicon: Lexicon) -> Clause:
    """A noun phrase on its own is a wish; any other statement tells a situation."""
    if words[0] in STATE_VERBS and not lexicon.is_head(words[0]):  # "need to sweep the floor"
        return Clause(words, Force.TELLS)
    cursor = Cursor(without_thanks(words), lexicon)
    cursor.verb_due = True
    negated = bool(cursor.take_word(NOT))
    drafts, alternatives = noun_phrases(cursor, apart=negated)
    if negated and len(drafts) == 2 and cursor.done and not alternatives:  # "not the bottle, the can"
        drafts[1].excluded.append(drafts[0].settled())
        return Clause(words, Force.WISHES, (drafts[1],))
    if negated and drafts and cursor.done:  # "not the red one": the one that was meant before, if it is not red
        excluded = [draft.settled() for draft in drafts]
        rest = Draft(naming=Naming.REFERRED, definite=True, excluded=excluded)
        if any(draft.plural for draft in drafts):  # "not the red ones": all the others
            rest.count, rest.plural = None, True
        return Clause(words, Force.WISHES, (rest,))
    told = not cursor.done
    first = drafts[0] if drafts else Draft()
    if first.naming is Naming.NAMED and not first.determined and first.relations and not _is_heard_of(first, cursor):
        return Clause(words, Force.TELLS)  # "write on the whiteboard"
    if told and drafts and drafts[-1].naming is Naming.NAMED and cursor.peek() in BE:  # "the mug is upside down"
        described = drafts[-1].copy()
        read_predicate(cursor, described, noun_phrase)
        placed = described.relations and not described.purpose and _is_heard_of(described, cursor)
        anchors = [anchor for relation in described.relations for anchor in relation.anchors]
        if placed and all(anchor.noun and _is_known(anchor.noun, cursor) for anchor in anchors):
            return Clause(words, Force.WISHES, (described,))  # "my phone is near the plant"
        return Clause(words, Force.TELLS, (*drafts[:-1], drafts[-1] if described.purpose else described))
    goes_on = cursor.peek() in _GOES_ON and first.determined and all(_is_heard_of(draft, cursor) for draft in drafts)
    if not drafts or (told and drafts[-1].naming is not Naming.ANY and not goes_on):
        return Clause(words, Force.TELLS, tuple(drafts))
    if told:
        take_purpose(drafts[-1], cursor.take_rest())
    return Clause(words, Force.WISHES, tuple(drafts), alternatives=alternatives)
