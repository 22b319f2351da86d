"""The tables that nodes, launch and README share: parameters, interface, arguments of bringup."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reason_seg_ros.nodes import interface, parameters
from reason_seg_ros.nodes.bringup_arguments import ARGUMENTS, BringupError, check, defaults
from reason_seg_ros.nodes.dds_profile import profile_setting
from reason_seg_ros.nodes.parameters import PARAMETERS, Parameter
from reason_seg_ros.nodes.wording import clipped

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_defaults_are_allowed_and_described(parameter: Parameter) -> None:
    assert parameter.refusal(parameter.default) == ""
    assert parameter.description.endswith(".")


def test_values_out_of_range_are_refused_with_the_range() -> None:
    slop = next(parameter for parameter in PARAMETERS if parameter.name == "slop")
    assert slop.refusal(0.0) == slop.refusal(1.0) == ""
    assert "from 0 to 1" in slop.refusal(1.1)
    assert "from 0 to 1" in slop.refusal(-0.1)
    transport = next(parameter for parameter in PARAMETERS if parameter.name == "image_transport")
    assert "raw, compressed" in transport.refusal("theora")


def test_an_empty_choice_can_be_read() -> None:
    mode = next(parameter for parameter in PARAMETERS if parameter.name == "mode")
    assert mode.refusal("") == mode.refusal("semantic") == ""
    assert mode.refusal("masks").startswith("mode is 'masks': it must be one of '', semantic, instance")


def test_options_of_the_segmenter_are_parameters_whose_default_leaves_them_to_it() -> None:
    table = {parameter.name: parameter for parameter in PARAMETERS}
    for name in parameters.SEGMENTER_OPTIONS:
        assert not table[name].default
        assert table[name].read == parameters.CONFIGURE


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("the mug", 7, "the mug"), ("the mug", 6, "…e mug"), ("a\n b", 3, "a b"), ("the mug", 1, "…"), ("", 1, "")],
)
def test_long_texts_are_clipped_to_their_end(text: str, width: int, shown: str) -> None:
    assert clipped(text, width) == shown


def test_markdown_tables_have_a_row_for_each_entry() -> None:
    rows = parameters.markdown_table().strip().split("\n")
    assert len(rows) == 2 + len(PARAMETERS)
    assert all(row.count("|") == 7 for row in rows)
    rows = interface.markdown_table().strip().split("\n")
    assert len(rows) == 2 + len(interface.ENDPOINTS)
    assert any("`~/instances`" in row for row in rows)


def test_the_shipped_parameters_file_holds_the_defaults_of_every_node() -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `. ./env.sh`")
    pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")
    from reason_seg_ros.nodes.folder_camera import FOLDER_CAMERA_PARAMETERS
    from reason_seg_ros.nodes.sim_camera import SIM_CAMERA_PARAMETERS
    from reason_seg_ros.nodes.viewer_node import VIEWER_PARAMETERS

    tables = {
        "segmenter": PARAMETERS,
        "viewer": VIEWER_PARAMETERS,
        "sim_camera": SIM_CAMERA_PARAMETERS,
        "folder_camera": [each for each in FOLDER_CAMERA_PARAMETERS if each.name != "frames"],  # bringup's argument
    }
    blocks = yaml.safe_load((ROOT / "config" / "segmenter.yaml").read_text(encoding="utf-8"))["/**"]
    assert {name: block["ros__parameters"] for name, block in blocks.items()} == {
        name: {parameter.name: parameter.default for parameter in table} for name, table in tables.items()
    }


def test_the_shipped_parameters_file_says_when_each_is_read() -> None:
    """In the comment above it, or above the one before it."""
    lines = (ROOT / "config" / "segmenter.yaml").read_text(encoding="utf-8").splitlines()
    for parameter in PARAMETERS:
        row = next(i for i, line in enumerate(lines) if line.strip().startswith(f"{parameter.name}: "))
        comment = next(line for line in reversed(lines[:row]) if "(" in line)
        assert f"({parameter.read})" in comment, parameter.name


def test_arguments_are_described_and_their_defaults_allowed() -> None:
    for argument in ARGUMENTS:
        assert argument.description
        assert not argument.choices or argument.default in argument.choices
    wanted = "camera frames segmenter params_file namespace use_sim_time autostart rviz viewer target_frame log_level"
    wanted += " checkpoint device precision mode"
    assert {argument.name for argument in ARGUMENTS} >= set(wanted.split())


@pytest.mark.parametrize(
    ("given", "hint"), [({"camera": "folder"}, "frames:=DIR"), ({"params_file": "/no/such/file"}, "no such file")]
)
def test_arguments_that_cannot_be_used_are_refused(given: dict[str, str], hint: str) -> None:
    check(defaults())
    with pytest.raises(BringupError, match=hint):
        check({**defaults(), **given})


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"ROS_DISTRO": "humble"}, {"FASTRTPS_DEFAULT_PROFILES_FILE"}),
        ({"ROS_DISTRO": "jazzy", "FASTDDS_DEFAULT_PROFILES_FILE": ""}, {"FASTRTPS_DEFAULT_PROFILES_FILE"}),
        ({"ROS_DISTRO": "kilted"}, {"FASTDDS_DEFAULT_PROFILES_FILE"}),
        ({}, {"FASTDDS_DEFAULT_PROFILES_FILE"}),
        ({"ROS_DISTRO": "kilted", "FASTRTPS_DEFAULT_PROFILES_FILE": "/mine.xml"}, set()),
        ({"ROS_DISTRO": "humble", "FASTDDS_DEFAULT_PROFILES_FILE": "/mine.xml"}, set()),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"}, set()),
    ],
)
def test_the_dds_profile_leaves_a_users_choice_alone(environment: dict[str, str], names: set[str]) -> None:
    assert profile_setting(Path("large.xml"), environment) == dict.fromkeys(names, "large.xml")
