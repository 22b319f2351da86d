"""Light on surfaces: area lights with shadows, ambient light with occlusion, highlights, reflections of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .materials import Material
from .raycast import tensor
from .scene import Light, SimulatedScene

_OFFSET = 4e-4  # metres: rays start off the surface
_SHADOW_RAYS = 2
_OCCLUSION_RAYS = 6
_OCCLUSION_REACH = 0.18


@dataclass(frozen=True, eq=False)
class Hits:
    """Where N rays end.

    Attributes:
        valid: (N,) bool, something was hit.
        distance: (N,) in units of the ray's direction.
        points: (N, 3) metres, world frame.
        normals: (N, 3) unit, towards the viewer.
        piece: (N,) index of the piece.
    """

    valid: np.ndarray
    distance: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    piece: np.ndarray

    def take(self, index: np.ndarray | slice) -> Hits:
        """Some of the rays."""
        return Hits(self.valid[index], self.distance[index], self.points[index], self.normals[index], self.piece[index])


def ambient_occlusion(scene: Any, hits: Hits, rng: np.random.Generator) -> np.ndarray:
    """Share of the sky that is open above each point, (N,) float32 (Landis, SIGGRAPH course 16, 2002).

    Cosine-weighted directions; an occluder counts the less the farther it is.
    """
    total = np.zeros(len(hits.points), np.float32)
    for _ in range(_OCCLUSION_RAYS):
        spread = rng.normal(size=hits.points.shape).astype(np.float32)
        spread /= np.linalg.norm(spread, axis=1, keepdims=True)
        direction = hits.normals + 0.98 * spread
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        rays = np.hstack([hits.points + _OFFSET * hits.normals, direction])
        distance = scene.cast_rays(tensor(rays))["t_hit"].numpy()
        total += np.clip(distance / _OCCLUSION_REACH, 0, 1) ** 0.5
    return total / _OCCLUSION_RAYS


def shadows(scene: Any, hits: Hits, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Share of a lamp that is seen from each point, (N,) float32, by random points of it (Cook et al., 1984)."""
    start = hits.points + _OFFSET * hits.normals
    seen = np.zeros(len(start), np.float32)
    for _ in range(_SHADOW_RAYS):
        angle, radius = rng.uniform(0, 2 * np.pi, len(start)), light.radius * np.sqrt(rng.random(len(start)))
        place = np.tile(light.position.astype(np.float32), (len(start), 1))
        place[:, 0] += radius * np.cos(angle)
        place[:, 1] += radius * np.sin(angle)
        hidden = scene.test_occlusions(tensor(np.hstack([start, place - start])), 0.0, 1.0)
        seen += ~hidden.numpy()
    return seen / _SHADOW_RAYS


def shade(
    scene: SimulatedScene,
    hits: Hits,
    directions: np.ndarray,
    albedo: np.ndarray,
    materials: Sequence[Material],
    open_sky: np.ndarray,
    seen: Sequence[np.ndarray],
) -> np.ndarray:
    """Linear light towards the viewer, (N, 3) float32.

    Diffuse light is Lambert's. Highlights are Blinn-Phong lobes (Blinn, SIGGRAPH 1977) with Schlick's Fresnel term
    (Schlick, Computer Graphics Forum 1994); polished surfaces mirror a plain room.

    Args:
        directions: (N, 3) viewing rays.
        albedo: (N, 3) linear reflectance.
        materials: by piece.
        open_sky: (N,) share of open sky.
        seen: for each light (N,) whether it is seen.
    """
    specular, roughness, metallic = (
        np.array([getattr(m, name) for m in materials], np.float32)[hits.piece]
        for name in ("specular", "roughness", "metallic")
    )
    view = -directions / np.linalg.norm(directions, axis=1, keepdims=True)
    facing = np.clip(np.einsum("ij,ij->i", view, hits.normals), 0, 1)
    fresnel = specular + (1 - specular) * (1 - facing) ** 5 * (1 - roughness) ** 2
    upness = hits.normals[:, 2:]
    ambient = scene.ambient.astype(np.float32) * (0.72 + 0.28 * upness)
    diffuse = ambient * open_sky[:, None]
    highlight = np.zeros((len(albedo), 1), np.float32)
    shininess = (2 / np.maximum(roughness, 0.06) ** 3)[:, None]
    for light, lit in zip(scene.lights, seen, strict=True):
        towards = light.position.astype(np.float32) - hits.points
        distance = np.linalg.norm(towards, axis=1, keepdims=True)
        towards /= distance
        falloff = (np.float32(np.linalg.norm(light.position)) / distance) ** 2
        cosine = np.clip(np.einsum("ij,ij->i", towards, hits.normals), 0, 1)[:, None]
        diffuse = diffuse + light.color.astype(np.float32) * cosine * lit[:, None] * np.clip(falloff, 0, 2.5) * 1.2
        half = towards + view
        half /= np.linalg.norm(half, axis=1, keepdims=True)
        lobe = np.clip(np.einsum("ij,ij->i", half, hits.normals), 0, 1)[:, None] ** shininess
        highlight += lobe * lit[:, None] * float(light.color.mean()) * np.sqrt(shininess) * 0.7
    mirror = 2 * facing[:, None] * hits.normals - view
    room = _room(scene, mirror, roughness) * (0.35 + 0.65 * open_sky[:, None])
    tint = metallic[:, None] * albedo + (1 - metallic[:, None])
    light_out = albedo * (1 - metallic[:, None]) * diffuse + fresnel[:, None] * tint * (room + highlight)
    light_out[~hits.valid] = scene.ambient
    return light_out.astype(np.float32)


def _room(scene: SimulatedScene, direction: np.ndarray, roughness: np.ndarray) -> np.ndarray:
    """What a mirror sees of the room, (N, 3): dim floor, walls, bright ceiling with lamps, blurred by roughness."""
    up = direction[:, 2:]
    level = 0.30 + 0.34 * np.clip(up + 0.15, 0, 1) - 0.14 * np.clip(-up, 0, 1)
    bands = 0.10 * np.sin(5 * np.arctan2(direction[:, 1:2], direction[:, :1])) * (1 - np.abs(up))
    light = (level + bands * (1 - roughness[:, None])) * scene.ambient.astype(np.float32) * 2.0
    width = 0.12 + 0.5 * roughness[:, None]
    for lamp in scene.lights:
        towards = (lamp.position / np.linalg.norm(lamp.position)).astype(np.float32)
        near = (1 - direction @ towards)[:, None]
        light = light + lamp.color.astype(np.float32) * np.exp(-near / width**2 * 2) * 0.35 / width
    return light
