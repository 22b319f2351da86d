"""Putting objects on surfaces: apart, touching, stacked, in one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .catalogue import catalogue
from .model import Model, weighted
from .placing import CELL, Bench, Posed, posed
from .surroundings import Surface, Surroundings

OPEN_KINDS = frozenset({"bowl", "frying pan"})
FLAT_TOPS = frozenset(
    (
        "book", "notebook", "cracker box", "cereal box", "juice box", "food container", "egg carton", "tuna can",
        "soup can", "jar", "plate", "bowl", "cup", "sponge", "rubik's cube", "wood block", "toy block", "tape roll",
    )
)  # fmt: skip
_TRIES = 30
_STACK_WIDTH = 0.045  # metres: nothing is put on pens and cutlery
_STACK_CONTACT = 4e-4  # square metres: what is stacked stands on a flat patch, not on a point
_MODES = {"free": 0.58, "touch": 0.18, "stack": 0.14, "inside": 0.10}


@dataclass(frozen=True, eq=False)
class SimulatedObject:
    """An object in its place.

    Attributes:
        id: 1 to 255; the value in the id map.
        model: what it is.
        pose: "upright", "lying", "upside down", "flat" or "edge"; see `Model.resting`.
        rotation, translation: from the model's frame to the world frame.
        on: id of the object that it stands on, or None.
        inside: id of the object that it lies in, or None.
        surface: name of the surface below: "table", "floor" or "shelf".
    """

    id: int
    model: Model
    pose: str
    rotation: np.ndarray
    translation: np.ndarray
    on: int | None
    inside: int | None
    surface: str

    @property
    def kind(self) -> str:
        """Name of the kind in the knowledge base."""
        return self.model.kind

    @property
    def vertices(self) -> np.ndarray:
        """(V, 3) vertices in the world frame."""
        return self.model.mesh.vertices @ self.rotation.T + self.translation


@dataclass(frozen=True)
class Wanted:
    """An object to place: its kind and, unless "", colour, pose, and place.

    A place is "free" (apart), "touch" (beside another object), "stack" (on one) or "inside" (in an open vessel).
    """

    kind: str
    color: str = ""
    pose: str = ""
    place: str = ""


@dataclass(frozen=True)
class Field:
    """Where objects are put: a rectangle in the camera's view, seen from above.

    Attributes:
        middle: (x, y) of its middle, metres.
        azimuth_deg: heading of the camera: 0 looks along +y.
        half: half its extent across and along the line of sight.
    """

    middle: tuple[float, float]
    azimuth_deg: float
    half: tuple[float, float]

    def place(self, u: float, v: float) -> np.ndarray:
        """(x, y) of a point given by -1..1 across and along."""
        cosine, sine = np.cos(np.radians(self.azimuth_deg)), np.sin(np.radians(self.azimuth_deg))
        across, along = u * self.half[0], v * self.half[1]
        return np.asarray(self.middle) + across * np.array([cosine, -sine]) + along * np.array([sine, cosine])


class Arranger:
    """Places objects one after another."""

    def __init__(self, rng: np.random.Generator, around: Surroundings, field: Field, clutter: float) -> None:
        self.rng, self.around, self.field, self.clutter = rng, around, field, clutter
        half = np.minimum(np.array(around.surfaces[0].size) / 2, 1.0)
        self.bench = Bench(tuple(-half), tuple(half))
        x, y = self.bench.cells()
        for surface in around.surfaces:
            self.bench.add_surface(surface.contains(x, y), surface.center[2])
        self.objects: list[SimulatedObject] = []

    def arrange(self, wanted: Sequence[Wanted]) -> tuple[SimulatedObject, ...]:
        """Place the wanted objects, or random ones; what finds no room is left out."""
        for item in wanted:
            self._place(item)
        if not wanted:
            for _ in range(round(4 + 10 * self.clutter + self.rng.uniform(-1, 1))):
                self._place(self._choose())
        return tuple(self.objects)

    def _choose(self) -> Wanted:
        """The next kind; now and then one that is there already, in another colour."""
        entries = catalogue()
        if self.objects and self.rng.random() < 0.25:
            entry = entries[self.objects[self.rng.integers(len(self.objects))].kind]
            taken = {item.model.color for item in self.objects if item.kind == entry.name}
            free = {color: weight for color, weight in entry.colors.items() if color not in taken}
            if free:
                return Wanted(entry.name, weighted(free, self.rng))
        names = list(entries)
        return Wanted(names[self.rng.integers(len(names))])

    def _place(self, wanted: Wanted) -> None:
        entry = catalogue()[wanted.kind]
        item = None
        for _ in range(3):
            pose = wanted.pose or weighted(entry.poses, self.rng)
            item = item or posed(entry.sample(self.rng, wanted.color or None), pose, self.rng)
        if item is None:
            return
        modes = dict(_MODES)
        modes["free"] += 1.2 * (1 - self.clutter)
        mode = wanted.place or (weighted(modes, self.rng) if self.objects else "free")
        place = {"free": self._free, "touch": self._touch, "stack": self._stack, "inside": self._inside}[mode]
        if not place(item) and mode != "free":
            self._free(item)

    def _free(self, item: Posed) -> bool:
        margin = int(self.rng.uniform(4, 16))
        for attempt in range(_TRIES):
            xy = self.bench.snap(self.field.place(*self.rng.uniform(-1, 1, 2)))
            if self._clear(item, xy, margin if attempt < _TRIES // 2 else 2) and self._settle(item, xy, {-1}):
                return True
        return False

    def _clear(self, item: Posed, xy: np.ndarray, margin: int) -> bool:
        """Whether no object stands within some cells of the profile."""
        column, row = np.round((xy - self.bench.low) / CELL).astype(int)
        h, w = np.array(item.bottom.shape) // 2 + margin
        area = self.bench.owner[max(row - h, 0) : row + h + 1, max(column - w, 0) : column + w + 1]
        return bool((area < 0).all())

    def _touch(self, item: Posed) -> bool:
        """Slide towards another object until they all but touch."""
        other = self.objects[self.rng.integers(len(self.objects))]
        direction = self.rng.uniform(0, 2 * np.pi)
        step = np.array([np.cos(direction), np.sin(direction)]) * CELL
        start = other.vertices[:, :2].mean(axis=0)
        return any(self._settle(item, self.bench.snap(start + i * step), {-1}) for i in range(5, 160))

    def _stack(self, item: Posed) -> bool:
        """On top of a wider object."""
        if item.pose in ("lying", "edge"):
            return False
        least = max(0.9 * min(item.bottom.shape) * CELL, _STACK_WIDTH)
        hosts = [o for o in self.objects if o.kind in FLAT_TOPS and np.ptp(o.vertices[:, :2], axis=0).min() > least]
        for _ in range(6 if hosts else 0):
            host = hosts[self.rng.integers(len(hosts))]
            xy = host.vertices[:, :2].mean(axis=0) + self.rng.normal(0, 0.008, 2)
            if self._settle(item, self.bench.snap(xy), {host.id}, _STACK_CONTACT):
                return True
        return False

    def _inside(self, item: Posed) -> bool:
        """Into an open vessel that stands upright."""
        hosts = [o for o in self.objects if o.kind in OPEN_KINDS and o.pose == "upright"]
        for attempt in range(6 if hosts else 0):
            host = hosts[self.rng.integers(len(hosts))]
            xy = host.translation[:2] + self.rng.normal(0, 0.004 * attempt, 2)
            if self._settle(item, self.bench.snap(xy), {host.id}):
                return True
        return False

    def _settle(self, item: Posed, xy: np.ndarray, supports: set[int], contact: float = 0.0) -> bool:
        """Put an object down if it rests on exactly these supports (ids, -1 for a surface) and area."""
        found = self.bench.drop(item, xy)
        if found is None or found[1] != frozenset(supports) or found[2] < contact:
            return False
        z, identity = found[0], len(self.objects) + 1
        host = next((o for o in self.objects if o.id in supports), None)
        below = self._surface_at(xy, z)
        z = z if host else below.center[2]  # exact, where the height map is good to its cells
        translation = item.shift + np.array([*xy, z])
        surface = host.surface if host else below.name
        new = SimulatedObject(identity, item.model, item.pose, item.rotation, translation, None, None, surface)
        if host:
            new = replace(new, inside=host.id) if _within(new, host) else replace(new, on=host.id)
        self.objects.append(new)
        self.bench.add(item, xy, z, identity)
        return True

    def _surface_at(self, xy: np.ndarray, z: float) -> Surface:
        surfaces = [s for s in self.around.surfaces if bool(s.contains(xy[0], xy[1]))]
        return min(surfaces, key=lambda surface: abs(surface.center[2] - z))


def _within(item: SimulatedObject, host: SimulatedObject) -> bool:
    """Whether an object lies in an open vessel rather than on top of it: a good part of it is below the rim."""
    if host.kind not in OPEN_KINDS or host.pose != "upright":
        return False
    z, rim = item.vertices[:, 2], host.translation[2] + host.model.size[2]
    if host.kind == "frying pan":
        rim = host.translation[2] + 0.045
    return bool(rim - z.min() > 0.25 * np.ptp(z)) and bool(rim - z.min() > 0.012)
