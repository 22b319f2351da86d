"""The segmenter that the package comes with, over DDS: on the simulated table and on real frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from camera import HEIGHT, WIDTH, Camera, sized
from conftest import Program, parameters
from person import Person
from shared_data import SHARED

from reason_seg_ros.msg import Reply

pytest.importorskip("open3d", reason="the simulation needs open3d")
pytest.importorskip("torch", reason="the embedded segmenter's sentence encoder needs torch")

SHARED_FRAME = SHARED / "data" / "tabletop" / "uoc_0"
STAGES = {"wait", "understand", "propose", "ground", "lift", "pack", "total"}


@pytest.fixture(scope="module")
def person(domain: int, start: Callable[..., Program]) -> Iterator[Person]:
    # The first question on a busy machine may take its time: frames are then older than usual.
    start("reason_seg_ros.nodes.segmenter_node", *parameters(max_frame_age=5.0, frame_timeout=30.0))
    person = Person(domain)
    person.connect()
    person.until(lambda: person.status("segmenter: segmenter").message == "active", 90)
    yield person
    person.close()


def test_the_simulated_table(person: Person, start: Callable[..., Program]) -> None:
    from reason_seg_ros.simulation.camera import DEMO_SEED, SimulatedCamera

    questions = SimulatedCamera(DEMO_SEED).questions()
    camera = start("reason_seg_ros.nodes.sim_camera", *parameters(rate=10.0))
    instructions = {question.kind: question.instruction for question in reversed(questions)}
    array = person.ask(instructions["explicit"], 60)
    assert array.status in (Reply.FOUND, Reply.AMBIGUOUS), array.text
    assert array.text
    assert {latency.stage for latency in array.latencies} >= STAGES
    for instance in array.instances:
        assert 0.3 < instance.pose.position.z < 2.0
        assert 0 < instance.extents.x < 0.6
        assert 0 < instance.score <= 1
        assert instance.point_count > 20
    array = person.ask(instructions["absent"], 60)
    assert (array.status, len(array.instances)) == (Reply.ABSENT, 0)
    camera.end()


@pytest.mark.skipif(not SHARED_FRAME.exists(), reason=f"needs the shared data set: {SHARED_FRAME} is not there")
def test_a_real_frame(person: Person, start: Callable[..., Program]) -> None:
    queries = json.loads((SHARED_FRAME / "queries.json").read_text())
    camera = start("reason_seg_ros.nodes.folder_camera", *parameters(frames=str(SHARED_FRAME)))
    instruction = next(query["instruction"] for query in queries if query["kind"] == "explicit")
    array = person.ask(instruction, 60)
    assert array.status in (Reply.FOUND, Reply.ABSENT, Reply.AMBIGUOUS)
    goal = person.goal(instruction)
    assert goal.status == "succeeded"
    assert goal.result.answer.status == array.status
    camera.end()


def test_depth_without_a_single_pixel_is_an_error(person: Person) -> None:
    camera = Camera(person.node)
    camera.fields = {"depth": sized(HEIGHT, WIDTH, 0.0)["depth"]}
    try:
        array = person.until(lambda: person.refused("the red mug", Reply.NO_DEPTH))
        assert array.status == Reply.ERROR
        assert "registered depth" in array.text
    finally:
        camera.close()
