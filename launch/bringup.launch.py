"""Start the segmenter with a camera, RViz and the browser's viewer as wanted: see `--show-args`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.launch_context import LaunchContext
from launch.substitutions import EnvironmentVariable
from launch_ros.actions import Node

from reason_seg_ros.nodes.bringup_arguments import ARGUMENTS, defaults

PACKAGE = "reason_seg_ros"
CONFIG = Path(get_package_share_directory(PACKAGE)) / "config"

# The standard names that the `*_topic` arguments replace.
TOPICS = {
    "color_topic": "color/image_raw",
    "depth_topic": "depth/image_raw",
    "camera_info_topic": "color/camera_info",
}

# The segmenter's topics that config/reason_seg.rviz shows.
SHOWN = ("segmenter/cloud", "segmenter/markers", "segmenter/overlay")

# Arguments that set the segmenter's parameter of the same name.
SEGMENTER_PARAMETERS = ("segmenter", "target_frame", "autostart")


def generate_launch_description() -> LaunchDescription:
    """The arguments, the environment, then the nodes that they ask for."""
    return LaunchDescription([*declared_arguments(), *dds_profile(), OpaqueFunction(function=nodes)])


def declared_arguments() -> list[LaunchDescriptionEntity]:
    """One declaration per argument of the shared table."""
    return [
        DeclareLaunchArgument(
            argument.name,
            default_value=argument.default,
            description=argument.description,
            **({"choices": list(argument.choices)} if argument.choices else {}),
        )
        for argument in ARGUMENTS
    ]


def dds_profile() -> list[LaunchDescriptionEntity]:
    """Fast DDS's profile for large images, unless the user has set one."""
    # Up to Jazzy ROS reads the older name only; after it, it complains about it.
    older = os.environ.get("ROS_DISTRO") in ("humble", "iron", "jazzy")
    name = "FASTRTPS_DEFAULT_PROFILES_FILE" if older else "FASTDDS_DEFAULT_PROFILES_FILE"
    profile = str(CONFIG / "fastdds_large_images.xml")
    return [SetEnvironmentVariable(name, EnvironmentVariable(name, default_value=profile))]


def nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The nodes for the arguments' values."""
    values = {argument.name: context.launch_configurations[argument.name] for argument in ARGUMENTS}
    entities: list[LaunchDescriptionEntity] = [segmenter(values)]
    if values["camera"] == "sim":
        entities.append(node("sim_camera", values))
    elif values["camera"] == "folder":
        if not values["frames"]:
            raise RuntimeError("camera:=folder plays frames:=DIR: name a frame folder, or a folder of frame folders")
        entities.append(node("folder_camera", values, {"frames": values["frames"]}))
    if is_true(values["viewer"]):
        entities.append(node("viewer", values))
    if is_true(values["rviz"]):
        entities.append(rviz(values))
    return entities


def segmenter(values: dict[str, str]) -> Node:
    """The segmenter; an argument that is given wins over the parameters file."""
    given: dict[str, Any] = {name: values[name] for name in SEGMENTER_PARAMETERS if values[name] != defaults()[name]}
    if "autostart" in given:
        given["autostart"] = is_true(given["autostart"])
    return node("segmenter", values, given)


def node(name: str, values: dict[str, str], parameters: dict[str, Any] | None = None) -> Node:
    """One of the package's programs as a node of the same name, with its part of the parameters file."""
    clock = {"use_sim_time": True} if is_true(values["use_sim_time"]) else {}
    given = {**(parameters or {}), **clock}
    return Node(
        package=PACKAGE,
        executable=name,
        name=name,
        namespace=values["namespace"],
        parameters=[values["params_file"] or str(CONFIG / "segmenter.yaml"), *([given] if given else [])],
        remappings=[(topic, values[argument]) for argument, topic in TOPICS.items() if values[argument] != topic],
        arguments=["--ros-args", "--log-level", values["log_level"]],
        output="both",
        emulate_tty=True,
    )


def rviz(values: dict[str, str]) -> Node:
    """RViz on the package's view, whose topics are those of the root namespace, led to where they are."""
    topics = {topic: values[argument] for argument, topic in TOPICS.items()}
    # RViz makes a cloud of depth with the camera info beside it; depth is registered, so colour's is right.
    topics["depth/camera_info"] = values["camera_info_topic"]
    topics.update({topic: topic for topic in SHOWN})
    fixed_frame = ["--fixed-frame", values["target_frame"]] if values["target_frame"] else []
    return Node(
        package="rviz2",
        executable="rviz2",
        namespace=values["namespace"],
        arguments=["--display-config", str(CONFIG / "reason_seg.rviz"), *fixed_frame],
        parameters=[{"use_sim_time": is_true(values["use_sim_time"])}],
        remappings=[(f"/{topic}", target) for topic, target in topics.items()],
        output="log",
    )


def is_true(value: str) -> bool:
    """What a true/false argument says."""
    return value.lower() == "true"
