"""How an instruction opens: politeness, the verb of a request, the word of a question."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from .phrase_table import PhraseTable, phrase_set, split
from .tokens import COMMA
from .word_file import load_words

_WORDS = load_words("requests")


class Opening(Enum):
    """What kind of clause an opening begins."""

    REQUEST = "request"  # "bring me ..."
    TASK = "task"  # "keep the sandwich fresh": what is named is wanted only if nothing more is said
    MOVE = "move"  # "put ... into the box": the last place is a destination
    WISH = "wish"  # "I'd like ..."
    AIM = "aim"  # "I want to take ...": a thing to take, or a need ("a picture")
    WHERE = "where"  # "where is ...", "is there ...": a noun phrase follows
    WHICH = "which"  # "which ..."
    WHAT = "what"  # "what ..."
    HOW = "how"  # "how do I ...": a need follows


_POLITE = phrase_set(_WORDS["polite"])
_ASKING = phrase_set(_WORDS["asking"])
_WANTING_TO = phrase_set(_WORDS["wanting_to"])

_VERBS = _WORDS["verbs"]
_DOING = (
    "getting, bringing, passing, handing, giving, picking up, picking, grabbing, taking, fetching, finding, locating, "
    "showing, selecting, pointing out, pointing at, pointing to, highlighting, marking, segmenting, lifting, "
    "handing over"
)
_MOVES = phrase_set(_WORDS["moving"])
_AFTER_NEED_ONLY = frozenset(split(_WORDS["after_need_only"]))
"""Verbs that after "I need to" tell a need and not which thing to find."""

_TASKS = frozenset(split(_WORDS["tasks"]))
"""Verbs that do something with a thing: with a thing in view they ask for it, otherwise for what helps."""

_OBJECTS = phrase_set(_WORDS["objects"])
_WISHES = phrase_set(_WORDS["wishes"])
_WHERE = phrase_set(_WORDS["where"])
_WHERE_ENDS = phrase_set(_WORDS["where_ends"])
_WHICH = phrase_set(_WORDS["which"])
_WHAT = phrase_set(_WORDS["what"])
_HOW = phrase_set(_WORDS["how"])

_REQUESTS = phrase_set(f"{_VERBS}, {_DOING}")
_TRAILING = phrase_set(_WORDS["trailing"])
_LONGEST_TRAIL = 6
_AFTER_NO = frozenset(split("the, i, not, that, give, my, a, this"))


def without_politeness(words: Sequence[str]) -> tuple[str, ...]:
    """Without greetings and fillers at the front."""
    words = tuple(words)
    while (found := _POLITE.match(words)) and len(words) > found[0] and not _means_something(words):
        words = words[found[0] :]
        while words and words[0] == COMMA:
            words = words[1:]
    return words


def without_asides(words: Sequence[str]) -> tuple[str, ...]:
    """ "bring me, please, the mug" without the "please"."""
    kept: list[str] = []
    at = 0
    while at < len(words):
        found = _POLITE.match(words, at + 1) if words[at] == COMMA and kept else None
        if found and words[at + 1 + found[0] : at + 2 + found[0]] == (COMMA,):
            at += 2 + found[0]
        else:
            kept.append(words[at])
            at += 1
    return tuple(kept)


def _means_something(words: Sequence[str]) -> bool:
    """ "no lid" and "next to it" are not the "no, ..." and "next, ..." that open a sentence."""
    first, second = words[0], words[1]
    if first == "no":
        return second != COMMA and second not in _AFTER_NO and not _REQUESTS.match(words, 1)
    return first == "next" and second == "to"


def without_thanks(words: Sequence[str]) -> tuple[str, ...]:
    """Without politeness and fillers at the end: "for me", "please", "and bring it here"."""
    words = tuple(words)
    while length := _phrase_at_end(words, _TRAILING, _LONGEST_TRAIL):
        words = words[:-length]
        while words and words[-1] == COMMA:
            words = words[:-1]
    return words


def without_where_ending(words: Sequence[str]) -> tuple[str, ...]:
    """ "the mug located" is "the mug"."""
    words = tuple(words)
    while length := _phrase_at_end(words, _WHERE_ENDS, _LONGEST_TRAIL):
        words = words[:-length]
    return words


def _phrase_at_end(words: Sequence[str], table: PhraseTable[bool], longest: int) -> int:
    """Length of the phrase that the words end in, 0 if there is none or nothing before it."""
    lengths = range(min(longest, len(words) - 1), 0, -1)
    return next((length for length in lengths if table.is_whole(words[-length:])), 0)


def read_opening(words: Sequence[str], at: int = 0) -> tuple[int, Opening] | None:
    """The opening at a position: (number of words, what it opens), or None for a statement or a bare noun phrase."""
    start = at
    for table, opening in ((_WISHES, Opening.WISH), (_HOW, Opening.HOW), (_WHERE, Opening.WHERE)):
        found = table.match(words, at)
        if found and not _verb_follows_wish(words, at + found[0], opening):
            return at + found[0] - start, opening
    for table, opening in ((_WHICH, Opening.WHICH), (_WHAT, Opening.WHAT)):
        if found := table.match(words, at):
            return at + found[0] - start, opening
    return _read_request(words, at)


def _verb_follows_wish(words: Sequence[str], at: int, opening: Opening) -> bool:
    """ "I need to find ..." is no wish for a thing called "to find"."""
    return opening is Opening.WISH and at < len(words) and words[at] in ("to", "you")


def _read_request(words: Sequence[str], at: int) -> tuple[int, Opening] | None:
    start = at
    needing = False
    while True:
        if found := _ASKING.match(words, at):
            needing |= _WANTING_TO.match(words, at) is not None
        elif not (at > start and (found := _POLITE.match(words, at))):
            break
        at += found[0]
    moves, requests = _MOVES.match(words, at), _REQUESTS.match(words, at)
    longest = max(moves or (0, True), requests or (0, True), key=lambda found: found[0])
    for found, opening in ((moves, Opening.MOVE), (requests, Opening.REQUEST)):
        if found and found == longest:
            verb = " ".join(words[at : at + found[0]])
            if needing and verb in _AFTER_NEED_ONLY:
                return None
            if opening is Opening.REQUEST and verb in _TASKS:
                opening = Opening.TASK
            at += found[0]
            while (more := _OBJECTS.match(words, at)) and at + more[0] < len(words) and not _is_place(words, at):
                at += more[0]
            return at - start, Opening.AIM if needing else opening
    return None


def _is_place(words: Sequence[str], at: int) -> bool:
    """ "on the table" after a verb is a place; the "on" of "switch on" is not."""
    return words[at] == "on" and at + 1 < len(words) and words[at + 1] in ("the", "top", "my")


def begins_request(words: Sequence[str], at: int) -> bool:
    """True if a request or question opens at a position, after any politeness."""
    while at < len(words) and (found := _POLITE.match(words, at)):
        at += found[0]
        while at < len(words) and words[at] == COMMA:
            at += 1
        if words[at - 2 : at] in (("i", "meant"), ("i", "mean")):
            return True
    return read_opening(words, at) is not None
