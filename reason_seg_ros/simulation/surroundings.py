"""What objects stand on and what is seen behind them: tables, floors, shelves, walls, furniture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import shapes
from .materials import Material, Texture, cloth, mottled, sample_color, solid, speckled, wood
from .model import Part
from .shapes import Mesh

_WOODS = ((0.62, 0.44, 0.30), (0.74, 0.58, 0.42), (0.48, 0.34, 0.24), (0.82, 0.70, 0.54), (0.42, 0.33, 0.28))


@dataclass(frozen=True)
class Surface:
    """A level top on which things stand: a rectangle or an ellipse, its sides along x and y.

    Attributes:
        name: "table", "floor" or "shelf".
        center: (x, y, z) of the top, metres.
        size: (x, y) extents.
        round: an ellipse.
    """

    name: str
    center: tuple[float, float, float]
    size: tuple[float, float]
    round: bool = False

    def contains(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which of the places lie on it."""
        u = np.abs(x - self.center[0]) / (self.size[0] / 2)
        v = np.abs(y - self.center[1]) / (self.size[1] / 2)
        return u**2 + v**2 < 1 if self.round else (u < 1) & (v < 1)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Surfaces with everything that is not an object, in the world frame (z up, origin on the main surface)."""

    surfaces: tuple[Surface, ...]
    parts: tuple[Part, ...]


def sample_surroundings(rng: np.random.Generator, kind: str | None = None) -> Surroundings:
    """A table (most often), a bare floor or a table with a shelf on it."""
    kind = kind or str(rng.choice(["table", "floor", "shelf"], p=[0.76, 0.12, 0.12]))
    if kind == "floor":
        surface = Surface("floor", (0.0, 0.0, 0.0), (2.4, 2.0))
        return Surroundings((surface,), (_floor(rng, 0.0), *_room(rng, 0.0, far=(1.1, 2.2))))
    surface, parts = _table(rng, wide=kind == "shelf")
    ground = -rng.uniform(0.45, 0.76)
    parts += [_floor(rng, ground), *_room(rng, ground, far=(1.4, 3.2)), *_legs(rng, surface, ground)]
    surfaces = [surface]
    if kind == "shelf":
        shelf, boards = _shelf(rng, surface)
        surfaces.append(shelf)
        parts += boards
    return Surroundings(tuple(surfaces), tuple(parts))


def _table(rng: np.random.Generator, wide: bool) -> tuple[Surface, list[Part]]:
    size = (rng.uniform(1.0, 1.7), rng.uniform(0.7, 1.0))
    is_round = not wide and rng.random() < 0.2
    if is_round:
        size = (rng.uniform(0.95, 1.25),) * 2
    surface = Surface("table", (0.0, 0.0, 0.0), size, is_round)
    material = table_material(rng)
    thick = rng.uniform(0.02, 0.035)
    outline = shapes.circle(size[0] / 2, 96) if is_round else shapes.rounded_rectangle(*size, rng.uniform(0.003, 0.04))
    top = shapes.prism(outline, thick, 0.002).moved([0, 0, -thick])
    return surface, [Part(top, material)]


def table_material(rng: np.random.Generator) -> Material:
    """Wood, laminate, stone or cloth."""
    style = str(rng.choice(["wood", "planks", "plain", "stone", "cloth"], p=[0.34, 0.2, 0.22, 0.1, 0.14]))
    tone = np.array(_WOODS[rng.integers(len(_WOODS))]) * rng.uniform(0.9, 1.1)
    if style == "wood":
        return Material(wood(tone, rng, contrast=rng.uniform(0.2, 0.5)), 0.03, rng.uniform(0.25, 0.5))
    if style == "planks":
        return Material(wood(tone, rng, rng.uniform(0.09, 0.22), rng.uniform(0.3, 0.55)), 0.03, 0.4)
    if style == "plain":
        color = sample_color(
            str(rng.choice(["white", "grey", "beige", "black", "brown"], p=[0.35, 0.25, 0.2, 0.08, 0.12])), rng
        )
        return Material(mottled(color, rng, 0.05, 0.05), 0.03, rng.uniform(0.25, 0.5))
    if style == "stone":
        color = sample_color(str(rng.choice(["grey", "beige", "white"])), rng)
        return Material(speckled(color, 0.55 * color, rng, 0.006, 0.3), 0.04, 0.2)
    names = rng.choice(["white", "red", "blue", "beige", "green", "grey", "navy"], 2, replace=False)
    colors = [0.6 * sample_color(str(name), rng) + 0.3 for name in names]
    return Material(
        cloth(colors, rng, rng.uniform(0.015, 0.05), str(rng.choice(["check", "stripe", "weave"]))), 0.0, 0.9
    )


def _floor(rng: np.random.Generator, height: float) -> Part:
    style = rng.integers(4)
    tone = np.array(_WOODS[rng.integers(len(_WOODS))])
    texture: Texture
    if style == 0:
        texture = wood(tone, rng, 0.12, 0.5)
    elif style == 1:
        color = sample_color(str(rng.choice(["grey", "navy", "brown", "beige"])), rng)
        texture = speckled(color, 0.6 * color + 0.1, rng, 0.012, 0.4)
    elif style == 2:
        texture = mottled(sample_color("grey", rng) * rng.uniform(0.7, 1.2), rng, 0.3, 0.2)
    else:
        texture = _tiles(sample_color(str(rng.choice(["beige", "white", "grey"])), rng), rng.uniform(0.2, 0.4), rng)
    board = shapes.prism(shapes.rounded_rectangle(14.0, 14.0, 0.01), 0.05).moved([0, 3.0, height - 0.05])
    return Part(board, Material(texture, 0.02, 0.5))


def _tiles(color: np.ndarray, side: float, rng: np.random.Generator) -> Texture:
    base = mottled(color, rng, 0.2, 0.12)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        colors = np.array(base(points, normals))
        cell = points[:, :2] / side
        colors[(np.abs(cell - np.round(cell)) < 0.006 / side / 2).any(axis=1)] *= 0.45
        return colors

    return texture


def _room(rng: np.random.Generator, ground: float, far: tuple[float, float]) -> list[Part]:
    """A back wall and furniture in front of it: crates, cabinets, cylinders, chair legs."""
    distance = rng.uniform(*far)
    color = 0.5 * sample_color(str(rng.choice(["white", "beige", "grey", "blue", "green"])), rng) + 0.42
    wall = _block((14.0, 0.1, 4.0), (0.0, distance, ground))
    parts = [Part(wall, Material(mottled(color, rng, 0.8, 0.08), 0.01, 0.8))]
    skirting = _block((14.0, 0.02, 0.09), (0.0, distance - 0.06, ground))
    parts.append(Part(skirting, Material(solid(sample_color("white", rng)), 0.03, 0.4)))
    for _ in range(int(rng.integers(2, 7))):
        place = (rng.uniform(-2.2, 2.2), distance - rng.uniform(0.2, 0.45), ground)
        tone = sample_color(str(rng.choice(["brown", "grey", "black", "white", "blue", "red", "beige"])), rng)
        style = rng.integers(3)
        if style == 0:
            size = (rng.uniform(0.25, 0.8), rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.9))
            parts.append(Part(_block(size, place), Material(wood(tone, rng), 0.02, 0.5)))
        elif style == 1:
            radius, height = rng.uniform(0.08, 0.18), rng.uniform(0.25, 0.6)
            bin_mesh = shapes.vessel([[0.85 * radius, 0], [radius, height]], 0.006, 0.02).moved(place)
            parts.append(Part(bin_mesh, Material(solid(tone), 0.04, 0.4)))
        else:
            parts += [Part(leg, Material(solid(tone), 0.04, 0.4)) for leg in _chair(rng, place)]
    return parts


def _chair(rng: np.random.Generator, place: tuple[float, float, float]) -> list[Mesh]:
    side, seat = rng.uniform(0.36, 0.44), rng.uniform(0.42, 0.48)
    meshes = [_block((side, side, 0.035), (place[0], place[1], place[2] + seat))]
    meshes.append(_block((side, 0.03, 0.35), (place[0], place[1] + side / 2, place[2] + seat + 0.1)))
    for sx in (-1, 1):
        for sy in (-1, 1):
            corner = np.array([place[0] + 0.45 * sx * side, place[1] + 0.45 * sy * side, place[2]])
            meshes.append(shapes.tube(np.stack([corner, corner + np.array([0, 0, seat])]), 0.014))
    return meshes


def _legs(rng: np.random.Generator, table: Surface, ground: float) -> list[Part]:
    material = Material(solid(np.array(_WOODS[rng.integers(len(_WOODS))])), 0.03, 0.4)
    if table.round:
        return [Part(shapes.tube(np.array([[0, 0, ground], [0, 0, -0.03]]), 0.05), material)]
    x, y = 0.45 * table.size[0], 0.42 * table.size[1]
    return [
        Part(_block((0.05, 0.05, -0.02 - ground), (sx * x, sy * y, ground)), material)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]


def _shelf(rng: np.random.Generator, table: Surface) -> tuple[Surface, list[Part]]:
    """A board on two sides along the table's far edge."""
    width, depth, height = rng.uniform(0.6, 0.9), rng.uniform(0.20, 0.26), rng.uniform(0.16, 0.26)
    y = table.size[1] / 2 - depth / 2 - rng.uniform(0.02, 0.08)
    x, thick = rng.uniform(-0.1, 0.1), 0.018
    material = Material(wood(np.array(_WOODS[rng.integers(len(_WOODS))]), rng, contrast=0.3), 0.03, 0.4)
    sides = [_block((thick, depth, height - thick), (x + s * (width - thick) / 2, y, 0.0)) for s in (-1, 1)]
    board = _block((width, depth, thick), (x, y, height - thick))
    surface = Surface("shelf", (x, y, height), (width, depth))
    return surface, [Part(mesh, material) for mesh in (*sides, board)]


def _block(size: tuple[float, float, float], place: tuple[float, float, float]) -> Mesh:
    """A box standing with the middle of its foot at a place."""
    return shapes.rounded_box(*size, 0.002).moved(place)
