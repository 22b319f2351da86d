"""Images and an instruction in, instances out, between processes; and every fault of a camera gets its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera import BOARDS, FRAME_ID, HEIGHT, WIDTH, Camera, board_center, board_size
from conftest import Program, parameters
from diagnostic_msgs.msg import DiagnosticStatus
from person import Person

from reason_seg_ros.msg import Reply
from reason_seg_ros.nodes.clouds import points_from_cloud
from reason_seg_ros.nodes.images import color_from_image


@pytest.fixture(scope="module")
def program(start: Callable[..., Program], near: list[str]) -> Program:
    return start("reason_seg_ros.nodes.segmenter_node", *near, *parameters(frame_timeout=0.7, max_frame_age=0.4))


@pytest.fixture(scope="module")
def person(domain: int, program: Program) -> Iterator[Person]:
    person = Person(domain)
    yield person
    person.close()


@pytest.fixture(scope="module")
def shared_camera(person: Person) -> Iterator[Camera]:
    person.connect()
    camera = Camera(person.node)
    person.until(lambda: (status := person.status("camera")) and status.level == DiagnosticStatus.OK)
    yield camera
    camera.close()


@pytest.fixture
def camera(person: Person, shared_camera: Camera) -> Iterator[Camera]:
    yield shared_camera
    shared_camera.healthy()
    person.until(lambda: person.ask("are you well").status == Reply.FOUND)


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
    person.until(lambda: person.pictures.keys() >= {"cloud", "markers", "overlay", "label_image"})
    stamp = array.header.stamp
    person.until(lambda: all(person.pictures[n].header.stamp == stamp for n in ("cloud", "overlay", "label_image")))
    ids = {instance.id for instance in array.instances}
    labels = np.frombuffer(person.pictures["label_image"].data, np.uint16).reshape(HEIGHT, WIDTH)
    assert set(np.unique(labels)) == ids | {0}
    assert person.pictures["cloud"].width == sum(instance.point_count for instance in array.instances)
    assert color_from_image(person.pictures["overlay"]).shape == (HEIGHT, WIDTH, 3)
    markers = person.pictures["markers"].markers
    assert markers[0].action == markers[0].DELETEALL
    assert {marker.id for marker in markers[1:]} == ids
    assert {marker.ns for marker in markers[1:]} == {"boxes", "edges", "labels"}


def test_an_error_takes_the_pictures_away(person: Person, camera: Camera) -> None:
    person.ask("show me")
    person.until(lambda: "cloud" in person.pictures and person.pictures["cloud"].width)
    assert person.ask("fail now").status == Reply.ERROR
    person.until(lambda: person.pictures["cloud"].width == 0 and not any(person.pictures["label_image"].data))
    assert person.pictures["cloud"].header.frame_id == FRAME_ID


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


@pytest.mark.parametrize(
    ("name", "fields", "code", "hint"),
    [
        ("color", {"encoding": "nv99"}, Reply.BAD_IMAGE, "nv99"),
        ("depth", {"encoding": "rgb8"}, Reply.BAD_IMAGE, "16UC1"),
        ("color", {"step": 5}, Reply.BAD_IMAGE, "step"),
        ("depth", {"height": HEIGHT // 2}, Reply.SIZE_MISMATCH, f"{WIDTH}x{HEIGHT // 2}"),
        ("info", {"width": 2 * WIDTH}, Reply.SIZE_MISMATCH, f"{2 * WIDTH}x{HEIGHT}"),
        ("info", {"k": [0.0] * 9}, Reply.UNCALIBRATED_CAMERA, "K[0]"),
        ("info", {"k": [float("nan")] * 9}, Reply.UNCALIBRATED_CAMERA, "calibrate"),
    ],
)
def test_unusable_messages(
    person: Person, camera: Camera, name: str, fields: dict[str, Any], code: int, hint: str
) -> None:
    camera.fields[name] = fields
    expect_error(person, code, hint)


def test_another_frame_id(person: Person, camera: Camera) -> None:
    camera.frame_ids = {"depth": "depth_optical_frame"}
    expect_error(person, Reply.FRAME_ID_MISMATCH, "depth_optical_frame")


def test_stale_images(person: Person, camera: Camera) -> None:
    camera.silent = frozenset({"color", "depth", "info"})
    expect_error(person, Reply.STALE_FRAME, "max_frame_age")


def test_stamps_ahead_of_the_clock(person: Person, camera: Camera) -> None:
    camera.clock_offset = 30.0
    expect_error(person, Reply.STALE_FRAME, "ahead")


def test_a_clock_that_jumps_back_recovers(person: Person, camera: Camera) -> None:
    camera.clock_offset = 0.3
    person.until(lambda: person.ask("before the jump").status == Reply.FOUND)
    camera.clock_offset = -0.1
    array = person.until(lambda: (a := person.ask("after the jump")).status == Reply.FOUND and a)
    assert len(array.instances) == 2


def test_depth_without_a_reading_is_no_error(person: Person, camera: Camera) -> None:
    camera.fields["depth"] = {"data": bytes(2 * HEIGHT * WIDTH)}
    array = person.until(lambda: (a := person.ask("in the dark")).status == Reply.ABSENT and a)
    assert array.error_code == Reply.NONE


@pytest.mark.parametrize(
    ("instruction", "hint"),
    [("", "empty"), ("  \n ", "empty"), ("x" * 1001, "1000 are allowed"), ("x" * 10**6, "1000")],
)
def test_unusable_instructions(person: Person, camera: Camera, instruction: str, hint: str) -> None:
    array = person.ask(instruction)
    assert (array.status, array.error_code) == (Reply.ERROR, Reply.BAD_INSTRUCTION)
    assert hint in array.text


def test_a_failing_segmenter_does_not_end_the_node(person: Person, camera: Camera, program: Program) -> None:
    array = person.ask("fail now")
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


def test_dynamic_parameters_are_checked(person: Person, camera: Camera) -> None:
    assert set_parameter(person, "slop", 0.02).successful
    assert not set_parameter(person, "slop", 3.0).successful
    refused = set_parameter(person, "target_frame", "map")
    assert not refused.successful
    assert "configure" in refused.reason
    set_parameter(person, "slop", 0.03)


def test_diagnostics_tell_rates_and_latency(person: Person, camera: Camera) -> None:
    person.ask("measure")
    status = person.until(lambda: (s := person.status("camera")) and s.level == DiagnosticStatus.OK and s)
    values = {value.key: value.value for value in status.values}
    assert float(values["/color/image_raw Hz"]) > 1
    assert float(values["age of newest frame, s"]) < 1
    answers = person.until(lambda: (s := person.status("answers")) and any("total" in v.key for v in s.values) and s)
    assert int(next(v.value for v in answers.values if v.key == "found")) > 0
    assert person.status("segmenter: segmenter").message == "active"


def expect_error(person: Person, code: int, hint: str) -> None:
    """The same error, with a hint, on the topics, in the action's result and in the diagnostics."""
    array = person.until(lambda: (a := person.ask("with a fault")).error_code == code and a)
    assert array.status == Reply.ERROR
    assert hint in array.text
    final = person.final(array.request_id)
    assert final is not None
    assert (final.status, final.error_code, final.text) == (Reply.ERROR, code, array.text)
    goal = person.goal("with a fault")
    assert goal.status == "aborted"
    assert goal.result.error_code == code
    assert hint in goal.result.error_message
    for name in ("answers", "camera"):
        status = person.until(partial(person.says, name, hint))
        assert status.level == DiagnosticStatus.WARN


def set_parameter(person: Person, name: str, value: Any) -> Any:
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    client: Any = person.node.create_client(SetParameters, "/segmenter/set_parameters")
    assert client.wait_for_service(10)
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    result = person.wait_for(client.call_async(request)).results[0]
    person.node.destroy_client(client)
    return result
