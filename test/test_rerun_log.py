"""The viewer in the browser: the page is served and takes frames, instances and words."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.request import urlopen

import numpy as np
import pytest

pytest.importorskip("rerun", reason="the viewer needs rerun-sdk")

from reason_seg_ros.errors import ReasonSegError
from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.viewing.palette import color_of
from reason_seg_ros.viewing.rerun_log import RerunLog, ShownInstance


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def log(ports: tuple[int, int]) -> Iterator[RerunLog]:
    import rerun

    rerun.set_strict_mode(True)
    log = RerunLog(*ports)
    yield log
    log.close()
    rerun.set_strict_mode(False)


def test_the_page_is_served(log: RerunLog, ports: tuple[int, int]) -> None:
    assert f":{ports[0]}/" in log.url
    with urlopen(f"http://localhost:{ports[0]}/", timeout=30) as page:
        assert b"<html" in page.read().lower()


def test_frames_instances_and_words_are_taken(log: RerunLog) -> None:
    """Rerun's strict mode raises on data that it cannot show."""
    depth = np.full((48, 64), 1.0, np.float32)
    depth[:4] = np.nan
    color = np.zeros((48, 64, 3), np.uint8)
    log.frame(Frame(color, depth, Camera(64, 48, 50.0, 50.0, 31.5, 23.5), stamp=10**18))
    points = np.ones((7, 3), np.float32)
    boxed = ShownInstance(1, "mug", 0.9, points, (1, 2, 3, 4), np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]), np.ones(3))
    log.instances([boxed, ShownInstance(2, "bowl", 0.5, points, (5, 6, 7, 8))], 10**18)
    log.instances([], 10**18)
    log.overlay(color, 10**18)
    log.dialogue("**the mug**\n\n*found* Here it is.")


def test_a_taken_port_is_said(log: RerunLog, ports: tuple[int, int]) -> None:
    with pytest.raises(ReasonSegError, match=str(ports[0])):
        RerunLog(ports[0], free_port())


def test_colors_of_neighbouring_ids_differ() -> None:
    colors = np.array([color_of(identity) for identity in range(1, 9)], int)
    distances = np.abs(colors[:, None] - colors[None]).sum(axis=2)
    assert distances[~np.eye(8, dtype=bool)].min() > 60
