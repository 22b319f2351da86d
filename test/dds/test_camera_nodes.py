"""The camera nodes publish what the segmenter takes: matching stamps, registered depth, intrinsics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera import HEIGHT, WIDTH, depth_image
from conftest import Program, parameters
from person import Person
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.frame_folder import save_frame
from reason_seg_ros.nodes.frame_source import triple_to_frame
from reason_seg_ros.nodes.streams import Streams, Triple

CAMERA = Camera(WIDTH, HEIGHT, 150.0, 151.0, 80.0, 61.0)


@pytest.fixture
def person(domain: int) -> Iterator[Person]:
    person = Person(domain)
    yield person
    person.close()


def frames(person: Person, namespace: str, count: int) -> list[Triple]:
    """The next so many triples that a camera publishes."""
    streams = Streams(0.0)
    triples: list[Triple] = []

    def add(kind: str, message: Any) -> None:
        streams.add(kind, message)
        if streams.newest is not None and (not triples or triples[-1] is not streams.newest):
            triples.append(streams.newest)

    topics = {"color": (Image, "color/image_raw"), "depth": (Image, "depth/image_raw")}
    for kind, (cls, topic) in {**topics, "camera_info": (CameraInfo, "color/camera_info")}.items():
        person.node.create_subscription(
            cls, f"{namespace}/{topic}", lambda message, kind=kind: add(kind, message), qos_profile_sensor_data
        )
    person.until(lambda: len(triples) >= count)
    return triples[:count]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of two frames, dark and bright."""
    folder = tmp_path_factory.mktemp("recorded")
    for value in (50, 200):
        color = np.full((HEIGHT, WIDTH, 3), value, np.uint8)
        save_frame(Frame(color, depth_image(), CAMERA), folder / f"frame_{value}")
    return folder


def test_a_folder_plays_in_a_loop(start: Callable[..., Program], person: Person, recorded: Path) -> None:
    start(
        "reason_seg_ros.nodes.folder_camera",
        *parameters(frames=str(recorded), rate=20.0, frame_id="eye"),
        "-r",
        "__ns:=/folder",
    )
    triples = frames(person, "/folder", 5)
    played = [triple_to_frame(triple) for triple in triples]
    shades = [int(frame.color[0, 0, 0]) for frame in played]
    assert shades in ([50, 200, 50, 200, 50], [200, 50, 200, 50, 200])
    assert all(frame.camera == CAMERA and frame.frame_id == "eye" for frame in played)
    np.testing.assert_allclose(played[0].depth, depth_image(), atol=6e-4)
    assert all(triple.mismatch == 0 for triple in triples)
    stamps = np.diff([triple.stamp for triple in triples]) / 1e9
    assert (stamps > 0).all()
    info = triples[0].camera_info
    assert (info.distortion_model, list(info.d)) == ("plumb_bob", [0.0] * 5)
    assert list(info.p[:3]) == [CAMERA.fx, 0.0, CAMERA.cx]


def test_a_folder_plays_without_a_clock(start: Callable[..., Program], person: Person, recorded: Path) -> None:
    start(
        "reason_seg_ros.nodes.folder_camera",
        *parameters(frames=str(recorded), rate=20.0, use_sim_time=True),
        "-r",
        "__ns:=/timeless",
    )
    assert frames(person, "/timeless", 1)[0].stamp == 0


def test_a_folder_without_frames_says_so(start: Callable[..., Program], tmp_path: Path) -> None:
    program = start("reason_seg_ros.nodes.folder_camera", *parameters(frames=str(tmp_path)))
    assert program.process.wait(30) == 1
    assert "holds no frame folder" in program.output


def test_the_simulated_camera(start: Callable[..., Program], person: Person) -> None:
    pytest.importorskip("open3d", reason="the simulation needs open3d")
    start("reason_seg_ros.nodes.sim_camera", *parameters(rate=15.0, seed=3), "-r", "__ns:=/sim")
    triples = frames(person, "/sim", 2)
    frame = triple_to_frame(triples[0])
    assert frame.shape == (480, 640)
    assert (triples[0].color.encoding, triples[0].depth.encoding) == ("rgb8", "16UC1")
    assert frame.has_depth.mean() > 0.5
    assert frame.color.std() > 5
    assert not np.array_equal(triple_to_frame(triples[1]).depth, frame.depth, equal_nan=True)
