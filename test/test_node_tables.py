"""The tables that nodes, launch and README share: parameters, interface, arguments of bringup."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reason_seg_ros.nodes import interface, parameters
from reason_seg_ros.nodes.bringup_arguments import ARGUMENTS, BringupError, check, defaults
from reason_seg_ros.nodes.dds_profile import profile_setting
from reason_seg_ros.nodes.parameters import PARAMETERS, Parameter

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


def test_markdown_tables_have_a_row_for_each_entry() -> None:
    rows = parameters.markdown_table().strip().split("\n")
    assert len(rows) == 2 + len(PARAMETERS)
    assert all(row.count("|") == 7 for row in rows)
    rows = interface.markdown_table().strip().split("\n")
    assert len(rows) == 2 + len(interface.ENDPOINTS)
    assert any("`~/instances`" in row for row in rows)


def test_the_shipped_parameters_file_holds_the_defaults() -> None:
    text = (ROOT / "config" / "segmenter.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)["/**"]["segmenter"]["ros__parameters"]
    assert values == {parameter.name: parameter.default for parameter in PARAMETERS}


def test_arguments_are_described_and_their_defaults_allowed() -> None:
    for argument in ARGUMENTS:
        assert argument.description
        assert not argument.choices or argument.default in argument.choices
    wanted = "camera frames segmenter params_file namespace use_sim_time autostart rviz viewer target_frame log_level"
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
