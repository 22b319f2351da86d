"""Start the segmenter with a camera, RViz and the browser's viewer as wanted: see `--show-args`."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.launch_context import LaunchContext
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from reason_seg_ros.nodes.bringup_arguments import (
    ARGUMENTS,
    camera_remappings,
    check,
    clock_parameters,
    is_true,
    rviz_options,
    rviz_remappings,
    segmenter_parameters,
)
from reason_seg_ros.nodes.dds_profile import profile_setting

PACKAGE = "reason_seg_ros"
CONFIG = Path(get_package_share_directory(PACKAGE)) / "config"


def generate_launch_description() -> LaunchDescription:
    """The arguments, the environment, then the nodes that they ask for."""
    return LaunchDescription(
        [*declared_arguments(), OpaqueFunction(function=dds_profile), OpaqueFunction(function=nodes)]
    )


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


def dds_profile(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Fast DDS's profile for large images, unless the user has set one."""
    setting = profile_setting(CONFIG / "fastdds_large_images.xml", context.environment)
    return [SetEnvironmentVariable(name, value) for name, value in setting.items()]


def nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The nodes for the arguments' values."""
    values = {argument.name: context.launch_configurations[argument.name] for argument in ARGUMENTS}
    check(values)
    entities: list[LaunchDescriptionEntity] = [node("segmenter", values, segmenter_parameters(values))]
    if values["camera"] == "sim":
        entities.append(node("sim_camera", values))
    elif values["camera"] == "folder":
        entities.append(node("folder_camera", values, {"frames": values["frames"]}))
    if is_true(values["viewer"]):
        entities.append(node("viewer", values))
    if is_true(values["rviz"]):
        entities.append(rviz(values))
    return entities


def node(name: str, values: dict[str, str], parameters: dict[str, str | bool] | None = None) -> Node:
    """One of the package's programs as a node of the same name; its own parameters win over the file's."""
    given = {
        # launch would read a number or a mapping out of a bare string.
        parameter: ParameterValue(value, value_type=str) if isinstance(value, str) else value
        for parameter, value in {**(parameters or {}), **clock_parameters(values)}.items()
    }
    return Node(
        package=PACKAGE,
        executable=name,
        name=name,
        namespace=values["namespace"],
        parameters=[values["params_file"] or str(CONFIG / "segmenter.yaml"), *([given] if given else [])],
        remappings=camera_remappings(values),
        arguments=["--ros-args", "--log-level", values["log_level"]],
        output="both",
        emulate_tty=True,
    )


def rviz(values: dict[str, str]) -> Node:
    """RViz on the package's view, led to where its topics are."""
    return Node(
        package="rviz2",
        executable="rviz2",
        namespace=values["namespace"],
        arguments=rviz_options(values, CONFIG / "reason_seg.rviz"),
        parameters=[{"use_sim_time": is_true(values["use_sim_time"])}],
        remappings=rviz_remappings(values),
        output="log",
    )
