"""Poses in a target frame: by tf2 where it is installed, and an answer that says so where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
import pytest
from camera import FRAME_ID, Camera, board_center
from conftest import Program, parameters
from person import Person

from reason_seg_ros.msg import Reply, SegmentedInstance

NODE = "reason_seg_ros.nodes.segmenter_node"
# The camera looks along the target frame's x axis: optical z is x, optical x is -y, optical y is -z; 0.5 m up.
QUATERNION = (-0.5, 0.5, -0.5, 0.5)
ROTATION = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float)
HEIGHT = 0.5


@pytest.fixture
def person(domain: int) -> Iterator[Person]:
    person = Person(domain)
    camera = Camera(person.node)
    yield person
    camera.close()
    person.close()


def test_the_camera_frame_itself_needs_no_transform(
    start: Callable[..., Program], near: list[str], person: Person
) -> None:
    program = start(NODE, *near, *parameters(target_frame=FRAME_ID))
    person.connect()
    array = person.until(lambda: (a := person.ask("what is near")).status == Reply.FOUND and a)
    left = min(array.instances, key=lambda instance: instance.box.x_offset)
    assert left.header.frame_id == FRAME_ID
    assert position_of(left) == pytest.approx(board_center(0), abs=0.005)
    program.end()


def test_an_unknown_frame_is_an_answer(start: Callable[..., Program], near: list[str], person: Person) -> None:
    program = start(NODE, *near, *parameters(target_frame="nowhere"))
    person.connect()
    array = person.until(lambda: (a := person.ask("what is near")).error_code == Reply.NO_TRANSFORM and a)
    assert "nowhere" in array.text
    assert ("install" in array.text) == (find_spec("tf2_ros") is None)
    goal = person.goal("what is near")
    assert (goal.status, goal.result.error_code) == ("aborted", Reply.NO_TRANSFORM)
    program.end()


@pytest.mark.skipif(find_spec("tf2_ros") is None, reason="tf2_ros is not installed (it comes with a ROS installation)")
def test_poses_are_brought_to_the_target_frame(start: Callable[..., Program], near: list[str], person: Person) -> None:
    from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
    from tf2_ros import StaticTransformBroadcaster

    transform = TransformStamped(child_frame_id=FRAME_ID)
    transform.header.frame_id = "base_link"
    transform.transform.translation = Vector3(z=HEIGHT)
    transform.transform.rotation = Quaternion(**dict(zip("xyzw", QUATERNION, strict=True)))
    broadcaster = StaticTransformBroadcaster(person.node)
    broadcaster.sendTransform(transform)
    program = start(NODE, *near, *parameters(target_frame="base_link"))
    person.connect()
    array = person.until(lambda: (a := person.ask("what is near")).status == Reply.FOUND and a)
    left = min(array.instances, key=lambda instance: instance.box.x_offset)
    assert array.header.frame_id == left.cloud.header.frame_id == FRAME_ID
    assert left.header.frame_id == "base_link"
    expected = ROTATION @ board_center(0) + [0, 0, HEIGHT]
    assert position_of(left) == pytest.approx(tuple(expected), abs=0.005)
    program.end()


def position_of(instance: SegmentedInstance) -> tuple[float, float, float]:
    position = instance.pose.position
    return position.x, position.y, position.z
