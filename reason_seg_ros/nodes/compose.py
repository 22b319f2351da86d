"""Bringup without launch: camera, segmenter and viewer composed in one process, with the launch file's arguments."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import rclpy
from rclpy.node import Node

from .bringup_arguments import (
    ARGUMENTS,
    BringupError,
    camera_remappings,
    check,
    clock_parameters,
    defaults,
    is_true,
    rviz_options,
    rviz_remappings,
    segmenter_parameters,
)
from .parameters import parameter_arguments
from .runtime import (
    check_parameter_files,
    config_file,
    end,
    spin_in_thread,
    start_error,
    use_large_image_profile,
)
from .wording import choices_text


@dataclass(frozen=True)
class Part:
    """A node to compose: how to make it, its parameters, and what it does once it spins."""

    make: Callable[..., Node]
    parameters: Mapping[str, str | bool]
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
            raise BringupError(f"{name} is '{value}': it must be one of {choices_text(choices[name])}")
        values[name] = value
    check(values)
    return values


def describe_arguments() -> str:
    """The arguments for people, as `ros2 launch --show-args` does."""
    lines = []
    for argument in ARGUMENTS:
        allowed = f"; one of {choices_text(argument.choices)}" if argument.choices else ""
        lines.append(f"{argument.name}:={argument.default}\n    {argument.description}{allowed}")
    return "\n".join(lines)


def bringup(values: Mapping[str, str]) -> int:
    """Compose the nodes that the arguments ask for and run them until interrupted; returns the exit status.

    Each node spins on a thread of its own, so that a slow one holds no other up.

    Raises:
        ReasonSegError: if a node cannot be made.
    """
    rviz_command = rviz_arguments(values) if is_true(values["rviz"]) else []
    wanted = parts(values)
    words = _parameters_file(values)
    check_parameter_files(words)
    use_large_image_profile()
    rclpy.init(args=["--ros-args", "--log-level", values["log_level"]])
    nodes: list[Node] = []
    threads: list[threading.Thread] = []
    rviz: subprocess.Popen[bytes] | None = None
    try:
        for part in wanted:
            node = part.make(cli_args=node_arguments(part, values))
            nodes.append(node)
        for part, node in zip(wanted, nodes, strict=True):
            threads.append(spin_in_thread(node, partial(part.first, node)))
        if rviz_command:
            rviz = subprocess.Popen(rviz_command)
        with suppress(KeyboardInterrupt):
            while rclpy.ok():
                time.sleep(0.2)
    except Exception as error:
        if rclpy.ok():  # else it was interrupted while the nodes were made
            raise start_error(error, words) from error.__cause__
    finally:
        if rviz is not None:
            rviz.terminate()
        end(nodes, threads)
    return 0


def parts(values: Mapping[str, str]) -> list[Part]:
    """The nodes that the arguments ask for."""
    from .segmenter_node import SegmenterNode

    wanted = [Part(SegmenterNode, segmenter_parameters(values), SegmenterNode.start)]
    if values["camera"] == "sim":
        from .sim_camera import SimCamera

        wanted.append(Part(SimCamera, {}))
    elif values["camera"] == "folder":
        from .folder_camera import FolderCamera

        wanted.append(Part(FolderCamera, {"frames": values["frames"]}))
    if is_true(values["viewer"]):
        from .viewer_node import Viewer

        wanted.append(Part(Viewer, {}))
    return wanted


def node_arguments(part: Part, values: Mapping[str, str]) -> list[str]:
    """ROS arguments of one node. Its own parameters come after the parameters file and win over it."""
    words = ["--ros-args", *_parameters_file(values)]
    parameters = {**part.parameters, **clock_parameters(values)}
    return words + _settings(parameters, values["namespace"], camera_remappings(values))


def _parameters_file(values: Mapping[str, str]) -> list[str]:
    params_file = values["params_file"] or config_file("segmenter.yaml")
    return ["--params-file", str(params_file)] if params_file else []


def rviz_arguments(values: Mapping[str, str]) -> list[str]:
    """RViz's command line.

    Raises:
        BringupError: if there is no RViz.
    """
    program = shutil.which("rviz2")
    if program is None:
        raise BringupError(
            "rviz:=true needs a ROS 2 installation with rviz2; viewer:=true shows the same in the browser"
        )
    view = config_file("reason_seg.rviz")
    if view is None:
        raise BringupError("rviz:=true needs the package's config/reason_seg.rviz, which is not installed")
    settings = _settings(clock_parameters(values), values["namespace"], rviz_remappings(values))
    return [program, *rviz_options(values, view), "--ros-args", *settings]


def _settings(parameters: Mapping[str, str | bool], namespace: str, remappings: Sequence[tuple[str, str]]) -> list[str]:
    words = parameter_arguments(parameters)
    if namespace:
        words += ["-r", f"__ns:=/{namespace.strip('/')}"]
    for topic, target in remappings:
        words += ["-r", f"{topic}:={target}"]
    return words
