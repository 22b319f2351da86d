"""From an instruction to an `Intent`: sentences to clauses, clauses to noun phrases and purposes, those to targets."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import InstructionError
from .clause import Clause, Force
from .clause_reader import read_clauses
from .cursor import Draft
from .intent import Attribute, Intent, Naming
from .lexicon import Lexicon
from .phrase_table import split
from .tokens import sentences
from .vocabulary import ADJECTIVES

MAX_LENGTH = 1000

_NO_NEED = frozenset(split("hello, hi, hey, please, thanks, ok, okay, yes, no"))


def parse(instruction: str, lexicon: Lexicon) -> Intent:
    """Understand an instruction.

    Args:
        instruction: what a person said, in English.
        lexicon: the nouns to expect; others are taken as they come.

    Raises:
        InstructionError: if there are no words in it, or far too many.
    """
    if len(instruction) > MAX_LENGTH:
        raise InstructionError(
            f"the instruction has {len(instruction)} characters, {MAX_LENGTH} are allowed: say it in a sentence or two"
        )
    clauses = [clause for words in sentences(instruction) for clause in read_clauses(words, lexicon)]
    if not any(set(clause.words) - _NO_NEED for clause in clauses):
        raise InstructionError(
            "there is nothing to look for in the instruction: say what you want, for example 'the red mug'"
        )
    main = _main(clauses)
    situation = [clause for clause in clauses if clause is not main and clause.force is not Force.EMPTY]
    if main is None and not situation and clauses[-1].drafts:  # "what is it?"
        return _intent(instruction, clauses[-1].drafts, False)
    if main is None:
        return _need(instruction, situation or clauses)
    drafts = _without_pronoun(main.drafts, clauses[: clauses.index(main)])
    for draft in drafts:
        _take_situation(draft, situation, main)
    return _intent(instruction, drafts, main.alternatives)


def _main(clauses: Sequence[Clause]) -> Clause | None:
    """The clause that says what is wanted: the last question or request, else the last wish or bare noun phrase."""
    for force in (Force.ASKS, Force.WISHES):
        for clause in reversed(clauses):
            if clause.force is force and clause.drafts:
                return clause
    return None


def _without_pronoun(drafts: Sequence[Draft], before: Sequence[Clause]) -> list[Draft]:
    """ "I dropped my pen, where is it?" asks for the pen."""
    mentioned = [draft for clause in before for draft in clause.drafts if draft.naming is Naming.NAMED]
    bare = len(drafts) == 1 and drafts[0].naming is Naming.REFERRED and not drafts[0].one
    if not mentioned or not bare or drafts[0].placed_or_described or drafts[0].other:
        return list(drafts)
    return [mentioned[-1]]


def _need(instruction: str, situation: Sequence[Clause]) -> Intent:
    """Only a situation: whatever helps."""
    draft = Draft(purpose=_told(situation))
    return _intent(instruction, [draft], False)


def _told(situation: Sequence[Clause]) -> list[str]:
    return [word for clause in situation for word in clause.words]


def _take_situation(draft: Draft, situation: Sequence[Clause], main: Clause) -> None:
    """A situation explains an open question ("what should I use?", "which pen do I need?"), not "pass me the mug"."""
    if not situation or draft.naming is Naming.REFERRED:
        return
    if draft.naming is Naming.NAMED and not main.question:
        return
    if draft.naming is Naming.ANY and draft.placed_or_described and not draft.purpose and not main.question:
        return
    told = _told(situation)
    draft.attributes.extend(_color_wanted(situation))
    draft.purpose = told + draft.purpose


def _color_wanted(situation: Sequence[Clause]) -> list[Attribute]:
    """ "write on the board in blue" asks for a blue thing."""
    for clause in situation:
        if len(clause.words) > 1 and clause.words[-2] == "in" and (found := ADJECTIVES.match(clause.words[-1:])):
            family, value = found[1]
            if family == "color":
                return [Attribute(family, value)]
    return []


def _intent(instruction: str, drafts: Sequence[Draft], alternatives: bool) -> Intent:
    counts = {draft.count for draft in drafts}
    return Intent(
        instruction=instruction,
        targets=tuple(dict.fromkeys(draft.settled() for draft in drafts)),
        count=counts.pop() if len(counts) == 1 else None,
        definite=all(draft.definite for draft in drafts),
        alternatives=alternatives,
    )
