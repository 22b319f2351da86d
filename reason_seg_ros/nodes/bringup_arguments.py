"""The arguments of bringup and what they mean, shared by launch/bringup.launch.py and `reason-seg bringup`.

Imports nothing of ROS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ReasonSegError
from ..segmenters.lisa.options import Mode, Precision
from .interface import CAMERA_INFO, CLOUD, COLOR, DEPTH, MARKERS, OVERLAY

_TOPIC_ARGUMENTS = ("color_topic", "depth_topic", "camera_info_topic")
# Arguments that set the segmenter's parameter of the same name.
_SEGMENTER_PARAMETERS = ("segmenter", "checkpoint", "device", "precision", "mode", "target_frame", "autostart")
_BOOLEAN = ("true", "false", "True", "False")


@dataclass(frozen=True)
class Argument:
    """One `name:=value` argument.

    Attributes:
        name: as it is typed.
        default: value when it is not given; empty means "not set".
        description: for people, one sentence.
        choices: the values that are allowed; empty means any.
    """

    name: str
    default: str
    description: str
    choices: tuple[str, ...] = ()


ARGUMENTS = (
    Argument(
        "camera",
        "none",
        "where images come from: 'none' waits for a real camera's topics, 'sim' starts a simulated table, "
        "'folder' plays the frame folders named by `frames`",
        ("none", "sim", "folder"),
    ),
    Argument(
        "frames", "", "for camera:=folder: a frame folder, or a folder of frame folders; several separated by ':'"
    ),
    Argument("color_topic", COLOR.name, "colour images of the camera (sensor_msgs/Image)"),
    Argument("depth_topic", DEPTH.name, "depth images registered to colour (sensor_msgs/Image)"),
    Argument("camera_info_topic", CAMERA_INFO.name, "intrinsics of the colour images (sensor_msgs/CameraInfo)"),
    Argument("segmenter", "embedded", "what answers: a segmenter's name, or 'module:Class' of your own"),
    Argument("checkpoint", "", "weights of a segmenter that loads some: a folder, or a hub id"),
    Argument("device", "", "where such a segmenter computes: auto, cuda, cuda:1, cpu"),
    Argument("precision", "", "number format of its weights", ("", *(precision.value for precision in Precision))),
    Argument("mode", "", "what it is asked for: masks, words, or both", ("", *(mode.value for mode in Mode))),
    Argument(
        "params_file",
        "",
        "YAML file of node parameters; empty takes the package's config/segmenter.yaml. Arguments that are not left at "
        "their default win over it",
    ),
    Argument("namespace", "", "namespace of all nodes and of their topics"),
    Argument("use_sim_time", "false", "take the time from /clock (bags played with --clock, simulators)", _BOOLEAN),
    Argument("autostart", "true", "configure and activate the segmenter at once; 'false' leaves it to you", _BOOLEAN),
    Argument("rviz", "false", "open RViz with the package's view", _BOOLEAN),
    Argument("viewer", "false", "start the viewer in the browser", _BOOLEAN),
    Argument("target_frame", "", "frame in which poses are given; empty keeps the camera's optical frame"),
    Argument("log_level", "info", "least severe log messages to show", ("debug", "info", "warn", "error", "fatal")),
)


def defaults() -> dict[str, str]:
    """Default of every argument by its name."""
    return {argument.name: argument.default for argument in ARGUMENTS}


class BringupError(ReasonSegError):
    """An argument of bringup that cannot be used."""


def check(values: Mapping[str, str]) -> None:
    """See that the arguments can be used together.

    Raises:
        BringupError: if the frames to play are not named, or the parameters file does not exist.
    """
    if values["camera"] == "folder" and not values["frames"]:
        raise BringupError("camera:=folder plays frames:=DIR: name a frame folder, or a folder of frame folders")
    if values["params_file"] and not Path(values["params_file"]).is_file():
        raise BringupError(f"params_file is '{values['params_file']}': there is no such file")


def is_true(value: str) -> bool:
    """What a true/false argument says."""
    return value.lower() == "true"


def clock_parameters(values: Mapping[str, str]) -> dict[str, str | bool]:
    """Parameters that the arguments set in every node."""
    return {"use_sim_time": True} if is_true(values["use_sim_time"]) else {}


def segmenter_parameters(values: Mapping[str, str]) -> dict[str, str | bool]:
    """Parameters that the arguments set in the segmenter: those not left at their default win over the file."""
    default = defaults()
    given = {name: values[name] for name in _SEGMENTER_PARAMETERS if values[name] != default[name]}
    return {name: is_true(value) if name == "autostart" else value for name, value in given.items()}


def camera_remappings(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The camera's standard topics that the `*_topic` arguments replace, each with what replaces it."""
    default = defaults()
    return [(default[name], values[name]) for name in _TOPIC_ARGUMENTS if values[name] != default[name]]


def rviz_options(values: Mapping[str, str], view: Path) -> list[str]:
    """RViz's own options: the view and its frame."""
    fixed_frame = ["--fixed-frame", values["target_frame"]] if values["target_frame"] else []
    return ["--display-config", str(view), *fixed_frame]


def rviz_remappings(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The topics of config/reason_seg.rviz, which are those of the root namespace, each with where it is."""
    default = defaults()
    topics = {default[name]: values[name] for name in _TOPIC_ARGUMENTS}
    # RViz makes a cloud of depth with the camera info beside it; depth is registered, so colour's is right.
    topics["depth/camera_info"] = values["camera_info_topic"]
    own = (endpoint.name.replace("~", "segmenter", 1) for endpoint in (CLOUD, MARKERS, OVERLAY))
    topics.update((name, name) for name in own)
    return [(f"/{topic}", target) for topic, target in topics.items()]
