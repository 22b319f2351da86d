"""Ray-cast RGB-D scenes of boxes, cylinders and open cups with exact instance maps, for tests of the geometry step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reason_seg_ros.frame import Camera, Frame

CAMERA = Camera(width=320, height=240, fx=300.0, fy=300.0, cx=159.5, cy=119.5)


@dataclass(frozen=True)
class Box:
    """A cuboid that stands on height `z`, turned by `yaw` radians about the vertical; metres."""

    x: float
    y: float
    size: tuple[float, float, float]
    color: tuple[int, int, int]
    z: float = 0.0
    yaw: float = 0.0

    def hit(self, eye: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance along each ray (inf for none) and the normals there."""
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        half = np.array(self.size) / 2
        origin = turn @ (eye - np.array([self.x, self.y, self.z + half[2]]))
        rays = rays @ turn.T
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack([(-half - origin) / rays, (half - origin) / rays])
        near, far = ends.min(axis=0), ends.max(axis=0)
        enter, leave = near.max(axis=-1), far.min(axis=-1)
        axis = near.argmax(axis=-1)
        normal = -np.sign(np.take_along_axis(rays, axis[..., None], -1)) * np.eye(3)[axis]
        return np.where((enter < leave) & (enter > 0), enter, np.inf), normal @ turn


@dataclass(frozen=True)
class Can:
    """A vertical cylinder on height `z`; `open` makes it a thin-walled cup. Metres."""

    x: float
    y: float
    radius: float
    height: float
    color: tuple[int, int, int]
    z: float = 0.0
    open: bool = False

    def hit(self, eye: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance along each ray (inf for none) and the normals there."""
        origin = eye - np.array([self.x, self.y, self.z])
        a = (rays[..., :2] ** 2).sum(-1)
        b = rays[..., :2] @ origin[:2]
        root = b * b - a * (origin[:2] @ origin[:2] - self.radius**2)
        best = np.full(a.shape, np.inf)
        normal = np.zeros(rays.shape)
        for sign in (-1.0, 1.0):
            distance = (-b + sign * np.sqrt(np.where(root > 0, root, np.nan))) / a
            height = origin[2] + distance * rays[..., 2]
            near = (distance > 0) & (height >= 0) & (height <= self.height) & (distance < best)
            best = np.where(near, distance, best)
            side = (origin + distance[..., None] * rays) * [1, 1, 0] / self.radius
            normal = np.where(near[..., None], -sign * side, normal)
        cap = 0.004 if self.open else self.height
        distance = (cap - origin[2]) / rays[..., 2]
        inside = ((origin + distance[..., None] * rays)[..., :2] ** 2).sum(-1) < self.radius**2
        near = inside & (distance > 0) & (distance < best)
        return np.where(near, distance, best), np.where(near[..., None], [0.0, 0.0, 1.0], normal)


def render(
    things: list[Box | Can],
    surfaces: list[Box],
    eye: tuple[float, float, float] = (0.0, -0.75, 0.75),
    target: tuple[float, float, float] = (0.0, 0.0, 0.03),
    gain: float = 0.001,
    camera: Camera = CAMERA,
) -> tuple[Frame, np.ndarray]:
    """A frame with depth noise of gain * z^2, quantised to millimetres, and the map of things: (H, W) int, 0 = none.

    `surfaces` are tables, floors and shelves, which are in no instance map.
    """
    rng = np.random.default_rng(0)
    origin = np.array(eye)
    ahead = np.array(target) - origin
    ahead = ahead / np.linalg.norm(ahead)
    top = np.array([0.0, 0.0, 1.0]) if abs(ahead[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    right = np.cross(ahead, top)
    right /= np.linalg.norm(right)
    rays = camera.rays.astype(float) @ np.stack([right, np.cross(ahead, right), ahead])
    depth = np.full(rays.shape[:2], np.inf)
    color = np.full(rays.shape, 90.0)
    instances = np.zeros(depth.shape, int)
    light = np.array([0.3, -0.4, 0.87])
    for number, solid in enumerate([*things, *surfaces]):
        distance, normal = solid.hit(origin, rays)
        near = distance < depth
        depth = np.where(near, distance, depth)
        shade = 0.55 + 0.45 * np.clip(normal @ light, 0, 1)
        color = np.where(near[..., None], shade[..., None] * np.array(solid.color), color)
        instances[near] = number + 1 if number < len(things) else 0
    color += rng.normal(0, 2.0, color.shape)
    depth += rng.normal(0, gain, depth.shape) * np.where(np.isfinite(depth), depth, 0) ** 2
    depth = np.where(np.isfinite(depth), np.round(depth, 3), np.nan).astype(np.float32)
    return Frame(np.clip(color, 0, 255).astype(np.uint8), depth, camera), instances


def table(length: float = 1.4, width: float = 1.2, z: float = 0.0) -> Box:
    """A wooden board whose top is at height `z`."""
    return Box(0.0, 0.0, (length, width, 0.03), (170, 130, 90), z=z - 0.03)


def floor(z: float = -0.7) -> Box:
    """A grey floor at height `z`."""
    return Box(0.0, 1.0, (8.0, 8.0, 0.1), (110, 115, 120), z=z - 0.1)
