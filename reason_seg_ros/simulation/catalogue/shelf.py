"""What the catalogue's modules share: registration and the usual materials."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..materials import Material, Texture, sample_color, solid
from ..model import Builder, Entry, Model, Part
from ..shapes import Mesh


class Shelf:
    """Collects the kinds of one area."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.entries: list[Entry] = []

    def kind(self, name: str, colors: str, poses: str = "upright") -> Callable[[Builder], Builder]:
        """Register a builder; colours and poses are words, with weights as in "red:2 blue"."""

        def register(build: Builder) -> Builder:
            self.entries.append(Entry(name, _weights(colors), _weights(poses), build, self.group))
            return build

        return register


def _weights(words: str) -> dict[str, float]:
    pairs = (word.partition(":") for word in words.split())
    return {name.replace("_", " "): float(weight or 1) for name, _, weight in pairs}


def paint(name: str, rng: np.random.Generator) -> np.ndarray:
    """An sRGB colour (3,) of that name."""
    return sample_color(name, rng)


def other(rng: np.random.Generator, names: str, *taken: str) -> str:
    """One of the words that is not taken."""
    return str(rng.choice([name for name in names.split() if name not in taken]))


def plastic(color: np.ndarray | Texture) -> Material:
    """Satin plastic."""
    return Material(_texture(color), specular=0.04, roughness=0.35)


def ceramic(color: np.ndarray | Texture) -> Material:
    """Glazed ceramic."""
    return Material(_texture(color), specular=0.05, roughness=0.13)


def paper(color: np.ndarray | Texture) -> Material:
    """Printed card or paper."""
    return Material(_texture(color), specular=0.02, roughness=0.5)


def matt(color: np.ndarray | Texture) -> Material:
    """Rubber, foam, cloth, skin of fruit."""
    return Material(_texture(color), specular=0.015, roughness=0.7)


def metal(color: np.ndarray | Texture, roughness: float = 0.25) -> Material:
    """Bare metal."""
    return Material(_texture(color), specular=0.85, roughness=roughness, metallic=1.0)


def glass(color: np.ndarray | Texture, opacity: float = 0.25) -> Material:
    """Clear or tinted glass or plastic."""
    return Material(_texture(color), specular=0.08, roughness=0.06, opacity=opacity)


def model(kind: str, color: str, *parts: tuple[Mesh, Material], accent: str = "", accent_on: str = "") -> Model:
    """A model of parts given as (mesh, material)."""
    return Model(kind, color, tuple(Part(mesh, material) for mesh, material in parts), accent, accent_on)


def _texture(color: np.ndarray | Texture) -> Texture:
    return color if callable(color) else solid(color)
