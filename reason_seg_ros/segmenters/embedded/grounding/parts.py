"""Visible parts of a thing: a handle at its side, an opening, a lid or cap of another colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..knowledge.kinds import Shape
from . import colors
from .samples import quantiles
from .shape_model import SHAPES

_PLAIN = 0.15
"""Probability of a vessel below which the outline is not searched for a handle."""
_PRINTED, _PRINTED_WIDTH = 0.22, 0.045
"""Share of pixels on fine strong edges at which a thing is as likely printed as not, and how sharply that changes."""
_NO_HANDLE = 0.2
"""Degree for a handle where none is seen."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Colour shares (see `colors.shares`) of a thing and of its regions.

    Attributes:
        whole: of all pixels.
        body: without the top (standing things) or without the ends (lying things).
        top: of the upper part: lid, cap, rim, contents.
        ends: of the two ends of an elongated thing; the same as `top` for others.
    """

    whole: np.ndarray
    body: np.ndarray
    top: np.ndarray
    ends: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Parts:
    """Degrees in [0, 1] to which parts are seen; 0.5 where the view does not tell.

    Attributes:
        handle: a loop or grip that stands out at the side.
        opening: open at the top.
        lid: the top or one end has a colour of its own.
        label: printed or of several colours.
    """

    handle: float
    opening: float
    lid: float
    label: float


def regions_of(lab: np.ndarray, pixels: np.ndarray, relative: np.ndarray, elongated: bool) -> Regions:
    """Colours of a thing's regions.

    Args:
        lab: (N, 3) uint8 pixels of the thing, see `colors.to_lab`.
        pixels: (N, 2) their columns and rows.
        relative: (N,) height above the base over the total height, NaN where unknown.
        elongated: true for things with two ends.
    """
    graded = colors.Graded(lab)
    whole = graded.shares()
    if elongated:
        centred = (pixels - pixels.mean(axis=0)).astype(np.float32)
        axis = np.linalg.eigh(np.cov(centred.T))[1][:, 1]
        along = centred @ axis
        low, high = quantiles(along, (0.22, 0.78))
        first, second = graded.shares(along <= low), graded.shares(along >= high)
        upper = first if pixels[along <= low, 1].mean() < pixels[along >= high, 1].mean() else second
        return Regions(whole, graded.shares((along > low) & (along < high)), upper, (first, second))
    upper = relative > 0.8
    lower = relative < 0.6
    top = graded.shares(upper) if np.count_nonzero(upper) > 10 else whole
    body = graded.shares(lower) if np.count_nonzero(lower) > 10 else whole
    return Regions(whole, body, top, (top, top))


def parts_of(mask: np.ndarray, shapes: np.ndarray, regions: Regions, texture: float) -> Parts:
    """Judge the parts from the outline, the shape (len(SHAPES),) and the colours."""
    vessel = sum(float(shapes[SHAPES.index(shape)]) for shape in (Shape.CUP, Shape.BOWL, Shape.CYLINDER))
    ends = max(_distance(regions.body, end) for end in (regions.top, *regions.ends))
    return Parts(
        handle=handle_of(mask) if vessel > _PLAIN else _NO_HANDLE,
        opening=float(sum(shapes[SHAPES.index(shape)] for shape in (Shape.CUP, Shape.BOWL))),
        lid=float(np.clip(1.6 * ends, 0, 1)),
        label=float(1 / (1 + np.exp(-(texture - _PRINTED) / _PRINTED_WIDTH))),
    )


def handle_of(mask: np.ndarray) -> float:
    """Degree to which something bulges out more at one side of a body than at the other, as a mug's handle does.

    Without a bulge the handle may still be hidden behind the body or point at the camera.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    rows = rows[int(0.06 * len(rows)) : int(0.94 * len(rows)) + 1]
    if len(rows) < 20:
        return _NO_HANDLE
    left = -mask[rows].argmax(axis=1).astype(float)
    right = mask.shape[1] - 1.0 - mask[rows, ::-1].argmax(axis=1)
    width = float(np.median(left + right))
    more = (_bulge(left, width) - _bulge(right, width)) / width
    one, more = (left, more) if more.max() > -more.min() else (right, -more)
    inner = one[int(0.06 * len(rows)) : int(0.85 * len(rows))]
    step = max(2, len(rows) // 25)
    sudden = float((inner[step:] - inner[:-step]).max(initial=0)) / width
    return (
        0.9 if sudden > 0.08 and more.max() > 0.15 and 0.12 < _longest_run(more > 0.1) / len(rows) < 0.8 else _NO_HANDLE
    )


def _bulge(side: np.ndarray, width: float) -> np.ndarray:
    """How far an outline (per row, outwards) lies outside of the straight line along most of it."""
    at = np.arange(len(side), dtype=float)
    kept = np.ones(len(side), bool)
    for _ in range(6):
        x, y = at[kept], side[kept]
        x_mean, y_mean = x.mean(), y.mean()
        slope = (x - x_mean) @ y / ((x - x_mean) @ x)
        outwards = side - (y_mean + slope * (at - x_mean))
        kept = outwards < 0.03 * width
        if np.count_nonzero(kept) < 8:
            break
    return outwards


def _longest_run(flags: np.ndarray) -> int:
    """Length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Half the summed difference of the main colours' shares."""
    return float(np.abs(colors.palette(one) - colors.palette(other)).sum() / 2)
