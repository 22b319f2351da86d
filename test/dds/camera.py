"""A camera for these tests: a wall at 1 m with two boards in front of it, and every fault that a camera can have."""

from __future__ import annotations

import array
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image

from reason_seg_ros.nodes.runtime import on_executor

FRAME_ID = "test_optical_frame"
WIDTH, HEIGHT = 160, 120
FX = FY = 150.0
CX, CY = 79.5, 59.5
WALL = 1.0
TOPICS = ("color/image_raw", "depth/image_raw", "color/camera_info")
# Board: rows, columns, depth in metres.
BOARDS = ((slice(40, 80), slice(20, 60), 0.6), (slice(30, 70), slice(100, 130), 0.8))


def depth_image() -> np.ndarray:
    """(HEIGHT, WIDTH) float32 metres."""
    depth = np.full((HEIGHT, WIDTH), WALL, np.float32)
    for rows, columns, distance in BOARDS:
        depth[rows, columns] = distance
    return depth


def board_center(index: int) -> tuple[float, float, float]:
    """Centre of a board in the optical frame, metres."""
    rows, columns, z = BOARDS[index]
    u = (columns.start + columns.stop - 1) / 2
    v = (rows.start + rows.stop - 1) / 2
    return (u - CX) / FX * z, (v - CY) / FY * z, z


def board_size(index: int) -> tuple[float, float]:
    """Width and height of a board from its first to its last pixel, metres."""
    rows, columns, z = BOARDS[index]
    return (columns.stop - columns.start - 1) / FX * z, (rows.stop - rows.start - 1) / FY * z


def sized(height: int, width: int, depth: float) -> dict[str, dict[str, Any]]:
    """Fields of a camera of another size, gray and with one depth."""
    color = {"height": height, "width": width, "step": 3 * width, "data": array.array("B", bytes(3 * height * width))}
    pixels = np.full(height * width, round(1000 * depth), np.uint16).tobytes()
    rows = {"height": height, "width": width, "step": 2 * width, "data": array.array("B", pixels)}
    return {"color": color, "depth": rows, "info": {"height": height, "width": width}}


class Camera:
    """Publishes triples at 30 Hz. Attributes are faults; `healthy` takes them all back.

    Args:
        node: publishes the images.
        topics: colour, depth and camera info.
        now: nanoseconds for the stamps; the node's clock without it.

    Attributes:
        silent: kinds that are not published.
        fields: what replaces fields of the messages, per kind.
        offsets: seconds that are added to the stamp, per kind.
        clock_offset: seconds that are added to every stamp.
        frame_ids: what replaces the frame id, per kind.
    """

    def __init__(self, node: Node, topics: Sequence[str] = TOPICS, now: Callable[[], int] | None = None) -> None:
        self._node = node
        self._now = now or (lambda: node.get_clock().now().nanoseconds)
        kinds = {"color": Image, "depth": Image, "info": CameraInfo}
        self._publishers = {
            name: node.create_publisher(kind, topic, qos_profile_sensor_data)
            for (name, kind), topic in zip(kinds.items(), topics, strict=True)
        }
        self._stop = threading.Event()
        self.healthy()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def healthy(self) -> None:
        """Take all faults back."""
        self.silent: frozenset[str] = frozenset()
        self.fields: dict[str, dict[str, Any]] = {"color": {}, "depth": {}, "info": {}}
        self.offsets: dict[str, float] = {}
        self.clock_offset = 0.0
        self.frame_ids: dict[str, str] = {}

    def close(self) -> None:
        """Stop publishing."""
        self._stop.set()
        self._thread.join()
        for publisher in self._publishers.values():
            on_executor(self._node, self._node.destroy_publisher, publisher)

    def _run(self) -> None:
        while not self._stop.wait(1 / 30):
            now = self._now()
            for kind, message in self._messages().items():
                offset = self.offsets.get(kind, 0.0) + self.clock_offset
                message.header.stamp = Time(nanoseconds=now + round(offset * 1e9)).to_msg()
                message.header.frame_id = self.frame_ids.get(kind, FRAME_ID)
                if kind not in self.silent:
                    self._publishers[kind].publish(message)

    def _messages(self) -> dict[str, Any]:
        millimetres = np.rint(1000 * depth_image()).astype(np.uint16)
        messages = {
            "color": _image("rgb8", np.full((HEIGHT, WIDTH, 3), 128, np.uint8)),
            "depth": _image("16UC1", millimetres),
            "info": CameraInfo(width=WIDTH, height=HEIGHT, k=[FX, 0.0, CX, 0.0, FY, CY, 0.0, 0.0, 1.0]),
        }
        for kind, fields in self.fields.items():
            for name, value in fields.items():
                setattr(messages[kind], name, value)
        return messages


def _image(encoding: str, pixels: np.ndarray) -> Image:
    height, width = pixels.shape[:2]
    message = Image(encoding=encoding, height=height, width=width, step=pixels.nbytes // height)
    message.data = array.array("B", pixels.tobytes())
    return message
