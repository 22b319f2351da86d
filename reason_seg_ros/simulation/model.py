"""An object's model: parts with materials, and the poses in which it can rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import ConvexHull

from .materials import Material
from .shapes import Mesh, merge

# Which way a model's own frame may point down in a pose: (axis direction, smallest cosine).
_DOWN = {"upright": (-1.0, 0.87), "upside down": (1.0, 0.87), "flat": (-1.0, 0.70)}
_LYING_LIMIT = 0.70
_INSIDE = 2e-5  # metres, twice the rounding of the hull's planes


@dataclass(frozen=True, eq=False)
class Part:
    """A piece of a model with one material; the mesh and the texture share the model's frame."""

    mesh: Mesh
    material: Material


@dataclass(frozen=True, eq=False)
class Model:
    """One specimen of a kind, in a frame of its own: z up when it stands upright.

    Attributes:
        kind: name of the kind in the knowledge base.
        color: name of the colour that most of it shows.
        parts: meshes with materials, metres.
        accent: name of the colour of a part that stands out, or "".
        accent_on: that part: "lid", "cap", "label", "handle", or "".
    """

    kind: str
    color: str
    parts: tuple[Part, ...]
    accent: str = ""
    accent_on: str = ""

    @cached_property
    def mesh(self) -> Mesh:
        """All parts as one mesh."""
        return merge([part.mesh for part in self.parts])

    @cached_property
    def size(self) -> np.ndarray:
        """(3,) extents in the model's frame, metres."""
        return np.ptp(self.mesh.vertices, axis=0)

    def resting(self, pose: str, rng: np.random.Generator) -> np.ndarray | None:
        """A rotation (3, 3) in which the model stays put on a level surface, its heading random.

        The candidates are the facets of the convex hull above which the centre of mass projects: an object rests
        on such a facet (Goldberg et al., Part pose statistics, IEEE T-RO 1999). Mass is taken as spread over the
        surface. A wide facet is likelier than a narrow one.

        Args:
            pose: "upright", "lying", "upside down", "flat" (for things that always lie: books, pens) or "edge" (such a
                thing on its edge).
            rng: for the choice.
        """
        facets = self._stable_facets
        along = facets[:, 2]
        if pose in ("lying", "edge"):
            fit = np.abs(along) < _LYING_LIMIT
        else:
            direction, cosine = _DOWN[pose]
            fit = along * direction > cosine
        if not fit.any():
            return None
        weights = facets[fit, 3]
        down = facets[fit][rng.choice(len(weights), p=weights / weights.sum()), :3]
        heading = rng.uniform(0, 2 * np.pi)
        side = np.array([np.cos(heading), np.sin(heading), 0.0])
        return _turn_down(down, side)

    @cached_property
    def _stable_facets(self) -> np.ndarray:
        """(F, 4): outward unit normal of each facet that the model can rest on, and its area."""
        vertices = self.mesh.vertices
        area = np.linalg.norm(self.mesh.face_normals, axis=1)
        centroid = (vertices[self.mesh.triangles].mean(axis=1) * area[:, None]).sum(axis=0) / area.sum()
        hull = ConvexHull(vertices)
        _, first, facet = np.unique(np.round(hull.equations, 5), axis=0, return_index=True, return_inverse=True)
        planes = hull.equations[first]
        a, b, c = (vertices[hull.simplices[:, i]] for i in range(3))
        areas = np.bincount(facet.ravel(), np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)
        # The foot of the centroid on a facet's plane lies on the facet if it lies inside every other plane.
        feet = centroid - (planes[:, :3] @ centroid + planes[:, 3])[:, None] * planes[:, :3]
        stable = [(planes[:, :3] @ foot + planes[:, 3]).max() < _INSIDE for foot in feet]
        return np.column_stack([planes[:, :3], areas])[stable]


def _across(normal: np.ndarray) -> np.ndarray:
    """Two unit vectors (2, 3) at right angles to a unit vector and to each other."""
    one = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
    one /= np.linalg.norm(one)
    return np.stack([one, np.cross(normal, one)])


def _turn_down(down: np.ndarray, side: np.ndarray) -> np.ndarray:
    """The rotation that takes a unit direction to -z, with the heading given by a horizontal unit vector."""
    across = _across(-down)
    source = np.stack([*across, -down])
    up = np.array([0.0, 0.0, 1.0])
    target = np.stack([side, np.cross(up, side), up])
    return target.T @ source


Builder = Callable[[np.random.Generator, str], Model]


@dataclass(frozen=True)
class Entry:
    """How to make specimens of a kind.

    Attributes:
        name: name of the kind in the knowledge base.
        colors: main colours with weights.
        poses: resting poses with weights.
        build: makes a specimen in a colour.
        group: area: "tableware", "packages", "fruit", "stationery", "tools", "household".
    """

    name: str
    colors: Mapping[str, float]
    poses: Mapping[str, float]
    build: Builder
    group: str

    def sample(self, rng: np.random.Generator, color: str | None = None) -> Model:
        """A specimen of random size and, unless given, random colour."""
        return self.build(rng, color or weighted(self.colors, rng))


def weighted(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    """One of the keys, in proportion to its weight."""
    values = np.array(list(weights.values()), float)
    return str(list(weights)[rng.choice(len(values), p=values / values.sum())])
