"""Measurements of a thing's form that tell boxes, tins, bottles, bowls and the rest apart."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import cv2
import numpy as np

from .measure import Measure
from .samples import quantiles

_BINS = (0.0, 0.15, 0.4, 0.65, 0.85, 1.0)
_FIT_POINTS = 400


@dataclass(frozen=True)
class Form:
    """What the visible surface says about shape; lengths are relative to the thing's own size.

    Attributes:
        upright: log of height over width.
        slender: log of short over long side of the footprint.
        fill: hull of the footprint over its rectangle: 1 rectangle, 0.79 disc.
        width_0 .. width_4: width at five heights from base to top over the greatest width.
        sag_mid, sag_side: how far the front recedes halfway to the side and near the side, over half the width
            (flat face 0 and 0, cylinder 0.13 and 0.5, edge towards the camera 0.5 and 0.9).
        skew: difference of `sag_side` between left and right: a box seen over a corner.
        dip: depth of the hollow behind the front rim over the height.
        hollow: share of the inner columns that have a hollow.
        flat_top: share of the outline whose surface is level and at the top.
        top_fill: as `fill` for the top layer alone.
        rough: scatter of the surface about its smoothed self over the height.
        solidity: area of the outline over that of its convex hull.
        hole: area of holes in the outline over the area of the outline.
        ball: residual of the best sphere over its radius.
        round_ball: log of the sphere's radius over half the width.
        long, flat: log ratios of the principal spreads, first to second and second to third.
        size: log of the longest extent in metres.
        pixels: log10 of the number of pixels.
    """

    upright: float
    slender: float
    fill: float
    width_0: float
    width_1: float
    width_2: float
    width_3: float
    width_4: float
    sag_mid: float
    sag_side: float
    skew: float
    dip: float
    hollow: float
    flat_top: float
    top_fill: float
    rough: float
    solidity: float
    hole: float
    ball: float
    round_ball: float
    long: float
    flat: float
    size: float
    pixels: float

    def vector(self) -> np.ndarray:
        """(number of fields,) float32 in the order of the fields."""
        return np.array([getattr(self, name.name) for name in fields(self)], np.float32)


def form_of(measured: Measure, mask: np.ndarray, height: np.ndarray, edges: np.ndarray) -> Form:
    """Measure the form of a thing.

    Args:
        measured: its place and size.
        mask: (h, w) bool, its outline cropped to its box.
        height: (h, w) float32, height of each pixel above the thing's base, metres, NaN where unknown.
        edges: (h, w) bool, pixels at depth discontinuities.
    """
    points = measured.points
    low, total = measured.base, measured.height
    relative = (points[:, 2] - low) / total
    widths = _widths(points[:, 0], relative, measured.width)
    sag_mid, sag_side, skew = _sag(points, relative)
    dip, hollow = hollow_of(mask, height, total)
    flat_top, rough = _surface(mask & ~edges, height, total)
    solidity, hole = _outline(mask)
    ball, round_ball = _sphere(points, measured.width)
    local = points - points.mean(axis=0, dtype=np.float64)
    covariance = local.T @ local / max(len(points) - 1, 1)
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 1e-8))[::-1]
    return Form(
        upright=float(np.log(total / measured.width)),
        slender=float(np.log(measured.footprint[1] / measured.footprint[0])),
        fill=measured.fill,
        **{f"width_{i}": float(width) for i, width in enumerate(widths)},
        sag_mid=sag_mid,
        sag_side=sag_side,
        skew=skew,
        dip=dip,
        hollow=hollow,
        flat_top=flat_top,
        top_fill=_top_fill(points, relative),
        rough=rough,
        solidity=solidity,
        hole=hole,
        ball=ball,
        round_ball=round_ball,
        long=float(np.log(spread[0] / spread[1])),
        flat=float(np.log(spread[1] / spread[2])),
        size=float(np.log(measured.longest)),
        pixels=float(np.log10(max(int(np.count_nonzero(mask)), 1))),
    )


def hollow_of(mask: np.ndarray, height: np.ndarray, total: float) -> tuple[float, float]:
    """(depth of the hollow over the total height, share of inner columns that have one).

    Climbing a column of the image from the near rim of an open vessel, the surface falls behind the rim and rises again
    to the far rim: water would stand there. On a closed thing the height never falls and rises again.
    """
    known = mask & (height < 1.1 * total)
    level = np.where(known, height, np.float32(-1.0))
    level = cv2.medianBlur(level, 3) if min(level.shape) >= 3 else level
    columns = np.flatnonzero(np.count_nonzero(level > -1, axis=0) >= 5)
    if len(columns) < 4:
        return 0.0, 0.0
    inner = columns[len(columns) // 5 : max(len(columns) - len(columns) // 5, len(columns) // 5 + 1)]
    level = level[:, inner]
    above = np.maximum.accumulate(level, axis=0)
    below = np.maximum.accumulate(level[::-1], axis=0)[::-1]
    water = np.where(level > -1, np.minimum(above, below) - level, 0)
    depth = np.partition(water, -2, axis=0)[-2] / max(total, 1e-3)
    return float(np.clip(quantiles(depth, (0.6,))[0], 0, 1.2)), float(np.mean(depth > 0.15))


def _widths(x: np.ndarray, relative: np.ndarray, width: float) -> np.ndarray:
    """Width at the five heights over the greatest width; a level that is not seen takes its neighbour's."""
    result = np.full(len(_BINS) - 1, np.nan)
    for i, (low, high) in enumerate(pairwise(_BINS)):
        level = x[(relative >= low) & (relative < (high if high < 1 else 2))]
        if len(level) > 8:
            result[i] = np.subtract(*quantiles(level, (0.97, 0.03))) / width
    if np.isnan(result).all():
        return np.ones_like(result)
    known = np.flatnonzero(~np.isnan(result))
    return np.interp(np.arange(len(result)), known, result[known])


def _sag(points: np.ndarray, relative: np.ndarray) -> tuple[float, float, float]:
    """How the front of the middle part recedes towards the sides: (halfway, near the side, left minus right)."""
    middle = points[(relative > 0.15) & (relative < 0.75)]
    if len(middle) < 40:
        return 0.25, 0.5, 0.0
    left, right = quantiles(middle[:, 0], (0.01, 0.99))
    half = max((right - left) / 2, 2e-3)
    u, y = (middle[:, 0] - (left + right) / 2) / half, middle[:, 1]

    def front(low: float, high: float) -> float:
        band = y[(u >= low) & (u < high)]
        return float(quantiles(band, (0.2,))[0]) if len(band) > 3 else float("nan")

    nose = front(-0.15, 0.15)
    mids = np.array([front(-0.6, -0.4), front(0.4, 0.6)]) - nose
    ends = np.array([front(-0.97, -0.85), front(0.85, 0.97)]) - nose
    values = [np.nanmean(mids) if not np.isnan(mids).all() else 0.25 * half,
              np.nanmean(ends) if not np.isnan(ends).all() else 0.5 * half]  # fmt: skip
    skew = abs(ends[0] - ends[1]) if not np.isnan(ends).any() else 0.0
    mid, side, skew = np.clip(np.array([*values, skew]) / half, -2, 2).tolist()
    return mid, side, skew


def _surface(mask: np.ndarray, height: np.ndarray, total: float) -> tuple[float, float]:
    """(share of the outline that is level and near the top, roughness over the height)."""
    valid = mask & np.isfinite(height)
    if np.count_nonzero(valid) < 10:
        return 0.0, 0.0
    near_top = valid & (height > total - max(0.012, 0.1 * total))
    weight = valid.astype(np.float32)
    filled = np.where(valid, height, 0).astype(np.float32)
    smooth = cv2.blur(filled, (5, 5)) / np.maximum(cv2.blur(weight, (5, 5)), 1e-3)
    rough = float(quantiles(np.abs(filled - smooth)[valid], (0.5,))[0]) / total
    return float(near_top.sum() / valid.sum()), float(min(rough, 0.5))


def _top_fill(points: np.ndarray, relative: np.ndarray) -> float:
    top = points[relative > 0.85]
    if len(top) < 12:
        return 0.85
    hull = cv2.convexHull(np.ascontiguousarray(top[:, :2], np.float32))
    _, (first, second), _ = cv2.minAreaRect(hull)
    return float(np.clip(cv2.contourArea(hull) / max(first * second, 1e-8), 0, 1))


def _outline(mask: np.ndarray) -> tuple[float, float]:
    """(solidity of the outer contour, share of holes)."""
    contours, tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return 1.0, 0.0
    areas = np.array([cv2.contourArea(contour) for contour in contours])
    outer = tree[0, :, 3] < 0
    largest = int(np.argmax(np.where(outer, areas, -1)))
    hull = cv2.contourArea(cv2.convexHull(contours[largest]))
    holes = areas[(tree[0, :, 3] == largest) & (areas > 6)].sum()
    return float(np.clip(areas[largest] / max(hull, 1.0), 0, 1)), float(holes / max(areas[largest], 1.0))


def _sphere(points: np.ndarray, width: float) -> tuple[float, float]:
    """Algebraic sphere fit: (residual over radius, log of radius over half the width)."""
    chosen = points[:: max(1, len(points) // _FIT_POINTS)].astype(float)
    middle = chosen.mean(axis=0)
    local = chosen - middle
    system = np.column_stack([2 * local, np.ones(len(local))])
    squares = (local**2).sum(axis=1)
    solution = np.linalg.lstsq(system.T @ system, system.T @ squares, rcond=None)[0]
    radius = np.sqrt(max(solution[3] + (solution[:3] ** 2).sum(), 1e-8))
    residual = np.abs(np.linalg.norm(local - solution[:3], axis=1) - radius).mean() / radius
    return float(min(residual, 1.0)), float(np.clip(np.log(radius / (width / 2)), -2, 4))
