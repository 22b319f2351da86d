"""Fruit."""

from __future__ import annotations

import numpy as np

from .. import shapes
from ..materials import Material, mottled, speckled
from ..model import Model
from ..shapes import Mesh
from .shelf import Shelf, matt, model, paint

SHELF = Shelf("fruit")


def _skin(color: np.ndarray, rng: np.random.Generator, spots: np.ndarray) -> Material:
    return Material(speckled(color, spots, rng, 0.012, 0.12), specular=0.04, roughness=0.3)


def _dimpled(radius: float, squash: float, dimple: float) -> Mesh:
    """A ball with a dimple at top and bottom."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 30)
    r = radius * np.cos(angle).clip(0)
    z = radius * squash * np.sin(angle)
    z -= np.sign(angle) * dimple * np.exp(-((r / (0.33 * radius)) ** 2))
    return shapes.revolve(np.stack([r, z], axis=1))


@SHELF.kind("apple", "red:3 green:2 yellow", "upright:3 lying:1")
def apple(rng: np.random.Generator, color: str) -> Model:
    """An apple with its stem."""
    radius = rng.uniform(0.034, 0.041)
    body = _dimpled(radius, 0.92, 0.009)
    t = np.linspace(0, 1, 6)[:, None]
    stem = shapes.tube(np.hstack([0.004 * t**2, 0 * t, 0.72 * radius + 0.02 * t]), 0.0015, segments=10)
    rgb = paint(color, rng)
    skin = _skin(rgb, rng, 0.6 * rgb + 0.4 * paint("yellow", rng))
    return model("apple", color, (body, skin), (stem, matt(paint("brown", rng))))


def _citrus(rng: np.random.Generator, kind: str, color: str, mesh: Mesh) -> Model:
    return model(kind, color, (mesh, Material(mottled(paint(color, rng), rng, 0.004, 0.12), 0.04, 0.4)))


@SHELF.kind("orange", "orange", "flat")
def orange(rng: np.random.Generator, color: str) -> Model:
    """An orange."""
    return _citrus(rng, "orange", color, _dimpled(rng.uniform(0.034, 0.042), 0.95, 0.003))


@SHELF.kind("lemon", "yellow", "lying")
def lemon(rng: np.random.Generator, color: str) -> Model:
    """A lemon with its two tips."""
    radius, half = rng.uniform(0.025, 0.030), rng.uniform(0.040, 0.048)
    z = np.linspace(-1, 1, 40)
    r = radius * np.sqrt(np.clip(1 - np.abs(z / 0.93) ** 2.3, 0, 1))
    tip = 0.0075 * np.clip((1 - np.abs(z)) / 0.12, 0, 1) ** 0.5
    return _citrus(rng, "lemon", color, shapes.revolve(np.stack([np.maximum(r, tip), z * half], axis=1)))


@SHELF.kind("pear", "green:3 yellow:2", "upright:2 lying:1")
def pear(rng: np.random.Generator, color: str) -> Model:
    """A pear with its stem."""
    scale = rng.uniform(0.92, 1.1)
    curve = shapes.smooth_profile(
        [[0.0, 0.003], [0.018, 0.0], [0.034, 0.026], [0.030, 0.048], [0.018, 0.070], [0.013, 0.086], [0, 0.091]]
    )
    t = np.linspace(0, 1, 6)[:, None]
    stem = shapes.tube(np.hstack([0.005 * t**2, 0 * t, scale * 0.088 + 0.018 * t]), 0.0014, segments=10)
    rgb = paint("yellow" if color == "yellow" else "green", rng)
    rgb = 0.72 * rgb + 0.28 * paint("yellow", rng)
    parts = ((shapes.revolve(scale * curve), _skin(rgb, rng, 0.75 * rgb)), (stem, matt(paint("brown", rng))))
    return model("pear", color, *parts)


@SHELF.kind("banana", "yellow", "flat")
def banana(rng: np.random.Generator, color: str) -> Model:
    """A curved banana, lying."""
    length, radius = rng.uniform(0.17, 0.20), rng.uniform(0.016, 0.0185)
    bend = rng.uniform(1.1, 1.4)
    arc = length / bend
    angle = np.linspace(-bend / 2, bend / 2, 36)
    path = np.stack([arc * np.sin(angle), arc * np.cos(angle) - arc, 0 * angle + radius], axis=1)
    t = np.linspace(0, 1, 36)
    thick = radius * np.interp(t, [0, 0.03, 0.12, 0.3, 0.75, 0.88, 0.92, 1.0], [0.35, 0.5, 0.8, 1, 1, 0.65, 0.32, 0.28])
    yellow, brown = paint(color, rng), np.array([0.25, 0.17, 0.08])
    body = shapes.sweep(path, shapes.circle(1.0, 10), thick)
    ends = [shapes.tube(path[i : i + 2], thick[i] * 1.06, segments=10) for i in (0, 34)]
    skin = Material(speckled(yellow, brown, rng, 0.01, 0.04), specular=0.025, roughness=0.5)
    return model("banana", color, (body, skin), (shapes.merge(ends), matt(brown)))
