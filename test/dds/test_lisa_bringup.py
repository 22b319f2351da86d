"""The segmenter 'lisa' from the command line: bringup in one process, and a question to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import new_domain
from person import Person

pytest.importorskip("torch", reason="the segmenter 'lisa' needs torch")
pytest.importorskip("segment_anything", reason="the tiny checkpoints need segment-anything")

from tiny_lisa import make_checkpoint, tiny_frame

from reason_seg_ros.frame_folder import save_frame


def test_bringup_and_ask(tmp_path: Path) -> None:
    """As a person runs them: all in one process, and a question from the command line."""
    checkpoint = make_checkpoint(tmp_path / "LISA-tiny", script="Sure, it is [SEG].", mask="some")
    save_frame(tiny_frame(), tmp_path / "frames" / "one")
    domain = new_domain()
    environment = dict(os.environ, ROS_DOMAIN_ID=str(domain), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
    command = [sys.executable, "-m", "reason_seg_ros.cli"]
    words = [
        "camera:=folder",
        f"frames:={tmp_path / 'frames'}",
        "segmenter:=lisa",
        f"checkpoint:={checkpoint}",
    ]
    with (tmp_path / "bringup.log").open("w") as log:
        nodes = subprocess.Popen([*command, "bringup", *words], env=environment, stdout=log, stderr=subprocess.STDOUT)
    person = Person(domain)
    try:
        person.until(lambda: person.says(": segmenter", "active"), 90)
        asked = subprocess.run(
            [*command, "ask", "the mug"], env=environment, capture_output=True, text=True, timeout=90, check=False
        )
    finally:
        person.close()
        nodes.send_signal(signal.SIGINT)
        status = nodes.wait(30)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "found: Sure, it is this." in asked.stdout
    assert "mug #1" in asked.stdout
    said = (tmp_path / "bringup.log").read_text()
    assert status == 0, said
    assert "Traceback" not in said
