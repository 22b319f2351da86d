"""Bringup without launch: camera, segmenter and viewer composed in one process, with the launch file's arguments."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from rclpy.node import Node

from ..errors import ReasonSegError
from . import interface
from .bringup_arguments import ARGUMENTS, defaults
from .runtime import config_file, spin_in_thread, use_large_image_profile

_TOPICS = {
    interface.COLOR.name: "color_topic",
    interface.DEPTH.name: "depth_topic",
    interface.CAMERA_INFO.name: "camera_info_topic",
}
_SEGMENTER_PARAMETERS = ("segmenter", "target_frame", "autostart")


class BringupError(ReasonSegError):
    """An argument of bringup that cannot be used."""


@dataclass(frozen=True)
class Part:
    """A node to compose: how to make it, its parameters, and what it does once it spins."""

    make: Callable[..., Node]
    parameters: Mapping[str, str]
    first: Callable[[Any], None] = lambda node: None


def read_arguments(words: Sequence[str]) -> dict[str, str]:
    """Every argument's value from words like "camera:=sim".

    Raises:
        BringupError: if a word is no argument or its value is not allowed.
    """
    values = defaults()
    choices = {argument.name: argument.choices for argument in ARGUMENTS}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator or name not in values:
            raise BringupError(f"'{word}' is no argument of bringup: give NAME:=VALUE with one of {', '.join(values)}")
        if choices[name] and value not in choices[name]:
            raise BringupError(f"{name} is '{value}': it must be one of {', '.join(choices[name])}")
        values[name] = value
    if values["camera"] == "folder" and not values["frames"]:
        raise BringupError("camera:=folder plays frames:=DIR: name a frame folder, or a folder of frame folders")
    if values["params_file"] and not Path(values["params_file"]).is_file():
        raise BringupError(f"params_file is '{values['params_file']}': there is no such file")
    return values


def describe_arguments() -> str:
    """The arguments for people, as `ros2 launch --show-args` does."""
    lines = []
    for argument in ARGUMENTS:
        allowed = f"; one of {', '.join(argument.choices)}" if argument.choices else ""
        lines.append(f"{argument.name}:={argument.default}\n    {argument.description}{allowed}")
    return "\n".join(lines)


def bringup(values: Mapping[str, str]) -> int:
    """Compose the nodes that the arguments ask for and run them until interrupted; returns the exit status.

    Each node spins on a thread of its own, so that a slow one holds no other up.

    Raises:
        ReasonSegError: if a node cannot be made.
    """
    use_large_image_profile()
    rviz = _open_rviz(values) if _is_true(values["rviz"]) else None
    rclpy.init(args=["--ros-args", "--log-level", values["log_level"]])
    nodes: list[Node] = []
    try:
        for part in parts(values):
            node = part.make(cli_args=node_arguments(part, values))
            nodes.append(node)
            spin_in_thread(node, partial(part.first, node))
        with suppress(KeyboardInterrupt):
            while rclpy.ok():
                time.sleep(0.2)
    finally:
        rclpy.try_shutdown()
        for node in nodes:
            node.destroy_node()
        if rviz is not None:
            rviz.terminate()
    return 0


def parts(values: Mapping[str, str]) -> list[Part]:
    """The nodes that the arguments ask for."""
    from .segmenter_node import SegmenterNode

    given = {name: values[name] for name in _SEGMENTER_PARAMETERS if values[name] != defaults()[name]}
    wanted = [Part(SegmenterNode, given, SegmenterNode.start)]
    if values["camera"] == "sim":
        from .sim_camera import SimCamera

        wanted.append(Part(SimCamera, {}))
    elif values["camera"] == "folder":
        from .folder_camera import FolderCamera

        wanted.append(Part(FolderCamera, {"frames": values["frames"]}))
    if _is_true(values["viewer"]):
        from .viewer_node import Viewer

        wanted.append(Part(Viewer, {}))
    return wanted


def node_arguments(part: Part, values: Mapping[str, str]) -> list[str]:
    """ROS arguments of one node. What is given comes after the parameters file and wins over it."""
    words = ["--ros-args"]
    params_file = values["params_file"] or config_file("segmenter.yaml")
    if params_file:
        words += ["--params-file", str(params_file)]
    if _is_true(values["use_sim_time"]):
        words += ["-p", "use_sim_time:=true"]
    for name, value in part.parameters.items():
        words += ["-p", f"{name}:={value.lower() if name == 'autostart' else _quoted(value)}"]
    if values["namespace"]:
        words += ["-r", f"__ns:=/{values['namespace'].strip('/')}"]
    for topic, argument in _TOPICS.items():
        if values[argument] != topic:
            words += ["-r", f"{topic}:={values[argument]}"]
    return words


def _quoted(text: str) -> str:
    """A YAML string, so that what looks like a number or a mapping stays text."""
    return "'" + text.replace("'", "''") + "'"


def _is_true(value: str) -> bool:
    return value.lower() == "true"


def _open_rviz(values: Mapping[str, str]) -> subprocess.Popen[bytes]:
    program = shutil.which("rviz2")
    if program is None:
        raise BringupError(
            "rviz:=true needs a ROS 2 installation with rviz2; viewer:=true shows the same in the browser"
        )
    words = [program, "--display-config", str(config_file("reason_seg.rviz"))]
    if values["target_frame"]:
        words += ["--fixed-frame", values["target_frame"]]
    if values["namespace"]:
        words += ["--ros-args", "-r", f"__ns:=/{values['namespace'].strip('/')}"]
    return subprocess.Popen(words)
