"""What stands before the adjectives: "both", "all of the", "the other two", and the pronouns that need no noun."""

from __future__ import annotations

from .cursor import Cursor, Draft
from .function_words import (
    BOTH,
    DEFINITE,
    EVERY,
    EVERYTHING_BUT,
    INDEFINITE,
    OTHER,
    POINTING,
    PRONOUNS,
    SUBJECTS,
    is_content,
)
from .intent import Naming
from .tokens import COMMA
from .vocabulary import ADJECTIVES, NUMBERS, ORDINALS, SUPERLATIVES

ONES = frozenset({"one", "ones"})
SOMETHING = frozenset({"something", "anything", "everything", "whatever"})
_SEVERAL = frozenset({"any", "few", "several", "many"})


def starts_head(cursor: Cursor, ahead: int = 0) -> bool:
    """True if what is ahead can still belong to a noun phrase after its determiner."""
    word = cursor.peek(ahead)
    if not word or word == COMMA:
        return False
    if is_content(word) or word in ONES or (word == "can" and cursor.peek(ahead + 1) not in SUBJECTS):
        return True
    return any(cursor.sees(table, ahead) for table in (NUMBERS, OTHER, ADJECTIVES, SUPERLATIVES, ORDINALS))


def read_everything_but(cursor: Cursor, draft: Draft) -> bool:
    """ "anything but": the cursor is left before the exception, which is read as what follows a head."""
    if not cursor.sees(EVERYTHING_BUT):
        return False
    everything = not cursor.peek().startswith("any")
    draft.count = None if everything else 1
    draft.definite = draft.plural = everything
    cursor.at += 1
    return True


def read_pronoun(cursor: Cursor, draft: Draft) -> bool:
    """ "it", "those", "the others"; not the "that" of "that mug"."""
    found = cursor.match(PRONOUNS)
    if found is None:
        return False
    length, several = found
    if length == 1 and cursor.peek() in POINTING and starts_head(cursor, 1):
        return False
    said = cursor.words[cursor.at : cursor.at + length]
    cursor.at += length
    draft.naming, draft.definite, draft.plural = Naming.REFERRED, True, several
    draft.count = None if several else 1
    draft.other = bool({"other", "others", "rest", "remaining"} & set(said))
    return True


def _possessive(cursor: Cursor) -> bool:
    """ "mum's"; not the first word of "children's book"."""
    if not cursor.peek().endswith("'s") or cursor.lexicon.match(cursor.words, cursor.at):
        return False
    cursor.at += 1
    return True


def read_determiners(cursor: Cursor, draft: Draft) -> bool:
    """Articles, numbers and quantifiers in any order."""
    start = cursor.at
    while not cursor.done and _determiner(cursor, draft):
        pass
    return cursor.at > start


def _determiner(cursor: Cursor, draft: Draft) -> bool:
    word, following = cursor.peek(), cursor.peek(1)
    if word == "next" and following == "to":
        return False
    if word == "one" and following == "of":
        cursor.at += 2
        draft.one_of = True
    elif word in ONES:
        if not is_content(following):
            return False
        cursor.at += 1
    elif cursor.take(BOTH):
        draft.count, draft.definite, draft.plural = 2, True, True
    elif cursor.take(EVERY):
        draft.count, draft.definite, draft.plural = None, True, True
    elif number := cursor.take(NUMBERS):
        draft.count, draft.plural = number, number > 1
    elif word == "next" and cursor.sees(SUPERLATIVES, 1):  # "the next biggest box"
        cursor.at += 1
        draft.rank = 2
    elif cursor.take(OTHER):
        draft.other = True
        draft.definite |= word not in ("another", "different")
    elif cursor.take_word(DEFINITE) or _possessive(cursor):
        draft.definite = True
    elif cursor.take_word(INDEFINITE):
        draft.plural |= word in _SEVERAL - {"any"}
    else:
        return False
    return True
