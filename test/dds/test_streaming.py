"""An answer that comes word by word: words, masks and progress are told as they come, and a cancel ends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from camera import FRAME_ID, Camera
from conftest import Program, parameters
from diagnostic_msgs.msg import DiagnosticStatus
from person import Person

from reason_seg_ros.msg import Reply, SegmentedInstanceArray

NODE = "reason_seg_ros.nodes.segmenter_node"
TALKING = "talking_segmenter:TalkingSegmenter"
WORDS = ["One ", "One is left, ", "One is left, the other ", "One is left, the other is right."]
HELD = WORDS[1]


@pytest.fixture(scope="module")
def near(gate: Path) -> list[str]:
    """ROS arguments for the segmenter of these tests, in place of the others'."""
    return parameters(
        segmenter=TALKING, segmenter_options=f"'{{gate: {gate}}}'", precision="bf16", stop_after_mask=True
    )


def texts(person: Person, request_id: str) -> list[str]:
    """The words of a request, as they grew."""
    told = [r.text for r in person.replies if r.request_id == request_id and r.status == Reply.WORKING and r.text]
    return list(dict.fromkeys(told))


def partials(person: Person, instruction: str) -> list[SegmentedInstanceArray]:
    """What was told early about an instruction."""
    return [array for array in person.partials if array.instruction == instruction]


def final(person: Person, instruction: str) -> SegmentedInstanceArray | None:
    """What an instruction ended with."""
    return next((array for array in person.arrays if array.instruction == instruction), None)


def test_words_and_masks_are_told_as_they_come(person: Person, camera: Camera, gate: Path) -> None:
    goal = person.goal("hold words")
    (early,) = person.until(lambda: partials(person, "hold words"))
    person.until(lambda: person.working("hold words") and texts(person, early.request_id)[-1:] == [HELD])
    person.until(lambda: any(feedback.partial_text == HELD for feedback in goal.feedback))
    assert not goal.done and final(person, "hold words") is None
    assert (early.status, early.text, early.error_code) == (Reply.WORKING, WORDS[0], Reply.NONE)
    assert [latency.stage for latency in early.latencies] == ["total"]
    (gate / "words").touch()
    answer = goal.result.answer
    assert goal.status == "succeeded"
    assert (answer.status, answer.text) == (Reply.FOUND, WORDS[-1])
    assert texts(person, answer.request_id) == WORDS
    first, both = person.until(lambda: (told := partials(person, "hold words")) and len(told) == 2 and told)
    assert first == early
    assert both.instances == answer.instances
    assert early.instances == answer.instances[:1]
    assert early.header == answer.header
    assert early.header.frame_id == FRAME_ID
    ids = [instance.id for instance in answer.instances]
    assert len(set(ids)) == 2 and 0 not in ids
    assert early.instances[0].point_count > 100
    assert [array for array in person.arrays if array.instruction == "hold words"] == [answer]
    stages = list(dict.fromkeys(feedback.stage for feedback in goal.feedback))
    assert stages[:3] == ["queued", "wait", "generate"]  # clients drop the feedback that comes with the result


def test_things_keep_their_ids_from_answer_to_answer(person: Person, camera: Camera) -> None:
    first, second = person.ask("once"), person.ask("once more")
    told = person.until(lambda: (told := partials(person, "once more")) and len(told) == 2 and told)
    assert {i.id for i in first.instances} == {i.id for i in second.instances} == {i.id for i in told[-1].instances}


def test_what_is_told_early_is_not_shown_as_the_answer(person: Person, camera: Camera, gate: Path) -> None:
    """The latched topics show whole answers only."""
    shown = person.ask("show me").header.stamp
    person.until(lambda: "overlay" in person.pictures and person.pictures["overlay"].header.stamp == shown)
    person.say("hold pictures")
    person.until(lambda: partials(person, "hold pictures"))
    assert person.pictures["overlay"].header.stamp == shown
    (gate / "pictures").touch()
    stamp = person.until(lambda: final(person, "hold pictures")).header.stamp
    person.until(lambda: person.pictures["overlay"].header.stamp == stamp)


def test_a_cancel_ends_it_at_the_next_token(person: Person, camera: Camera) -> None:
    goal = person.goal("hold for ever")
    person.until(lambda: any(feedback.partial_text == HELD for feedback in goal.feedback))
    assert goal.cancel()
    assert goal.status == "canceled"
    ended = goal.result.answer
    assert (ended.status, list(ended.instances)) == (Reply.CANCELLED, [])
    assert person.ask("go on").status == Reply.FOUND
    assert texts(person, ended.request_id) == WORDS[:2]
    assert len(partials(person, "hold for ever")) == 1
    assert (reply := person.final(ended.request_id)) and reply.status == Reply.CANCELLED


def test_a_newer_instruction_waits_for_what_is_being_said(person: Person, camera: Camera, gate: Path) -> None:
    """And takes the place of the one that waits already."""
    person.say("hold topic")
    person.until(lambda: partials(person, "hold topic"))
    person.say("replaced")
    person.say("the newest")
    replaced = person.until(lambda: final(person, "replaced"))
    assert (replaced.status, "newer" in replaced.text) == (Reply.CANCELLED, True)
    assert final(person, "hold topic") is None
    (gate / "topic").touch()
    answers = person.until(lambda: (last := final(person, "the newest")) and (final(person, "hold topic"), last))
    assert [(answer.status, answer.text) for answer in answers] == [(Reply.FOUND, WORDS[-1])] * 2
    assert not partials(person, "replaced")


def test_a_mask_without_a_pixel_is_an_answer_of_its_own(person: Person, camera: Camera) -> None:
    goal = person.goal("empty")
    assert goal.status == "succeeded"
    answer = goal.result.answer
    assert (answer.status, answer.error_code, answer.text) == (Reply.EMPTY, Reply.NONE, "It is there.")
    assert [instance.point_count for instance in answer.instances] == [0]
    assert not partials(person, "empty")
    person.until(lambda: "empty" in [value.key for value in person.status("answers").values])
    person.until(lambda: person.pictures["label_image"].header.stamp == answer.header.stamp)
    assert not any(person.pictures["label_image"].data)


def test_a_question_without_enough_memory_does_not_end_the_node(
    person: Person, camera: Camera, program: Program
) -> None:
    array = person.ask("allocate too much")
    assert (array.status, array.error_code) == (Reply.ERROR, Reply.OUT_OF_MEMORY)
    assert "EiB" in array.text and "smaller" in array.text
    assert program.alive
    assert person.ask("go on").status == Reply.FOUND


def test_options_that_are_not_left_at_their_default_reach_the_segmenter(person: Person, camera: Camera) -> None:
    assert person.ask("options").text == "its own, its own, bf16, its own, True"
    refused = person.set_parameter("precision", "fp33")
    assert not refused.successful
    assert "one of '', auto, fp32" in refused.reason


def test_what_a_segmenter_logs_is_in_the_log_of_the_node(person: Person, camera: Camera, program: Program) -> None:
    person.ask("log two old turns 100 % dropped")
    person.until(lambda: "two old turns 100 % dropped" in program.output)
    (line,) = [line for line in program.output.splitlines() if "two old turns" in line and "answered" not in line][:1]
    assert "[WARN]" in line and "[segmenter]" in line


def test_progress_of_loading_is_told(start: Callable[..., Program], domain: int, tmp_path: Path) -> None:
    options = parameters(segmenter=TALKING, segmenter_options=f"'{{gate: {tmp_path}, slow: true}}'")
    program = start(NODE, *options, "-r", "__node:=loading", "-r", "instruction:=/loading/say")
    person = Person(domain, "/loading", "/loading/say")
    try:
        status = person.until(lambda: person.says("/loading: segmenter", "(weights 40 %)"))
        assert status.level == DiagnosticStatus.OK
        assert "(weights 0 %)" in program.output
        assert "(weights 20 %)" not in program.output  # not a line for every step
        (tmp_path / "loaded").touch()
        person.until(lambda: person.says("/loading: segmenter", "active"))
        person.until(lambda: "(warm up)" in program.output and "loaded in" in program.output)
    finally:
        person.close()
