"""Closed-form depth images of spheres, boxes, cylinders and planes, with the faults of a real sensor."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.reply import Segment

CAMERA = Camera(640, 480, 610.0, 610.0, 320.0, 240.0)


@dataclass(frozen=True)
class Sphere:
    center: np.ndarray
    radius: float

    def hit(self, rays: np.ndarray) -> np.ndarray:
        a, b = (rays**2).sum(-1), rays @ self.center
        root = np.sqrt(b**2 - a * (self.center @ self.center - self.radius**2))
        return np.asarray((b - root) / a)

    def surface(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        normals = rng.normal(size=(count, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return self.center + self.radius * normals, normals


@dataclass(frozen=True)
class Box:
    center: np.ndarray
    rotation: np.ndarray
    extents: np.ndarray

    def hit(self, rays: np.ndarray) -> np.ndarray:
        origin, direction = -self.center @ self.rotation, rays @ self.rotation
        near, far = (-self.extents / 2 - origin) / direction, (self.extents / 2 - origin) / direction
        enter, leave = np.minimum(near, far).max(-1), np.maximum(near, far).min(-1)
        return np.where(enter <= leave, enter, np.nan)


@dataclass(frozen=True)
class Cylinder:
    """Axis along the third column of the rotation."""

    center: np.ndarray
    rotation: np.ndarray
    radius: float
    height: float

    def hit(self, rays: np.ndarray) -> np.ndarray:
        origin, direction = -self.center @ self.rotation, rays @ self.rotation
        a, b = (direction[..., :2] ** 2).sum(-1), direction[..., :2] @ origin[:2]
        t = (-b - np.sqrt(b**2 - a * (origin[:2] @ origin[:2] - self.radius**2))) / a
        side = np.where(np.abs(origin[2] + t * direction[..., 2]) <= self.height / 2, t, np.nan)
        t = (np.sign(origin[2]) * self.height / 2 - origin[2]) / direction[..., 2]
        on_cap = ((origin[:2] + t[..., None] * direction[..., :2]) ** 2).sum(-1) <= self.radius**2
        return np.asarray(np.fmin(side, np.where(on_cap & (t > 0), t, np.nan)))

    def surface(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        angle, z = rng.uniform(0, 2 * np.pi, count), rng.uniform(-1, 1, count) * self.height / 2
        radial = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], 1)
        side = self.radius * radial + z[:, None] * [0, 0, 1]
        caps = self.radius * np.sqrt(rng.uniform(0, 1, count))[:, None] * radial
        ends = np.where(np.arange(count) % 2, 1.0, -1.0)[:, None] * [0, 0, 1]
        points, normals = np.concatenate([side, caps + ends * self.height / 2]), np.concatenate([radial, ends])
        return self.center + points @ self.rotation.T, normals @ self.rotation.T


@dataclass(frozen=True)
class Plane:
    point: np.ndarray
    normal: np.ndarray

    def hit(self, rays: np.ndarray) -> np.ndarray:
        t = (self.point @ self.normal) / (rays @ self.normal)
        return np.where(t > 0, t, np.nan)


def render(shapes, camera: Camera = CAMERA) -> tuple[np.ndarray, np.ndarray]:
    """Depth (H, W) float32 metres and the index of the shape that each pixel shows, -1 for none."""
    rays = camera.rays.astype(float)
    with np.errstate(all="ignore"):
        hits = np.stack([np.where(shape.hit(rays) > 0, shape.hit(rays), np.inf) for shape in shapes])
    depth = hits.min(0)
    ids = np.where(np.isfinite(depth), hits.argmin(0), -1)
    return np.where(ids >= 0, depth, np.nan).astype(np.float32), ids


def degrade(depth: np.ndarray, rng: np.random.Generator, noise=0.0015, flying=0.5, holes=0.03) -> np.ndarray:
    """Noise that grows with z^2, mixed readings on depth edges, lost readings, and 1 mm steps."""
    filled = np.nan_to_num(depth, nan=9.0)
    kernel = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(filled, kernel), cv2.dilate(filled, kernel)
    edge = (high - low > 0.03) & (rng.uniform(size=depth.shape) < flying)
    mixed = low + rng.uniform(size=depth.shape) * (high - low)
    depth = np.where(edge & (high < 9), mixed, depth)
    depth = depth + rng.normal(size=depth.shape) * noise * depth**2
    depth[rng.uniform(size=depth.shape) < holes] = np.nan
    for _ in range(6):
        v, u = rng.integers(0, depth.shape[0] - 4), rng.integers(0, depth.shape[1] - 4)
        depth[v : v + 4, u : u + 4] = np.nan
    return (np.round(depth * 1000) / 1000).astype(np.float32)


def capture(depth: np.ndarray, camera: Camera = CAMERA, **more) -> Frame:
    color = np.zeros((*depth.shape, 3), np.uint8)
    color[..., 0] = np.arange(depth.shape[1]) % 256
    return Frame(color, depth, camera, **more)


def segment(mask: np.ndarray, grow: int = 0, label: str = "thing") -> Segment:
    if grow:
        mask = cv2.dilate(mask.astype(np.uint8), np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)).astype(bool)
    return Segment(mask, label)


def visible_surface(shape, rng: np.random.Generator, count: int = 200_000) -> np.ndarray:
    """Points of a convex shape's surface that face the camera at the origin."""
    points, normals = shape.surface(rng, count)
    return points[(points * normals).sum(1) < 0]


def up_of(tilt: float) -> np.ndarray:
    """Up in the optical frame of a camera that looks down by `tilt` degrees."""
    return np.array([0.0, -np.cos(np.deg2rad(tilt)), -np.sin(np.deg2rad(tilt))])


def standing(up: np.ndarray, yaw: float) -> np.ndarray:
    """Rotation with z along up, turned about it by `yaw` degrees."""
    x = np.cross(up, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    cos, sin = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))
    return np.stack([x, np.cross(up, x), up], 1) @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
