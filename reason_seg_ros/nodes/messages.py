"""The library's answers as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from geometry_msgs.msg import Vector3
from sensor_msgs.msg import Image, PointCloud2, RegionOfInterest
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply, SegmentedInstance, StageLatency

from ..lifting.instance import Instance
from ..reply import Status
from .clouds import cloud_message
from .images import array_to_image
from .poses import pose_message

STATUS_CODES = {
    Status.FOUND: Reply.FOUND,
    Status.ABSENT: Reply.ABSENT,
    Status.AMBIGUOUS: Reply.AMBIGUOUS,
    Status.EMPTY: Reply.EMPTY,
}
STATUS_NAMES = {
    Reply.WORKING: "working",
    Reply.FOUND: "found",
    Reply.ABSENT: "absent",
    Reply.AMBIGUOUS: "ambiguous",
    Reply.ERROR: "error",
    Reply.CANCELLED: "cancelled",
    Reply.EMPTY: "empty",
}


def instance_message(
    instance: Instance, source: Header, pose_frame: str = "", camera_pose: np.ndarray | None = None
) -> SegmentedInstance:
    """One instance.

    Args:
        instance: the instance, in the optical frame.
        source: header of the source colour image.
        pose_frame: frame of `pose`; "" for the optical frame.
        camera_pose: (4, 4) pose of the optical frame in `pose_frame`, None if that is the optical frame.
    """
    segment = instance.segment
    x0, y0, x1, y1 = segment.box
    start, end = segment.span or (0, 0)
    message = SegmentedInstance(
        header=Header(stamp=source.stamp, frame_id=pose_frame or source.frame_id),
        id=instance.id,
        label=segment.label,
        description=segment.description,
        score=float(segment.score),
        text_start=start,
        text_end=end,
        box=RegionOfInterest(x_offset=x0, y_offset=y0, width=x1 - x0, height=y1 - y0),
        mask=mask_image(segment.mask[y0:y1, x0:x1], source),
        cloud=cloud_message(instance.points, instance.colors, source),
        point_count=len(instance.points),
        touches_border=bool(instance.touches_border),
        depth_share=float(instance.depth_share),
    )
    if len(instance.points):
        box_pose = np.eye(4)
        box_pose[:3, :3], box_pose[:3, 3] = instance.box.rotation, instance.box.center
        message.pose = pose_message(box_pose if camera_pose is None else camera_pose @ box_pose)
        message.extents = Vector3(**dict(zip("xyz", map(float, instance.box.extents), strict=True)))
    return message


def mask_image(mask: np.ndarray, header: Header) -> Image:
    """A mask (H, W) bool as mono8, 255 where true."""
    return array_to_image(mask.astype(np.uint8) * np.uint8(255), "mono8", header)


def label_image(instances: Sequence[Instance], shape: tuple[int, int], header: Header) -> Image:
    """Each pixel's instance id as 16UC1, 0 for none; where masks overlap, the better one's."""
    labels = np.zeros(shape, np.uint16)
    for instance in reversed(instances):
        labels[instance.segment.mask] = instance.id & 0xFFFF
    return array_to_image(labels, "16UC1", header)


def merged_cloud(instances: Sequence[Instance], header: Header) -> PointCloud2:
    """All instances as one cloud with instance_id."""
    points = [instance.points for instance in instances] or [np.zeros((0, 3), np.float32)]
    colors = [instance.colors for instance in instances] or [np.zeros((0, 3), np.uint8)]
    ids = np.repeat([instance.id for instance in instances], [len(instance.points) for instance in instances])
    return cloud_message(np.concatenate(points), np.concatenate(colors), header, ids.astype(np.uint32))


def latency_messages(latency_ms: Mapping[str, float]) -> list[StageLatency]:
    """Latencies per stage, in order."""
    return [StageLatency(stage=stage, milliseconds=float(value)) for stage, value in latency_ms.items()]
