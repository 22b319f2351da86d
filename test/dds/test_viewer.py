"""The viewer node serves its page while camera and segmenter run."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
import yaml
from camera import Camera
from conftest import Program, parameters
from geometry_msgs.msg import Quaternion
from person import Person
from scipy.spatial.transform import Rotation
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray
from reason_seg_ros.nodes.clouds import cloud_message
from reason_seg_ros.nodes.poses import pose_message
from reason_seg_ros.nodes.viewer_node import shown_instances

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


def test_a_port_that_is_taken_is_said(start: Callable[..., Program]) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        viewer = start("reason_seg_ros.nodes.viewer_node", *parameters(web_port=port, grpc_port=free_port()))
        assert viewer.process.wait(timeout=20) == 1
    assert str(port) in viewer.output
    assert "Traceback" not in viewer.output


def test_its_parameters_come_from_the_file_of_all_nodes(
    domain: int, start: Callable[..., Program], tmp_path: Path
) -> None:
    """And what it waits for is said."""
    port = free_port()
    values = {"web_port": port, "grpc_port": free_port(), "image_transport": "compressed"}
    params_file = tmp_path / "params.yaml"
    params_file.write_text(yaml.safe_dump({"/**": {"viewer": {"ros__parameters": values}}}))
    viewer = start("reason_seg_ros.nodes.viewer_node", "--params-file", str(params_file), "-r", "__ns:=/robot")
    person = Person(domain)
    try:
        person.until(lambda: f"open http://localhost:{port}/" in viewer.output)
        person.until(lambda: "/robot/color/image_raw/compressed: nobody publishes it" in viewer.output)
    finally:
        person.close()


@pytest.mark.parametrize("topic", ["instances", "partial_instances"])
def test_an_answer_that_cannot_be_shown_is_said(domain: int, start: Callable[..., Program], topic: str) -> None:
    viewer = start("reason_seg_ros.nodes.viewer_node", *parameters(web_port=free_port(), grpc_port=free_port()))
    person = Person(domain)
    instances = person.node.create_publisher(SegmentedInstanceArray, f"/segmenter/{topic}", 10)
    array = SegmentedInstanceArray()
    array.camera_pose.orientation = Quaternion(w=0.0)

    def said() -> bool:
        instances.publish(array)
        return "WARN" in viewer.output and "zero norm" in viewer.output

    try:
        person.until(said)
        assert viewer.alive
    finally:
        person.close()


def test_boxes_in_the_target_frame_are_drawn_where_the_cloud_is() -> None:
    """The page shows the optical frame; poses are brought back to it."""
    camera_pose = np.eye(4)
    camera_pose[:3, :3] = Rotation.from_euler("xyz", (-100, 5, 80), degrees=True).as_matrix()
    camera_pose[:3, 3] = 1.0, -2.0, 0.5
    box = np.eye(4)
    box[:3, :3] = Rotation.from_euler("z", 30, degrees=True).as_matrix()
    box[:3, 3] = 0.1, 0.2, 0.9
    message = SegmentedInstance(pose=pose_message(camera_pose @ box), point_count=1)
    message.cloud = cloud_message(np.zeros((1, 3)), np.zeros((1, 3)), Header(frame_id="eye"))
    message.header.frame_id = "base_link"
    shown = shown_instances(SegmentedInstanceArray(camera_pose=pose_message(camera_pose), instances=[message]))[0]
    np.testing.assert_allclose(shown.center, box[:3, 3], atol=1e-12)
    np.testing.assert_allclose(Rotation.from_quat(shown.quaternion).as_matrix(), box[:3, :3], atol=1e-12)
