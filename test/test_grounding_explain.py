from __future__ import annotations

import pytest
from grounding_scene import BOWL, CARTON, KINDS, MUG, read, scene, thing

from reason_seg_ros.segmenters.embedded.grounding.decide import decide
from reason_seg_ros.segmenters.embedded.grounding.evidence import Evidence
from reason_seg_ros.segmenters.embedded.grounding.explain import Words, explain, phrase, segments, steps
from reason_seg_ros.segmenters.embedded.grounding.naming import label_of
from reason_seg_ros.segmenters.embedded.grounding.resolve import Resolver
from reason_seg_ros.segmenters.embedded.language.hypothesis import Hypothesis, Reading
from reason_seg_ros.segmenters.embedded.language.intent import (
    Attribute,
    Description,
    Intent,
    Naming,
    Relation,
    Superlative,
)


@pytest.fixture
def evidence() -> Evidence:
    return scene(
        thing((-0.3, 0.7), **MUG, color="white"),
        thing((0.15, 1.0), **MUG, color="blue"),
        thing((0.0, 0.8), **BOWL, color="green"),
        thing((0.4, 0.9), **CARTON, color="red"),
    )


def said(evidence: Evidence, *targets: Description, **fields) -> tuple[Words, Intent, list]:
    intent = Intent("", targets, **fields)
    decisions = [decide(intent, Resolver(evidence, read).resolve(target), evidence) for target in targets]
    return explain(intent, decisions, evidence), intent, decisions


def mug(**fields) -> Description:
    return Description(Naming.NAMED, noun="mug", **fields)


def test_found_says_what_and_why(evidence: Evidence) -> None:
    words, _, _ = said(evidence, mug(attributes=(Attribute("color", "white"),)))
    assert words.text.startswith("The white mug")
    assert "cm tall" in words.text
    assert words.text.count(".") == 1


def test_spans_point_at_the_words_of_each_segment(evidence: Evidence) -> None:
    words, _, decisions = said(evidence, mug(), count=2)
    found = segments(decisions, words, evidence)
    assert len(found) == 2
    for segment in found:
        start, end = segment.span
        assert "mug" in words.text[start:end]
    assert found[0].span != found[1].span


def test_ambiguous_asks_with_what_tells_apart(evidence: Evidence) -> None:
    words, _, _ = said(evidence, mug())
    assert words.text.endswith("?")
    assert "white mug" in words.text
    assert "blue mug" in words.text


def test_alike_candidates_are_told_apart_by_place() -> None:
    twins = scene(thing((-0.3, 0.8), **MUG), thing((0.3, 0.8), **MUG))
    words, _, _ = said(twins, mug())
    assert "on the left" in words.text
    assert "on the right" in words.text


def test_a_missing_colour_names_those_that_are_there(evidence: Evidence) -> None:
    words, _, _ = said(evidence, mug(attributes=(Attribute("color", "yellow"),)))
    assert "no yellow mug" in words.text
    assert "white mug" in words.text
    assert "blue mug" in words.text


def test_absent_names_what_is_missing(evidence: Evidence) -> None:
    words, _, _ = said(evidence, Description(Naming.NAMED, noun="pen"))
    assert "no pen" in words.text


def test_fewer_than_asked_for_is_said() -> None:
    words, _, _ = said(scene(thing((0, 0.8), **MUG)), mug(), count=2)
    assert "only 1" in words.text


def test_three_steps(evidence: Evidence) -> None:
    _, intent, decisions = said(evidence, mug())
    assert [step.name for step in steps(intent, decisions, evidence)] == ["meant", "there", "which"]
    assert "4 things" in steps(intent, decisions, evidence)[1].text


def test_a_thing_meant_twice_is_one_segment(evidence: Evidence) -> None:
    blue = mug(attributes=(Attribute("color", "blue"),))
    words, _, decisions = said(evidence, blue, blue)
    assert len(segments(decisions, words, evidence)) == 1


def test_phrase_says_everything() -> None:
    bowl = Description(Naming.NAMED, noun="bowl", attributes=(Attribute("content", "empty"),))
    target = mug(
        attributes=(Attribute("color", "white"), Attribute("part", "handle", negated=True)),
        superlatives=(Superlative("left"),),
        relations=(Relation("behind", (bowl,)),),
    )
    assert phrase(target) == "leftmost white mug without handle behind the empty bowl"


def test_an_empty_view_is_said() -> None:
    words, _, decisions = said(scene(), mug())
    assert "no mug" in words.text
    assert segments(decisions, words, scene()) == ()


def test_two_colours_are_joined() -> None:
    target = mug(attributes=(Attribute("color", "red"), Attribute("size", "small"), Attribute("color", "white")))
    assert phrase(target) == "small red and white mug"


def test_a_coloured_part_is_said_once() -> None:
    target = mug(attributes=(Attribute("color", "red", on="lid"), Attribute("part", "lid")))
    assert phrase(target) == "mug with a red lid"


def wanted(purpose: str, likely: bool) -> Reading:
    kinds = [k for k in KINDS if k.name == "mug"] if likely else [k for k in KINDS if k.name == "ball"]
    return Reading((Hypothesis(kinds[0], 1.0, purpose),), 0.9)


@pytest.mark.parametrize(
    ("instruction", "purpose", "words"),
    [
        ("Something to drink my tea from", "drink my tea from", "to drink your tea from"),
        ("I am thirsty", "i am thirsty", "for this"),
    ],
)
def test_needs_are_said_back_as_they_were_said(evidence: Evidence, instruction: str, purpose: str, words: str) -> None:
    need = Description(Naming.NEEDED, purpose=purpose)
    intent = Intent(instruction, (need,), definite=False)
    resolution = Resolver(evidence, lambda _: wanted(purpose, likely=True)).resolve(need)
    text = explain(intent, [decide(intent, resolution, evidence)], evidence).text
    assert words in text
    assert "i am" not in text


def test_a_guessed_kind_is_not_said_as_if_known(evidence: Evidence) -> None:
    need = Description(Naming.NEEDED, purpose="play with")
    resolution = Resolver(evidence, lambda _: wanted("play with", likely=False)).resolve(need)
    labels = {label_of(i, evidence, resolution) for i in range(len(evidence.candidates))}
    assert labels == {"object"}


def test_places_tell_alike_things_apart() -> None:
    row = scene(*(thing((x, 0.8), **MUG) for x in (-0.3, -0.1, 0.1, 0.3)))
    words, _, decisions = said(row, mug(), count=None)
    told = {segment.description for segment in segments(decisions, words, row)}
    assert len(told) == 4
    assert "white mug second from the left" in told


def test_the_support_is_not_a_thing_on_it(evidence: Evidence) -> None:
    words, _, decisions = said(evidence, Description(Naming.NAMED, noun="shelf", surface=True))
    assert not decisions[0].chosen
    assert words.text.startswith("The shelf is what the things stand on")


def test_phrases_read_as_they_were_said() -> None:
    can = Description(Naming.NAMED, noun="can")
    assert phrase(mug(superlatives=(Superlative("tall", than=can),), excluded=(can,))) == "mug taller than the can"
    assert phrase(mug(attributes=(Attribute("color", "red", negated=True),))) == "mug that is not red"
    assert phrase(mug(superlatives=(Superlative("right", rank=2),))) == "mug second from the right"
