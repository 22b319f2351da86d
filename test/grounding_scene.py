"""Hand-made things for the grounding tests: boxes on a table in front of the camera, with known colours and shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reason_seg_ros.geometry.planes import Plane
from reason_seg_ros.segmenters.embedded.grounding import colors
from reason_seg_ros.segmenters.embedded.grounding.describe import Candidate, Described
from reason_seg_ros.segmenters.embedded.grounding.evidence import Evidence
from reason_seg_ros.segmenters.embedded.grounding.kind_table import KindTable
from reason_seg_ros.segmenters.embedded.grounding.measure import Measure, Sides
from reason_seg_ros.segmenters.embedded.grounding.parts import Parts, Regions
from reason_seg_ros.segmenters.embedded.grounding.shape import Form
from reason_seg_ros.segmenters.embedded.grounding.shape_model import SHAPES
from reason_seg_ros.segmenters.embedded.grounding.view import view_of
from reason_seg_ros.segmenters.embedded.knowledge.kinds import ObjectKind, Shape
from reason_seg_ros.segmenters.embedded.language.hypothesis import Hypothesis, Reading
from reason_seg_ros.segmenters.embedded.language.intent import Description, Naming
from reason_seg_ros.segmenters.embedded.proposals.base import Proposal, Scenery

IMAGE = (240, 320)
_FORM = replace(Form(*[0.0] * 24), pixels=3.5, solidity=0.97)
_RGB = {
    "red": (200, 20, 25), "green": (30, 140, 40), "blue": (30, 70, 190), "white": (240, 240, 238),
    "black": (20, 20, 22), "yellow": (235, 205, 40), "orange": (245, 125, 20), "grey": (128, 128, 128),
    "purple": (120, 50, 150), "brown": (110, 65, 30),
}  # fmt: skip


def shares_of(color: str) -> np.ndarray:
    patch = np.zeros((8, 8, 3), np.uint8)
    patch[:] = _RGB[color]
    # No white balance: the patch is all there is to balance on.
    import cv2

    return colors.shares(cv2.cvtColor(patch, cv2.COLOR_RGB2LAB).reshape(-1, 3))


def thing(
    at: tuple[float, float],
    size: tuple[float, float, float] = (0.08, 0.08, 0.10),
    color: str = "white",
    shape: Shape = Shape.BOX,
    base: float = 0.0,
    opening: float = 0.05,
    handle: float = 0.3,
    top: str = "",
    score: float = 1.0,
    sides: Sides | None = None,
) -> Candidate:
    """A thing at (right, ahead) metres with (width, depth, height), standing `base` above the table."""
    x, y = at
    width, depth, height = size
    low, high = np.array([x - width / 2, y - depth / 2, base]), np.array([x + width / 2, y + depth / 2, base + height])
    rng = np.random.default_rng(0)
    hull = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float32)
    measured = Measure(
        points=rng.uniform(low, high, (200, 3)).astype(np.float32), low=low, high=high, base=base, gap=base, hull=hull,
        footprint=(max(width, depth), min(width, depth)), fill=1.0, axis=np.array([1.0, 0.0]), far_seen=True,
        sides=sides or Sides(), measured=True,
    )  # fmt: skip
    shapes = np.full(len(SHAPES), 0.02)
    shapes[SHAPES.index(shape)] += 1 - shapes.sum()
    whole, upper = shares_of(color), shares_of(top or color)
    pixel = np.array([IMAGE[1] / 2 + 300 * x / y, IMAGE[0] / 2 + 300 * (0.4 - base) / y])
    mask = np.zeros(IMAGE, bool)
    column, row = np.clip(pixel.astype(int), 6, np.array(IMAGE[::-1]) - 6)
    mask[row - 5 : row + 5, column - 5 : column + 5] = True
    return Candidate(
        proposal=Proposal(mask, score, 0), measured=measured, form=_FORM, shapes=shapes,
        regions=Regions(whole, whole, upper, (upper, upper)),
        parts=Parts(handle=handle, opening=opening, lid=0.9 if top else 0.1, label=0.1),
        lightness={"white": 95.0, "black": 8.0}.get(color, 50.0), texture=0.0, pixel=pixel,
    )  # fmt: skip


def scene(*things: Candidate, kinds: tuple[ObjectKind, ...] = ()) -> Evidence:
    plane = Plane(np.array([0.0, -1.0, 0.0]), 0.4, np.zeros(IMAGE, bool))
    scenery = Scenery(
        tuple(t.proposal for t in things), (plane,), np.array([0.0, -1.0, 0.0]), np.zeros(IMAGE, np.float32)
    )
    return Evidence(Described(things, view_of(scenery.up), scenery, IMAGE), KindTable(kinds or KINDS))


def kind(name: str, size_cm: tuple[float, float, float], shape: Shape, **fields: Any) -> ObjectKind:
    low, middle, high = ((0.85 * s, 1.15 * s) for s in size_cm)
    values: dict[str, Any] = {
        "synonyms": (), "categories": (), "affords": (), "needs": (), "facts": (), "colors": (), "parts": (),
        "materials": (), "places": (), **fields,
    }  # fmt: skip
    return ObjectKind(name=name, size_cm=(low, middle, high), shapes=(shape,), **values)


KINDS = (
    kind("mug", (11, 10, 8.5), Shape.CUP, parts=("handle", "opening")),
    kind("bowl", (15, 15, 6), Shape.BOWL, parts=("opening",)),
    kind("carton", (22, 15, 6), Shape.BOX),
    kind("tin", (10, 7, 7), Shape.CYLINDER),
    kind("bottle", (24, 7, 7), Shape.BOTTLE),
    kind("pen", (14, 1.2, 1.2), Shape.ROD),
    kind("ball", (7, 7, 7), Shape.SPHERE),
)
MUG = {"size": (0.10, 0.085, 0.105), "shape": Shape.CUP, "opening": 0.95, "handle": 0.9}
BOWL = {"size": (0.15, 0.15, 0.06), "shape": Shape.BOWL, "opening": 0.95}
CARTON = {"size": (0.15, 0.06, 0.22)}
TIN = {"size": (0.07, 0.07, 0.10), "shape": Shape.CYLINDER}


def read(description: Description) -> Reading:
    """Names of `KINDS` mean themselves, other nouns mean nothing known."""
    if description.naming is not Naming.NAMED:
        return Reading((), 1.0)
    found = [k for k in KINDS if k.name == description.noun]
    return Reading(tuple(Hypothesis(k, 1.0, k.name) for k in found), 0.95 if found else 0.1)
