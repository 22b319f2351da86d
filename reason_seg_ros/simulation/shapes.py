"""Triangle meshes of simple solids: everything is a loft of closed rings.

A cup is a loft of circles that runs up the outside and down the inside, a box is a loft of rounded rectangles, a
handle is a loft along a path. Units are metres; z is the axis of a revolved or extruded solid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SEGMENTS = 56


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangle mesh.

    Attributes:
        vertices: (V, 3) float64, metres.
        triangles: (T, 3) int32, counter-clockwise seen from outside.
    """

    vertices: np.ndarray
    triangles: np.ndarray

    def moved(self, offset: Sequence[float] | np.ndarray, rotation: np.ndarray | None = None) -> Mesh:
        """The mesh rotated about the origin by a (3, 3) matrix, then shifted."""
        vertices = self.vertices if rotation is None else self.vertices @ np.asarray(rotation).T
        return Mesh(vertices + np.asarray(offset, float), self.triangles)

    @cached_property
    def face_normals(self) -> np.ndarray:
        """(T, 3) normals with length 2 x area."""
        a, b, c = (self.vertices[self.triangles[:, i]] for i in range(3))
        return np.cross(b - a, c - a)

    def corner_normals(self, crease_deg: float = 40.0) -> np.ndarray:
        """Unit normals per triangle corner, (T, 3, 3): smooth, except across edges sharper than the crease angle."""
        faces = self.face_normals
        unit = faces / np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-20)
        owner = np.repeat(np.arange(len(faces)), 3)
        order = np.argsort(self.triangles.ravel(), kind="stable")
        vertex, owner = self.triangles.ravel()[order], owner[order]
        total = faces[owner].copy()
        cosine = np.cos(np.radians(crease_deg))
        for shift in range(1, int(np.bincount(vertex).max())):
            same = np.flatnonzero(vertex[shift:] == vertex[:-shift])
            one, other = owner[same], owner[same + shift]
            smooth = np.einsum("ij,ij->i", unit[one], unit[other]) > cosine
            np.add.at(total, same[smooth], faces[other[smooth]])
            np.add.at(total, same[smooth] + shift, faces[one[smooth]])
        normals = np.empty_like(total)
        normals[order] = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20)
        return normals.reshape(-1, 3, 3)


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of several."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def loft(rings: np.ndarray, closed: bool = False) -> Mesh:
    """Skin over consecutive rings.

    Args:
        rings: (K, M, 3) closed rings with matching points.
        closed: the last ring joins the first (a torus); otherwise both ends are capped.
    """
    count, around, _ = rings.shape
    index = np.arange(count * around).reshape(count, around)
    one, two = (index, np.roll(index, -1, axis=0)) if closed else (index[:-1], index[1:])
    right, far = np.roll(one, -1, axis=1), np.roll(two, -1, axis=1)
    quads = np.stack([one, right, far, two], axis=-1).reshape(-1, 4)
    triangles = [quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]
    vertices = [rings.reshape(-1, 3)]
    if not closed:
        centers = np.stack([rings[0].mean(axis=0), rings[-1].mean(axis=0)])
        vertices.append(centers)
        first, last = index[0], index[-1]
        start, end = count * around, count * around + 1
        triangles.append(np.stack([np.roll(first, -1), first, np.full(around, start)], axis=1))
        triangles.append(np.stack([last, np.roll(last, -1), np.full(around, end)], axis=1))
    return _clean(Mesh(np.concatenate(vertices), np.concatenate(triangles).astype(np.int32)))


def _clean(mesh: Mesh) -> Mesh:
    """Without degenerate triangles, and wound so that the volume is positive."""
    area = np.linalg.norm(mesh.face_normals, axis=1)
    mesh = Mesh(mesh.vertices, mesh.triangles[area > 1e-14])
    a = mesh.vertices[mesh.triangles[:, 0]]
    if np.einsum("ij,ij->", a, mesh.face_normals) < 0:
        mesh = Mesh(mesh.vertices, np.ascontiguousarray(mesh.triangles[:, ::-1]))
    return mesh


def circle(radius: float, segments: int = SEGMENTS) -> np.ndarray:
    """(M, 2) points of a circle."""
    angle = np.arange(segments) * (2 * np.pi / segments)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def rounded_rectangle(width: float, depth: float, radius: float, corner: int = 6) -> np.ndarray:
    """(M, 2) points of a rectangle with round corners, centred on the origin."""
    radius = min(radius, 0.499 * width, 0.499 * depth)
    angle = np.linspace(0, np.pi / 2, corner)
    points = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        turned = angle + quarter * np.pi / 2
        middle = np.array([sx * (width / 2 - radius), sy * (depth / 2 - radius)])
        points.append(middle + radius * np.stack([np.cos(turned), np.sin(turned)], axis=1))
    return np.concatenate(points)


def revolve(profile: Sequence[Sequence[float]] | np.ndarray, segments: int = SEGMENTS) -> Mesh:
    """Solid of revolution about z.

    Args:
        profile: (K, 2) pairs (radius, z). A profile that goes up the outside and down the inside makes a vessel.
    """
    points = np.asarray(profile, float)
    ring = circle(1.0, segments)
    rings = np.empty((len(points), segments, 3))
    rings[..., :2] = points[:, None, :1] * ring
    rings[..., 2] = points[:, None, 1]
    return loft(rings)


def smooth_profile(points: Sequence[Sequence[float]] | np.ndarray, steps: int = 8) -> np.ndarray:
    """A Catmull-Rom curve through profile points (Catmull and Rom, 1974), (K, 2); radii stay at or above 0."""
    knots = np.asarray(points, float)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        linear, square, cube = p2 - p0, 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * p1 - p0 - 3 * p2 + p3
        curve.append(0.5 * (2 * p1 + linear * t + square * t**2 + cube * t**3))
    smooth = np.concatenate([*curve, knots[-1:]])
    smooth[:, 0] = np.maximum(smooth[:, 0], 0)
    return smooth


def vessel(outer: Sequence[Sequence[float]] | np.ndarray, wall: float, floor: float) -> Mesh:
    """An open vessel: an outer wall from the foot up to the rim, and an inner wall at a distance from it.

    Args:
        outer: (K, 2) pairs (radius, z), rising, without the point on the axis.
        wall: wall thickness.
        floor: height of the inner floor above z = 0.
    """
    points = np.asarray(outer, float)
    top = points[-1]
    heights = np.linspace(top[1], floor, 12)
    inner = np.interp(heights, points[:, 1], points[:, 0]) - wall
    rim = [[top[0] - 0.3 * wall, top[1] + 0.35 * wall], [top[0] - 0.7 * wall, top[1] + 0.35 * wall]]
    inside = np.stack([np.maximum(inner, 1e-4), heights], axis=1)
    rounded = [[max(inside[-1, 0] - 0.002, 1e-4), floor - 0.0008], [0.0, floor - 0.0008]]
    return revolve(np.concatenate([[[0.0, points[0, 1]]], points, rim, inside, rounded]))


def prism(outline: np.ndarray, height: float, bevel: float = 0.0, steps: int = 4) -> Mesh:
    """A standing prism over an outline (M, 2) from z = 0 to height, with round horizontal edges.

    The outline is drawn in by scaling, which suits outlines that are centred on the origin and roughly convex.
    """
    extent = np.ptp(outline, axis=0)
    bevel = min(bevel, 0.49 * height, 0.49 * extent.min())
    angle = np.linspace(0, np.pi / 2, steps) if bevel > 0 else np.array([np.pi / 2])
    inset, rise = bevel * (1 - np.sin(angle)), bevel * (1 - np.cos(angle))
    insets = np.concatenate([inset, inset[::-1]])
    levels = np.concatenate([rise, height - rise[::-1]])
    return tapered(outline, levels, insets)


def tapered(outline: np.ndarray, levels: np.ndarray, insets: np.ndarray) -> Mesh:
    """Rings of one outline, drawn in by insets (K,), at heights levels (K,); negative insets swell."""
    extent = np.ptp(outline, axis=0)
    scale = 1 - 2 * np.asarray(insets, float)[:, None] / extent
    rings = np.empty((len(levels), len(outline), 3))
    rings[..., :2] = outline * scale[:, None, :]
    rings[..., 2] = np.asarray(levels, float)[:, None]
    return loft(rings)


def rounded_box(width: float, depth: float, height: float, radius: float) -> Mesh:
    """A box with round edges and corners, centred in x and y, standing on z = 0."""
    return prism(rounded_rectangle(width, depth, max(radius, 1e-4)), height, radius)


def sphere(radius: float, squash: float = 1.0) -> Mesh:
    """A ball about the origin; its height is scaled by squash."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 28)
    return revolve(np.stack([np.cos(angle).clip(0) * radius, np.sin(angle) * radius * squash], axis=1))


def sweep(path: np.ndarray, section: np.ndarray, scale: np.ndarray | float = 1.0, closed: bool = False) -> Mesh:
    """A section carried along a path without twist (rotation-minimising frames by projection).

    Args:
        path: (K, 3) points.
        section: (M, 2) closed outline, its x axis across the path's plane normal.
        scale: factor or (K,) or (K, 2) factors of the section along the path.
        closed: the path is a loop.
    """
    path = np.asarray(path, float)
    ahead, back = np.roll(path, -1, axis=0), np.roll(path, 1, axis=0)
    if not closed:
        ahead[-1], back[0] = path[-1], path[0]
    tangent = ahead - back
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent[0], [0.0, 0.0, 1.0])
    if np.linalg.norm(side) < 1e-3:
        side = np.cross(tangent[0], [0.0, 1.0, 0.0])
    factors = np.broadcast_to(np.asarray(scale, float).reshape(-1, 1) if np.ndim(scale) < 2 else scale, (len(path), 2))
    rings = []
    for point, direction, factor in zip(path, tangent, factors, strict=True):
        side = side - direction * (side @ direction)
        side /= np.linalg.norm(side)
        up = np.cross(side, direction)
        rings.append(point + factor[0] * section[:, :1] * side + factor[1] * section[:, 1:] * up)
    return loft(np.stack(rings), closed)


def tube(path: np.ndarray, radius: float | np.ndarray, closed: bool = False, segments: int = 18) -> Mesh:
    """A round tube along a path (K, 3); radius is one number or (K,)."""
    return sweep(path, circle(1.0, segments), np.asarray(radius, float), closed)


def rotation(axis: str, degrees: float) -> np.ndarray:
    """(3, 3) rotation about a coordinate axis "x", "y" or "z"."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = cosine
    matrix[i, j], matrix[j, i] = -sine, sine
    return matrix
