from __future__ import annotations

import numpy as np
import pytest
from grounding_scene import BOWL, CARTON, MUG, TIN, read, scene, thing

from reason_seg_ros.reply import Status
from reason_seg_ros.segmenters.embedded.grounding.decide import Decision, decide, overall
from reason_seg_ros.segmenters.embedded.grounding.evidence import Evidence
from reason_seg_ros.segmenters.embedded.grounding.resolve import Resolver
from reason_seg_ros.segmenters.embedded.language.intent import (
    Attribute,
    Description,
    Intent,
    Naming,
    Relation,
    Superlative,
)

NAMED, ANY, REFERRED = Naming.NAMED, Naming.ANY, Naming.REFERRED


def answer(evidence: Evidence, target: Description, referred=None, **intent) -> Decision:
    resolution = Resolver(evidence, read, referred).resolve(target)
    return decide(Intent("", (target,), **intent), resolution, evidence)


def named(noun: str, **fields) -> Description:
    return Description(NAMED, noun=noun, **fields)


@pytest.fixture
def kitchen() -> Evidence:
    """0 white mug left, 1 blue mug right behind, 2 bowl with 3 a tin in it, 4 red carton far right."""
    return scene(
        thing((-0.3, 0.7), **MUG, color="white"),
        thing((0.15, 1.0), **MUG, color="blue"),
        thing((0.0, 0.8), **BOWL, color="green"),
        thing((0.0, 0.8), (0.04, 0.04, 0.09), base=0.012, color="black"),
        thing((0.4, 0.9), **CARTON, color="red"),
    )


def test_a_kind_is_found_by_size_and_shape(kitchen: Evidence) -> None:
    for noun, index in (("bowl", 2), ("carton", 4)):
        decision = answer(kitchen, named(noun))
        assert (decision.status, decision.chosen) == (Status.FOUND, (index,))


def test_two_of_a_kind_are_ambiguous_for_the(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("mug"))
    assert decision.status is Status.AMBIGUOUS
    assert set(decision.chosen) == {0, 1}


def test_any_of_two_will_do_for_a(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("mug"), definite=False)
    assert decision.status is Status.FOUND
    assert decision.chosen[0] in (0, 1)


def test_colour_decides(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("mug", attributes=(Attribute("color", "blue"),)))
    assert (decision.status, decision.chosen) == (Status.FOUND, (1,))


def test_negated_colour_decides(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("mug", attributes=(Attribute("color", "blue", negated=True),)))
    assert (decision.status, decision.chosen) == (Status.FOUND, (0,))


def test_a_colour_that_no_such_thing_has_is_absent(kitchen: Evidence) -> None:
    assert answer(kitchen, named("mug", attributes=(Attribute("color", "yellow"),))).status is Status.ABSENT


def test_a_kind_that_is_not_there_is_absent(kitchen: Evidence) -> None:
    assert answer(kitchen, named("pen")).status is Status.ABSENT
    assert answer(kitchen, named("ball")).status is Status.ABSENT


def test_extremes_need_no_kind_and_are_never_absent(kitchen: Evidence) -> None:
    for axis, index in (("left", 0), ("right", 4), ("far", 1), ("tall", 4), ("small", 3)):
        decision = answer(kitchen, Description(ANY, superlatives=(Superlative(axis),)))
        assert (axis, decision.status, decision.chosen) == (axis, Status.FOUND, (index,))


def test_extremes_are_taken_within_the_kind(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("mug", superlatives=(Superlative("right"),)))
    assert (decision.status, decision.chosen) == (Status.FOUND, (1,))


def test_ranks_count_from_the_extreme(kitchen: Evidence) -> None:
    second = answer(kitchen, Description(ANY, superlatives=(Superlative("right", 2),)))
    assert second.chosen == (1,)


def test_the_middle_has_as_many_on_either_side() -> None:
    row = scene(*(thing((x, 0.8)) for x in (-0.4, -0.1, 0.25)))
    assert answer(row, Description(ANY, superlatives=(Superlative("middle"),))).chosen == (1,)


def test_relations_nest(kitchen: Evidence) -> None:
    """The mug left of the bowl that holds the tin."""
    bowl = named("bowl", relations=(Relation("containing", (Description(ANY),)),))
    decision = answer(kitchen, named("mug", relations=(Relation("left", (bowl,)),)))
    assert (decision.status, decision.chosen) == (Status.FOUND, (0,))


def test_what_is_in_the_bowl(kitchen: Evidence) -> None:
    decision = answer(kitchen, Description(ANY, relations=(Relation("in", (named("bowl"),)),)))
    assert (decision.status, decision.chosen) == (Status.FOUND, (3,))


def test_the_lower_one_of_a_stack() -> None:
    evidence = scene(
        thing((0.0, 0.8), (0.1, 0.06, 0.08), color="blue"),
        thing((0.0, 0.8), **TIN, base=0.08, color="red"),
        thing((0.3, 0.8), **TIN, color="green"),
    )
    anything = Description(ANY)
    under = answer(evidence, Description(ANY, relations=(Relation("under", (anything,)),)))
    on = answer(evidence, named("tin", relations=(Relation("on", (anything,)),)))
    assert under.chosen == (0,)
    assert on.chosen == (1,)


def test_both_takes_two(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("mug"), count=2)
    assert decision.status is Status.FOUND
    assert set(decision.chosen) == {0, 1}


def test_all_takes_those_that_fit(kitchen: Evidence) -> None:
    assert set(answer(kitchen, named("mug"), count=None).chosen) == {0, 1}
    assert set(answer(kitchen, Description(ANY), count=None).chosen) == {0, 1, 2, 3, 4}
    red = answer(kitchen, Description(ANY, attributes=(Attribute("color", "red"),)), count=None)
    assert red.chosen == (4,)


def test_exclusion_leaves_the_rest(kitchen: Evidence) -> None:
    blue = Description(ANY, attributes=(Attribute("color", "blue"),))
    assert answer(kitchen, named("mug", excluded=(blue,))).chosen == (0,)


def test_the_other_one_is_not_what_was_meant_before(kitchen: Evidence) -> None:
    before = np.array([1.0, 0, 0, 0, 0])
    decision = answer(kitchen, named("mug", excluded=(Description(REFERRED),)), referred=before)
    assert (decision.status, decision.chosen) == (Status.FOUND, (1,))


def test_it_is_what_was_meant_before(kitchen: Evidence) -> None:
    before = np.array([0, 0, 1.0, 0, 0])
    assert answer(kitchen, Description(REFERRED), referred=before).chosen == (2,)


def test_part_colours_tell_apart() -> None:
    evidence = scene(thing((-0.2, 0.8), **TIN, top="red"), thing((0.2, 0.8), **TIN))
    lid = Attribute("color", "red", on="lid")
    assert answer(evidence, named("tin", attributes=(lid,))).chosen == (0,)


def test_small_is_relative_to_the_kind() -> None:
    evidence = scene(
        thing((-0.2, 0.8), (0.12, 0.12, 0.05), "blue", BOWL["shape"], opening=0.95),
        thing((0.2, 0.8), (0.18, 0.18, 0.08), "blue", BOWL["shape"], opening=0.95),
        thing((0.5, 0.8), (0.02, 0.02, 0.02), "red"),
    )
    assert answer(evidence, named("bowl", attributes=(Attribute("size", "small"),))).chosen == (0,)


def test_an_unknown_noun_falls_back_to_its_properties(kitchen: Evidence) -> None:
    decision = answer(kitchen, named("flurb", attributes=(Attribute("color", "red"),)))
    assert decision.chosen == (4,)
    assert decision.scores[0] < 0.85


def test_empty_view_is_absent() -> None:
    assert answer(scene(), named("mug")).status is Status.ABSENT
    assert answer(scene(), Description(ANY), count=None).status is Status.ABSENT


def test_doubtful_proposals_lose_against_whole_things() -> None:
    evidence = scene(thing((-0.5, 0.8), score=0.1), thing((-0.2, 0.8)), thing((0.2, 0.8)))
    assert answer(evidence, Description(ANY, superlatives=(Superlative("left"),))).chosen == (1,)


def test_overall_status_of_several_targets(kitchen: Evidence) -> None:
    found, absent = answer(kitchen, named("bowl")), answer(kitchen, named("pen"))
    ambiguous = answer(kitchen, named("mug"))
    assert overall([found, absent]) is Status.FOUND
    assert overall([absent]) is Status.ABSENT
    assert overall([found, ambiguous]) is Status.AMBIGUOUS
