"""A table with upright boxes and cylinders, cast in closed form, for the grounding tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.geometry.planes import Plane
from reason_seg_ros.segmenters.embedded.proposals.base import Proposal, Scenery

CAMERA = Camera(640, 480, 600.0, 600.0, 320.0, 240.0)
PITCH = np.deg2rad(40)
HEIGHT = 0.6
UP = np.array([0.0, -np.cos(PITCH), -np.sin(PITCH)])
_AXES = np.stack([[1.0, 0.0, 0.0], [0.0, -np.sin(PITCH), np.cos(PITCH)], UP])


@dataclass(frozen=True)
class Solid:
    """An upright box (width, depth, height) or, if round, cylinder (diameter, diameter, height) at (right, ahead).

    A solid with a wall is open at the top and hollow down to the wall's thickness.
    """

    at: tuple[float, float]
    size: tuple[float, float, float]
    color: tuple[int, int, int]
    round: bool = False
    wall: float = 0.0


def render(*solids: Solid, noise: float = 0.0) -> tuple[Frame, np.ndarray]:
    """(frame, (H, W) ids with solids counted from 1)."""
    rays = CAMERA.rays.reshape(-1, 3).astype(float) @ _AXES.T
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(rays[:, 2] < 0, -HEIGHT / rays[:, 2], np.inf)
        ids = np.zeros(len(rays), int)
        for number, solid in enumerate(solids, start=1):
            hit = _cast(solid, rays)
            ids[hit < depth] = number
            depth = np.minimum(depth, hit)
    colors = np.array([(150, 115, 80), *(solid.color for solid in solids)], np.uint8)[ids]
    rng = np.random.default_rng(0)
    depth = np.where(depth < 3, depth + noise * rng.standard_normal(len(depth)), np.nan)
    shape = (CAMERA.height, CAMERA.width)
    colors = np.clip(colors + rng.normal(0, 2, colors.shape), 0, 255).astype(np.uint8)
    return Frame(colors.reshape(*shape, 3), depth.reshape(shape).astype(np.float32), CAMERA), ids.reshape(shape)


def _cast(solid: Solid, rays: np.ndarray) -> np.ndarray:
    """(N,) depth at which rays from the camera (at the height above the table) meet a solid, inf for a miss."""
    width, _, tall = solid.size
    center = np.array([*solid.at, tall / 2 - HEIGHT])
    if not solid.round:
        low, high = center - np.array(solid.size) / 2, center + np.array(solid.size) / 2
        first, last = low / rays, high / rays
        enter, leave = np.minimum(first, last).max(axis=1), np.maximum(first, last).min(axis=1)
        return np.where((enter < leave) & (enter > 0), enter, np.inf)
    outer = _side(rays, center, width / 2, tall, nearest=True)
    if not solid.wall:
        return np.minimum(outer, _disc(rays, center, width / 2, center[2] + tall / 2))
    inner = _side(rays, center, width / 2 - solid.wall, tall, nearest=False)
    floor = _disc(rays, center, width / 2, center[2] - tall / 2 + solid.wall)
    return np.minimum(np.minimum(outer, inner), floor)


def _side(rays: np.ndarray, center: np.ndarray, radius: float, tall: float, nearest: bool) -> np.ndarray:
    a = (rays[:, :2] ** 2).sum(axis=1)
    b, c = -2 * rays[:, :2] @ center[:2], (center[:2] ** 2).sum() - radius**2
    root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0))
    t = (-b - root if nearest else -b + root) / (2 * a)
    return np.where((b**2 > 4 * a * c) & (np.abs(t * rays[:, 2] - center[2]) < tall / 2), t, np.inf)


def _disc(rays: np.ndarray, center: np.ndarray, radius: float, level: float) -> np.ndarray:
    t = level / rays[:, 2]
    return np.where((np.linalg.norm(rays[:, :2] * t[:, None] - center[:2], axis=1) < radius) & (t > 0), t, np.inf)


def scenery_of(ids: np.ndarray) -> Scenery:
    """The true masks and the true table."""
    proposals = tuple(Proposal(ids == number, 1.0, 0) for number in np.unique(ids[ids > 0]))
    return Scenery(proposals, (Plane(UP, HEIGHT, ids == 0),), UP, np.zeros(ids.shape, np.float32))
