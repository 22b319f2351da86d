"""The viewer node serves its page while camera and segmenter run."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.request import urlopen

import numpy as np
import pytest
from camera import Camera
from conftest import Program, parameters
from person import Person
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray
from reason_seg_ros.nodes.clouds import cloud_message

pytest.importorskip("rerun", reason="the viewer needs rerun-sdk")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_the_page_is_there_during_answers(domain: int, start: Callable[..., Program], near: list[str]) -> None:
    port = free_port()
    person = Person(domain)
    camera = Camera(person.node)
    try:
        viewer = start("reason_seg_ros.nodes.viewer_node", *parameters(web_port=port, grpc_port=free_port()))
        start("reason_seg_ros.nodes.segmenter_node", *near)
        person.connect()
        person.until(lambda: f"open http://localhost:{port}/" in viewer.output)
        person.until(lambda: person.ask("what is near").status == Reply.FOUND)
        with urlopen(f"http://localhost:{port}/", timeout=30) as page:
            assert page.status == 200
        assert viewer.alive
        assert "WARN" not in viewer.output
    finally:
        camera.close()
        person.close()


def test_what_it_does_not_show_is_logged(domain: int, start: Callable[..., Program]) -> None:
    """Topics that are silent, and boxes in a frame other than the camera's."""
    ports = parameters(web_port=free_port(), grpc_port=free_port())
    viewer = start("reason_seg_ros.nodes.viewer_node", *ports, *parameters(image_transport="compressed"))
    person = Person(domain)
    instances = person.node.create_publisher(SegmentedInstanceArray, "/segmenter/instances", 10)
    message = SegmentedInstance(cloud=cloud_message(np.zeros((1, 3)), np.zeros((1, 3)), Header(frame_id="eye")))
    message.header.frame_id = "base_link"

    def said() -> bool:
        instances.publish(SegmentedInstanceArray(instances=[message]))
        return "boxes in base_link are not drawn" in viewer.output

    try:
        person.until(said)
        person.until(lambda: "/color/image_raw/compressed: nobody publishes it" in viewer.output)
    finally:
        person.close()
