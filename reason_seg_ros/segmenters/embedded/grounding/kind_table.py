"""The knowledge base as arrays, so that every kind is compared with every thing at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..knowledge.kinds import ObjectKind, Shape
from . import colors
from .shape_model import SHAPES

PALETTE: tuple[str, ...] = colors.PALETTE
_ROUND = {
    Shape.CYLINDER: 1.0, Shape.SPHERE: 1.0, Shape.BOTTLE: 0.8, Shape.CUP: 1.0, Shape.BOWL: 1.0, Shape.PLATE: 0.5,
    Shape.ROD: 0.5, Shape.RING: 1.0,
}  # fmt: skip
_USUAL = (0.6, 0.25, 0.1)
"""Share of a kind's objects that take its first, second and third shape; the rest takes any."""
_PRINTED = {"cardboard", "paper", "foil"}
GENERIC_COLORS = {
    "red": 0.12, "orange": 0.06, "yellow": 0.08, "green": 0.09, "teal": 0.03, "blue": 0.12, "navy": 0.03,
    "purple": 0.03, "pink": 0.04, "brown": 0.08, "beige": 0.06, "black": 0.13, "grey": 0.08, "white": 0.17,
    "silver": 0.05, "gold": 0.02,
}  # fmt: skip
"""Share of household things of each main colour: what is expected of a thing of unknown kind."""


class KindTable:
    """Arrays over K kinds.

    Attributes:
        kinds: in the order of the rows.
        index: row of each kind by name.
        log_low, log_high: (K, 3) log of the extents' ranges in metres, longest extent first.
        shapes: (K, len(SHAPES)) share of each shape.
        round: (K,) share that is a body of revolution.
        colors: (K, len(PALETTE)) share of each main colour.
        printed: (K,) 1 where the kind has a label or is packed in printed stuff, else 0.
        prior: (K,) share of each kind among the things that a robot meets.
    """

    def __init__(self, kinds: Sequence[ObjectKind]) -> None:
        self.kinds = tuple(kinds)
        self.index = {kind.name: row for row, kind in enumerate(self.kinds)}
        sizes = np.array([kind.size_cm for kind in self.kinds], float).reshape(-1, 3, 2) / 100
        self.log_low, self.log_high = np.log(sizes[..., 0]), np.log(sizes[..., 1])
        self.shapes = np.array([_shape_row(kind) for kind in self.kinds]).reshape(-1, len(SHAPES))
        self.round = self.shapes @ np.array([_ROUND.get(shape, 0.0) for shape in SHAPES])
        self.colors = np.array([_color_row(kind) for kind in self.kinds]).reshape(-1, len(PALETTE))
        self.printed = np.array([float("label" in k.parts or bool(_PRINTED & {*k.materials})) for k in self.kinds])
        self.prior = np.full(len(self.kinds), 1 / max(len(self.kinds), 1))


def _shape_row(kind: ObjectKind) -> np.ndarray:
    row = np.full(len(SHAPES), (1 - sum(_USUAL)) / len(SHAPES))
    weights = np.array(_USUAL[: len(kind.shapes)])
    weights *= sum(_USUAL) / weights.sum()
    for shape, weight in zip(kind.shapes, weights, strict=False):
        row[SHAPES.index(shape)] += weight
    return row / row.sum()


def _color_row(kind: ObjectKind) -> np.ndarray:
    generic = generic_colors()
    row = np.zeros(len(PALETTE))
    for color, share in kind.colors:
        if color == "transparent":  # shows what is behind or in it
            row += share * generic
        else:
            row[PALETTE.index(color)] += share
    return row + max(1 - row.sum(), 0.04) * generic


def generic_colors() -> np.ndarray:
    """(len(PALETTE),) share of each main colour among all things."""
    row = np.array([GENERIC_COLORS[name] for name in PALETTE])
    return row / row.sum()
