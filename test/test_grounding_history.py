from __future__ import annotations

import numpy as np
import pytest
from grounding_scene import MUG, thing

from reason_seg_ros.reply import Conversation, Reply, Segment, Status
from reason_seg_ros.segmenters.embedded.grounding.history import expanded, referred
from reason_seg_ros.segmenters.embedded.language.intent import Attribute, Description, Intent, Naming, Superlative

MUGS = (thing((-0.3, 0.8), **MUG), thing((0.3, 0.8), **MUG))
SAID = {
    "the red mug": Intent("", (Description(Naming.NAMED, "mug", attributes=(Attribute("color", "red"),)),)),
    "the mugs": Intent("", (Description(Naming.NAMED, "mug"),), count=None),
    "the pen or the cup": Intent(
        "", (Description(Naming.NAMED, "pen"), Description(Naming.NAMED, "cup")), alternatives=True
    ),
    "it": Intent("", (Description(Naming.REFERRED),)),
}


def talk(*turns: tuple[str, Reply]) -> Conversation:
    conversation = Conversation()
    for instruction, reply in turns:
        conversation.add(instruction, reply)
    return conversation


def found(mask: np.ndarray) -> Reply:
    return Reply(Status.FOUND, "", (Segment(mask, "mug"),))


def parse(text: str) -> Intent:
    return SAID[text]


def test_it_is_the_segment_of_the_last_answer() -> None:
    degrees = referred(talk(("the red mug", found(MUGS[1].proposal.mask))), MUGS)
    assert degrees.tolist() == [0.0, 1.0]


def test_an_absent_answer_is_skipped() -> None:
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)), ("the pen", Reply(Status.ABSENT, "")))
    assert referred(conversation, MUGS).tolist() == [1.0, 0.0]


def test_nothing_was_meant_before_the_first_turn() -> None:
    assert referred(None, MUGS) is None
    assert referred(Conversation(), MUGS) is None


def test_a_mask_of_another_size_matches_nothing() -> None:
    assert not referred(talk(("the red mug", found(np.ones((4, 4), bool)))), MUGS).any()


def test_another_colour_keeps_the_kind() -> None:
    blue = Description(Naming.REFERRED, attributes=(Attribute("color", "blue"),))
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)))
    target = expanded(Intent("no, the blue one", (blue,)), conversation, parse).targets[0]
    assert (target.naming, target.noun) == (Naming.NAMED, "mug")
    assert target.attributes == (Attribute("color", "blue"),)


def test_a_side_keeps_the_kind_and_drops_the_colour() -> None:
    left = Description(Naming.REFERRED, superlatives=(Superlative("left"),))
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)), ("it", found(MUGS[0].proposal.mask)))
    target = expanded(Intent("the left one", (left,)), conversation, parse).targets[0]
    assert (target.noun, target.attributes) == ("mug", ())


def test_a_bare_it_stays_a_reference() -> None:
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)))
    assert expanded(SAID["it"], conversation, parse).targets[0].naming is Naming.REFERRED


@pytest.mark.parametrize("conversation", [None, Conversation()])
def test_without_a_conversation_a_reference_is_any_thing(conversation: Conversation | None) -> None:
    assert expanded(SAID["it"], conversation, parse).targets[0].naming is Naming.ANY


BOTH = Reply(Status.AMBIGUOUS, "", tuple(Segment(mug.proposal.mask, "mug") for mug in MUGS))
OTHER = Description(Naming.REFERRED, excluded=(Description(Naming.REFERRED),))


def test_an_extreme_chooses_among_the_things_of_the_last_answer() -> None:
    bigger = Description(Naming.REFERRED, superlatives=(Superlative("large"),))
    target = expanded(Intent("which one is bigger?", (bigger,)), talk(("the mugs", BOTH)), parse).targets[0]
    assert (target.naming, target.noun) == (Naming.REFERRED, "mug")


def test_an_exception_chooses_among_the_things_of_the_last_answer() -> None:
    red = Description(Naming.REFERRED, attributes=(Attribute("color", "red"),))
    rest = Description(Naming.REFERRED, excluded=(red,))
    conversation = talk(("the mugs", BOTH))
    assert expanded(Intent("not the red ones", (rest,), None), conversation, parse).targets[0].naming is Naming.REFERRED


def test_the_other_one_is_another_of_the_kind() -> None:
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)))
    target = expanded(Intent("the other one", (OTHER,)), conversation, parse).targets[0]
    assert (target.naming, target.noun, target.excluded) == (Naming.NAMED, "mug", OTHER.excluded)


def test_the_other_one_of_two_kinds_is_either() -> None:
    conversation = talk(("the pen or the cup", found(MUGS[0].proposal.mask)))
    assert expanded(Intent("the other one", (OTHER,)), conversation, parse).targets[0].noun == "pen or cup"


def test_not_the_mug_after_the_mug_is_anything_else() -> None:
    mug = Description(Naming.REFERRED, excluded=(Description(Naming.NAMED, "mug"),))
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)))
    assert expanded(Intent("not the mug", (mug,)), conversation, parse).targets[0].naming is Naming.ANY


def test_thanks_leave_the_conversation_as_it_was() -> None:
    conversation = talk(("the red mug", found(MUGS[0].proposal.mask)), ("Thank you!", Reply(Status.ABSENT, "")))
    assert expanded(Intent("the other one", (OTHER,)), conversation, parse).targets[0].noun == "mug"
