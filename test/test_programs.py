"""Programs of the demo and the benchmarks keep to this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `. ./env.sh`")

from reason_seg_ros.nodes.programs import running


@pytest.mark.parametrize(
    ("distribution", "name", "value"),
    [("humble", "ROS_LOCALHOST_ONLY", "1"), ("jazzy", "ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")],
)
def test_discovery_stays_local(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, distribution: str, name: str, value: str
) -> None:
    names = ("ROS_LOCALHOST_ONLY", "ROS_AUTOMATIC_DISCOVERY_RANGE")
    rest = {key: value for key, value in os.environ.items() if key not in names}
    monkeypatch.setattr(os, "environ", {**rest, "ROS_DISTRO": distribution})
    with running({}, tmp_path):
        assert {key: os.environ[key] for key in names if key in os.environ} == {name: value}
