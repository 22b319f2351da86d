"""Questions that ask which or what: "which of the two mugs is closer", "what should I use"."""

from __future__ import annotations

from .clause import Clause, Force
from .cursor import Cursor, Draft
from .determiners import ONES, starts_head
from .function_words import BE, DEFINITE, INDEFINITE, MODALS, OF_THESE, SITS, is_content
from .heads import read_adjectives, read_head
from .intent import Naming, Relation
from .listing import noun_phrases
from .noun_phrase import noun_phrase
from .placing import RELATIONS
from .predicates import TURNED, read_predicate
from .tokens import COMMA
from .vocabulary import GENERIC_NOUNS, NUMBERS

_OF = frozenset({"of"})
_PLURAL_VERBS = frozenset({"are", "have", "were"})


def read_question(words: tuple[str, ...], cursor: Cursor, which: bool) -> Clause:
    """ "which of the two mugs is closer", "what is standing inside the bowl", "what should I use"."""
    draft = Draft(definite=words[0] != "whatever")
    cursor, offered = _offered(cursor)
    cursor.verb_due = True
    if which:
        _among(cursor, draft)
    elif not _what_is(cursor, draft):
        _what_thing(cursor, draft, bare_what=cursor.words == words[1:])
    cursor.skip(OF_THESE)
    if not cursor.done:
        read_predicate(cursor, draft, noun_phrase)
    if offered and draft.naming is not Naming.NAMED:
        draft.become_either(offered)
    if draft.one and draft.naming is not Naming.NAMED and draft.count == 1:
        chooses = draft.superlatives and not draft.purpose  # "which one is bigger" of those that were meant before
        draft.naming, draft.one = Naming.REFERRED if chooses else Naming.ANY, False
    on_surface = draft.relations and all(anchor.surface for place in draft.relations for anchor in place.anchors)
    bare = not (draft.attributes or draft.superlatives or draft.excluded or draft.purpose)
    if not which and draft.naming is Naming.ANY and on_surface and bare:  # "what is on the table?"
        draft.count, draft.plural = None, True
    return Clause(words, Force.ASKS, (draft,), question=True)


def _offered(cursor: Cursor) -> tuple[Cursor, list[Draft]]:
    """What a question offers at its end, ", the box or the can?", and the question without it."""
    for at, word in enumerate(cursor.words):
        if word == COMMA:
            rest = Cursor(cursor.words[at + 1 :], cursor.lexicon)
            drafts, alternatives = noun_phrases(rest)
            if alternatives and rest.done:
                return Cursor(cursor.words[:at], cursor.lexicon), drafts
    return cursor, []


def _among(cursor: Cursor, draft: Draft) -> None:
    """ "which of the two mugs", "which one", "which two objects", "which red mug on the table"."""
    if cursor.take_word(ONES):
        draft.count = None if cursor.peek(-1) == "ones" else 1
        draft.one = draft.count == 1
    if cursor.skip(OF_THESE):
        cursor.take(NUMBERS)  # "which of these two is taller"
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
        if _stranded(cursor, draft):
            return True
        found = noun_phrase(cursor)
        if found is not None and cursor.done:
            draft.become(found)
            draft.definite = True
            return True
    cursor.at = start
    return False


def _stranded(cursor: Cursor, draft: Draft) -> bool:
    """ "(what is) the mug standing on": a place at the very end, and the rest is what stands there."""
    words = cursor.left
    for length in range(min(4, len(words) - 1), 0, -1):
        kind = RELATIONS.match(words, len(words) - length)
        if kind is None or kind[0] != length or kind[1] not in TURNED:
            continue
        said = words[:-length]
        while len(said) > 1 and SITS.is_whole(said[-1:]):
            said = said[:-1]
        inner = Cursor(said, cursor.lexicon)
        anchor = noun_phrase(inner)
        if anchor is not None and inner.done and anchor.naming is not Naming.ANY:
            draft.relations.append(Relation(TURNED[kind[1]], (anchor.settled(),)))
            cursor.at = len(cursor.words)
            return True
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
