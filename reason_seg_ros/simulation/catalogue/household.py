"""Toys, sport, cleaning, plants."""

from __future__ import annotations

import cv2
import numpy as np

from .. import shapes
from ..labels import label
from ..materials import Material, Texture, linear, mottled, papered, speckled
from ..model import Model
from .shelf import Shelf, ceramic, matt, model, other, paint, paper, plastic

SHELF = Shelf("household")
_TOYS = "red:2 blue:2 yellow:2 green:2 orange purple"


@SHELF.kind("toy block", _TOYS, "flat:4 edge:1")
def toy_block(rng: np.random.Generator, color: str) -> Model:
    """A plastic building block with studs."""
    pitch, studs = rng.uniform(0.026, 0.032), int(rng.integers(2, 4))
    width, depth, height = studs * pitch, pitch * rng.choice([1.0, 2.0]), pitch * rng.uniform(0.7, 0.95)
    meshes = [shapes.rounded_box(width, depth, height, 0.0015)]
    knob = shapes.revolve(
        [[0, 0], [0.33 * pitch, 0], [0.33 * pitch, 0.2 * pitch], [0.3 * pitch, 0.23 * pitch], [0, 0.23 * pitch]], 28
    )
    for i in range(studs):
        for j in range(round(depth / pitch)):
            x, y = (i + 0.5) * pitch - width / 2, (j + 0.5) * pitch - depth / 2
            meshes.append(knob.moved([x, y, height]))
    return model("toy block", color, (shapes.merge(meshes), plastic(paint(color, rng))))


@SHELF.kind("wood block", "beige red blue green yellow", "upright:2 lying:1")
def wooden_block(rng: np.random.Generator, color: str) -> Model:
    """A plain painted or natural wooden block."""
    a, b, c = rng.uniform(0.052, 0.07), rng.uniform(0.03, 0.05), rng.uniform(0.075, 0.12)
    rgb = np.array([0.80, 0.65, 0.45]) if color == "beige" else paint(color, rng)
    return model("wood block", color, (shapes.rounded_box(a, b, c, 0.002), matt(mottled(rgb, rng, 0.006, 0.15))))


@SHELF.kind("dice", "white:3 red blue black green", "flat")
def dice(rng: np.random.Generator, color: str) -> Model:
    """A die with pips."""
    side = rng.uniform(0.016, 0.022)
    rgb = paint(color, rng)
    spot = (245, 245, 245) if rgb.mean() < 0.5 else (25, 25, 30)
    images = {}
    for face, pips in (("top", 5), ("front", 3), ("side", 4)):
        image = np.empty((64, 64, 3), np.uint8)
        image[:] = (rgb * 255).astype(np.uint8)
        corners = [(16, 16), (48, 48), (48, 16), (16, 48)]
        for x, y in corners[: pips // 2 * 2] + ([(32, 32)] if pips % 2 else []):
            cv2.circle(image, (x, y), 7, spot, -1, cv2.LINE_AA)
        images[face] = image
    body = shapes.rounded_box(side, side, side, 0.0025)
    return model("dice", color, (body, plastic(papered(images, (side, side, side), rgb))))


@SHELF.kind("rubik's cube", "black:2 white", "flat")
def puzzle_cube(rng: np.random.Generator, color: str) -> Model:
    """A scrambled puzzle cube."""
    side = rng.uniform(0.054, 0.058)
    hues = np.array([[190, 30, 35], [30, 80, 180], [240, 205, 20], [20, 140, 60], [240, 120, 20], [240, 240, 240]])
    base = paint(color, rng)
    images = {}
    for face in ("top", "front", "side"):
        image = np.empty((96, 96, 3), np.uint8)
        image[:] = (base * 255).astype(np.uint8)
        for i in range(3):
            for j in range(3):
                cv2.rectangle(
                    image, (32 * i + 3, 32 * j + 3), (32 * i + 28, 32 * j + 28), hues[rng.integers(6)].tolist(), -1
                )
        images[face] = image
    body = shapes.rounded_box(side, side, side, 0.0025)
    return model("rubik's cube", color, (body, plastic(papered(images, (side, side, side), base))))


def _seamed(base: np.ndarray, seam: np.ndarray, radius: float, width: float) -> Texture:
    """The closed seam of a tennis ball or baseball: a sphere curve of two lobes."""
    t = np.linspace(0, 2 * np.pi, 240)
    a, b = 0.44, 0.56
    curve = np.stack(
        [a * np.cos(t) + b * np.cos(3 * t), a * np.sin(t) - b * np.sin(3 * t), 2 * np.sqrt(a * b) * np.sin(2 * t)],
        axis=1,
    )
    curve *= radius / np.linalg.norm(curve, axis=1, keepdims=True)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        distance = np.sqrt(((points[:, None, :] - curve[None]) ** 2).sum(axis=2).min(axis=1))
        return np.where(distance[:, None] < width, linear(seam), linear(base)).astype(np.float32)

    return texture


@SHELF.kind("tennis ball", "yellow:3 green", "flat")
def tennis_ball(rng: np.random.Generator, color: str) -> Model:
    """A felt ball with a white seam."""
    radius = rng.uniform(0.0325, 0.034)
    felt = np.array([0.80, 0.88, 0.25]) if color == "yellow" else np.array([0.62, 0.84, 0.24])
    return model(
        "tennis ball", color, (shapes.sphere(radius), matt(_seamed(felt, np.array([0.93, 0.93, 0.9]), radius, 0.0022)))
    )


@SHELF.kind("baseball", "white", "flat")
def baseball(rng: np.random.Generator, color: str) -> Model:
    """A white leather ball with red stitches."""
    radius = rng.uniform(0.036, 0.0375)
    skin = _seamed(paint(color, rng), np.array([0.72, 0.12, 0.14]), radius, 0.0018)
    return model("baseball", color, (shapes.sphere(radius), matt(skin)))


@SHELF.kind("golf ball", "white:3 yellow orange", "flat")
def golf_ball(rng: np.random.Generator, color: str) -> Model:
    """A small dimpled ball."""
    skin = Material(mottled(paint(color, rng), rng, 0.0035, 0.12), 0.04, 0.3)
    return model("golf ball", color, (shapes.sphere(rng.uniform(0.0212, 0.0216)), skin))


@SHELF.kind("sponge", "yellow:3 blue green pink orange", "flat")
def sponge(rng: np.random.Generator, color: str) -> Model:
    """A dish sponge with a scouring side."""
    width, depth, height = rng.uniform(0.09, 0.115), rng.uniform(0.062, 0.075), rng.uniform(0.020, 0.028)
    rgb = paint(color, rng)
    accent = other(rng, "green grey", color)
    foam = shapes.rounded_box(width, depth, height, 0.004)
    pad = shapes.rounded_box(width, depth, 0.008, 0.002).moved([0, 0, height - 0.001])
    parts = (
        (foam, matt(speckled(rgb, 0.7 * rgb, rng, 0.006, 0.2))),
        (pad, matt(mottled(0.6 * paint(accent, rng), rng, 0.003, 0.5))),
    )
    return model("sponge", color, *parts, accent=accent)


@SHELF.kind("tissue box", "white blue green pink purple beige", "upright")
def tissue_box(rng: np.random.Generator, color: str) -> Model:
    """A cardboard box with a tissue sticking out."""
    size = (rng.uniform(0.21, 0.24), rng.uniform(0.105, 0.12), rng.uniform(0.065, 0.09))
    if rng.random() < 0.4:
        size = (rng.uniform(0.105, 0.115), rng.uniform(0.105, 0.115), rng.uniform(0.12, 0.135))
    rgb = paint(color, rng)
    ink = paint(other(rng, "white blue pink teal yellow", color), rng)
    flowers = label(rng, rgb, ink, (256, max(32, int(256 * size[2] / size[0]))), words="TISSUES")
    body = shapes.rounded_box(*size, 0.002)
    angle = np.arange(40) * 2 * np.pi / 40
    rings = []
    for z, spread in ((-0.004, 0.45), (0.012, 0.6), (0.030, 0.9), (0.042, 1.1)):
        wave = 1 + 0.35 * np.sin(3 * angle + 9 * z / 0.04) * z / 0.042
        rings.append(
            np.stack(
                [0.04 * spread * wave * np.cos(angle), 0.011 * spread * wave * np.sin(angle), 0 * angle + size[2] + z],
                axis=1,
            )
        )
    tissue = shapes.loft(np.stack(rings))
    card = paper(papered({"front": flowers, "side": flowers}, size, rgb))
    return model("tissue box", color, (body, card), (tissue, matt(paint("white", rng))))


@SHELF.kind("potted plant", "green", "upright")
def potted_plant(rng: np.random.Generator, color: str) -> Model:
    """A small plant with strap leaves in a pot."""
    radius, height = rng.uniform(0.042, 0.058), rng.uniform(0.07, 0.095)
    pot = shapes.vessel([[0.7 * radius, 0], [0.72 * radius, 0.003], [radius, height]], 0.004, 0.75 * height)
    leaf_section = shapes.rounded_rectangle(2, 2, 0.5)
    leaves = []
    for _ in range(int(rng.integers(10, 16))):
        heading, lean, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.85), rng.uniform(0.08, 0.14)
        t = np.linspace(0, 1, 9)
        out = 0.012 + length * lean * t**1.5
        path = np.stack(
            [out * np.cos(heading), out * np.sin(heading), 0.75 * height + length * (t - 0.45 * lean * t**2)], axis=1
        )
        width = 0.008 * np.sin(np.pi * (0.12 + 0.86 * t)) + 0.0006
        leaves.append(shapes.sweep(path, leaf_section, np.stack([width, 0 * t + 0.0007], axis=1)))
    clay = paint(other(rng, "brown white orange grey"), rng)
    green = 0.8 * paint(color, rng)
    parts = ((pot, ceramic(clay)), (shapes.merge(leaves), Material(mottled(green, rng, 0.01, 0.35), 0.04, 0.4)))
    return model("potted plant", color, *parts)


@SHELF.kind("candle", "white:2 red beige green purple", "upright")
def candle(rng: np.random.Generator, color: str) -> Model:
    """A pillar candle with a wick."""
    radius, height = rng.uniform(0.025, 0.037), rng.uniform(0.07, 0.13)
    body = shapes.revolve(
        [
            [0, 0],
            [radius, 0],
            [radius, height - 0.003],
            [0.9 * radius, height],
            [0.75 * radius, height - 0.003],
            [0, height - 0.005],
        ]
    )
    wick = shapes.tube(
        np.array([[0, 0, height - 0.006], [0.001, 0, height + 0.004], [0.003, 0, height + 0.009]]), 0.0011, segments=8
    )
    return model("candle", color, (body, matt(paint(color, rng))), (wick, matt(np.full(3, 0.08))))


@SHELF.kind("toilet paper", "white", "upright:3 lying:1")
def toilet_paper(rng: np.random.Generator, color: str) -> Model:
    """A roll of toilet paper."""
    outer, height, inner = rng.uniform(0.048, 0.058), rng.uniform(0.094, 0.102), 0.021
    angle = np.arange(56) * 2 * np.pi / 56
    corners = np.array(
        [
            [inner, 0],
            [outer - 0.003, 0],
            [outer, 0.003],
            [outer, height - 0.003],
            [outer - 0.003, height],
            [inner, height],
        ]
    )
    rings = np.stack(
        [
            np.outer(np.cos(angle), corners[:, 0]),
            np.outer(np.sin(angle), corners[:, 0]),
            np.tile(corners[:, 1], (56, 1)),
        ],
        axis=-1,
    )
    skin = matt(mottled(paint(color, rng), rng, 0.003, 0.06))
    return model("toilet paper", color, (shapes.loft(rings, closed=True), skin))
