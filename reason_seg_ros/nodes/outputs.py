"""The node's publishers: what goes out for each question."""

from __future__ import annotations

from typing import Any

from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from reason_seg_ros.msg import Reply, SegmentedInstanceArray

from ..pipeline import Answer
from ..viewing.overlay import draw_overlay
from . import interface
from .frame_source import Capture
from .images import color_to_image
from .markers import marker_array
from .messages import label_image, merged_cloud

RCLError = rclpy_implementation.RCLError
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Outputs:
    """Publishes replies and answers; every method may be called from any thread."""

    def __init__(self, node: Node) -> None:
        def publisher(kind: Any, endpoint: interface.Endpoint, qos: QoSProfile) -> Any:
            return node.create_publisher(kind, endpoint.name, qos)

        self._context = node.context
        self._reply = publisher(Reply, interface.REPLY, RELIABLE)
        self._instances = publisher(SegmentedInstanceArray, interface.INSTANCES, RELIABLE)
        self._cloud = publisher(PointCloud2, interface.CLOUD, LATCHED)
        self._markers = publisher(MarkerArray, interface.MARKERS, LATCHED)
        self._overlay = publisher(Image, interface.OVERLAY, LATCHED)
        self._label_image = publisher(Image, interface.LABEL_IMAGE, LATCHED)
        self._shown: tuple[Header, tuple[int, int]] | None = None

    def reply(self, message: Reply) -> None:
        """Publish what is known so far, or the end of it."""
        self._publish(self._reply, message)

    def pictures(self, capture: Capture, answer: Answer, array: SegmentedInstanceArray, lifetime: float) -> None:
        """Publish what an answer looks like: cloud, markers, label image, overlay; no robot waits for them."""
        instances = answer.instances
        overlay = draw_overlay(capture.frame.color, instances)
        self._publish(self._cloud, merged_cloud(instances, capture.header))
        self._publish(self._markers, marker_array(array.instances, capture.header, lifetime))
        self._publish(self._label_image, label_image(instances, capture.frame.shape, capture.header))
        self._publish(self._overlay, color_to_image(overlay, capture.header))
        self._shown = (capture.header, capture.frame.shape)

    def end(self, reply: Reply, array: SegmentedInstanceArray) -> None:
        """Publish the end of a question: the instances, then the reply."""
        self._publish(self._instances, array)
        self._publish(self._reply, reply)

    def clear(self, header: Header | None) -> None:
        """Take away the markers, cloud and labels of the last answer, so that nobody takes them for the newest one's.

        Args:
            header: of the image that was asked about; None if there was none, then the last answer's stays.
        """
        self._publish(self._markers, marker_array([], Header(), 0.0))
        if self._shown is not None:
            last, shape = self._shown
            self._publish(self._cloud, merged_cloud([], header or last))
            self._publish(self._label_image, label_image([], shape, header or last))

    def _publish(self, publisher: Any, message: Any) -> None:
        """Publish; what comes to an end after ROS has been shut down has nobody to go to."""
        try:
            publisher.publish(message)
        except RCLError:
            if self._context.ok():
                raise
