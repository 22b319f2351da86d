"""Arguments of bringup become nodes with ROS arguments."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `. ./env.sh`")

import rclpy
from rclpy.node import Node

from reason_seg_ros.nodes import compose, runtime
from reason_seg_ros.nodes.bringup_arguments import BringupError, rviz_remappings
from reason_seg_ros.nodes.compose import Part, bringup, describe_arguments, node_arguments, parts, read_arguments


def made(**_: object) -> Any:
    """No node is made here."""


def test_arguments_are_read_over_their_defaults() -> None:
    values = read_arguments(["camera:=sim", "namespace:=robot", "frames:=a:=b"])
    assert (values["camera"], values["namespace"], values["frames"]) == ("sim", "robot", "a:=b")
    assert values["segmenter"] == "embedded"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("camera=sim", "NAME:=VALUE"),
        ("kamera:=sim", "no argument"),
        ("camera:=lidar", "one of none, sim, folder"),
        ("precision:=fp33", "one of '', auto, fp32"),
        ("camera:=folder", "frames:=DIR"),
        ("params_file:=/no/such/file", "no such file"),
    ],
)
def test_unusable_arguments_say_why(word: str, hint: str) -> None:
    with pytest.raises(BringupError, match=hint):
        read_arguments([word])


def test_what_is_given_comes_after_the_parameters_file(tmp_path: Path) -> None:
    params_file = tmp_path / "params.yaml"
    params_file.write_text("")
    values = read_arguments(
        [f"params_file:={params_file}", "namespace:=/robot/", "use_sim_time:=true", "color_topic:=/rgb"]
    )
    words = node_arguments(Part(made, {"target_frame": "it's", "autostart": False}), values)
    assert words[:3] == ["--ros-args", "--params-file", str(params_file)]
    rest = words[3:]
    assert "use_sim_time:=true" in rest
    assert "target_frame:='it''s'" in rest
    assert "autostart:=false" in rest
    assert "__ns:=/robot" in rest
    assert "color/image_raw:=/rgb" in rest
    assert not any("depth/image_raw" in word for word in rest)


def test_every_argument_is_described() -> None:
    text = describe_arguments()
    assert "camera:=none" in text
    assert "one of none, sim, folder" in text


def test_rviz_without_ros_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BringupError, match="rviz2"):
        bringup(read_arguments(["rviz:=true"]))


def test_only_what_is_not_at_its_default_wins_over_the_parameters_file() -> None:
    (segmenter,) = parts(read_arguments(["segmenter:=embedded", "target_frame:=base_link", "autostart:=False"]))
    assert segmenter.parameters == {"target_frame": "base_link", "autostart": False}


def test_what_looks_like_a_number_stays_text() -> None:
    camera = parts(read_arguments(["camera:=folder", "frames:=20240101"]))[1]
    assert "frames:='20240101'" in node_arguments(camera, read_arguments([]))


@pytest.fixture
def rviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of RViz's name that writes its arguments to a file, and that file."""
    written = tmp_path / "words"
    program = tmp_path / "rviz2"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {written}.part; mv {written}.part {written}; exec sleep 60\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return written


class Recorder(Node):
    """A node that notes whether its thread still ran when it was destroyed."""

    ends: list[bool]

    def __init__(self, cli_args: list[str]) -> None:
        super().__init__("recorder", cli_args=cli_args)

    def destroy_node(self) -> None:
        self.ends.append(any(thread.name == "spin recorder" for thread in threading.enumerate()))
        super().destroy_node()


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Recorder]]:
    monkeypatch.setenv("ROS_DOMAIN_ID", "93")
    monkeypatch.setattr(Recorder, "ends", [], raising=False)
    yield Recorder
    rclpy.try_shutdown()


def test_rviz_is_led_to_the_topics_and_nodes_end_after_their_threads(
    rviz: Path, recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_when_rviz_is_open(_: Node) -> None:
        deadline = time.monotonic() + 30
        while not rviz.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(compose, "parts", lambda values: [Part(recorder, {}, end_when_rviz_is_open)])
    words = ["rviz:=true", "namespace:=robot", "color_topic:=/rgb", "use_sim_time:=true", "target_frame:=map"]
    assert bringup(read_arguments(words)) == 0
    said = rviz.read_text().splitlines()
    assert {"__ns:=/robot", "use_sim_time:=true", "/color/image_raw:=/rgb"} <= set(said)
    assert "/segmenter/cloud:=segmenter/cloud" in said
    assert said[said.index("--fixed-frame") + 1] == "map"
    assert recorder.ends
    assert not any(recorder.ends)


def test_nodes_that_were_made_are_destroyed_when_another_cannot_be(
    recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> Any:
        raise BringupError("told to fail")

    monkeypatch.setattr(compose, "parts", lambda values: [Part(recorder, {}), Part(refused, {})])
    with pytest.raises(BringupError, match="told to fail"):
        bringup(read_arguments([]))
    assert recorder.ends
    assert not any(recorder.ends)
    assert not rclpy.ok()


def test_nodes_that_spin_are_destroyed_after_their_threads(recorder: type[Recorder]) -> None:
    rclpy.init()
    node = recorder(cli_args=[])
    spins = threading.Event()
    thread = runtime.spin_in_thread(node, spins.set)
    assert spins.wait(10)
    runtime.end([node], [thread])
    assert recorder.ends
    assert not any(recorder.ends)
    assert not rclpy.ok()


def test_rviz_remappings_cover_the_view() -> None:
    remappings = dict(rviz_remappings(read_arguments(["camera_info_topic:=/info"])))
    assert remappings["/depth/camera_info"] == remappings["/color/camera_info"] == "/info"
    assert remappings["/segmenter/overlay"] == "segmenter/overlay"


def test_the_profile_is_set_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE", "FASTDDS_BUILTIN_TRANSPORTS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("ROS_DISTRO", "kilted")
    runtime.use_large_image_profile()
    assert Path(os.environ["FASTDDS_DEFAULT_PROFILES_FILE"]).name == "fastdds_large_images.xml"
