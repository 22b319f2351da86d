"""The answer in words: why this one, what is missing, or which one is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ....reply import Segment, Status, Step
from ..language.intent import Description, Intent, Naming
from .decide import Decision, is_support
from .evidence import Evidence
from .naming import LIKE_KIND, a, color_of, describe_one, form_of, guess_of, joined, label_of, plural_in_form
from .phrasing import need, phrase, qualities

_LISTED = 6
_ALIKE = 4


@dataclass
class Words:
    """Text under construction that remembers where each segment is named."""

    text: str = ""
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, words: str, index: int | None = None) -> None:
        """Append words; with an index they name that thing."""
        start = len(self.text)
        self.text += words
        if index is not None and index not in self.spans:
            self.spans[index] = (start, len(self.text))


def explain(intent: Intent, decisions: Sequence[Decision], evidence: Evidence) -> Words:
    """The reply's text, one sentence per target, with the places where its segments are named."""
    words = Words()
    for decision in decisions:
        if words.text:
            words.add(" ")
        {Status.FOUND: _found, Status.ABSENT: _absent, Status.AMBIGUOUS: _ambiguous}[decision.status](
            words, intent, decision, evidence
        )
    return words


def _found(words: Words, intent: Intent, decision: Decision, evidence: Evidence) -> None:
    labels = [label_of(i, evidence, decision.resolution) for i in decision.chosen]
    for position, (index, label) in enumerate(zip(decision.chosen, labels, strict=True)):
        lead = "The " if position == 0 else (" and the " if position == len(labels) - 1 else ", the ")
        alike = _told_from(index, decision, evidence)
        words.add(lead)
        words.add(describe_one(index, label, evidence, alike, decision.resolution), index)
    words.add(f": {_reason(intent, decision, evidence)}.")
    if intent.count is not None and intent.count > len(decision.chosen):
        words.add(f" I see only {len(decision.chosen)}.")


def _same_kind(one: int, other: int, evidence: Evidence) -> bool:
    kinds = evidence.kinds
    return bool(kinds.shape[1] and float(np.minimum(kinds[one], kinds[other]).sum()) > 0.4)


def _reason(intent: Intent, decision: Decision, evidence: Evidence) -> str:
    """Why these: the purpose or name that they fit, their form, the properties and relations that hold."""
    description, several = decision.resolution.description, len(decision.chosen) > 1
    they = several or plural_in_form(label_of(decision.chosen[0], evidence, decision.resolution))
    subject, verb, copula = ("they", "fit", "are") if they else ("it", "fits", "is")
    form = "" if several else f" ({form_of(decision.chosen[0], evidence)})"
    ranked = [superlative for superlative in description.superlatives if superlative.than is None]
    if ranked and not several:
        told = Description(Naming.ANY, noun=description.noun or "object", superlatives=tuple(ranked))
        return f"{subject} {copula} the {phrase(told)}{form}"
    if description.naming is Naming.NEEDED:
        guess = "" if several else guess_of(decision.chosen[0], evidence, decision.resolution)
        perhaps = f", perhaps {a(guess)}" if guess else ""
        wish = need(description, intent.instruction) or "for this"
        return f"{subject} {copula} the best I see {wish}{perhaps}{form}"
    if description.naming is Naming.NAMED:
        return f"{subject} {verb} '{phrase(description)}' best{form}"
    properties = [attribute.value for attribute in description.attributes if not (attribute.on or attribute.negated)]
    told = Description(Naming.ANY, relations=description.relations)
    if properties or description.relations:
        return f"{subject} {copula} {' and '.join([*properties, *qualities(told)])}{form}"
    return f"{subject} {verb} the description best{form}"


def _absent(words: Words, intent: Intent, decision: Decision, evidence: Evidence) -> None:
    description = decision.resolution.description
    wanted = phrase(replace(description, superlatives=tuple(s for s in description.superlatives if s.than)))
    if not evidence.candidates:
        words.add(f"I see no objects, so no {wanted}.")
        return
    if is_support(decision.resolution, evidence):
        words.add(f"The {wanted} is what the things stand on: name one of the {things(evidence)} on it.")
        return
    seen = _lacking(decision, evidence)
    if seen:
        words.add(f"I see {joined(seen)}, but no {wanted}.")
    elif description.naming is Naming.NEEDED:
        wish = need(description, intent.instruction) or "that would do for this"
        words.add(f"I see nothing {wish} among the {things(evidence)} in view.")
    elif description.naming is Naming.ANY and not description.attributes and description.relations:
        words.add(f"I see nothing {' and '.join(qualities(description))} among the {things(evidence)} in view.")
    else:
        words.add(f"I see no {wanted} among the {things(evidence)} in view.")


def _lacking(decision: Decision, evidence: Evidence) -> list[str]:
    """ "a white mug": what there is of the kind that is meant but lacks what else was said."""
    description, kind = decision.resolution.description, decision.resolution.kind
    if not description.noun or not (description.attributes or description.relations):
        return []
    alike = [int(i) for i in np.argsort(-kind)[:_ALIKE] if kind[i] > LIKE_KIND]
    named = [describe_one(i, description.noun, evidence, alike) for i in alike]
    return [a(name) for name in named if not name.startswith(phrase(replace(description, relations=())))]


def _ambiguous(words: Words, intent: Intent, decision: Decision, evidence: Evidence) -> None:
    description = decision.resolution.description
    count = {2: "Two", 3: "Three"}.get(len(decision.chosen), "Several")
    named = description.naming is Naming.NAMED or description.superlatives or description.attributes
    meant = f"the {phrase(description)}" if named else "what you ask for"
    words.add(f"{count} things could be {meant}: do you mean ")
    for position, index in enumerate(decision.chosen):
        if position:
            words.add(" or " if position == len(decision.chosen) - 1 else ", ")
        words.add("the ")
        own = label_of(index, evidence, decision.resolution)
        words.add(describe_one(index, own, evidence, decision.chosen, decision.resolution), index)
    words.add("?")


def _told_from(index: int, decision: Decision, evidence: Evidence) -> list[int]:
    """The things from which one must be told apart: the others that are meant, and, once found, those of its kind."""
    everything = range(len(evidence.candidates)) if decision.status is Status.FOUND else decision.chosen
    return [i for i in everything if i in decision.chosen or _same_kind(i, index, evidence)]


def segments(decisions: Sequence[Decision], words: Words, evidence: Evidence) -> tuple[Segment, ...]:
    """The chosen things as segments, best first within each target, each thing once."""
    result: dict[int, Segment] = {}
    for decision in decisions:
        for index, score in zip(decision.chosen, decision.scores, strict=True):
            label = label_of(index, evidence, decision.resolution)
            alike = _told_from(index, decision, evidence)
            result.setdefault(
                index,
                Segment(
                    mask=evidence.candidates[index].proposal.mask,
                    label=label,
                    description=describe_one(index, label, evidence, alike, decision.resolution),
                    score=float(np.clip(score, 0, 1)),
                    span=words.spans.get(index),
                ),
            )
    return tuple(result.values())


def steps(intent: Intent, decisions: Sequence[Decision], evidence: Evidence) -> tuple[Step, ...]:
    """The three steps of the reasoning: what is meant, what is there, which one it is."""
    return (
        Step("meant", "; ".join(_meant(decision) for decision in decisions)),
        Step("there", _there(evidence)),
        Step("which", "; ".join(_which(decision, evidence) for decision in decisions)),
    )


def _meant(decision: Decision) -> str:
    hypotheses = decision.resolution.reading.hypotheses[:3]
    kinds = ", ".join(f"{h.kind.name} {h.weight:.0%}" for h in hypotheses)
    return f"{phrase(decision.resolution.description)} ({kinds})" if kinds else phrase(decision.resolution.description)


def _there(evidence: Evidence) -> str:
    shown = sorted(range(len(evidence.candidates)), key=lambda i: -evidence.prior[i])[: 2 * _LISTED]
    seen = [f"{color_of(i, evidence)} {label_of(i, evidence)}".strip() for i in shown]
    more = len(evidence.candidates) - len(shown)
    rest = f" and {more} more" if more else ""
    return f"{things(evidence)}: {', '.join(seen)}{rest}" if seen else "nothing that stands out from its surroundings"


def _which(decision: Decision, evidence: Evidence) -> str:
    order = np.argsort(-decision.resolution.choice)[:3]
    ranked = ", ".join(
        f"{describe_one(int(i), label_of(int(i), evidence), evidence, range(len(evidence.candidates)))} "
        f"{(1 - decision.absent) * decision.resolution.choice[i]:.0%}"
        for i in order
    )
    return f"{ranked}; not in view {decision.absent:.0%}" if ranked else "nothing in view"


def things(evidence: Evidence) -> str:
    """ "10 things"."""
    count = len(evidence.candidates)
    return f"{count} thing{'' if count == 1 else 's'}"
