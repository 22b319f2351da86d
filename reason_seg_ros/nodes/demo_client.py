"""The person of the demo: a node that says instructions and hears the answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from reason_seg_ros.msg import Reply, SegmentedInstanceArray

from . import interface
from .camera_subscriptions import CameraSubscriptions
from .images import color_from_image
from .outputs import LATCHED, RELIABLE
from .streams import KINDS, Streams, stamp_of

SEGMENTER = "segmenter"


@dataclass(frozen=True, eq=False)
class Heard:
    """What came of an instruction.

    Attributes:
        seconds: from saying it to hearing the answer.
        overlay: (H, W, 3) uint8 RGB, None if the instruction was not answered on a frame.
    """

    reply: Reply
    array: SegmentedInstanceArray
    seconds: float
    overlay: np.ndarray | None


class DemoClient(Node):
    """Says instructions on the topic, hears replies, instances and overlays, and measures the camera.

    Attributes:
        failure: why the segmenter cannot be used, "" while nothing is known against it.
    """

    def __init__(self) -> None:
        super().__init__("demo")
        self._heard = threading.Condition()
        self._replies: dict[str, Reply] = {}
        self._arrays: dict[str, SegmentedInstanceArray] = {}
        self._overlay: Image | None = None
        self._state = ""
        self.failure = ""
        self._streams = Streams(0.03)
        self._camera = CameraSubscriptions(self, self._streams.add)
        self._instruction = self.create_publisher(String, interface.INSTRUCTION.name, RELIABLE)
        self.create_subscription(Reply, _of_segmenter(interface.REPLY), self._on_reply, RELIABLE)
        self.create_subscription(
            SegmentedInstanceArray, _of_segmenter(interface.INSTANCES), self._on_instances, RELIABLE
        )
        self.create_subscription(Image, _of_segmenter(interface.OVERLAY), self._on_overlay, LATCHED)
        self.create_subscription(DiagnosticArray, interface.DIAGNOSTICS.name, self._on_diagnostics, RELIABLE)

    @property
    def ready(self) -> bool:
        """True once the camera streams and the segmenter is active and listens."""
        streaming = self._streams.newest is not None
        return streaming and self._state == "active" and self._instruction.get_subscription_count() > 0

    @property
    def state(self) -> str:
        """What the start waits for, in words."""
        if self._streams.newest is None:
            return "waiting for the camera"
        return f"segmenter {self._state or 'starting'}"

    def measure_rate(self, seconds: float) -> float:
        """Frames per second of the slowest of the camera's three topics."""
        before = {kind: self._streams[kind].received for kind in KINDS}
        start = time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - start
        return min((self._streams[kind].received - before[kind]) / passed for kind in KINDS)

    def ask(self, instruction: str, timeout: float, on_stage: Callable[[str], None]) -> Heard | None:
        """Say an instruction and wait for the answer; None if none came in time."""
        with self._heard:
            known = set(self._replies)
        start = time.monotonic()
        self._instruction.publish(String(data=instruction))
        while time.monotonic() - start < timeout:
            with self._heard:
                self._heard.wait(0.05)
                news = [r for i, r in self._replies.items() if i not in known and r.instruction == instruction]
                reply = news[-1] if news else None
            if reply is None or reply.status == Reply.WORKING:
                on_stage(reply.stage if reply is not None else "sent")
                continue
            array = self._arrays.get(reply.request_id)
            if array is not None:
                seconds = time.monotonic() - start
                return Heard(reply, array, seconds, self._overlay_of(array))
        return None

    def _overlay_of(self, array: SegmentedInstanceArray) -> np.ndarray | None:
        """The overlay of an answer; it is published right after it."""
        if array.status in (Reply.ERROR, Reply.CANCELLED):
            return None
        deadline = time.monotonic() + 2.0
        while time.monotonic() < deadline:
            overlay = self._overlay
            if overlay is not None and stamp_of(overlay) == stamp_of(array):
                return np.ascontiguousarray(color_from_image(overlay))
            time.sleep(0.02)
        return None

    def _on_reply(self, message: Reply) -> None:
        with self._heard:
            self._replies[message.request_id] = message
            self._heard.notify_all()

    def _on_instances(self, message: SegmentedInstanceArray) -> None:
        with self._heard:
            self._arrays[message.request_id] = message
            self._heard.notify_all()

    def _on_overlay(self, message: Image) -> None:
        self._overlay = message

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith(f"{SEGMENTER}: segmenter"):
                self._state = status.message
                self.failure = status.message if status.level == DiagnosticStatus.ERROR else ""


def _of_segmenter(endpoint: interface.Endpoint) -> str:
    return endpoint.name.replace("~", SEGMENTER, 1)
