"""What is true of a view: which objects are seen, where, and how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .render import Rendering
from .scene import SimulatedScene

MIN_PIXELS = 100  # fewer is not worth asking for
MIN_SHARE = 0.3
HIDDEN_PIXELS = 25  # fewer is not part of the ground truth

# Colours that people mix up; a question may not turn on the difference.
_ALIKE = (
    {"red", "orange"}, {"red", "pink"}, {"red", "brown"}, {"orange", "yellow"}, {"orange", "brown"},
    {"brown", "black"}, {"yellow", "gold"}, {"yellow", "beige"}, {"yellow", "green"}, {"green", "teal"},
    {"teal", "blue"}, {"blue", "navy"}, {"navy", "black"}, {"navy", "purple"}, {"purple", "pink"},
    {"purple", "blue"}, {"brown", "beige"}, {"white", "beige"}, {"white", "silver"}, {"white", "transparent"},
    {"grey", "silver"}, {"grey", "transparent"}, {"grey", "black"}, {"silver", "transparent"},
    {"gold", "beige"}, {"gold", "brown"}, {"gold", "orange"}, {"grey", "white"},
)  # fmt: skip


def alike(one: str, other: str) -> bool:
    """Whether two colour names may be used for the same thing."""
    return one == other or {one, other} in _ALIKE


@dataclass(frozen=True, eq=False)
class SeenObject:
    """An object in a view.

    Attributes:
        id, kind, group: identity in the id map, knowledge base kind, area of the catalogue.
        color, accent, accent_on: colour names of the whole and of a part.
        pose: "upright", "lying", "upside down", "flat" or "edge"; see `Model.resting`.
        on, inside: ids of the objects below and around, or None.
        surface: "table", "floor" or "shelf".
        pixels: visible pixels.
        share: of its silhouette in the image, the share that nothing covers.
        cut: it reaches the image border.
        box: (x0, y0, x1, y1), far corner exclusive.
        middle: (u, v) centroid of its visible pixels.
        distance: metres from the camera to its centre.
        center: (3,) centre of its bounding box, optical frame.
        size: (3,) extents in its own frame, metres, longest first.
    """

    id: int
    kind: str
    group: str
    color: str
    accent: str
    accent_on: str
    pose: str
    on: int | None
    inside: int | None
    surface: str
    pixels: int
    share: float
    cut: bool
    box: tuple[int, int, int, int]
    middle: tuple[float, float]
    distance: float
    center: np.ndarray
    size: np.ndarray

    @property
    def clear(self) -> bool:
        """Seen well enough to be asked for."""
        return self.pixels >= MIN_PIXELS and self.share >= MIN_SHARE

    @property
    def volume(self) -> float:
        """Of the box around it, cubic metres."""
        return float(np.prod(self.size))


def seen_objects(scene: SimulatedScene, rendering: Rendering, shares: dict[int, float]) -> tuple[SeenObject, ...]:
    """The objects with any visible pixel, by id."""
    from .catalogue import catalogue

    entries = catalogue()
    height, width = rendering.ids.shape
    found = []
    for item in scene.objects:
        rows, columns = np.nonzero(rendering.ids == item.id)
        if not len(rows):
            continue
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        vertices = item.vertices
        local = ((vertices.min(axis=0) + vertices.max(axis=0)) / 2 - rendering.pose[:3, 3]) @ rendering.pose[:3, :3]
        found.append(
            SeenObject(
                id=item.id,
                kind=item.kind,
                group=entries[item.kind].group,
                color=item.model.color,
                accent=item.model.accent,
                accent_on=item.model.accent_on,
                pose=item.pose,
                on=item.on,
                inside=item.inside,
                surface=item.surface,
                pixels=len(rows),
                share=shares.get(item.id, 1.0),
                cut=box[0] == 0 or box[1] == 0 or box[2] == width or box[3] == height,
                box=box,
                middle=(float(columns.mean()), float(rows.mean())),
                distance=float(np.linalg.norm(local)),
                center=local,
                size=np.sort(item.model.size)[::-1],
            )
        )
    return tuple(found)


def describe(item: SeenObject, seen: Sequence[SeenObject]) -> str:
    """A line for people: "red mug lying in the bowl"."""
    words = [item.color, item.kind]
    if item.accent_on and not alike(item.accent, item.color):
        words.append(f"with a {item.accent} {item.accent_on}")
    posture = {"upright": "standing", "lying": "lying", "upside down": "upside down", "edge": "on its edge"}
    if item.pose in posture:
        words.append(posture[item.pose])
    host = next((o for o in seen if o.id in (item.on, item.inside)), None)
    if host:
        words.append(f"{'in' if item.inside else 'on'} the {host.color} {host.kind}")
    else:
        words.append(f"on the {item.surface}")
    return " ".join(words)
