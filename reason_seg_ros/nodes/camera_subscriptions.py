"""Subscriptions to the camera: raw or compressed, QoS overridable, and what to say while topics are missing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from . import interface
from .runtime import on_executor
from .streams import KINDS, Streams
from .wording import counted


class CameraSubscriptions:
    """Feeds the camera's messages to a callback until closed.

    Args:
        node: the node.
        add: takes a kind of `streams.KINDS` and a message; exceptions in it are its own affair.
        image_transport: "raw" or "compressed", on the base topic after remapping, as image_transport has it.
        depth_image_transport: "raw" or "compressedDepth".
    """

    def __init__(
        self,
        node: Node,
        add: Callable[[str, Any], None],
        image_transport: str = "raw",
        depth_image_transport: str = "raw",
    ) -> None:
        self._node = node
        self._add: Callable[[str, Any], None] | None = add
        self.topics = {
            "color": _transported(node, interface.COLOR.name, image_transport),
            "depth": _transported(node, interface.DEPTH.name, depth_image_transport),
            "camera_info": node.resolve_topic_name(interface.CAMERA_INFO.name),
        }
        self.types = {
            "color": Image if image_transport == "raw" else CompressedImage,
            "depth": Image if depth_image_transport == "raw" else CompressedImage,
            "camera_info": CameraInfo,
        }
        self._subscriptions = [
            node.create_subscription(
                self.types[kind],
                self.topics[kind],
                partial(self._heard, kind),
                # One each, as rclpy writes the overrides of a topic into it.
                QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT),
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )
            for kind in KINDS
        ]

    def describe(self) -> str:
        """Topics and types, in words."""
        return ", ".join(f"{self.topics[kind]} ({_type_name(self.types[kind])})" for kind in KINDS)

    def complaints(self, streams: Streams) -> str:
        """Which of the topics are silent, and why that may be, in words; empty if none is."""
        silent = [self._complaint(kind) for kind in KINDS if streams[kind].silent]
        return f"still waiting for {'; '.join(silent)}" if silent else ""

    def crowded(self) -> str:
        """Which of the topics several nodes publish, in words; empty if none is."""
        told = []
        for topic in self.topics.values():
            found = self._node.get_publishers_info_by_topic(topic)
            if len(found) > 1:
                names = sorted(f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in found)
                told.append(f"{topic} has {len(found)} publishers ({', '.join(names)})")
        return f"{'; '.join(told)}: lead the topics of one camera here" if told else ""

    def close(self) -> None:
        """Stop listening."""
        self._add = None
        for subscription in self._subscriptions:
            on_executor(self._node, self._node.destroy_subscription, subscription)
        self._subscriptions = []

    def _heard(self, kind: str, message: Any) -> None:
        add = self._add
        if add is not None:
            add(kind, message)

    def _complaint(self, kind: str) -> str:
        topic, wanted = self.topics[kind], _type_name(self.types[kind])
        publishers = self._node.get_publishers_info_by_topic(topic)
        if not publishers:
            return f"{topic}: nobody publishes it"
        others = {publisher.topic_type for publisher in publishers} - {wanted}
        if others and len(others) == len({publisher.topic_type for publisher in publishers}):
            return f"{topic}: it carries {', '.join(sorted(others))}, not {wanted}"
        return f"{topic}: {counted(len(publishers), 'publisher')} but nothing arrives; QoS may differ (qos_overrides.*)"


def _transported(node: Node, base: str, transport: str) -> str:
    topic = node.resolve_topic_name(base)
    return topic if transport == "raw" else f"{topic}/{transport}"


def _type_name(kind: Any) -> str:
    return f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"
