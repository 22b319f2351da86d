"""The node's publishers: what goes out for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, PointCloud2
from visualization_msgs.msg import MarkerArray

from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray

from ..lifting.instance import Instance
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
    """Publishes replies and answers; every method may be called from any thread.

    What the latched topics show is the answer to the instruction that was taken up last. It is taken away when that
    instruction ends without one and when the node stops; an instruction whose turn never came changes nothing.
    """

    def __init__(self, node: Node) -> None:
        def publisher(kind: Any, endpoint: interface.Endpoint, qos: QoSProfile) -> Any:
            return node.create_publisher(kind, endpoint.name, qos)

        self._context = node.context
        self._reply = publisher(Reply, interface.REPLY, RELIABLE)
        self._instances = publisher(SegmentedInstanceArray, interface.INSTANCES, RELIABLE)
        self._partial_instances = publisher(SegmentedInstanceArray, interface.PARTIAL_INSTANCES, RELIABLE)
        self._cloud = publisher(PointCloud2, interface.CLOUD, LATCHED)
        self._markers = publisher(MarkerArray, interface.MARKERS, LATCHED)
        self._overlay = publisher(Image, interface.OVERLAY, LATCHED)
        self._label_image = publisher(Image, interface.LABEL_IMAGE, LATCHED)
        self._shown: Capture | None = None

    def reply(self, message: Reply) -> None:
        """Publish what is known so far, or the end of it."""
        self._publish(self._reply, message)

    def partial(self, array: SegmentedInstanceArray) -> None:
        """Publish the instances that are ready before the answer is."""
        self._publish(self._partial_instances, array)

    def end(self, reply: Reply, array: SegmentedInstanceArray) -> None:
        """Publish the end of a question: the instances, then the reply."""
        self._publish(self._instances, array)
        self._publish(self._reply, reply)

    def show(
        self,
        capture: Capture,
        instances: Sequence[Instance] = (),
        messages: Sequence[SegmentedInstance] = (),
        lifetime: float = 0.0,
    ) -> None:
        """Publish what an answer looks like: cloud, markers, label image, overlay.

        Args:
            capture: what was asked about.
            instances, messages: of the answer, in the same order.
            lifetime: of the markers, seconds; 0 keeps them.
        """
        overlay = draw_overlay(capture.frame.color, instances)
        self._publish(self._cloud, merged_cloud(instances, capture.header))
        self._publish(self._markers, marker_array(messages, capture.header, lifetime))
        self._publish(self._label_image, label_image(instances, capture.frame.shape, capture.header))
        self._publish(self._overlay, color_to_image(overlay, capture.header))
        self._shown = capture

    def show_nothing(self, capture: Capture | None = None) -> None:
        """Take the last answer away, so that nobody takes it for a current one: the image stays, bare.

        Args:
            capture: what was asked about; None where there was none, then it is the last answer's.
        """
        capture = capture or self._shown
        if capture is not None:
            self.show(capture)

    def _publish(self, publisher: Any, message: Any) -> None:
        """Publish; what comes to an end after ROS has been shut down has nobody to go to."""
        try:
            publisher.publish(message)
        except RCLError:
            if self._context.ok():
                raise
