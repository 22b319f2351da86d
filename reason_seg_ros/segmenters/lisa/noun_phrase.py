"""The noun phrase that a text ends with: the words that a `[SEG]` behind it belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .prompts.instruction import DETERMINERS, word_set

POINTING = word_set("this that these those it they them he she him her one ones both all each")
"""Words that stand for a thing without naming it."""

_CLAUSE_END = re.compile(r"[.,;:!?](?!\w)|[()\[\]\"“”«»—]|\s-\s")
_CLOSING_QUOTES = '"”»'
_WORD = re.compile(r"[^\s\"'“”«»*`(\[][^\s\"“”«»*`]*")

_VERBS = word_set(
    "is are was were be been being am has have had do does did can could will would shall should may might must "
    "isn't aren't it's that's there's here's i'm i'd i'll you're they're"
)
_STOPS = _VERBS | word_set(
    "and or but so because since as if when while then than not also i you he she it we they me us him them "
    "who which what where there here yes no sure please"
)
_RELATIVE = word_set("that which who")
_NEVER_FIRST = (
    _STOPS
    | _RELATIVE
    | word_set(
        "of in on at by for from to with without into onto near over under behind beside between above below inside "
        "about like called namely using the a an my your its our their"
    )
)
_NEVER_LAST = _NEVER_FIRST - POINTING
_PLACES = word_set("left right middle center centre front back top bottom side corner foreground background")
_MOST_WORDS = 8


def noun_phrase_at_end(text: str, since: int = 0) -> tuple[int, int] | None:
    """Span of the noun phrase that a text ends with.

    It lies in the text's last clause. It begins with the last determiner there ("a dog beside **the man**"), the one
    before it where the last only says where ("**the man on the left**"), and without a determiner behind the last verb,
    pronoun or conjunction ("these are **wooden spoons**").

    Args:
        text: the words so far.
        since: where the phrase may begin at the earliest.

    Returns:
        Start and end (exclusive) in the text, or None if it ends with no noun phrase, as "it is" does.
    """
    end = max(since, len(text.rstrip(_CLOSING_QUOTES)))
    for mark in _CLAUSE_END.finditer(text, since, end):
        since = mark.end()
    spans = [match.span() for match in _WORD.finditer(text, since)]
    words = [text[start:end].lower() for start, end in spans]
    if not words or words[-1] in _NEVER_LAST:
        return None
    first = len(words) - 1 if words[-1] in POINTING else _first_word(words)
    return spans[first][0], spans[-1][1]


def _first_word(words: Sequence[str]) -> int:
    """Place of the first word of the noun phrase that the words end with."""
    last = len(words) - 1
    reach = last
    while reach > 0 and not _stops(words, reach - 1):
        reach -= 1
    determiners = [place for place in range(reach, last) if words[place] in DETERMINERS and words[place] != "that"]
    if words[last] in _PLACES and len(determiners) > 1:
        determiners.pop()
    if determiners:
        first = determiners[-1]
        while first > reach and words[first - 1] in DETERMINERS:
            first -= 1
        return first
    first = max(reach, last + 1 - _MOST_WORDS)
    while first < last and words[first] in _NEVER_FIRST:
        first += 1
    return first


def _stops(words: Sequence[str], place: int) -> bool:
    """Whether a noun phrase cannot reach back over a word; it can over the verb in "the mug that is red"."""
    before = words[place - 1] if place > 0 else ""
    if words[place] in _VERBS:
        return before not in _RELATIVE
    return words[place] in _STOPS and not (words[place] in _RELATIVE and before)
