"""The viewer node serves its page while camera and segmenter run."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from camera import Camera
from conftest import Program, parameters
from person import Person

from reason_seg_ros.msg import Reply

pytest.importorskip("rerun", reason="the viewer needs rerun-sdk")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_the_page_is_there_during_answers(domain: int, start: Callable[..., Program], near: list[str]) -> None:
    port = free_port()
    viewer = start("reason_seg_ros.nodes.viewer_node", *parameters(web_port=port, grpc_port=free_port()))
    start("reason_seg_ros.nodes.segmenter_node", *near)
    person = Person(domain)
    person.connect()
    camera = Camera(person.node)
    try:
        person.until(lambda: f"open http://localhost:{port}/" in viewer.output)
        person.until(lambda: person.ask("what is near").status == Reply.FOUND)
        with urlopen(f"http://localhost:{port}/", timeout=30) as page:
            assert page.status == 200
        assert viewer.alive
        assert "WARN" not in viewer.output
    finally:
        camera.close()
        person.close()
