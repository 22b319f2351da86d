"""Every fault that a camera can have gets its answer, and the node lives on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera import HEIGHT, WIDTH, Camera, depth_image, sized
from diagnostic_msgs.msg import DiagnosticStatus
from person import Person

from reason_seg_ros.msg import Reply


def metres(depth: np.ndarray) -> dict[str, Any]:
    """Fields of a 32FC1 depth image."""
    return {"encoding": "32FC1", "step": 4 * depth.shape[1], "data": depth.astype(np.float32).tobytes()}


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
        ("info", {"p": [1.0, 0.0, float("nan"), *[0.0] * 9]}, Reply.UNCALIBRATED_CAMERA, "P[0]"),
        ("color", {"height": 0}, Reply.BAD_IMAGE, "no pixels"),
        ("depth", {"data": bytes(99)}, Reply.BAD_IMAGE, "99 bytes"),
        ("depth", metres(1000 * depth_image()), Reply.BAD_IMAGE, "divide by 1000"),
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


@pytest.mark.parametrize("fields", [{"data": bytes(2 * HEIGHT * WIDTH)}, metres(np.full((HEIGHT, WIDTH), np.nan))])
def test_depth_without_a_reading_is_no_error(person: Person, camera: Camera, fields: dict[str, Any]) -> None:
    camera.fields["depth"] = fields
    array = person.until(lambda: (a := person.ask("in the dark")).status == Reply.ABSENT and a)
    assert array.error_code == Reply.NONE


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1080, 1920)])
def test_images_of_any_size(person: Person, camera: Camera, height: int, width: int) -> None:
    camera.fields = sized(height, width, 0.6)

    def sizes() -> list[tuple[int, int]]:
        return [(instance.box.height, instance.box.width) for instance in person.ask("how large").instances]

    person.until(lambda: sizes() == [(height, width)])


def test_a_camera_that_stops_in_the_middle(person: Person, camera: Camera, gate: Path) -> None:
    """What was taken up is answered on its image; what comes later is told what has fallen silent."""
    running = person.goal("hold middle")
    person.until(lambda: person.working("hold middle"))
    camera.silent = frozenset({"color", "depth", "info"})
    (gate / "middle").touch()
    assert running.result.answer.status == Reply.FOUND
    array = person.until(
        lambda: (a := person.ask("still there")) and "check that the camera still publishes" in a.text and a
    )
    assert array.error_code == Reply.STALE_FRAME


def test_two_cameras_on_one_topic(person: Person, camera: Camera) -> None:
    other = Camera(person.node)
    other.frame_ids = dict.fromkeys(("color", "depth", "info"), "other_optical_frame")
    other.offsets = {"depth": 0.02}
    try:
        status = person.until(lambda: person.says("camera", "/color/image_raw has 2 publishers"))
        assert status.level == DiagnosticStatus.WARN
        array = person.until(partial(person.refused, "which of them", Reply.FRAME_ID_MISMATCH))
        assert "lead the topics of one camera here" in array.text
    finally:
        other.close()


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
