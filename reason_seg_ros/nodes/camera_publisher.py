"""Publishes frames as a registered RGB-D camera does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from ..frame import Frame
from . import interface
from .camera_info import camera_to_info
from .images import color_to_image, depth_to_image

# Offered as reliable, so that consumers of either kind can have it (REP-2003).
_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)


@dataclass
class CameraMessages:
    """A frame as messages: rgb8 colour, 16UC1 depth, camera info. Publishing again only takes another stamp."""

    color: Image
    depth: Image
    camera_info: CameraInfo

    @classmethod
    def of(cls, frame: Frame, frame_id: str) -> CameraMessages:
        """The messages of a frame, not stamped."""
        header = Header(frame_id=frame_id)
        return cls(
            color_to_image(frame.color, header),
            depth_to_image(frame.depth, header),
            camera_to_info(frame.camera, header),
        )


class CameraPublisher:
    """The three topics of a camera, relative to the node's namespace."""

    def __init__(self, node: Node) -> None:
        self._color = node.create_publisher(Image, interface.COLOR.name, _QOS)
        self._depth = node.create_publisher(Image, interface.DEPTH.name, _QOS)
        self._camera_info = node.create_publisher(CameraInfo, interface.CAMERA_INFO.name, _QOS)

    def publish(self, messages: CameraMessages, stamp: Any) -> None:
        """Publish a frame with one stamp (builtin_interfaces/Time) on all three."""
        for message in (messages.color, messages.depth, messages.camera_info):
            message.header.stamp = stamp
        self._color.publish(messages.color)
        self._depth.publish(messages.depth)
        self._camera_info.publish(messages.camera_info)
