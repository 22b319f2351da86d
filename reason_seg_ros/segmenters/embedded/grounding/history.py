"""What "it", "the other one" and "no, the blue one" mean after earlier turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ....reply import Conversation, Segment, Status
from ..language.intent import Description, Intent, Naming
from ..language.small_talk import small_talk
from .describe import Candidate

_OVERLAP = 0.3
"""Intersection over union from which on a thing is the one that was meant on an earlier frame."""


def referred(conversation: Conversation | None, candidates: tuple[Candidate, ...]) -> np.ndarray | None:
    """(N,) degree to which each thing is one that the last answered turn meant; None if no turn meant any."""
    shown = _shown(conversation)
    if not shown:
        return None
    return np.array([max(_overlap(c.proposal.mask, segment.mask) for segment in shown) for c in candidates])


def _shown(conversation: Conversation | None) -> tuple[Segment, ...]:
    """The segments of the last answer that had any."""
    for turn in reversed(conversation.turns if conversation else []):
        if turn.reply.status is not Status.ABSENT and turn.reply.segments:
            return turn.reply.segments
    return ()


def expanded(intent: Intent, conversation: Conversation | None, parse: Callable[[str], Intent]) -> Intent:
    """Give "the left one" and "no, the blue one" the kind that the conversation is about.

    A bare "it" stays as it is: it means what was meant before. With properties or extremes of its own, a reference
    takes over noun and purpose of the last instruction that named a kind, and its properties of other families. Without
    an earlier turn it means any thing. An extreme or an exception chooses among the things of the last answer if there
    were several: "which one is bigger?", "not the red ones".
    """
    if not any(target.naming is Naming.REFERRED for target in intent.targets):
        return intent
    antecedent = _antecedent(conversation, parse)
    targets = tuple(_expand(target, antecedent, conversation) for target in intent.targets)
    return replace(intent, targets=targets)


def _expand(target: Description, antecedent: Description | None, conversation: Conversation | None) -> Description:
    if target.naming is not Naming.REFERRED:
        return target
    own = target.attributes or target.superlatives or target.relations or target.excluded
    if not own and conversation and conversation.turns:
        return target
    if _chooses(target) and len(_shown(conversation)) > 1:
        noun = antecedent.noun if antecedent and antecedent.naming is Naming.NAMED else ""
        return replace(target, noun=noun)  # the noun is only for the words of the answer
    if antecedent is None:
        return replace(target, naming=Naming.ANY)
    if any(excluded.noun == antecedent.noun != "" for excluded in target.excluded):  # "not the pencil", after it
        return replace(target, naming=Naming.ANY)
    families = {(attribute.family, attribute.on) for attribute in target.attributes}
    kept = tuple(a for a in antecedent.attributes if (a.family, a.on) not in families)
    if target.excluded or target.superlatives:
        kept = tuple(a for a in kept if a.family != "color")
    return replace(
        target,
        naming=antecedent.naming,
        noun=antecedent.noun,
        purpose=antecedent.purpose,
        attributes=(*kept, *target.attributes),
    )


def _chooses(target: Description) -> bool:
    """True for an extreme or an exception with properties of its own; "the other one" may be any of the kind."""
    return bool(target.superlatives) or any(e != Description(Naming.REFERRED) for e in target.excluded)


def _antecedent(conversation: Conversation | None, parse: Callable[[str], Intent]) -> Description | None:
    """The last description in the conversation that names a kind or a need; either kind of "the mug or the cup"."""
    for turn in reversed(conversation.turns if conversation else []):
        if small_talk(turn.instruction):
            continue
        intent = parse(turn.instruction)
        if intent.alternatives and all(target.naming is Naming.NAMED for target in intent.targets):
            return _either(intent.targets)
        for target in intent.targets:
            if target.naming in (Naming.NAMED, Naming.NEEDED):
                return target
    return None


def _either(targets: Sequence[Description]) -> Description:
    first, *others = targets
    nouns = dict.fromkeys(target.noun for target in targets)
    shared = tuple(a for a in first.attributes if all(a in other.attributes for other in others))
    return replace(first, noun=" or ".join(nouns), attributes=shared)


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return 0.0
    share = float(np.count_nonzero(one & other)) / max(int(np.count_nonzero(one | other)), 1)
    return 1.0 if share >= _OVERLAP else share
