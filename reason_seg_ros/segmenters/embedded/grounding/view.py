"""The camera's view as a person describes it: right, ahead and up as axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL_UP = np.array([0.0, -1.0, 0.0])
"""Up of a camera that looks straight ahead; stands in where neither a plane nor a transform tells."""


@dataclass(frozen=True, eq=False)
class View:
    """Axes in which "left", "behind" and "on" are meant.

    Attributes:
        rotation: (3, 3), rows are right, ahead (horizontal, away from the camera) and up in the optical frame.
            A point p of the optical frame is rotation @ p in view axes; the origin stays at the camera.
        gravity: true if up is known, false if the camera is taken to look straight ahead.
    """

    rotation: np.ndarray
    gravity: bool

    @property
    def up(self) -> np.ndarray:
        """(3,) up in the optical frame."""
        return self.rotation[2]

    def points(self, optical: np.ndarray) -> np.ndarray:
        """Points (..., 3) of the optical frame in view axes, metres."""
        return optical @ self.rotation.T.astype(optical.dtype)


def view_of(up: np.ndarray | None) -> View:
    """View axes for an up direction in the optical frame.

    A camera that looks straight down has no horizontal viewing direction: the top of its image is ahead.

    Args:
        up: (3,) vector against gravity in the optical frame, or None if unknown.
    """
    axis = LEVEL_UP if up is None else np.asarray(up, float) / np.linalg.norm(up)
    ahead = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    if np.linalg.norm(ahead) < 0.1:
        top = np.array([0.0, -1.0, 0.0])
        ahead = top - (top @ axis) * axis
    ahead /= np.linalg.norm(ahead)
    return View(np.stack([np.cross(ahead, axis), ahead, axis]), up is not None)
