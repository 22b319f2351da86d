"""Images and an instruction in, instances out, between processes; and every fault of a camera gets its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera import BOARDS, FRAME_ID, HEIGHT, WIDTH, Camera, board_center, board_size
from conftest import Program
from diagnostic_msgs.msg import DiagnosticStatus
from person import Person
from visualization_msgs.msg import Marker

from reason_seg_ros.msg import Reply
from reason_seg_ros.nodes.clouds import points_from_cloud
from reason_seg_ros.nodes.images import color_from_image

PICTURES = ("cloud", "overlay", "label_image")


def test_what_is_meant_comes_out_in_3d(person: Person, camera: Camera) -> None:
    array = person.ask("what is near")
    assert array.status == Reply.FOUND
    assert array.error_code == Reply.NONE
    assert array.header.frame_id == FRAME_ID
    assert [instance.label for instance in array.instances] == ["thing", "thing"]
    assert all(instance.id > 0 for instance in array.instances)
    assert array.instances[0].id != array.instances[1].id
    for index, instance in enumerate(sorted(array.instances, key=lambda i: i.box.x_offset)):
        rows, columns, _ = BOARDS[index]
        assert instance.header == array.header
        box = instance.box
        assert (box.x_offset, box.y_offset) == (columns.start, rows.start)
        assert (box.width, box.height) == (columns.stop - columns.start, rows.stop - rows.start)
        assert (instance.mask.width, instance.mask.height, instance.mask.encoding) == (box.width, box.height, "mono8")
        assert set(instance.mask.data) == {255}
        position = instance.pose.position
        assert (position.x, position.y, position.z) == pytest.approx(board_center(index), abs=0.005)
        sides = sorted((instance.extents.x, instance.extents.y, instance.extents.z))[1:]
        assert sides == pytest.approx(sorted(board_size(index)), abs=0.015)
        points, _ = points_from_cloud(instance.cloud)
        assert len(points) == instance.point_count > 100
        assert not instance.touches_border
        assert instance.depth_share == 1.0


def test_the_stages_are_told_and_timed(person: Person, camera: Camera) -> None:
    array = person.ask("tell the stages")
    replies = [reply for reply in person.replies if reply.request_id == array.request_id]
    assert [reply.stage for reply in replies if reply.stage][:2] == ["wait", "propose"]
    assert replies[-1].status == Reply.FOUND
    assert all(reply.status == Reply.WORKING for reply in replies[:-1])
    assert any(reply.text for reply in replies[:-1])
    assert replies[-1].steps == ["meant: what is near"]
    assert replies[-1].header == array.header
    stages = [latency.stage for latency in array.latencies]
    assert stages == ["wait", "propose", "lift", "pack", "total"]
    assert all(np.isfinite(latency.milliseconds) and latency.milliseconds >= 0 for latency in array.latencies)


def test_pictures_for_people(person: Person, camera: Camera) -> None:
    array = person.ask("show me")
    shown(person, array)
    ids = {instance.id for instance in array.instances}
    labels = np.frombuffer(person.pictures["label_image"].data, np.uint16).reshape(HEIGHT, WIDTH)
    assert set(np.unique(labels)) == ids | {0}
    assert person.pictures["cloud"].width == sum(instance.point_count for instance in array.instances)
    assert color_from_image(person.pictures["overlay"]).shape == (HEIGHT, WIDTH, 3)
    markers = person.pictures["markers"].markers
    assert markers[0].action == markers[0].DELETEALL
    assert {marker.id for marker in markers[1:]} == ids
    assert {marker.ns for marker in markers[1:]} == {"boxes", "edges", "labels"}


@pytest.mark.parametrize("ending", ["error", "cancelled"])
def test_what_is_taken_up_but_not_answered_takes_the_pictures_away(person: Person, camera: Camera, ending: str) -> None:
    shown(person, person.ask("show me"))
    if ending == "error":
        stamp = person.ask("fail now").header.stamp
    else:
        goal = person.goal("hold for ever")
        person.until(lambda: person.working("hold for ever"))
        assert goal.cancel()
        stamp = goal.result.answer.header.stamp
    assert stamp.sec
    person.until(lambda: person.pictures["cloud"].width == 0 and not any(person.pictures["label_image"].data))
    person.until(lambda: set(person.pictures["overlay"].data) == {128})
    person.until(lambda: [marker.action for marker in person.pictures["markers"].markers] == [Marker.DELETEALL])
    assert all(person.pictures[name].header.stamp == stamp for name in PICTURES)


def test_what_never_gets_its_turn_leaves_the_pictures(person: Person, camera: Camera, gate: Path) -> None:
    array = person.ask("show me")
    shown(person, array)
    assert person.ask("").error_code == Reply.BAD_INSTRUCTION
    running = person.goal("hold pictures")
    person.until(lambda: person.working("hold pictures"))
    waiting = person.goal("wait your turn")
    person.set_parameter("max_queued_goals", 1)
    assert person.goal("too many").result.error_code == Reply.QUEUE_FULL
    assert waiting.cancel()
    assert waiting.result.answer.status == Reply.CANCELLED
    person.set_parameter("max_queued_goals", 8)
    shown(person, array)
    (gate / "pictures").touch()
    shown(person, running.result.answer)


def test_absent_and_ambiguous_are_answers(person: Person, camera: Camera) -> None:
    array = person.ask("nothing at all")
    assert (array.status, array.error_code, len(array.instances)) == (Reply.ABSENT, Reply.NONE, 0)
    array = person.ask("which one")
    assert (array.status, array.error_code, len(array.instances)) == (Reply.AMBIGUOUS, Reply.NONE, 2)


def test_the_same_thing_keeps_its_id(person: Person, camera: Camera) -> None:
    first, second = person.ask("once"), person.ask("once more")
    assert [i.id for i in first.instances] == [i.id for i in second.instances]


def test_reset_conversation(person: Person, camera: Camera) -> None:
    person.ask("say something")
    assert not person.ask("and again").text.startswith("turn 1:")
    assert person.reset_conversation().success
    assert person.ask("afresh").text.startswith("turn 1:")


def test_the_conversation_does_not_grow_for_ever(person: Person, camera: Camera) -> None:
    """Each turn holds masks of the image's size; the node keeps twenty."""
    assert person.reset_conversation().success
    texts = [person.ask(f"question {i}").text for i in range(23)]
    assert [text.split(":")[0] for text in texts[-4:]] == ["turn 20", "turn 21", "turn 21", "turn 21"]


def test_many_instructions_at_once(person: Person, camera: Camera, program: Program) -> None:
    for i in range(500):
        person.say(f"hurry {i}")
    person.until(lambda: any(a.instruction == "hurry 499" and a.status == Reply.FOUND for a in person.arrays))
    endings = {a.status for a in person.arrays if a.instruction.startswith("hurry")}
    assert endings <= {Reply.FOUND, Reply.CANCELLED}
    assert program.alive


@pytest.mark.parametrize("instruction", ["那个红色的杯子", "كوب القهوة", "🍎?", "\x01\x1b[31m\x07bell", "a\tb\nc\\'\""])
def test_instructions_in_any_words(person: Person, camera: Camera, instruction: str) -> None:
    array = person.ask(instruction)
    assert (array.status, array.instruction) == (Reply.FOUND, instruction)


@pytest.mark.parametrize(
    ("instruction", "hint"),
    [("", "empty"), ("  \n ", "empty"), ("x" * 1001, "1000 are allowed"), ("x" * 10**6, "1000")],
)
def test_unusable_instructions(person: Person, camera: Camera, instruction: str, hint: str) -> None:
    array = person.ask(instruction)
    assert (array.status, array.error_code) == (Reply.ERROR, Reply.BAD_INSTRUCTION)
    assert hint in array.text


def test_a_failing_segmenter_does_not_end_the_node(person: Person, camera: Camera, program: Program) -> None:
    for instruction in ("fail now", "exit now"):
        array = person.ask(instruction)
        assert (array.status, array.error_code) == (Reply.ERROR, Reply.SEGMENTER_FAILED)
        assert "told to fail" in array.text
    assert person.ask("memory please").error_code == Reply.OUT_OF_MEMORY
    assert program.alive
    assert person.ask("go on").status == Reply.FOUND


def test_the_newest_instruction_replaces_the_waiting_one(person: Person, camera: Camera, gate: Path) -> None:
    person.say("hold topic")
    person.until(lambda: person.working("hold topic"))
    person.say("first waiting")
    person.say("second waiting")
    replaced = person.until(lambda: next((a for a in person.arrays if a.instruction == "first waiting"), None))
    assert replaced.status == Reply.CANCELLED
    assert "newer" in replaced.text
    (gate / "topic").touch()
    person.until(lambda: any(a.instruction == "second waiting" and a.status == Reply.FOUND for a in person.arrays))
    assert any(a.instruction == "hold topic" and a.status == Reply.FOUND for a in person.arrays)
    assert person.working("first waiting") is None


def test_parameters_are_checked_and_those_in_use_are_fixed(person: Person, camera: Camera) -> None:
    assert person.set_parameter("slop", 0.02).successful
    assert person.set_parameter("slop", 0.03).successful
    for name, value, hint in (
        ("slop", 3.0, "range"),
        ("image_transport", "theora", "raw, compressed"),
        ("target_frame", "map", "deactivate the node first"),
        ("objects_file", "mine.yaml", "clean up the node first"),
        ("autostart", False, "read-only"),
        ("slop", 1, "type"),
    ):
        refused = person.set_parameter(name, value)
        assert not refused.successful
        assert hint in refused.reason, refused.reason


def test_diagnostics_tell_rates_and_latency(person: Person, camera: Camera) -> None:
    person.ask("measure")
    status = person.until(lambda: (s := person.status("camera")) and s.level == DiagnosticStatus.OK and s)
    values = {value.key: value.value for value in status.values}
    assert float(values["/color/image_raw Hz"]) > 1
    assert float(values["age of newest frame, s"]) < 1
    answers = person.until(lambda: (s := person.status("answers")) and any("total" in v.key for v in s.values) and s)
    assert int(next(v.value for v in answers.values if v.key == "found")) > 0
    assert person.status("segmenter: segmenter").message == "active"


def shown(person: Person, array: Any) -> None:
    """Wait until the pictures are those of an answer with instances."""
    person.until(lambda: all(name in person.pictures for name in (*PICTURES, "markers")))
    person.until(lambda: all(person.pictures[name].header.stamp == array.header.stamp for name in PICTURES))
    person.until(lambda: person.pictures["cloud"].width == sum(i.point_count for i in array.instances))
    person.until(lambda: len(person.pictures["markers"].markers) == 1 + 3 * len(array.instances))
    person.until(lambda: any(person.pictures["label_image"].data) and set(person.pictures["overlay"].data) != {128})
