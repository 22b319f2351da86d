"""Oriented boxes in 3D."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


@dataclass(frozen=True, eq=False)
class OrientedBox:
    """A box by centre, orientation and full extents.

    Attributes:
        center: (3,) float64, metres.
        rotation: (3, 3) float64, right-handed; its columns are the box's x, y and z axes.
        extents: (3,) float64, full side lengths along x, y and z, metres.
    """

    center: np.ndarray
    rotation: np.ndarray
    extents: np.ndarray

    @classmethod
    def empty(cls) -> OrientedBox:
        """The box of nothing: at the origin, without rotation, of no extent."""
        return cls(np.zeros(3), np.eye(3), np.zeros(3))

    @property
    def quaternion(self) -> np.ndarray:
        """Orientation as (4,) unit quaternion x, y, z, w with w >= 0."""
        quaternion = Rotation.from_matrix(self.rotation).as_quat()
        return quaternion if quaternion[3] >= 0 else -quaternion

    @property
    def volume(self) -> float:
        """Cubic metres."""
        return float(np.prod(self.extents))

    @property
    def diagonal(self) -> float:
        """Length from corner to opposite corner, metres."""
        return float(np.linalg.norm(self.extents))

    def corners(self) -> np.ndarray:
        """(8, 3) corners; the sign along z changes fastest, that along x slowest."""
        return self.center + (_SIGNS * (self.extents / 2)) @ self.rotation.T

    def contains(self, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Which of the points (N, 3) lie in the box grown by a margin in metres on every side: (N,) bool."""
        local = np.abs((points - self.center) @ self.rotation)
        return np.asarray((local <= self.extents / 2 + margin).all(axis=1))

    def transformed(self, pose: np.ndarray) -> OrientedBox:
        """The box seen from another frame, given the (4, 4) pose of the present frame in it."""
        return OrientedBox(pose[:3, :3] @ self.center + pose[:3, 3], pose[:3, :3] @ self.rotation, self.extents)
