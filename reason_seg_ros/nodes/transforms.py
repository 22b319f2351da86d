"""The camera's pose in the target frame at an image's stamp, by tf2 where it is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply

from .poses import pose_matrix
from .problems import Problem
from .runtime import on_executor


class Transforms:
    """Looks up the camera's pose. Without a target frame it says nothing and needs nothing.

    Args:
        node: listens to /tf and /tf_static.
        target_frame: frame for poses and boxes; "" leaves them in the camera's optical frame.
        timeout: seconds to wait for the transform at the image's stamp.
    """

    def __init__(self, node: Node, target_frame: str, timeout: float) -> None:
        self.target_frame = target_frame
        self._timeout = timeout
        self._node = node
        self._buffer: Any = None
        self._listener: Any = None
        self.missing = ""
        if target_frame:
            self._listen()

    def camera_pose(self, header: Header) -> np.ndarray | None:
        """Pose of the optical frame in the target frame at the header's stamp: (4, 4) float64, None without a target.

        Raises:
            Problem: NO_TRANSFORM if it is not known.
        """
        if not self.target_frame:
            return None
        if self.target_frame == header.frame_id:
            return np.eye(4)
        if self._buffer is None:
            raise Problem(Reply.NO_TRANSFORM, self.missing)
        from tf2_ros import TransformException

        try:
            found = self._buffer.lookup_transform(
                self.target_frame, header.frame_id, Time.from_msg(header.stamp), Duration(seconds=self._timeout)
            )
        except TransformException as error:
            raise Problem(
                Reply.NO_TRANSFORM,
                f"there is no transform from '{header.frame_id}' to target_frame '{self.target_frame}' at the image's "
                f"stamp: publish it, or change target_frame ({error})",
            ) from error
        return pose_matrix(found.transform.translation, found.transform.rotation)

    def up(self, camera_pose: np.ndarray) -> np.ndarray | None:
        """Unit vector against gravity in the optical frame: (3,), None if the target frame does not tell.

        By REP-103 and REP-105 z points up in every frame but the optical ones; a frame fixed to a tilted part of the
        robot is no good target for boxes that stand upright.
        """
        if self.target_frame.endswith("optical_frame") or self.target_frame.endswith("_optical"):
            return None
        return camera_pose[:3, :3].T @ np.array([0.0, 0.0, 1.0])

    def clear(self) -> None:
        """Forget what is known, since the clock has jumped back; tf2 would take newer transforms for old ones."""
        if self._buffer is not None:
            self._buffer.clear()

    def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            on_executor(self._node, self._listener.unregister)
        self._listener = self._buffer = None

    def _listen(self) -> None:
        try:
            from tf2_ros import Buffer, TransformListener
        except ImportError as error:
            self.missing = (
                f"target_frame is '{self.target_frame}' but tf2_ros cannot be imported ({error}): install ROS's "
                "tf2_ros, or leave target_frame empty to get poses in the camera's optical frame"
            )
            self._node.get_logger().warning(self.missing)
            return
        # Without the node its timeouts run in real time, so that a paused simulation holds no answer up for ever.
        self._buffer = Buffer()
        self._listener = TransformListener(self._buffer, self._node)
