"""The arguments of bringup, shared by launch/bringup.launch.py and `reason-seg bringup`. Imports nothing of ROS."""

from __future__ import annotations

from dataclasses import dataclass

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
    Argument("color_topic", "color/image_raw", "colour images of the camera (sensor_msgs/Image)"),
    Argument("depth_topic", "depth/image_raw", "depth images registered to colour (sensor_msgs/Image)"),
    Argument("camera_info_topic", "color/camera_info", "intrinsics of the colour images (sensor_msgs/CameraInfo)"),
    Argument("segmenter", "embedded", "what answers: a segmenter's name, or 'module:Class' of your own"),
    Argument("params_file", "", "YAML file of node parameters; empty takes the package's config/segmenter.yaml"),
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
