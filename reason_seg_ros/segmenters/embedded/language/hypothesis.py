"""Which kinds of object a description may mean."""

from __future__ import annotations

from dataclasses import dataclass

from ..knowledge.kinds import ObjectKind


@dataclass(frozen=True)
class Hypothesis:
    """One kind that may be meant.

    Attributes:
        kind: the kind.
        weight: probability in [0, 1]; the weights of a `Reading` sum to 1.
        evidence: the name or sentence of the knowledge base that speaks for it.
    """

    kind: ObjectKind
    weight: float
    evidence: str


@dataclass(frozen=True)
class Reading:
    """What a description means in terms of the knowledge base.

    Attributes:
        hypotheses: most probable first; empty if the description names no kind at all ("the object", "it").
        known: confidence in [0, 1] that the knowledge base holds what is meant. Low for a noun that it has never
            heard of or a purpose that nothing in it serves; 1 where no kind is named.
        named: whether the noun or its last words name kinds of object, so that it can serve as a label; false for a
            noun that is only understood by its meaning ("breakfast", "nut loosener") and for "box or can".
    """

    hypotheses: tuple[Hypothesis, ...]
    known: float
    named: bool = False
