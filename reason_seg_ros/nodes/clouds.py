"""sensor_msgs/PointCloud2 from arrays and back."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from .images import to_byte_array
from .problems import ImageError

# rgb is 0x00RRGGBB in the place of a float, as PCL and RViz expect.
_POINT = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("rgb", "<u4")]
_NAMES = [name for name, _ in _POINT]
_LABELLED_POINT = [*_POINT, ("instance_id", "<u4")]


def cloud_message(
    points: np.ndarray, colors: np.ndarray, header: Header, instance_ids: np.ndarray | None = None
) -> PointCloud2:
    """A dense cloud with the fields x y z rgb, and instance_id if given.

    Args:
        points: (N, 3) float32, metres.
        colors: (N, 3) uint8, RGB.
        header: stamp of the source image and the frame that the points are in.
        instance_ids: (N,) id of the instance of each point.
    """
    cloud = np.empty(len(points), _POINT if instance_ids is None else _LABELLED_POINT)
    cloud["x"], cloud["y"], cloud["z"] = points[:, 0], points[:, 1], points[:, 2]
    red, green, blue = (colors[:, i].astype(np.uint32) for i in range(3))
    cloud["rgb"] = red << 16 | green << 8 | blue
    if instance_ids is not None:
        cloud["instance_id"] = instance_ids
    message = PointCloud2(header=header, height=1, width=len(cloud), is_bigendian=False, is_dense=True)
    message.fields = _fields(cloud.dtype)
    message.point_step = cloud.itemsize
    message.row_step = cloud.nbytes
    message.data = to_byte_array(cloud.view(np.uint8))
    return message


def points_from_cloud(message: PointCloud2) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 3) float32 metres and colours (N, 3) uint8 RGB of a cloud with x, y, z and rgb.

    Raises:
        ImageError: if a field is missing or the data does not fit the layout.
    """
    fields = {field.name: field for field in message.fields}
    missing = set(_NAMES) - fields.keys()
    if missing:
        raise ImageError(f"the cloud lacks the fields {', '.join(sorted(missing))}")
    count = message.width * message.height
    if len(message.data) < count * message.point_step:
        raise ImageError(f"the cloud holds {len(message.data)} bytes, {count} points take {count * message.point_step}")
    cloud: np.ndarray
    if all(fields[name].datatype == PointField.FLOAT32 for name in "xyz"):
        order = ">" if message.is_bigendian else "<"
        layout = np.dtype(
            {
                "names": _NAMES,
                "formats": [order + "f4"] * 3 + [order + "u4"],
                "offsets": [fields[name].offset for name in _NAMES],
                "itemsize": message.point_step,
            }
        )
        cloud = np.frombuffer(message.data, layout, count)
    else:
        cloud = _rare_cloud(message)
    points = np.stack([cloud[name] for name in "xyz"], axis=1).astype(np.float32)
    rgb = cloud["rgb"].astype(np.uint32) if cloud["rgb"].dtype.kind == "u" else cloud["rgb"].copy().view(np.uint32)
    return points, np.stack([rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255], axis=1).astype(np.uint8)


def _rare_cloud(message: PointCloud2) -> np.ndarray:
    """A cloud whose coordinates are of another type than float32, as a structured array."""
    try:
        from sensor_msgs_py.point_cloud2 import read_points
    except ImportError as error:
        raise ImageError(
            "the cloud's coordinates are not of type FLOAT32: publish them so, or install ROS's sensor_msgs_py"
        ) from error
    return np.asarray(read_points(message, list(_NAMES)))


def _fields(dtype: np.dtype) -> list[PointField]:
    kinds = {"instance_id": PointField.UINT32}
    offsets = {name: place[1] for name, place in (dtype.fields or {}).items()}
    return [
        PointField(name=name, offset=offsets[name], datatype=kinds.get(name, PointField.FLOAT32), count=1)
        for name in dtype.names or ()
    ]
