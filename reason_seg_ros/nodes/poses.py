"""Poses as (4, 4) matrices and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion
from scipy.spatial.transform import Rotation


def pose_message(matrix: np.ndarray) -> Pose:
    """A pose from its matrix: (4, 4)."""
    quaternion = Rotation.from_matrix(matrix[:3, :3]).as_quat()
    return Pose(
        position=Point(**dict(zip("xyz", map(float, matrix[:3, 3]), strict=True))),
        orientation=Quaternion(**dict(zip("xyzw", map(float, quaternion), strict=True))),
    )


def pose_matrix(position: Any, orientation: Any) -> np.ndarray:
    """(4, 4) float64 from a position (x, y, z) and a quaternion (x, y, z, w) of whatever message holds them."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat([orientation.x, orientation.y, orientation.z, orientation.w]).as_matrix()
    matrix[:3, 3] = position.x, position.y, position.z
    return matrix
