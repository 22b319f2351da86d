"""The node `viewer`: shows the camera and the answers in the browser."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import Image

from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray

from ..errors import FrameError, ReasonSegError
from ..viewing.rerun_log import GRPC_PORT, WEB_PORT, RerunLog, ShownInstance
from . import interface
from .camera_subscriptions import CameraSubscriptions
from .clouds import points_from_cloud
from .frame_source import triple_to_frame
from .images import color_from_image
from .messages import STATUS_NAMES
from .outputs import LATCHED, RELIABLE
from .parameters import ANY_TIME, PARAMETERS, START, NodeParameters, Parameter
from .poses import pose_matrix
from .runtime import run_node
from .streams import Streams, Triple, stamp_of

_TURNS_SHOWN = 20
_COMPLAIN_EVERY = 10.0

VIEWER_PARAMETERS = (
    Parameter("rate", 3.0, "Frames per second that are shown at most.", 0.1, 60.0),
    Parameter("segmenter_node", "segmenter", "Name of the segmenter node whose answers are shown."),
    Parameter("web_port", WEB_PORT, "Port of the page.", 1, 65535),
    Parameter("grpc_port", GRPC_PORT, "Port of the data that the page shows.", 1, 65535),
    Parameter("open_browser", False, "Open the page on this machine."),
    *(
        replace(parameter, read=ANY_TIME if parameter.name == "slop" else START)
        for parameter in PARAMETERS
        if parameter.name in ("slop", "image_transport", "depth_image_transport")
    ),
)


class Viewer(Node):
    """Logs the newest frame, and every answer of the segmenter, to Rerun.

    Raises:
        ReasonSegError: if Rerun is not installed or its ports are taken.
    """

    def __init__(self, **options: Any) -> None:
        self._complete = False  # true once there is everything that destroying it has to close
        super().__init__("viewer", **options)
        parameters = NodeParameters(self, VIEWER_PARAMETERS, self._apply)
        self._log = RerunLog(parameters["web_port"], parameters["grpc_port"], parameters["open_browser"])
        self._streams = Streams(parameters["slop"])
        self._shown: Triple | None = None
        self._turns: deque[Reply] = deque(maxlen=_TURNS_SHOWN)
        self._camera = CameraSubscriptions(
            self, self._streams.add, parameters["image_transport"], parameters["depth_image_transport"]
        )
        self._subscribe(Reply, interface.REPLY, self._on_reply, RELIABLE, parameters["segmenter_node"])
        for endpoint in (interface.PARTIAL_INSTANCES, interface.INSTANCES):
            self._subscribe(
                SegmentedInstanceArray, endpoint, self._on_instances, RELIABLE, parameters["segmenter_node"]
            )
        self._subscribe(Image, interface.OVERLAY, self._on_overlay, LATCHED, parameters["segmenter_node"])
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1 / parameters["rate"], self._show_frame, clock=steady)
        self.create_timer(_COMPLAIN_EVERY, self._complain, clock=steady)
        self.get_logger().info(f"open {self._log.url}")
        self._complete = True

    def destroy_node(self) -> None:
        """Close the page."""
        if self._complete:
            self._log.close()
        super().destroy_node()

    def _subscribe(
        self, kind: Any, endpoint: interface.Endpoint, callback: Any, qos: QoSProfile, segmenter: str
    ) -> None:
        self.create_subscription(kind, endpoint.name.replace("~", segmenter, 1), callback, qos)

    def _apply(self, changes: dict[str, Any]) -> None:
        self._streams.slop = changes.get("slop", self._streams.slop)

    def _complain(self) -> None:
        complaints = self._camera.complaints(self._streams)
        if complaints:
            self.get_logger().warning(complaints)

    def _show_frame(self) -> None:
        triple = self._streams.newest
        if triple is None or triple is self._shown:
            return
        self._shown = triple
        try:
            self._log.frame(triple_to_frame(triple))
        except ReasonSegError as error:
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        self.get_logger().warning(str(error), throttle_duration_sec=10.0)

    def _on_overlay(self, message: Image) -> None:
        try:
            self._log.overlay(color_from_image(message), stamp_of(message))
        except FrameError as error:
            self._warn(error)

    def _on_instances(self, message: SegmentedInstanceArray) -> None:
        try:
            self._log.instances(shown_instances(message), stamp_of(message))
        except (FrameError, ValueError) as error:  # a pose without a rotation
            self._warn(error)

    def _on_reply(self, message: Reply) -> None:
        if self._turns and self._turns[-1].request_id == message.request_id:
            self._turns.pop()
        self._turns.append(message)
        self._log.dialogue("\n\n".join(map(_markdown, reversed(self._turns))))


def shown_instances(message: SegmentedInstanceArray) -> list[ShownInstance]:
    """An answer's instances as the viewer draws them: all in the optical frame, as the cloud is."""
    into_camera = np.linalg.inv(pose_matrix(message.camera_pose.position, message.camera_pose.orientation))
    return [_shown(instance, into_camera) for instance in message.instances]


def _shown(message: SegmentedInstance, into_camera: np.ndarray) -> ShownInstance:
    points, _ = points_from_cloud(message.cloud)
    box = message.box
    shown = ShownInstance(
        id=message.id,
        label=message.label,
        score=message.score,
        points=points,
        box=(box.x_offset, box.y_offset, box.x_offset + box.width, box.y_offset + box.height),
    )
    if not message.point_count:
        return shown
    pose = into_camera @ pose_matrix(message.pose.position, message.pose.orientation)
    return replace(
        shown,
        center=pose[:3, 3],
        quaternion=Rotation.from_matrix(pose[:3, :3]).as_quat(),
        extents=np.array([message.extents.x, message.extents.y, message.extents.z]),
    )


def _markdown(reply: Reply) -> str:
    status = STATUS_NAMES[reply.status] + (f": {reply.stage}" if reply.stage else "")
    return f"**{reply.instruction}**\n\n*{status}* {reply.text}"


def main(arguments: list[str] | None = None) -> int:
    """Run the viewer."""
    return run_node(Viewer, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
