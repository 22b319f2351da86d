"""Harder scenes than a tidy table: heaps, bins, walls beside the table, robot arms, views from straight above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..frame import Camera
from . import shapes
from .arranging import Arranger, Field, SimulatedObject, Wanted
from .catalogue import catalogue
from .materials import Material, mottled, sample_color, solid
from .model import Part, weighted
from .placing import Posed, posed, turned
from .scene import SimulatedScene, View, sample_camera, sample_lights
from .shapes import Mesh
from .surroundings import Surface, Surroundings, sample_surroundings, table_material

_TUMBLES = 8
_STEEPEST = 65.0
_SPREAD = 0.05
"""Tries for each object of a heap, degrees of its tilt, and metres around another object where it comes down."""
_HEAPED = 0.6
_TWINS = 0.3
"""Shares of the objects that are thrown on others, and that look like one which is there already."""


def sample_heap(seed: int) -> SimulatedScene:
    """A random scene; the same seed gives the same scene."""
    rng = np.random.default_rng([seed, 2])
    camera = sample_camera(rng)
    in_bin = rng.random() < 0.3
    around = _bin(rng) if in_bin else sample_surroundings(rng, str(rng.choice(["table", "floor"], p=[0.8, 0.2])))
    view = View(
        target=(*rng.uniform(-0.08, 0.08, 2), 0.04),
        distance=rng.uniform(0.45, 0.75) if in_bin else rng.uniform(0.6, 1.1),
        pitch_deg=rng.uniform(45 if in_bin else 25, 88),
        azimuth_deg=rng.uniform(-35, 35),
        roll_deg=rng.normal(0, 1.5),
    )
    bystanders = []
    if not in_bin and rng.random() < 0.4:
        bystanders.append(_wall(rng, around.surfaces[0], view))
    if rng.random() < 0.3:
        bystanders += _arm(rng, camera, view)
    around = replace(around, parts=(*around.parts, *bystanders))
    half = min(0.15 + 0.1 * rng.random(), 0.4 * min(around.surfaces[0].size))
    objects = Heap(rng, around, Field(view.target[:2], view.azimuth_deg, (1.3 * half, half)), 1.0).arrange(())
    ambient, lights = sample_lights(rng)
    return SimulatedScene(seed, objects, around, lights, ambient, camera, view.pose)


class Heap(Arranger):
    """Places objects one after another, most of them on, between and against those that lie there."""

    def arrange(self, wanted: Sequence[Wanted]) -> tuple[SimulatedObject, ...]:
        """Place the wanted objects, or random ones; what finds no room is left out."""
        names = list(catalogue())
        count = int(self.rng.integers(6, 20))
        for item in wanted or [Wanted(names[self.rng.integers(len(names))]) for _ in range(count)]:
            thing = self._specimen(item)
            if thing is None:
                continue
            heaped = bool(self.objects) and self.rng.random() < _HEAPED
            beside = bool(self.objects) and self.rng.random() < 0.5
            if not (heaped and self._tumble(thing)) and not (beside and self._touch(thing)):
                self._free(thing)
        return tuple(self.objects)

    def _specimen(self, wanted: Wanted) -> Posed | None:
        """An object of the wanted kind, or now and then the twin of one that is there already."""
        entry = catalogue()[wanted.kind]
        model, pose = entry.sample(self.rng, wanted.color or None), wanted.pose or weighted(entry.poses, self.rng)
        if self.objects and self.rng.random() < _TWINS:
            twin = self.objects[self.rng.integers(len(self.objects))]
            model, pose = twin.model, twin.pose
        return posed(model, pose, self.rng)

    def _tumble(self, item: Posed) -> bool:
        """Put an object where its middle comes to lie lowest among some tilts and places next to others."""
        best: tuple[float, Posed, np.ndarray, float] | None = None
        for _ in range(_TUMBLES):
            host = self.objects[self.rng.integers(len(self.objects))]
            xy = self.bench.snap(host.vertices[:, :2].mean(axis=0) + self.rng.normal(0, _SPREAD, 2))
            heading = self.rng.uniform(0, 2 * np.pi)
            axis = np.array([np.cos(heading), np.sin(heading), 0.0])
            leaning = turned(item.model, item.pose, _about(axis, self.rng.uniform(0, _STEEPEST)) @ item.rotation)
            found = self.bench.drop(leaning, xy, steady=False)
            if found is None or found[1] == {-1}:
                continue
            level = found[0] + float(leaning.top.max()) / 2
            if best is None or level < best[0]:
                best = level, leaning, xy, found[0]
        if best is None:
            return False
        _, leaning, xy, z = best
        number = len(self.objects) + 1
        place = leaning.shift + np.array([*xy, z])
        surface = self._surface_at(xy, z).name
        self.objects.append(
            SimulatedObject(number, item.model, item.pose, leaning.rotation, place, None, None, surface)
        )
        self.bench.add(leaning, xy, z, number)
        return True


def _about(axis: np.ndarray, degrees: float) -> np.ndarray:
    """Rotation (3, 3) about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _bin(rng: np.random.Generator) -> Surroundings:
    """A tray with walls, dark or light."""
    size = rng.uniform(0.35, 0.7), rng.uniform(0.3, 0.5)
    thick, height = 0.02, rng.uniform(0.05, 0.25)
    surface = Surface("bin", (0.0, 0.0, 0.0), size)
    material = table_material(rng) if rng.random() < 0.3 else _paint(rng, ["black", "grey", "white", "green", "blue"])
    bottom = _block((size[0] + 2 * thick, size[1] + 2 * thick, thick), (0.0, 0.0, -thick))
    across = [_block((size[0], thick, height), (0.0, s * (size[1] + thick) / 2, 0.0)) for s in (-1, 1)]
    along = [_block((thick, size[1] + 2 * thick, height), (s * (size[0] + thick) / 2, 0.0, 0.0)) for s in (-1, 1)]
    table = _block((3.0, 3.0, 0.03), (0.0, 0.0, -thick - 0.03 - rng.uniform(0.0, 0.3)))
    parts = [Part(mesh, material) for mesh in (bottom, *across, *along)]
    return Surroundings((surface,), (*parts, Part(table, table_material(rng))))


def _wall(rng: np.random.Generator, surface: Surface, view: View) -> Part:
    """A wall or cabinet at the far edge of a surface, or at the one towards which the camera looks sideways."""
    x, y = (side / 2 + rng.uniform(0.06, 0.3) for side in surface.size)
    low, high = -0.8, rng.uniform(0.2, 1.2)
    if rng.random() < 0.5:
        block = _block((5.0, 0.1, high - low), (0.0, y, low))
    else:
        block = _block((0.1, 5.0, high - low), (np.sign(view.azimuth_deg) * x, 0.0, low))
    return Part(block, _paint(rng, ["white", "grey", "beige", "black", "blue"]))


def _arm(rng: np.random.Generator, camera: Camera, view: View) -> list[Part]:
    """The last links of a robot's arm: they reach into the image from one of its sides, above the things."""
    half = np.array([camera.width / camera.fx, camera.height / camera.fy]) / 2
    side, across = int(rng.integers(4)), rng.uniform(-0.8, 0.8)
    places = []
    for reach in (1.6, rng.uniform(0.9, 1.2), rng.uniform(0.5, 0.85)):
        out = reach if side % 2 else -reach
        across += rng.uniform(-0.15, 0.15)
        ray = half * ((out, across) if side < 2 else (across, out))
        places.append(view.distance * rng.uniform(0.4, 0.75) * np.array([*ray, 1.0]))
    path = np.array(places) @ view.pose[:3, :3].T + view.pose[:3, 3]
    width = rng.uniform(0.02, 0.055)
    meshes = [shapes.tube(path[:2], width), shapes.tube(path[1:], rng.uniform(0.6, 1.0) * width)]
    return [Part(mesh, _paint(rng, ["white", "grey", "black", "silver", "blue"])) for mesh in meshes]


def _paint(rng: np.random.Generator, names: Sequence[str]) -> Material:
    color = sample_color(str(rng.choice(names)), rng)
    plain = rng.random() < 0.5
    return Material(solid(color) if plain else mottled(color, rng, 0.05, 0.1), 0.03, rng.uniform(0.3, 0.8))


def _block(size: tuple[float, float, float], place: tuple[float, float, float]) -> Mesh:
    """A box standing with the middle of its foot at a place."""
    return shapes.rounded_box(*size, 0.002).moved(place)
