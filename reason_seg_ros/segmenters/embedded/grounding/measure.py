"""Where a thing is and how large it is, from the side of it that the camera sees."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ....frame import Frame
from ....geometry.planes import Plane, dot_rays
from .samples import MAX_POINTS, pixels_of, quantiles, thinned
from .view import View

MIN_POINTS = 12
_OUTER = (0.01, 0.99)
"""Quantiles taken as a thing's bounds: beyond them lie flying pixels."""
_LOST_PIXELS = 1.5
"""Pixels by which the outline shrinks on either side where steep and mixed pixels are left out."""
_FLAT = 0.03
"""Things lower than this are measured by their outline on the support plane, metres."""
_GAP = 0.02
"""Pieces of a thing lie no farther apart than this, metres."""
_STEEP = 4.0
"""Slope of depth (metres per metre across the view) above which a pixel mixes two surfaces."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Which sides of a thing's outline are hidden behind something nearer or cut off by the image border."""

    left: bool = False
    right: bool = False
    top: bool = False
    bottom: bool = False

    @property
    def any(self) -> bool:
        """True if any side is hidden: the thing may be larger than it looks."""
        return self.left or self.right or self.top or self.bottom


@dataclass(frozen=True, eq=False)
class Measure:
    """Place and size of one thing in view axes (x right, y ahead, z up; origin at the camera), metres.

    Attributes:
        points: (N, 3) float32, a thinned set of the visible surface.
        low, high: (3,) bounds of the visible surface.
        base: height (z) at which the thing stands: its support plane's, or its lowest visible point's.
        gap: height of the lowest visible point above the support plane, NaN if there is none below.
        hull: (M, 2) float32, convex hull of the visible footprint in (right, ahead).
        footprint: (long, short) sides of the smallest rectangle around the hull.
        fill: area of the hull over the area of that rectangle: 1 for a rectangle, 0.79 for a disc.
        axis: (2,) unit direction of the long side in (right, ahead).
        far_seen: true if the top reaches as far back as the thing does, so that its depth is seen and not guessed.
        sides: which sides of the outline are hidden.
        measured: false if depth is missing and place and size are guessed from the outline on the support plane.
    """

    points: np.ndarray
    low: np.ndarray
    high: np.ndarray
    base: float
    gap: float
    hull: np.ndarray
    footprint: tuple[float, float]
    fill: float
    axis: np.ndarray
    far_seen: bool
    sides: Sides
    measured: bool

    @property
    def center(self) -> np.ndarray:
        """(3,) middle of the bounds."""
        return np.array([*((self.low + self.high) / 2)[:2], (self.base + self.high[2]) / 2])

    @property
    def height(self) -> float:
        """From the base to the top."""
        return max(float(self.high[2]) - self.base, 0.004)

    @property
    def width(self) -> float:
        """Across the line of sight."""
        return max(float(self.high[0] - self.low[0]), 0.004)

    @property
    def longest(self) -> float:
        """The longest visible extent."""
        return float(max(self.height, *self.footprint))

    @property
    def extents(self) -> np.ndarray:
        """(3,) visible extents, longest first."""
        return np.sort([self.height, *self.footprint])[::-1]


def measure(frame: Frame, mask: np.ndarray, view: View, support: Plane | None, edges: np.ndarray) -> Measure | None:
    """Measure the thing under a mask; None if neither its depth nor a support plane tells where it is.

    Args:
        frame: the capture.
        mask: (H, W) bool.
        view: axes to measure in.
        support: the plane over which the thing rests.
        edges: (H, W) bool, pixels at depth discontinuities, whose depth is not to be trusted.
    """
    window = box_of(mask)
    if not window[0].stop:
        return None
    sides = hidden_sides(frame.depth, mask, window)
    inside = mask[window]
    valid = inside & frame.has_depth[window]
    if np.count_nonzero(valid) < MIN_POINTS:
        return _from_outline(frame, mask, view, support, sides)
    depth = np.ascontiguousarray(frame.depth[window])
    points = cv2.merge([depth * dot_rays(frame.camera, axis, window) for axis in view.rotation])
    known = thinned(valid)
    floor = _height_below(support, view, pixels_of(points, known))
    points = pixels_of(points, thinned(_own_surface(points, valid, edges[window], floor)))
    low, high = quantiles(points, _OUTER)
    lines = np.ascontiguousarray(points.T)  # comparisons along rows are several times as fast
    within = ((lines >= low[:, None] - 0.003) & (lines <= high[:, None] + 0.003)).all(axis=0)
    points = points[within] if np.count_nonzero(within) >= MIN_POINTS else points
    gap = float(low[2] - floor)
    base = floor if abs(gap) < 0.015 else float(low[2])
    if support is not None and base == floor and high[2] - base < _FLAT:
        points = _on_plane(frame.camera.rays[window], inside, view, support, float(high[2] - base))
        low[:2], high[:2] = quantiles(points[:, :2], _OUTER)
    margin = _LOST_PIXELS * float(quantiles(depth.take(known), (0.5,))[0]) / frame.camera.fx
    low[0], high[0] = low[0] - margin, high[0] + margin
    return _assembled(points, low, high, base, gap, sides, margin)


def _on_plane(rays: np.ndarray, inside: np.ndarray, view: View, support: Plane, height: float) -> np.ndarray:
    """(N, 3) where the rays of a low thing's mask meet its surface, in view axes, taken from its outline alone.

    Things as flat as this drown in depth noise, but their outline in the colour image is sharp. In each column of the
    image the surface rises from the plane at the near edge to the full height at the far edge.

    Args:
        rays: (h, w, 3) viewing rays of the mask's box.
        inside: (h, w) bool, the mask.
        view: axes of the result.
        support: the plane.
        height: of the thing, metres.
    """
    rows, columns = np.nonzero(inside)
    step = max(1, len(rows) // MAX_POINTS)
    rows, columns = rows[::step], columns[::step]
    near, far = inside.shape[0] - 1 - inside[::-1].argmax(axis=0), inside.argmax(axis=0)
    rise = (near[columns] - rows + 0.5) / (near[columns] - far[columns] + 1)
    chosen = rays[rows, columns].astype(float)
    slope = np.minimum(chosen @ support.normal, -1e-3)
    distance = (height * rise - support.offset) / slope
    return view.points((chosen * distance[:, None]).astype(np.float32))


def _own_surface(points: np.ndarray, valid: np.ndarray, edges: np.ndarray, floor: float) -> np.ndarray:
    """(h, w) bool: the pixels whose depth is the thing's own.

    The outlines of depth and colour differ by several pixels, so that a mask drawn on the colour image also holds depth
    of what is behind. What is behind is cut off by a depth edge, or lies on the support plane.
    """
    above = points[..., 2] > floor + 0.006 if np.isfinite(floor) else np.ones_like(valid)
    solid = valid & ~edges & above
    if np.count_nonzero(solid) < max(MIN_POINTS, 0.3 * np.count_nonzero(valid)):
        solid = valid & ~edges
    if np.count_nonzero(solid) < MIN_POINTS:
        return valid
    count, labels = cv2.connectedComponents(solid.view(np.uint8), connectivity=4)
    areas = np.bincount(np.ravel(labels), minlength=count)
    order = [int(i) for i in 1 + np.argsort(-areas[1:])[:12] if areas[i] >= 6]
    if not order:
        return solid
    bounds = {i: quantiles(pixels_of(points, thinned(labels == i)), _OUTER) for i in order}
    kept, (low, high) = {order[0]}, bounds[order[0]]
    for i in order[1:]:
        if np.all(bounds[i][0] < high + _GAP) and np.all(bounds[i][1] > low - _GAP):
            kept.add(i)
            low, high = np.minimum(low, bounds[i][0]), np.maximum(high, bounds[i][1])
    chosen = np.zeros(count, bool)
    chosen[list(kept)] = True
    own = chosen.take(labels)
    return own if np.count_nonzero(own) >= MIN_POINTS else valid


def _assembled(
    points: np.ndarray, low: np.ndarray, high: np.ndarray, base: float, gap: float, sides: Sides, margin: float | None
) -> Measure:
    """A measure from points and bounds; `margin` is what the outline lost on either side, None without depth."""
    hull = cv2.convexHull(np.ascontiguousarray(points[:, :2], np.float32))[:, 0]
    (_, (first, second), angle) = cv2.minAreaRect(hull)
    turn = np.deg2rad(angle if first >= second else angle + 90)
    area = max(first * second, 1e-8)
    axis = np.array([np.cos(turn), np.sin(turn)])
    long, short = np.array(sorted((first, second), reverse=True)) + 2 * (margin or 0.0) * np.abs(axis)
    top = points[points[:, 2] > high[2] - max(0.015, 0.15 * (high[2] - base))]
    reach = np.ptp(top[:, 1]) if len(top) > 3 else 0.0
    return Measure(
        points=points,
        low=low,
        high=high,
        base=base,
        gap=gap,
        hull=hull,
        footprint=(max(float(long), 0.003), max(float(short), 0.003)),
        fill=float(np.clip(cv2.contourArea(hull) / area, 0, 1)),
        axis=axis,
        far_seen=bool(reach > 0.6 * max(high[1] - low[1], 1e-6)),
        sides=sides,
        measured=margin is not None,
    )


def _height_below(support: Plane | None, view: View, points: np.ndarray) -> float:
    """Height (z in view axes) of the support plane below the points; NaN without one."""
    if support is None:
        return float("nan")
    normal = view.rotation @ support.normal
    if normal[2] < 0.5:
        return float("nan")
    x, y = quantiles(points[:, :2], (0.5,))[0]
    return float(-(support.offset + normal[0] * x + normal[1] * y) / normal[2])


def _from_outline(frame: Frame, mask: np.ndarray, view: View, support: Plane | None, sides: Sides) -> Measure | None:
    """Things without depth (glass, black plastic) stand where the lower end of their outline meets the plane."""
    rows, columns = np.nonzero(mask)
    if support is None or len(rows) < MIN_POINTS:
        return None
    bottom = rows >= np.percentile(rows, 95)
    ray = frame.camera.rays[int(rows[bottom].mean()), int(columns[bottom].mean())].astype(float)
    slope = ray @ support.normal
    if abs(slope) < 1e-6 or -support.offset / slope <= 0:
        return None
    distance = -support.offset / slope
    step = max(1, len(rows) // MAX_POINTS)
    points = view.points(frame.camera.rays[rows[::step], columns[::step]] * np.float32(distance))
    low, high = points.min(axis=0), points.max(axis=0)
    return _assembled(points, low, high, float(low[2]), 0.0, sides, None)


def box_of(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of a mask's bounding box; empty slices for an empty mask."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def depth_edges(frame: Frame) -> np.ndarray:
    """(H, W) bool, true where depth changes faster than a surface that the camera can still see well."""
    kernel = np.ones((3, 3), np.uint8)
    near = np.where(frame.has_depth, frame.depth, np.float32(0))
    jump = cv2.dilate(near, kernel) - cv2.erode(np.where(frame.has_depth, frame.depth, np.float32(1e3)), kernel)
    near *= np.float32(2 * _STEEP / frame.camera.fx)
    return jump > np.maximum(near, np.float32(0.006), out=near)


def hidden_sides(depth: np.ndarray, mask: np.ndarray, window: tuple[slice, slice]) -> Sides:
    """Sides of a mask's outline that end at the image border or at something nearer to the camera.

    Args:
        depth: (H, W) float32 metres, NaN where unknown.
        mask: (H, W) bool.
        window: the mask's bounding box.
    """
    (top, bottom), (left, right) = ((axis.start, axis.stop) for axis in window)
    around = np.s_[max(top - 4, 0) : bottom + 4, max(left - 4, 0) : right + 4]
    inside = mask[around].astype(np.float32)
    near_depth = np.where(np.isfinite(depth[around]), depth[around], np.float32(0))
    weight = inside * (near_depth > 0)
    near, summed = cv2.blur(weight, (9, 9)), cv2.blur(weight * near_depth, (9, 9))
    outside = (cv2.dilate(inside, np.ones((5, 5), np.uint8)) > 0) & (inside == 0)
    ring = np.flatnonzero(outside & (near > 0))
    other, own = near_depth.take(ring), summed.take(ring) / np.maximum(near.take(ring), 1e-6)
    hit = (other > 0) & (other < own - np.maximum(0.015, 0.01 * own))
    v, u = np.divmod(ring, inside.shape[1])
    v = (v + around[0].start - (top + bottom) / 2) / (bottom - top)
    u = (u + around[1].start - (left + right) / 2) / (right - left)
    sideways = np.abs(u) > np.abs(v)

    def covered(sector: np.ndarray, at_border: bool) -> bool:
        return at_border or bool(np.count_nonzero(sector) > 3 and hit[sector].mean() > 0.35)

    height, width = mask.shape
    return Sides(
        left=covered(sideways & (u < 0), left <= 1),
        right=covered(sideways & (u > 0), right >= width - 1),
        top=covered(~sideways & (v < 0), top <= 1),
        bottom=covered(~sideways & (v > 0), bottom >= height - 1),
    )
