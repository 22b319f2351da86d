"""What is measured about each thing in view, once per frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ....frame import Frame
from ....geometry.planes import dot_rays
from ..knowledge.kinds import Shape
from ..proposals.base import Proposal, Scenery
from . import colors
from .measure import Measure, box_of, depth_edges, measure
from .parts import Parts, Regions, parts_of, regions_of
from .shape import Form, form_of
from .shape_model import SHAPES, shape_probabilities
from .standing import settle
from .view import View, view_of

_COLOR_PIXELS = 1500
_BLOCK = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One thing in view with everything that a description may refer to.

    Attributes:
        proposal: its mask and objectness.
        measured: place and size in view axes.
        form: measurements of its form.
        shapes: (len(Shape),) float, probability of each shape, in the order of the enum.
        regions: colours of the whole, the top, the body and the ends.
        parts: handle, opening, lid, label.
        lightness: mean CIELab lightness, 0 to 100.
        texture: share of pixels on print or pattern.
        pixel: (2,) column and row of the middle of the mask.
        cut: sides of the image at which its outline ends.
    """

    proposal: Proposal
    measured: Measure
    form: Form
    shapes: np.ndarray
    regions: Regions
    parts: Parts
    lightness: float
    texture: float
    pixel: np.ndarray
    cut: int = 0

    @cached_property
    def color(self) -> str:
        """The words for its colours, "" if none says it."""
        return colors.describe(self.regions.whole)

    @property
    def vessel(self) -> float:
        """Probability of a body whose sides are so plain that a handle shows in the outline."""
        return float(sum(self.shapes[SHAPES.index(shape)] for shape in (Shape.CUP, Shape.BOWL, Shape.CYLINDER)))

    @cached_property
    def distance(self) -> float:
        """How far away people see the middle of the thing, metres: along the ground, whatever its height.

        Seen from the side that is hypot(right, ahead), to second order; from above, where every thing is near the point
        below the camera, what lies higher in the image counts as farther.
        """
        right, ahead = self.measured.center[:2]
        return float(ahead + right**2 / (2 * max(ahead, -self.measured.base, 0.1)))

    @cached_property
    def palette(self) -> np.ndarray:
        """(len(colors.PALETTE),) distribution over the main colours."""
        return colors.palette(self.regions.whole)

    @property
    def upright(self) -> float:
        """Degree in [0, 1] to which the thing stands on end rather than lies."""
        tall = np.log(self.measured.height / self.measured.footprint[0])
        return float(1 / (1 + np.exp(-6 * tall)))


@dataclass(frozen=True, eq=False)
class Described:
    """The things of a frame, described.

    Attributes:
        candidates: one per proposal that could be measured.
        view: the axes of their measurements.
        scenery: where they come from.
        shape: (height, width) of the frame.
    """

    candidates: tuple[Candidate, ...]
    view: View
    scenery: Scenery
    shape: tuple[int, int]


def describe(frame: Frame, scenery: Scenery) -> Described:
    """Measure every proposal of a frame."""
    view = view_of(frame.up if frame.up is not None else scenery.up)
    edges = depth_edges(frame)
    lab = colors.to_lab(frame.color)
    found = [(proposal, _measure(frame, proposal, scenery, view, edges)) for proposal in scenery.proposals]
    seen = [(proposal, measured) for proposal, measured in found if measured is not None]
    settled = settle([measured for _, measured in seen])
    candidates = [
        _candidate(frame, proposal, measured, view, edges, lab)
        for (proposal, _), measured in zip(seen, settled, strict=True)
    ]
    return Described(tuple(candidates), view, scenery, frame.shape)


def _measure(frame: Frame, proposal: Proposal, scenery: Scenery, view: View, edges: np.ndarray) -> Measure | None:
    support = scenery.planes[proposal.support] if proposal.support is not None else None
    return measure(frame, proposal.mask, view, support, edges)


def _candidate(
    frame: Frame, proposal: Proposal, measured: Measure, view: View, edges: np.ndarray, lab: np.ndarray
) -> Candidate:
    window = box_of(proposal.mask)
    mask, own = proposal.mask[window], lab[window]
    height = frame.depth[window] * dot_rays(frame.camera, view.up, window) - np.float32(measured.base)
    form = form_of(measured, mask, height, edges[window])
    inner = cv2.erode(mask.view(np.uint8), _BLOCK, borderType=cv2.BORDER_CONSTANT, borderValue=0).view(bool)
    inner = inner if np.count_nonzero(inner) > 0.3 * np.count_nonzero(mask) else mask
    chosen = np.flatnonzero(inner)
    v, u = np.divmod(chosen[:: max(1, len(chosen) // _COLOR_PIXELS)], inner.shape[1])
    texture = _texture(own[..., 0], inner)
    regions = regions_of(own[v, u], np.column_stack([u, v]), height[v, u] / measured.height, form.long > 0.9)
    shapes = shape_probabilities(form)
    return Candidate(
        proposal=proposal,
        measured=measured,
        form=form,
        shapes=shapes,
        regions=regions,
        parts=parts_of(mask, shapes, regions, texture),
        lightness=float(own[v, u, 0].mean() * 100 / 255),
        texture=texture,
        pixel=np.array([window[1].start + u.mean(), window[0].start + v.mean()]),
        cut=sum(axis.start <= 1 for axis in window)
        + sum(axis.stop >= size - 1 for axis, size in zip(window, proposal.mask.shape, strict=True)),
    )


def _texture(lightness: np.ndarray, inner: np.ndarray) -> float:
    """Share of the inner pixels with a fine strong edge (print), shading and contours left out."""
    if min(lightness.shape) < 5:
        return 0.0
    detail = np.abs(cv2.Laplacian(cv2.GaussianBlur(lightness, (3, 3), 0), cv2.CV_16S, ksize=3))
    return int(np.count_nonzero((detail > 30) & inner)) / max(int(np.count_nonzero(inner)), 1)
