"""Where objects can stand: contact on a height map, so that nothing interpenetrates and nothing floats."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .model import Model
from .raycast import caster, tensor
from .shapes import Mesh

CELL = 0.002
_CONTACT = 0.0012
_REACH = 10.0


@dataclass(frozen=True, eq=False)
class Posed:
    """A model turned into a resting orientation, with its height profile.

    Attributes:
        model, pose: what it is and the name of its pose.
        rotation: (3, 3) from the model's frame to the world's.
        shift: (3,) what brings the lowest point to z = 0 and the box's middle to x = y = 0.
        bottom: (h, w) lowest z per cell, inf outside; the cell at (h // 2, w // 2) is the origin.
        top: (h, w) highest z per cell, -inf outside.
        center: (2,) xy of the centre of mass.
    """

    model: Model
    pose: str
    rotation: np.ndarray
    shift: np.ndarray
    bottom: np.ndarray
    top: np.ndarray
    center: np.ndarray


def posed(model: Model, pose: str, rng: np.random.Generator) -> Posed | None:
    """Turn a model into a pose with a random heading; None if it cannot rest so."""
    rotation = model.resting(pose, rng)
    if rotation is None:
        return None
    return turned(model, pose, rotation)


def turned(model: Model, pose: str, rotation: np.ndarray) -> Posed:
    """A model in a given orientation."""
    vertices = model.mesh.vertices @ rotation.T
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    shift = -np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    mesh = Mesh(vertices + shift, model.mesh.triangles)
    half = np.ceil((high - low)[:2] / 2 / CELL).astype(int) + 1
    x = np.arange(-half[0], half[0] + 1) * CELL
    y = np.arange(-half[1], half[1] + 1) * CELL
    bottom, top = _profile(mesh, x, y)
    area = np.linalg.norm(mesh.face_normals, axis=1)
    centroid = (mesh.vertices[mesh.triangles].mean(axis=1) * area[:, None]).sum(axis=0) / area.sum()
    return Posed(model, pose, rotation, shift, bottom, top, centroid[:2])


def _profile(mesh: Mesh, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scene = caster([mesh])
    grid = np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)
    rays = np.zeros((*grid.shape[:2], 6), np.float32)
    rays[..., :2] = grid + 1e-6  # off the symmetry axes, along which rays slip between triangles
    rays[..., 2], rays[..., 5] = -_REACH, 1
    bottom = scene.cast_rays(tensor(rays))["t_hit"].numpy() - _REACH
    rays[..., 2], rays[..., 5] = _REACH, -1
    top = _REACH - scene.cast_rays(tensor(rays))["t_hit"].numpy()
    return bottom, top


class Bench:
    """The height map of everything placed so far."""

    def __init__(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        """An area between two corners (x, y), metres, with nothing to stand on yet."""
        self.low = np.asarray(low, float)
        cells = np.ceil((np.asarray(high) - self.low) / CELL).astype(int) + 1
        self.height = np.full((cells[1], cells[0]), -np.inf, np.float32)
        self.owner = np.full((cells[1], cells[0]), -1, np.int32)

    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of every cell, (rows, columns) each."""
        rows, columns = self.height.shape
        return np.meshgrid(self.low[0] + np.arange(columns) * CELL, self.low[1] + np.arange(rows) * CELL)

    def add_surface(self, inside: np.ndarray, height: float) -> None:
        """A level surface over the cells of a mask."""
        self.height[inside] = height

    def add(self, item: Posed, xy: np.ndarray, z: float, identity: int) -> None:
        """Put an object down at a place that `drop` has found."""
        window = self._window(item, xy)
        assert window is not None
        covered = item.top > -np.inf
        view = self.height[window]
        higher = covered & (item.top + z > view)
        view[higher] = (item.top + z)[higher]
        self.owner[window][higher] = identity

    def drop(self, item: Posed, xy: np.ndarray, steady: bool = True) -> tuple[float, frozenset[int], float] | None:
        """Lower an object at a place (x, y) until it touches.

        Args:
            item, xy: what is lowered and where.
            steady: only if it stays where it is: the centre of mass must lie over the contacts.

        Returns:
            Its height z, the identities that it rests on (-1: a surface) and the area of the contact in square
            metres, or None if it would hang over an edge or topple.
        """
        window = self._window(item, xy)
        if window is None:
            return None
        under = self.height[window]
        near = cv2.erode(item.bottom, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
        z = float(np.max(under[near < np.inf] - near[near < np.inf]))
        if not np.isfinite(z) or np.isneginf(under[item.bottom < np.inf]).any():
            return None
        exact = float(np.max((under - item.bottom)[item.bottom < np.inf]))
        if z > exact + 0.004:  # a neighbour's wall is within a cell of this one's
            return None
        touching = (item.bottom + exact - under < _CONTACT) & (item.bottom < np.inf)
        if steady and not _carries(touching, item.center):
            return None
        owners = frozenset(int(i) for i in np.unique(self.owner[window][touching]))
        return exact, owners, float(touching.sum()) * CELL**2

    def snap(self, xy: np.ndarray) -> np.ndarray:
        """The middle of the cell at a place."""
        return self.low + np.round((np.asarray(xy) - self.low) / CELL) * CELL

    def _window(self, item: Posed, xy: np.ndarray) -> tuple[slice, slice] | None:
        column, row = np.round((np.asarray(xy) - self.low) / CELL).astype(int)
        h, w = item.bottom.shape
        top, left = row - h // 2, column - w // 2
        if top < 0 or left < 0 or top + h > self.height.shape[0] or left + w > self.height.shape[1]:
            return None
        return slice(top, top + h), slice(left, left + w)


def _carries(touching: np.ndarray, center: np.ndarray) -> bool:
    """Whether the centre of mass (x, y) lies over the hull of the touching cells of a profile."""
    rows, columns = np.nonzero(touching)
    if len(rows) == 0:
        return False
    middle = np.array(touching.shape[::-1]) // 2
    points = (np.stack([columns, rows], axis=1) - middle).astype(np.float32)
    corners = np.concatenate([points + offset for offset in ([-1, -1], [-1, 1], [1, -1], [1, 1])]).astype(np.float32)
    hull = cv2.convexHull(corners)
    place = (float(center[0] / CELL), float(center[1] / CELL))
    return cv2.pointPolygonTest(hull, place, False) >= 0
