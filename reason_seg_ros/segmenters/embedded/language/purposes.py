"""The words that tell a need or a fact, without those that only lead up to it."""

from __future__ import annotations

from collections.abc import Sequence

from .cursor import Draft
from .function_words import INTENSIFIERS, MODALS, NOT, SUBJECTS
from .intent import Description, Naming
from .phrase_table import PhraseTable, phrase_set
from .tokens import COMMA
from .word_file import load_words

_WORDS = load_words("purposes")

_PLAIN_MODALS = MODALS - {"should", "shall", "must", "may", "might"}
_LEADING = phrase_set(_WORDS["leading"])
_USE = phrase_set(_WORDS["use"])
_TRAILING = PhraseTable(
    dict.fromkeys(
        (
            "please",
            "thanks",
            "thank you",
            "for me",
            "for that",
            "for this",
            "for it",
            "then",
            "here",
            "now",
            "at all",
            "exactly",
        ),
        True,
    )
)


def said_purpose(words: Sequence[str]) -> list[str]:
    """The purpose in a run of words: "that i can use to cut paper" is "cut paper"; [] if only "do i need" is left.

    A negation stays: "should not be put in the dishwasher".
    """
    words = _without_trailing([word for word in words if word != COMMA])
    while words:
        lead = _USE.match(words)
        if words[0] in MODALS and words[1:2] and words[1] in NOT:
            break
        if lead and lead[0] == len(words):
            return []
        subject = SUBJECTS.match(words)
        if words[0] in MODALS and len(words) > 1:
            words = words[1:]
        elif subject and len(words) > subject[0] and not _is_feeling(words, subject[0]):
            words = words[subject[0] :]
        elif lead and len(words) > lead[0] and words[lead[0]] in ("to", "for", "when", "if", "as", "in"):
            words = words[lead[0] :]
        elif found := (_LEADING.match(words) or (INTENSIFIERS.match(words) if len(words) > 1 else None)):
            words = words[found[0] :]
        else:
            break
    return list(words)


def take_purpose(draft: Draft, words: Sequence[str]) -> None:
    """Add a purpose to a draft; what a thing is not for ("is not for eating", "cannot be eaten") is excluded.

    A prohibition stays a purpose: "should not be put in the dishwasher" is a fact about what is meant.
    """
    purpose = said_purpose(words)
    lead = 1 if purpose[:1] and purpose[0] in _PLAIN_MODALS else 0
    if len(purpose) > lead + 1 and purpose[lead] in NOT and (avoided := said_purpose(purpose[lead + 1 :])):
        draft.excluded.append(Description(Naming.NEEDED, purpose=" ".join(avoided)))
    else:
        draft.purpose.extend(purpose)


def _is_feeling(words: Sequence[str], subject: int) -> bool:
    """ "i am thirsty" keeps its subject."""
    return words[subject] in ("am", "feel", "are", "is", "feels")


def _without_trailing(words: list[str]) -> list[str]:
    """Without politeness at the end."""
    while True:
        for length in (3, 2, 1):
            tail = words[-length:]
            found = _TRAILING.match(tail) if len(words) > length else None
            if found and found[0] == length:
                words = words[:-length]
                break
        else:
            return words
