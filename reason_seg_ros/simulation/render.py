"""What the camera sees, without noise: depth, instance ids, colour, and what the depth sensor needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..frame import Camera
from .model import Part
from .raycast import caster, tensor
from .scene import SimulatedScene
from .shading import Hits, ambient_occlusion, shade, shadows

OVERSAMPLING = 2  # rays per pixel side for the colour image
_CHUNK = 1 << 15  # rays that are shaded at a time; more do not fit the processor's cache
_STRIDE = 2  # every second colour ray in each direction is tested for shadow and open sky, blurred afterwards


@dataclass(frozen=True, eq=False)
class Rendering:
    """One noise-free view.

    Attributes:
        camera: intrinsics.
        pose: (4, 4) optical frame to world frame.
        color: (H, W, 3) float32 linear light, exposed so that 1 is white.
        depth: (H, W) float32 metres along the optical axis of the first surface, NaN where there is none.
        ids: (H, W) uint8, 0 = background.
        incidence: (H, W) float32 cosine between viewing ray and surface normal.
        reflectance: (H, W) float32 mean linear reflectance, what an infrared projector's dots come back from.
        gloss: (H, W) float32, 0 matt to 1 mirror.
        beyond: (H, W) float32 metres: depth of the first opaque surface (differs where glass is in front).
        seen_twice: (H, W) bool: the second imager sees the surface too.
    """

    camera: Camera
    pose: np.ndarray
    color: np.ndarray
    depth: np.ndarray
    ids: np.ndarray
    incidence: np.ndarray
    reflectance: np.ndarray
    gloss: np.ndarray
    beyond: np.ndarray
    seen_twice: np.ndarray

    @property
    def up(self) -> np.ndarray:
        """(3,) unit vector against gravity in the optical frame."""
        return self.pose[:3, :3].T @ np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class _Piece:
    """A part in the world: its owner's id, placement and normals."""

    owner: int
    part: Part
    rotation: np.ndarray
    translation: np.ndarray
    normals: np.ndarray  # (T, 3, 3) per corner, world frame


class Renderer:
    """Casts rays into one scene; costs some tenths of a second to build and serves any number of views.

    Args:
        scene: what to see.
        oversampling: rays per pixel side for the colour image; most of the time goes into them.
    """

    def __init__(self, scene: SimulatedScene, oversampling: int = OVERSAMPLING) -> None:
        self.scene, self.oversampling = scene, oversampling
        identity, origin = np.eye(3), np.zeros(3)
        placed = [(0, part, identity, origin) for part in scene.surroundings.parts]
        placed += [
            (item.id, part, item.rotation, item.translation) for item in scene.objects for part in item.model.parts
        ]
        self._pieces = [
            _Piece(owner, part, turn, shift, part.mesh.corner_normals() @ turn.T) for owner, part, turn, shift in placed
        ]
        self._first = np.cumsum([0] + [len(piece.normals) for piece in self._pieces[:-1]])
        self._corners = np.concatenate([piece.normals for piece in self._pieces]).astype(np.float32)
        meshes = [piece.part.mesh.moved(piece.translation, piece.rotation) for piece in self._pieces]
        self._owner = np.array([piece.owner for piece in self._pieces] + [0], np.uint8)
        self._opaque = np.array([piece.part.material.opacity >= 1 for piece in self._pieces])
        self._meshes = meshes
        self._all = caster(meshes)
        self._solid = (
            self._all if self._opaque.all() else caster([m for m, o in zip(meshes, self._opaque, strict=True) if o])
        )
        self._solid_index = np.flatnonzero(self._opaque)

    def render(self, camera: Camera, pose: np.ndarray, baseline: float = 0.055, seed: int = 0) -> Rendering:
        """One view.

        Args:
            camera, pose: intrinsics, and (4, 4) optical frame to world frame.
            baseline: metres from the first to the second imager, along +x of the optical frame (0.055 is that of
                Intel's D415).
            seed: for the sampling of lights.
        """
        rng = np.random.default_rng([self.scene.seed, seed])
        directions = camera.rays.reshape(-1, 3) @ pose[:3, :3].T
        hits = self._hit(self._all, pose[:3, 3], directions)
        shape = (camera.height, camera.width)
        depth = np.where(hits.valid, hits.distance, np.nan).astype(np.float32).reshape(shape)
        ids = self._owner[np.where(hits.valid, hits.piece, -1)].reshape(shape)
        reflectance, gloss = self._surface(hits)
        view = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        incidence = np.abs(np.einsum("ij,ij->i", view, hits.normals))
        behind = (
            hits if self._solid is self._all else self._hit(self._solid, pose[:3, 3], directions, self._solid_index)
        )
        beyond = np.where(behind.valid, behind.distance, np.nan).astype(np.float32)
        second = pose[:3, 3] + baseline * pose[:3, 0]
        return Rendering(
            camera=camera,
            pose=pose,
            color=self._color(camera, pose, rng),
            depth=depth,
            ids=ids,
            incidence=incidence.astype(np.float32).reshape(shape),
            reflectance=reflectance.reshape(shape),
            gloss=gloss.reshape(shape),
            beyond=beyond.reshape(shape),
            seen_twice=self._sees(second, behind.points).reshape(shape),
        )

    def visible_share(self, camera: Camera, pose: np.ndarray, ids: np.ndarray) -> dict[int, float]:
        """For each object the share of its silhouette in the image that nothing covers."""
        directions = camera.rays.reshape(-1, 3) @ pose[:3, :3].T
        shares = {}
        for item in self.scene.objects:
            pixels = _near(item.vertices, camera, pose)
            alone = caster([m for m, piece in zip(self._meshes, self._pieces, strict=True) if piece.owner == item.id])
            rays = np.hstack([np.broadcast_to(pose[:3, 3], (len(pixels), 3)), directions[pixels]])
            whole = int(np.isfinite(alone.cast_rays(tensor(rays))["t_hit"].numpy()).sum()) if len(pixels) else 0
            shares[item.id] = float((ids == item.id).sum() / whole) if whole else 0.0
        return shares

    def _hit(self, scene: Any, origin: np.ndarray, directions: np.ndarray, index: np.ndarray | None = None) -> Hits:
        rays = np.empty((len(directions), 6), np.float32)
        rays[:, :3], rays[:, 3:] = origin, directions
        result = scene.cast_rays(tensor(rays))
        distance = result["t_hit"].numpy()
        valid = np.isfinite(distance)
        piece = np.where(valid, result["geometry_ids"].numpy(), 0).astype(np.int64)
        piece = piece if index is None else index[piece]
        triangle = np.where(valid, result["primitive_ids"].numpy(), 0).astype(np.int64)
        points = rays[:, :3] + np.where(valid, distance, 0)[:, None] * rays[:, 3:]
        normals = self._normals(piece, triangle, result["primitive_uvs"].numpy(), valid)
        facing = np.einsum("ij,ij->i", normals, rays[:, 3:]) > 0
        normals[facing] *= -1
        return Hits(valid, distance, points, normals, piece)

    def _normals(self, piece: np.ndarray, triangle: np.ndarray, uv: np.ndarray, valid: np.ndarray) -> np.ndarray:
        corners = self._corners[self._first[piece] + triangle]
        u, v = uv[:, :1], uv[:, 1:]
        normals = (1 - u - v) * corners[:, 0] + u * corners[:, 1] + v * corners[:, 2]
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        normals[~valid] = (0, 0, 1)
        return normals

    def _albedo(self, hits: Hits) -> np.ndarray:
        albedo = np.zeros((len(hits.piece), 3), np.float32)
        for number, piece in enumerate(self._pieces):
            on = np.flatnonzero(hits.valid & (hits.piece == number))
            if len(on):
                local = (hits.points[on] - piece.translation.astype(np.float32)) @ piece.rotation.astype(np.float32)
                normals = hits.normals[on] @ piece.rotation.astype(np.float32)
                albedo[on] = piece.part.material.texture(local, normals)
        return np.clip(albedo, 0, 0.95)

    def _surface(self, hits: Hits) -> tuple[np.ndarray, np.ndarray]:
        """Reflectance and gloss per ray."""
        gloss = np.array([_gloss(piece.part.material) for piece in self._pieces], np.float32)
        return self._albedo(hits).mean(axis=1), np.where(hits.valid, gloss[hits.piece], 0).astype(np.float32)

    def _color(self, camera: Camera, pose: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        fine = enlarged(camera, self.oversampling)
        directions = (fine.rays.reshape(-1, 3) @ pose[:3, :3].T).astype(np.float32)
        hits = self._hit(self._all, pose[:3, 3], directions)
        light = self._light(fine, hits, directions, rng)
        clear = ~self._opaque[hits.piece] & hits.valid
        if clear.any():
            behind = self._hit(self._solid, pose[:3, 3], directions[clear], self._solid_index)
            opacity = np.array([piece.part.material.opacity for piece in self._pieces], np.float32)[hits.piece[clear]]
            cosine = np.abs(np.einsum("ij,ij->i", _unit(directions[clear]), hits.normals[clear]))
            opacity = np.clip(opacity * (0.45 + 0.9 * (1 - cosine) ** 2), 0, 0.9)[:, None]
            plain = self._albedo(behind) * (self.scene.ambient + 0.25) * 0.92
            light[clear] = opacity * light[clear] + (1 - opacity) * plain.astype(np.float32)
        picture = light.reshape(fine.height, fine.width, 3)
        return cv2.resize(picture, (camera.width, camera.height), interpolation=cv2.INTER_AREA)

    def _light(self, fine: Camera, hits: Hits, directions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        shape = (fine.height, fine.width)
        coarse = np.arange(hits.valid.size).reshape(shape)[::_STRIDE, ::_STRIDE]
        some_hits = hits.take(coarse.ravel())
        owner = self._owner[np.where(some_hits.valid, some_hits.piece, -1)].reshape(coarse.shape)

        def spread(values: np.ndarray) -> np.ndarray:
            soft = _blurred_within(values.reshape(coarse.shape), owner, 5)
            return cv2.resize(soft, (fine.width, fine.height), interpolation=cv2.INTER_LINEAR).ravel()

        open_sky = spread(ambient_occlusion(self._solid, some_hits, rng))
        seen = [spread(shadows(self._solid, some_hits, lamp, rng)) for lamp in self.scene.lights]
        materials = [piece.part.material for piece in self._pieces]
        albedo, light = self._albedo(hits), np.empty((len(directions), 3), np.float32)
        for start in range(0, len(light), _CHUNK):
            some = slice(start, start + _CHUNK)
            visible = [values[some] for values in seen]
            light[some] = shade(
                self.scene, hits.take(some), directions[some], albedo[some], materials, open_sky[some], visible
            )
        return light

    def _sees(self, place: np.ndarray, points: np.ndarray) -> np.ndarray:
        rays = np.empty((len(points), 6), np.float32)
        rays[:, :3], rays[:, 3:] = place, points - place
        return self._solid.cast_rays(tensor(rays))["t_hit"].numpy() > 0.996


def render(scene: SimulatedScene, camera: Camera | None = None, pose: np.ndarray | None = None) -> Rendering:
    """One noise-free view of a scene, by default from the scene's own camera."""
    return Renderer(scene).render(camera or scene.camera, scene.pose if pose is None else pose)


def enlarged(camera: Camera, factor: int) -> Camera:
    """The same view with more pixels; pixel centres stay at integer coordinates."""
    shift = (factor - 1) / 2
    return Camera(
        camera.width * factor,
        camera.height * factor,
        camera.fx * factor,
        camera.fy * factor,
        camera.cx * factor + shift,
        camera.cy * factor + shift,
    )


def _near(vertices: np.ndarray, camera: Camera, pose: np.ndarray) -> np.ndarray:
    """Flat indices of the pixels in the bounding box of projected vertices."""
    local = (vertices - pose[:3, 3]) @ pose[:3, :3]
    z = np.maximum(local[:, 2], 1e-3)
    u, v = camera.fx * local[:, 0] / z + camera.cx, camera.fy * local[:, 1] / z + camera.cy
    columns = np.arange(max(int(u.min()) - 1, 0), min(int(u.max()) + 2, camera.width))
    rows = np.arange(max(int(v.min()) - 1, 0), min(int(v.max()) + 2, camera.height))
    return (rows[:, None] * camera.width + columns).ravel()


def _blurred_within(values: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Box mean over the background and over the objects apart, so that no shadow bleeds over an outline."""
    result = np.empty_like(values)
    for mask in (owner == 0, owner != 0):
        weight = cv2.blur(mask.astype(np.float32), (size, size))
        total = cv2.blur(values * mask, (size, size))
        result[mask] = total[mask] / np.maximum(weight[mask], 1e-6)
    return result


def _gloss(material: Any) -> float:
    return float(np.clip(material.metallic + 0.5 * material.specular / 0.05 * (0.3 - material.roughness), 0, 1))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
