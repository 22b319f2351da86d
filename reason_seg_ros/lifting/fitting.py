"""Oriented boxes around the visible points of a thing.

With "up" known the box stands upright and its footprint has the least area; without, it has the least volume. Two
facts of partial views shape both searches:

- The hull of two visible sides is a triangle, around which the box along the sides and the box along the cut have the
  same area. Among boxes of nearly the same size the one is taken on whose sides the points lie, since what a camera
  sees of a box is its surface (the closeness criterion of Zhang et al., "Efficient L-Shape Fitting for Vehicle
  Detection Using Laser Scanners", IV 2017).
- Noise makes the range of many points grow without bound and one outlier makes it arbitrary, so the ends are read at
  a small quantile and extrapolated from there.
"""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from .boxes import OrientedBox

TRIM = 0.0075  # share of the points beyond the quantile at which an end is read
MAX_POINTS = 2000  # more do not change a box: its ends are read 15 points deep
MAX_SEARCH_POINTS = 500  # for the orientation
SAME_SIZE = 1.15  # boxes within this ratio of the smallest compete on closeness ...
MAX_RIVALS = 6  # ... but no more than these
_YAWS = np.deg2rad(np.arange(0, 90, 0.5))
# (2, 2, yaws): the columns of each yaw's rotation, as (coordinate, axis, yaw)
_YAW_FRAMES = np.array([[np.cos(_YAWS), -np.sin(_YAWS)], [np.sin(_YAWS), np.cos(_YAWS)]], np.float32)


def fit_box(points: np.ndarray, up: np.ndarray | None = None) -> OrientedBox:
    """The oriented box of points as a camera sees them.

    Axes, right-handed. With `up`: z is up, x the longer horizontal side, pointing to the camera's right. Without: x is
    the longest and z the shortest side, x pointing to the camera's right, z towards the camera.

    Args:
        points: (N, 3), metres, optical frame. Any N, also coplanar, collinear or coincident.
        up: (3,) direction against gravity in the same frame, any length, or None.

    Returns:
        A box with finite entries that holds all points but for outliers; without points, `OrientedBox.empty()`.
    """
    points = np.asarray(points)
    if not len(points):
        return OrientedBox.empty()
    points = thin(points, MAX_POINTS)
    origin = points[len(points) // 2]
    # Rows of x, y and z about an origin of their own, for which single precision is exact enough: several times as fast
    local = np.subtract(points.T, origin[:, None], order="C").astype(np.float32, copy=False)
    rotation = minimum_volume_rotation(local) if up is None else upright_rotation(local, np.asarray(up, float))
    low, high = (end.astype(np.float64) for end in visible_range((rotation.T.astype(np.float32) @ local).T))
    extents = high - low
    center = origin + rotation @ ((low + high) / 2)
    order = np.argsort(-extents, kind="stable") if up is None else _upright_order(extents)
    return OrientedBox(center, _oriented(rotation[:, order], center, up is not None), extents[order])


def visible_range(coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the points along each axis, blind to a few outliers.

    Reads the TRIM, 2 TRIM and 4 TRIM quantiles and continues the power law through them to 0. That is exact for points
    spread evenly up to the end (a face seen at a slant), most of the way for points that thin out towards it (the limb
    of a round body), and next to nothing for points heaped at it (a face across the axis). Never beyond the outermost
    point.

    Args:
        coordinates: (N, D), N >= 1.

    Returns:
        Two (D,) arrays, low and high.
    """
    ordered = np.sort(coordinates.T, axis=1).T
    places = round(TRIM * len(coordinates)) * np.array([0, 1, 2, 4])
    # (4, 2, D): the quantiles of the low ends, and those of the high ends with their sign turned
    outermost, first, second, fourth = np.stack([ordered[places], -ordered[-1 - places]], axis=1)
    gap = second - first
    # x ~ q^a makes gaps grow by 2^a: a = 1 where points are evenly spread, 1/2 at a limb. Noise rounds off heaps, which
    # looks like a limb and would be overshot, hence the bound above sqrt(2).
    growth = np.minimum(np.maximum((fourth - second) / np.maximum(gap, 1e-12), 1.6), 2)
    low, high = np.maximum(outermost, first - gap / (growth - 1))
    return low, -high


def thin(points: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the points (N, ...), spread over their order.

    One is drawn from each of `count` equal stretches, always the same one. A fixed stride would hit the same columns
    of every image row.
    """
    return points if len(points) <= count else points.take(_spread(len(points), count), axis=0)


def _thin_rows(points: np.ndarray, count: int) -> np.ndarray:
    """As `thin`, of points given as rows (D, N)."""
    length = points.shape[1]
    return points if length <= count else points.take(_spread(length, count), axis=1)


def _spread(length: int, count: int) -> np.ndarray:
    """(count,) indices below `length`, one from each of as many equal stretches."""
    return np.asarray((_places(count) * (length / count)).astype(np.intp))


def upright_rotation(points: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(3, 3) rotation with z along `up` whose box around points (3, N) has the least footprint."""
    axes = _upright_axes(tuple(up.tolist()))
    yaw = minimum_area_yaw(axes[:, :2].T.astype(np.float32) @ points)
    cos, sin = np.cos(yaw), np.sin(yaw)
    return axes @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


@lru_cache(maxsize=1)
def _upright_axes(up: tuple[float, float, float]) -> np.ndarray:
    """(3, 3) rotation with z along `up`; all instances of a frame share it."""
    z = np.array(up) / np.linalg.norm(up)
    across = np.eye(3)[0] if abs(z[0]) < 0.9 else np.eye(3)[2]
    x = across - (across @ z) * z
    x /= np.linalg.norm(x)
    return np.stack([x, _cross(z, x), z], axis=1)


def minimum_area_yaw(points: np.ndarray) -> float:
    """Angle in [0, pi/2) of the rectangle of least area around points (2, N), outliers aside."""
    core = _core(_thin_rows(points, MAX_SEARCH_POINTS), _half_circle(8))
    hull = cv2.convexHull(core.T).reshape(-1, 2)
    along, across = _ptp(hull @ _YAW_FRAMES.reshape(2, -1)).reshape(2, -1)
    area = along * across
    best = area.argmin()
    ring = np.concatenate([area[-1:], area, area[:1]])  # a quarter turn leaves a rectangle as it is
    rivals = np.flatnonzero((area <= ring[:-2]) & (area <= ring[2:]) & (area <= SAME_SIZE * area[best]))
    if len(rivals) > 1:
        rivals = rivals[area[rivals].argsort(kind="stable")[:MAX_RIVALS]]
        best = rivals[_distance_to_sides(core, _YAW_FRAMES[..., rivals].T).argmin()]
    return float(_YAWS[best])


def minimum_volume_rotation(points: np.ndarray) -> np.ndarray:
    """(3, 3) rotation of the box of least volume around points (3, N), outliers aside.

    Searches from several starts at once with steps that shrink (a pattern search); good to a degree.
    """
    core = _core(_thin_rows(points, MAX_SEARCH_POINTS), _half_sphere(13))
    projections = _half_sphere(30) @ core
    extremes = core.T[np.unique(np.concatenate([projections.argmin(axis=1), projections.argmax(axis=1)]))]
    rotations = np.concatenate([_principal_frames(core), _start_rotations()])
    rotations = rotations[_volumes(rotations, extremes).argsort(kind="stable")[:MAX_RIVALS]]
    for step in (15, 6, 2, 0.7):
        rotations, volumes = _improve(rotations, extremes, _turns(step))
    order = volumes.argsort(kind="stable")
    rotations, volumes = rotations[order], volumes[order]
    rivals = rotations[volumes <= SAME_SIZE * volumes[0]]
    return np.asarray(rivals[_distance_to_sides(core, rivals.transpose(0, 2, 1)).argmin()])


def _improve(rotations: np.ndarray, points: np.ndarray, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each rotation (S, 3, 3) after the best of the turns (T, 3, 3), and its volume (S,)."""
    turned = rotations[:, None] @ turns[None]
    volumes = _volumes(turned, points)
    best = volumes.argmin(axis=1)
    rows = np.arange(len(rotations))
    return turned[rows, best], volumes[rows, best]


def _volumes(rotations: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Volume (...,) of the box around points (N, 3) under each rotation (..., 3, 3)."""
    columns = np.moveaxis(rotations, -2, 0).reshape(3, -1).astype(np.float32)
    sides = _ptp(points @ columns).reshape(*rotations.shape[:-2], 3)
    # A floor under the thickness lets the other two sides decide for points on a plane.
    return np.asarray((sides + 1e-3 * sides.max(axis=-1, keepdims=True)).prod(axis=-1))


def _core(points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The points (D, N) that are not among the TRIM outermost ones along any of the directions (K, D)."""
    k = round(TRIM * points.shape[1])
    if not k:
        return points
    projections = directions @ points
    ordered = np.sort(projections, axis=1)
    inside = (projections >= ordered[:, k, None]) & (projections <= ordered[:, -1 - k, None])
    core = np.flatnonzero(inside.all(axis=0))
    return points.take(core, axis=1) if len(core) else points


def _distance_to_sides(points: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Summed distance of points (D, N) to the nearest side of their box along each set of axes (S, D, D): (S,)."""
    local = axes.astype(np.float32) @ _thin_rows(points, 256)
    low, high = local.min(axis=2, keepdims=True), local.max(axis=2, keepdims=True)
    return np.asarray(np.minimum(local - low, high - local).min(axis=1).sum(axis=1))


def _principal_frames(points: np.ndarray) -> np.ndarray:
    """(3, 3, 3): the principal axes of points (3, N), turned about the shortest by 0, 30 and 60 degrees."""
    centered = points - points.mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh((centered @ centered.T).astype(np.float64))
    axes[:, 2] *= np.sign(np.linalg.det(axes)) or 1.0
    return axes @ _turns_about_x()


@cache
def _places(count: int) -> np.ndarray:
    """(count,) one random number from each of [0, 1), [1, 2), ..."""
    return np.arange(count) + np.random.default_rng(0).uniform(0, 0.999, count)


@cache
def _turns_about_x() -> np.ndarray:
    """(3, 3, 3) rotations by 0, 30 and 60 degrees."""
    return Rotation.from_rotvec(np.outer(np.deg2rad([0, 30, 60]), [1, 0, 0])).as_matrix()


@cache
def _start_rotations() -> np.ndarray:
    """(S, 3, 3) rotations about 30 degrees apart, up to the symmetries of a box."""
    angles = np.deg2rad([-30, 0, 30])
    vectors = np.array([[x, y, z] for x in angles for y in angles for z in angles])
    return Rotation.from_rotvec(vectors).as_matrix()


@cache
def _turns(step: float) -> np.ndarray:
    """(15, 3, 3) rotations by `step` degrees about the axes and diagonals of a cube, and the identity."""
    axes = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)], float)
    axes = axes[np.isin(np.abs(axes).sum(axis=1), (0, 1, 3))]
    return Rotation.from_rotvec(np.deg2rad(step) * axes).as_matrix()


@cache
def _half_circle(count: int) -> np.ndarray:
    """(count, 2) unit vectors spread over half a turn."""
    angles = np.pi * np.arange(count) / count
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@cache
def _half_sphere(count: int) -> np.ndarray:
    """(count, 3) unit vectors spread over half a sphere (Fibonacci lattice)."""
    z = (np.arange(count) + 0.5) / count
    azimuth = np.pi * (1 + np.sqrt(5)) * np.arange(count)
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), z], axis=1).astype(np.float32)


def _ptp(points: np.ndarray) -> np.ndarray:
    return np.asarray(points.max(axis=0) - points.min(axis=0))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cross product of two (3,) vectors; several times as fast as NumPy's general one."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _upright_order(extents: np.ndarray) -> np.ndarray:
    return np.array([0, 1, 2] if extents[0] >= extents[1] else [1, 0, 2])


def _oriented(rotation: np.ndarray, center: np.ndarray, upright: bool) -> np.ndarray:
    """Signs of the axes: x to the camera's right; z up if upright, else towards the camera; y completes them."""
    x, z = rotation[:, 0], rotation[:, 2]
    x = x if (x[0], x[2]) >= (0, 0) else -x
    z = z if upright or z @ center <= 0 else -z
    return np.stack([x, _cross(z, x), z], axis=1)
