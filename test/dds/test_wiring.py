"""Namespaces and remapping, topics that are missing, compressed transports, simulated time."""

from __future__ import annotations

import array
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import pytest
from camera import CX, CY, FRAME_ID, FX, FY, HEIGHT, WIDTH, Camera, depth_image
from conftest import Program, parameters
from person import Person
from rclpy.qos import ReliabilityPolicy, qos_profile_sensor_data
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from rvl_encoder import encode_rvl
from sensor_msgs.msg import CameraInfo, CompressedImage

from reason_seg_ros.msg import Reply, SegmentedInstanceArray

NODE = "reason_seg_ros.nodes.segmenter_node"
REMAPPED = {
    "color/image_raw": "/eye/rgb/image",
    "depth/image_raw": "/eye/depth/image",
    "color/camera_info": "/eye/rgb/camera_info",
}


def remap(namespace: str) -> list[str]:
    """ROS arguments for a node in a namespace, with its camera elsewhere."""
    rules = [f"__ns:={namespace}", *(f"{name}:={topic}" for name, topic in REMAPPED.items())]
    return [word for rule in rules for word in ("-r", rule)]


@pytest.fixture
def join(domain: int) -> Iterator[Callable[..., Person]]:
    """Meet a segmenter node in a namespace."""
    people: list[Person] = []

    def joined(namespace: str) -> Person:
        people.append(Person(domain, f"{namespace}/segmenter", f"{namespace}/instruction"))
        people[-1].connect()
        return people[-1]

    yield joined
    for person in people:
        person.close()


def test_missing_topics_in_a_namespace(
    start: Callable[..., Program], near: list[str], join: Callable[..., Person]
) -> None:
    """One topic after the other comes up; each answer names what is still missing, by its remapped name."""
    start(NODE, *near, *parameters(frame_timeout=0.3, slop=0.01), *remap("/robot"))
    person = join("/robot")
    array = person.ask("no camera at all")
    assert array.error_code == Reply.NO_COLOR
    assert all(topic in array.text for topic in REMAPPED.values())
    camera = Camera(person.node, tuple(REMAPPED.values()))
    try:
        for silent, code, topic in (
            ({"depth", "info"}, Reply.NO_DEPTH, "/eye/depth/image"),
            ({"info"}, Reply.NO_CAMERA_INFO, "/eye/rgb/camera_info"),
        ):
            camera.silent = frozenset(silent)
            array = person.until(partial(person.refused, "what is near", code))
            assert topic in array.text
        camera.silent = frozenset()
        camera.offsets = {"depth": 0.5 / 30}  # half way to the next colour image
        array = person.until(lambda: (a := person.ask("out of step")).error_code == Reply.UNMATCHED_STAMPS and a)
        assert "slop" in array.text
        assert "+0.0" in array.text
        camera.healthy()
        person.until(lambda: person.ask("all there").status == Reply.FOUND)
    finally:
        camera.close()


@pytest.mark.parametrize("codec", ["png", "rvl"])
def test_compressed_transports(
    start: Callable[..., Program], near: list[str], join: Callable[..., Person], codec: str
) -> None:
    """The transports hang below the remapped names."""
    transports = parameters(image_transport="compressed", depth_image_transport="compressedDepth")
    namespace = f"/with_{codec}"
    start(NODE, *near, *transports, *remap(namespace))
    person = join(namespace)
    camera = CompressedCamera(person, codec)
    try:
        array = person.until(lambda: (a := person.ask("what is near")).status == Reply.FOUND and a)
        assert len(array.instances) == 2
        for garbage in (b"", b"\x00" * 40, camera.depth_data[: len(camera.depth_data) // 2]):
            camera.depth_data = garbage
            array = person.until(partial(person.refused, "in tatters", Reply.BAD_IMAGE))
            assert any(hint in array.text for hint in ("holds no image", "no whole image", "damaged"))
    finally:
        camera.close()


def test_qos_is_overridden_for_one_topic_only(
    start: Callable[..., Program], near: list[str], join: Callable[..., Person]
) -> None:
    override = {"qos_overrides./eye/rgb/image.subscription.reliability": "reliable"}
    start(NODE, *near, *parameters(**override), *remap("/strict"))
    person = join("/strict")

    def reliability(topic: str) -> set[ReliabilityPolicy]:
        found = person.node.get_subscriptions_info_by_topic(topic)
        return {info.qos_profile.reliability for info in found if info.node_namespace == "/strict"}

    color, *others = REMAPPED.values()
    person.until(lambda: all(map(reliability, REMAPPED.values())))
    assert reliability(color) == {ReliabilityPolicy.RELIABLE}
    for topic in others:
        assert reliability(topic) == {ReliabilityPolicy.BEST_EFFORT}


def test_simulated_time_without_a_clock(
    start: Callable[..., Program], near: list[str], join: Callable[..., Person]
) -> None:
    start(NODE, *near, *parameters(use_sim_time=True, frame_timeout=0.3), *remap("/timeless"))
    person = join("/timeless")
    camera = Camera(person.node, tuple(REMAPPED.values()))
    try:
        array = person.until(partial(person.refused, "what is near", Reply.STALE_FRAME))
        assert "nothing has arrived on /clock" in array.text
    finally:
        camera.close()


def test_simulated_time_that_jumps_back(
    start: Callable[..., Program], near: list[str], join: Callable[..., Person]
) -> None:
    """A bag that starts over: /clock and the stamps go back together, and answers go on."""
    start(NODE, *near, *parameters(use_sim_time=True, frame_timeout=1.0, max_frame_age=2.0), *remap("/simulated"))
    person = join("/simulated")
    bag = SimulatedTime(person)
    camera = Camera(person.node, tuple(REMAPPED.values()), now=lambda: bag.now)
    try:
        for begin in (5000.0, 100.0, 100.0):
            bag.jump(begin)
            array = person.until(partial(answer_since, person, begin))
        latency = {latency.stage: latency.milliseconds for latency in array.latencies}
        assert 0 <= latency["total"] < 60_000
    finally:
        camera.close()
        bag.close()


def answer_since(person: Person, begin: float) -> SegmentedInstanceArray | None:
    """An answer on an image of the minute after a time."""
    array = person.ask("what is near")
    return array if array.status == Reply.FOUND and begin <= array.header.stamp.sec < begin + 60 else None


class SimulatedTime:
    """Publishes /clock, which runs as real time does but from where it is told."""

    def __init__(self, person: Person) -> None:
        self._publisher = person.node.create_publisher(Clock, "/clock", 10)
        self._stop = threading.Event()
        self.jump(1.0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def now(self) -> int:
        """Simulated time, nanoseconds."""
        return round(1e9 * (time.monotonic() + self._offset))

    def jump(self, seconds: float) -> None:
        """Go on from another time."""
        self._offset = seconds - time.monotonic()

    def close(self) -> None:
        """Stop the clock."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self._publisher.publish(Clock(clock=Time(nanoseconds=self.now).to_msg()))


class CompressedCamera:
    """The test camera's wall and boards, compressed as image_transport does it."""

    def __init__(self, person: Person, codec: str) -> None:
        self._node = person.node
        self._picture = cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), 128, np.uint8))[1].tobytes()
        self._depth_format = f"16UC1; compressedDepth {codec}"
        self.depth_data = compressed_depth(codec)
        publish = self._node.create_publisher
        color, depth, info = REMAPPED.values()
        self._color = publish(CompressedImage, f"{color}/compressed", qos_profile_sensor_data)
        self._depth = publish(CompressedImage, f"{depth}/compressedDepth", qos_profile_sensor_data)
        self._info = publish(CameraInfo, info, qos_profile_sensor_data)
        self._timer = self._node.create_timer(0.05, self._publish)

    def close(self) -> None:
        """Stop publishing."""
        self._node.destroy_timer(self._timer)

    def _publish(self) -> None:
        color = CompressedImage(format="rgb8; jpeg compressed bgr8", data=array.array("B", self._picture))
        depth = CompressedImage(format=self._depth_format, data=array.array("B", self.depth_data))
        info = CameraInfo(width=WIDTH, height=HEIGHT, k=[FX, 0.0, CX, 0.0, FY, CY, 0.0, 0.0, 1.0])
        stamp = self._node.get_clock().now().to_msg()
        for publisher, message in ((self._color, color), (self._depth, depth), (self._info, info)):
            message.header.stamp, message.header.frame_id = stamp, FRAME_ID
            publisher.publish(message)


def compressed_depth(codec: str) -> bytes:
    """The test camera's depth as compressed_depth_image_transport writes it."""
    millimetres = np.rint(1000 * depth_image()).astype(np.uint16)
    header = struct.pack("<iff", 0, 0.0, 0.0)
    if codec == "png":
        return header + cv2.imencode(".png", millimetres)[1].tobytes()
    return header + struct.pack("<II", WIDTH, HEIGHT) + encode_rvl(millimetres)
