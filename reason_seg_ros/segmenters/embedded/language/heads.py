"""The adjectives and the noun of a noun phrase: "second largest", "red and white", "mustard bottle"."""

from __future__ import annotations

from .cursor import Cursor, Draft
from .determiners import ONES, SOMETHING, read_determiners, read_everything_but, read_pronoun, starts_head
from .function_words import (
    AND,
    BE,
    DEFINITE,
    FUNCTION_WORDS,
    HAVE,
    INDEFINITE,
    INTENSIFIERS,
    MODALS,
    NOT,
    OR,
    SITS,
    STATE_VERBS,
    SUBJECTS,
    is_content,
)
from .inflection import is_plural, singular
from .intent import Attribute, Naming
from .phrase_table import phrase_set
from .placing import RELATIONS
from .tokens import COMMA
from .vocabulary import (
    ADJECTIVES,
    EDGES,
    EMPTY_ADJECTIVES,
    GENERIC_NOUNS,
    GROUPS,
    NUMBERS,
    ONLY_BEFORE_NOUN,
    ORDINALS,
    PARTS,
    PLURAL_IN_FORM,
    SCENE,
    SUPERLATIVES,
    SURFACES,
)

_LISTED = AND | OR | {COMMA}
_THEM = phrase_set("them, these, those, of them, of these, of those")
_EVERYTHING = phrase_set("everything, stuff")
_SHADES_TOO = frozenset({"light", "dark", "high"})  # "the light mug" has a light colour; it is not the lightest


def read_head(cursor: Cursor, draft: Draft) -> bool:
    """Read determiners, adjectives and the noun into the draft; false, with nothing read, if there is none of them."""
    if read_everything_but(cursor, draft) or read_pronoun(cursor, draft):
        return True
    start = cursor.at
    determined = read_determiners(cursor, draft)
    draft.determined = determined
    read_adjectives(cursor, draft)
    if not _noun(cursor, draft):
        if draft.count and draft.plural:  # "both of them"
            cursor.take(_THEM)
        if cursor.at == start:
            return False
        if cursor.depth and not determined and not draft.superlatives:  # "into wood"
            draft.attributes.clear()
            draft.naming, draft.noun = Naming.NAMED, " ".join(cursor.words[start : cursor.at])
            return True
        draft.naming = Naming.ANY if draft.count is None and not draft.placed_or_described else Naming.REFERRED
        draft.one = draft.naming is Naming.REFERRED
    if draft.one_of:
        draft.count, draft.definite, draft.plural = 1, False, False
    elif draft.plural and draft.count == 1:
        draft.count = None
    return True


def read_adjectives(cursor: Cursor, draft: Draft) -> bool:
    """Read everything between determiner and noun; what is part of a known noun ("black pepper") is left to it."""
    start = cursor.at
    while not cursor.done and not cursor.lexicon.match(cursor.words, cursor.at, shortest=2):
        if cursor.at > start and cursor.peek() in _LISTED and cursor.sees(ADJECTIVES, 1) and starts_head(cursor, 1):
            cursor.at += 1
        if not (
            _ordinal(cursor, draft)
            or _number(cursor, draft)
            or _extreme(cursor, draft)
            or read_adjective(cursor, draft)
            or _empty_adjective(cursor)
        ):
            break
    return cursor.at > start


def _ordinal(cursor: Cursor, draft: Draft) -> bool:
    found = cursor.match(ORDINALS)
    if found is None or cursor.peek() == "next":
        return False
    cursor.at += found[0]
    draft.rank = found[1]
    return True


def _number(cursor: Cursor, draft: Draft) -> bool:
    """ "the leftmost two cups"."""
    found = cursor.match(NUMBERS) if draft.superlatives else None
    if found is None or found[1] == 1:
        return False
    cursor.at += found[0]
    draft.count, draft.plural = found[1], True
    return True


def _extreme(cursor: Cursor, draft: Draft) -> bool:
    found = cursor.match(SUPERLATIVES)
    if found is None or cursor.peek() in _SHADES_TOO:
        return False
    if cursor.peek() in ONLY_BEFORE_NOUN and found[0] == 1 and cursor.peek(1) == "of":
        return False
    if cursor.lexicon.match((cursor.peek(),)) and not starts_head(cursor, 1) and found[0] == 1:  # "a lighter"
        return False
    cursor.at += found[0]
    draft.add_extremes(found[1])
    return True


def read_adjective(cursor: Cursor, draft: Draft, before_noun: bool = True) -> bool:
    """Read a visible property; before a noun not if the word is the noun itself ("an orange", "the glass")."""
    start = cursor.at
    negated = bool(cursor.take_word(NOT))
    while cursor.sees(INTENSIFIERS) and not cursor.sees(SUPERLATIVES):
        cursor.take(INTENSIFIERS)
    found = cursor.match(ADJECTIVES)
    if found is None and (attributes := _of_part(cursor.peek())):
        cursor.at += 1
        draft.attributes.extend(attributes)
        return True
    if found is None or (before_noun and _is_noun_itself(cursor, found[0])):
        cursor.at = start
        return False
    family, value = found[1]
    cursor.at += found[0]
    draft.attributes.append(Attribute(family, value, negated))
    return True


def _of_part(word: str) -> list[Attribute]:
    """ "red-capped" has a red cap, "lidless" and "unlabelled" things lack a part; [] for a word that tells of none."""
    look, _, owning = word.rpartition("-")
    lacking = word.endswith("less") or word.startswith("un")
    stem = owning.removesuffix("less").removesuffix("ed")
    if stem == owning:
        return []
    stem = stem.removeprefix("un") if lacking else stem
    part = next((found[1] for form in (stem, f"{stem}e", stem[:-1]) if (found := PARTS.match((form,)))), None)
    adjective = ADJECTIVES.match((look,))
    if part is None or (adjective is None) != lacking:
        return []
    seen = [Attribute(*adjective[1], on=part)] if adjective else []
    return [*seen, Attribute("part", part, negated=lacking)]


def _is_noun_itself(cursor: Cursor, length: int) -> bool:
    """True for an adjective that is a known noun and has no noun after it."""
    word, following = cursor.peek(length - 1), cursor.peek(length)
    if not cursor.lexicon.match((word,)):  # "a light" ends the names of some kinds
        return cursor.lexicon.is_head(word) and cursor.peek(-1) in INDEFINITE and not following
    if following in FUNCTION_WORDS - {"can"} - _LISTED and following not in ONES:
        return True
    if following in _LISTED:
        return not cursor.sees(ADJECTIVES, length + 1)
    return not starts_head(cursor, length) or cursor.sees(SUPERLATIVES, length)


def _empty_adjective(cursor: Cursor) -> bool:
    found = cursor.match(EMPTY_ADJECTIVES)
    if found is None or not starts_head(cursor, found[0]):
        return False
    cursor.at += found[0]
    return True


def _noun(cursor: Cursor, draft: Draft) -> bool:
    """The head: "one", a generic noun, a stack, a support or a name."""
    if cursor.take_word(ONES):
        draft.naming, draft.one = Naming.REFERRED, True
        draft.plural |= cursor.peek(-1) == "ones"
        return True
    known = cursor.lexicon.match(cursor.words, cursor.at)
    longest = known.length if known else 0
    if longest <= 1 and (found := cursor.match(GENERIC_NOUNS)):
        cursor.at += found[0]
        _take_generic(cursor.peek(-1), draft)
        return True
    if longest <= 1 and cursor.take(GROUPS):
        draft.group = True
        draft.plural = is_plural(cursor.peek(-1))
        return True
    if not _name(cursor, draft):
        return False
    draft.surface = (draft.noun.rpartition(" ")[2] in SURFACES) if longest <= 1 else draft.noun in SURFACES
    return True


def _take_generic(word: str, draft: Draft) -> None:
    draft.naming = Naming.ANY
    if word in _EVERYTHING:
        draft.count, draft.definite, draft.plural = None, True, True
    else:
        draft.plural |= is_plural(word) and word != "groceries"


def _name(cursor: Cursor, draft: Draft) -> bool:
    """A run of nouns, known ones whole, unknown ones word by word, typing errors mended."""
    said: list[str] = []
    plural = False
    while not cursor.done and not (said and _ends_noun(cursor)):
        if not is_content(cursor.peek()) and not _is_noun_after_all(cursor, first=not said):
            break
        known = cursor.lexicon.match(cursor.words, cursor.at, several=draft.plural)
        if known is None:
            mended = _mended(cursor)
            known = cursor.lexicon.match((mended,), several=draft.plural)
            text, plural, length = (known.text, known.plural, 1) if known else (mended, is_plural(mended), 1)
        else:
            text, plural, length = known.text, known.plural, known.length
        cursor.at += length
        said.extend(text.split())
    if not said:
        return False
    if plural:
        said[-1] = singular(said[-1])
    if draft.count == 2 and draft.definite and not (plural or said[-1] in PLURAL_IN_FORM):  # "both the fork and ..."
        draft.count, draft.plural = 1, False
    draft.plural |= plural
    draft.naming, draft.noun = Naming.NAMED, " ".join(said)
    *described, last = said
    if described and last in GENERIC_NOUNS and not cursor.lexicon.match(said):  # "squishy thing"
        draft.naming, draft.noun = Naming.ANY, ""
        draft.purpose.extend(described)
    return True


def _mended(cursor: Cursor) -> str:
    """The word here without a typing error."""
    word = cursor.peek()
    return word if any(word in table for table in (SURFACES, SCENE, PARTS, EDGES)) else cursor.lexicon.corrected(word)


def _is_noun_after_all(cursor: Cursor, first: bool) -> bool:
    """True for a small word that is part of a known noun, or for "can" where a noun is due."""
    if cursor.lexicon.match(cursor.words, cursor.at, shortest=2):
        return True
    a_noun = cursor.peek() in MODALS and cursor.lexicon.match((cursor.peek(),)) is not None
    following = cursor.peek(1)
    if not first and (is_content(following) or following in BE | HAVE | NOT):  # "the cup can hold", "a tomato can"
        return False
    return a_noun and SUBJECTS.match(cursor.words, cursor.at + 1) is None


def _is_verb(cursor: Cursor) -> bool:
    """True for an unknown word after a known noun that looks like a verb: "(which) tool joins"."""
    word, noun = cursor.peek(), cursor.peek(-1)
    if word in STATE_VERBS:
        return True
    following = cursor.peek(1)
    has_object = is_content(following) or following in DEFINITE | INDEFINITE
    return word.endswith("s") and cursor.lexicon.is_head(noun) and (has_object or not cursor.lexicon.is_head(word))


def _is_state(cursor: Cursor) -> bool:
    """True for "sticking (out of ...)" after a noun, not for a word that is a noun itself ("tool set")."""
    return cursor.sees(SITS) and not cursor.lexicon.is_head(cursor.peek())


def _ends_noun(cursor: Cursor) -> bool:
    """True if a word after a noun starts something else: "container red all over", "mug leftmost"."""
    if (
        cursor.sees(SUPERLATIVES)
        or cursor.sees(INTENSIFIERS)
        or cursor.sees(RELATIONS)
        or cursor.peek() in SOMETHING
        or _is_state(cursor)
        or (cursor.verb_due and _is_verb(cursor))
    ):
        return True
    adjective = cursor.match(ADJECTIVES)
    if adjective is None:
        return False
    following = cursor.peek(adjective[0])
    return not (following and is_content(following) and cursor.lexicon.is_head(following))
