"""What "it", "the other one" and "no, the blue one" mean after earlier turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ....reply import Conversation, Status
from ..language.intent import Description, Intent, Naming
from .describe import Candidate

_OVERLAP = 0.3
"""Intersection over union from which on a thing is the one that was meant on an earlier frame."""


def referred(conversation: Conversation | None, candidates: tuple[Candidate, ...]) -> np.ndarray | None:
    """(N,) degree to which each thing is one that the last answered turn meant; None if no turn meant any."""
    for turn in reversed(conversation.turns if conversation else []):
        if turn.reply.status is Status.ABSENT or not turn.reply.segments:
            continue
        meant = [segment.mask for segment in turn.reply.segments]
        return np.array([max(_overlap(c.proposal.mask, mask) for mask in meant) for c in candidates])
    return None


def expanded(intent: Intent, conversation: Conversation | None, parse: Callable[[str], Intent]) -> Intent:
    """Give "the left one" and "no, the blue one" the kind that the conversation is about.

    A bare "it" stays as it is: it means what was meant before. With properties or extremes of its own, a reference
    takes over noun and purpose of the last instruction that named a kind, and its properties of other families. Without
    an earlier turn it means any thing.
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
    if antecedent is None:
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


def _antecedent(conversation: Conversation | None, parse: Callable[[str], Intent]) -> Description | None:
    """The last description in the conversation that names a kind or a need."""
    for turn in reversed(conversation.turns if conversation else []):
        for target in parse(turn.instruction).targets:
            if target.naming in (Naming.NAMED, Naming.NEEDED):
                return target
    return None


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return 0.0
    share = float(np.count_nonzero(one & other)) / max(int(np.count_nonzero(one | other)), 1)
    return 1.0 if share >= _OVERLAP else share
