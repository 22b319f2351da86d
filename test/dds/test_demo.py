"""The demo: all of it, with the segmenter of these tests so that it stays quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from conftest import new_domain

pytest.importorskip("open3d", reason="the simulation needs open3d")


def demo(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the demo with the segmenter of these tests."""
    environment = dict(os.environ, ROS_DOMAIN_ID=str(new_domain()))
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), environment.get("PYTHONPATH", "")])
    command = ["-m", "reason_seg_ros.cli", "demo", "--out", str(out), "--segmenter", "near_segmenter:NearSegmenter"]
    return subprocess.run(
        [sys.executable, *command, *words],
        env=environment,
        cwd=out.parent,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_a_segmenter_that_cannot_be_used_ends_it(tmp_path: Path) -> None:
    """With the reason; the options on the command line reach the node."""
    run = demo(tmp_path / "demo", "--checkpoint", "some/weights", "--option", "beam={width: 4}")
    assert (run.returncode, run.stderr) == (1, "")
    assert "does not take beam, checkpoint" in run.stdout


def test_the_demo_leaves_its_results(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    run = demo(out)
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((out / "answers.json").read_text())
    kinds = {answer["kind"] for answer in results["answers"]}
    assert kinds >= {"explicit", "attribute", "spatial", "affordance", "multi", "absent"}
    assert results["camera_hz"] > 0
    known = {"id", "label", "description", "score", "center", "orientation", "extents", "point_count", "cloud"}
    for answer in results["answers"]:
        assert all(step["name"] and step["text"] for step in answer["steps"])
        assert answer["status"] in ("found", "absent", "ambiguous")
        assert answer["instruction"] in run.stdout
        picture = cv2.imread(str(out / answer["overlay"]))
        assert picture is not None
        assert picture.shape[1] == 640
        for instance in answer["instances"]:
            assert known <= set(instance)
            assert (out / instance["cloud"]).read_bytes().startswith(b"ply\nformat binary_little_endian")
