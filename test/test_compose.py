"""Arguments of bringup become nodes with ROS arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `. ./env.sh`")

from reason_seg_ros.nodes.compose import (
    BringupError,
    Part,
    bringup,
    describe_arguments,
    node_arguments,
    read_arguments,
)


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
    words = node_arguments(Part(made, {"target_frame": "it's", "autostart": "False"}), values)
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
