"""Boxes and labels of the instances for RViz."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from reason_seg_ros.msg import SegmentedInstance

from ..viewing.palette import color_of

_TEXT_HEIGHT = 0.03
_EDGE_WIDTH = 0.003
_CORNERS = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
_EDGES = [(i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit]


def marker_array(instances: Sequence[SegmentedInstance], header: Header, lifetime: float) -> MarkerArray:
    """Markers that replace all earlier ones: a box with edges and a label for each instance that has depth.

    Args:
        instances: as published; each in the frame of its own header.
        header: of the answer, for the marker that deletes.
        lifetime: seconds, 0 for ever.
    """
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    stay = Duration(sec=int(lifetime), nanosec=round(lifetime % 1 * 1e9))
    for instance in instances:
        if instance.point_count:
            markers += [_box(instance, stay), _edges(instance, stay), _label(instance, stay)]
    return MarkerArray(markers=markers)


def _marker(instance: SegmentedInstance, kind: int, namespace: str, alpha: float, lifetime: Duration) -> Marker:
    red, green, blue = (value / 255 for value in color_of(instance.id))
    return Marker(
        header=instance.header,
        ns=namespace,
        id=instance.id & 0x7FFFFFFF,
        type=kind,
        action=Marker.ADD,
        pose=instance.pose,
        color=ColorRGBA(r=red, g=green, b=blue, a=alpha),
        lifetime=lifetime,
    )


def _box(instance: SegmentedInstance, lifetime: Duration) -> Marker:
    marker = _marker(instance, Marker.CUBE, "boxes", 0.25, lifetime)
    # RViz warns about cubes without thickness.
    marker.scale = Vector3(**{axis: max(getattr(instance.extents, axis), 0.001) for axis in "xyz"})
    return marker


def _edges(instance: SegmentedInstance, lifetime: Duration) -> Marker:
    marker = _marker(instance, Marker.LINE_LIST, "edges", 1.0, lifetime)
    marker.scale.x = _EDGE_WIDTH
    corners = _CORNERS * [instance.extents.x, instance.extents.y, instance.extents.z]
    points = [Point(x=float(x), y=float(y), z=float(z)) for x, y, z in corners]
    marker.points = [points[end] for edge in _EDGES for end in edge]
    return marker


def _label(instance: SegmentedInstance, lifetime: Duration) -> Marker:
    marker = _marker(instance, Marker.TEXT_VIEW_FACING, "labels", 1.0, lifetime)
    marker.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
    marker.pose = Pose(position=instance.pose.position, orientation=Quaternion(w=1.0))
    marker.scale.z = _TEXT_HEIGHT
    marker.text = f"{instance.label} #{instance.id}"
    return marker
