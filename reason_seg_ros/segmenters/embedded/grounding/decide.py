"""From how well things fit to an answer: found, absent or ambiguous, and which things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....reply import Status
from ..language.intent import Description, Intent, Naming
from .evidence import Evidence
from .resolve import Resolution

ABSENT_PRIOR = 0.32
"""Share of instructions that ask for something that is not in view: a little above the 0.29 that
`simulation/evidence_training.py` fits, because a robot that takes the wrong thing costs more than one that asks."""
_CERTAIN_ABSENT = 0.02
"""The same where the instruction names no kind and no property: anything in view may be meant."""
_RIVAL, _RIVAL_EXTREME = 0.62, 0.8
"""A second thing at least this likely, compared with the best, makes a definite single ambiguous; more so where an
extreme is asked for, because that is measured."""
_MAX_RIVALS = 4
_HOLDING = ("in", "containing")
_SAME_NAME = 3.0
"""Log ratio of its kind up to which a thing is less what "the table" means than the support."""


@dataclass(frozen=True, eq=False)
class Decision:
    """The answer to one target description.

    Attributes:
        resolution: what it is based on.
        status: found, absent or ambiguous.
        chosen: indices of the things meant, best first; for ambiguous the rivals.
        scores: confidence of each chosen thing, in [0, 1].
        absent: probability that what is meant is not in view.
    """

    resolution: Resolution
    status: Status
    chosen: tuple[int, ...]
    scores: tuple[float, ...]
    absent: float


def decide_all(intent: Intent, resolutions: Sequence[Resolution], evidence: Evidence) -> list[Decision]:
    """Decide every target; of alternatives only the one that is most surely in view.

    With several targets the best thing is taken for each: asking back about one of them would hold up the others.
    """
    intent = replace(intent, definite=intent.definite and len(resolutions) == 1)
    decisions = [decide(intent, resolution, evidence) for resolution in resolutions]
    if intent.alternatives:
        return [min(decisions, key=lambda decision: (decision.status is Status.ABSENT, decision.absent))]
    return decisions


def decide(intent: Intent, resolution: Resolution, evidence: Evidence) -> Decision:
    """Decide one target of an instruction."""
    absent = absence(resolution, evidence)
    if not len(evidence.candidates):
        return Decision(resolution, Status.ABSENT, (), (), 1.0)
    if is_support(resolution, evidence):
        return Decision(resolution, Status.ABSENT, (), (), absent)
    if intent.count == 1:
        return _single(intent, resolution, absent)
    chosen = _several(intent.count, resolution, absent)
    if not chosen:
        return Decision(resolution, Status.ABSENT, (), (), absent)
    scores = tuple(float(resolution.member[i]) for i in chosen)
    return Decision(resolution, Status.FOUND, tuple(chosen), scores, absent)


def absence(resolution: Resolution, evidence: Evidence, usual: float = ABSENT_PRIOR) -> float:
    """Probability that nothing in view is what is meant.

    Bayes: either one of the things is meant, each with its share of the prior and its likelihood ratio, or none is and
    all are just things.

    Args:
        resolution: of the description.
        evidence: the things.
        usual: share of descriptions of a kind or a property that nothing in view answers to.
    """
    if not len(evidence.candidates):
        return 1.0
    share = evidence.prior / evidence.prior.sum()
    present = float(share @ np.exp(np.minimum(resolution.fit, 50.0)))
    prior = usual if _can_be_absent(resolution.description) else _CERTAIN_ABSENT
    return prior / (prior + (1 - prior) * present)


def is_support(resolution: Resolution, evidence: Evidence) -> bool:
    """True if what is asked for is what the things stand on, and no thing clearly is of that kind."""
    return resolution.description.surface and evidence.has_planes and bool(resolution.kind.max() < _SAME_NAME)


def _can_be_absent(description: Description) -> bool:
    """False where only place, an extreme or what it is not is given: some thing in view is leftmost or not red."""
    asserted = any(not attribute.negated for attribute in description.attributes)
    return description.naming in (Naming.NAMED, Naming.NEEDED) or asserted


def _inside(description: Description) -> bool:
    """True for "the thing in the bowl": the bowl may be empty."""
    return any(relation.kind in _HOLDING and not relation.negated for relation in description.relations)


def _single(intent: Intent, resolution: Resolution, absent: float) -> Decision:
    order = np.argsort(-resolution.choice)
    best = int(order[0])
    score = float((1 - absent) * resolution.choice[best])
    if absent > score and (_can_be_absent(resolution.description) or _inside(resolution.description)):
        return Decision(resolution, Status.ABSENT, (), (), absent)
    close = (_RIVAL_EXTREME if resolution.description.superlatives else _RIVAL) * resolution.choice[best]
    rivals = [int(i) for i in order[:_MAX_RIVALS] if resolution.choice[i] >= close]
    if intent.definite and len(rivals) > 1:
        scores = tuple(float((1 - absent) * resolution.choice[i]) for i in rivals)
        return Decision(resolution, Status.AMBIGUOUS, tuple(rivals), scores, absent)
    return Decision(resolution, Status.FOUND, (best,), (score,), absent)


def _several(count: int | None, resolution: Resolution, absent: float) -> list[int]:
    """The set with the highest expected overlap (intersection over union) with what is meant."""
    weight = resolution.member if not resolution.description.superlatives else resolution.choice
    order = [int(i) for i in np.argsort(-weight)]
    if absent > 0.6:
        return []
    if count is not None:
        return order[: min(count, len(order))]
    likely = weight[order]
    total = likely.sum()
    taken = np.cumsum(likely)
    overlap = taken / (np.arange(1, len(order) + 1) + total - taken)
    return order[: int(np.argmax(overlap)) + 1]


def overall(decisions: Sequence[Decision]) -> Status:
    """Ambiguous if any target is, found if any is, else absent."""
    statuses = {decision.status for decision in decisions}
    return next((s for s in (Status.AMBIGUOUS, Status.FOUND) if s in statuses), Status.ABSENT)
