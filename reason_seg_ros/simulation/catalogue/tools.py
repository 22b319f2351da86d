"""Workshop things."""

from __future__ import annotations

import numpy as np

from .. import shapes
from ..labels import label
from ..materials import bands, printed, wood
from ..model import Model
from ..shapes import Mesh
from .shelf import Shelf, matt, metal, model, other, paint, plastic

SHELF = Shelf("tools")
_X = shapes.rotation("y", 90)
_GRIPS = "red:2 yellow:2 blue orange:2 green black:2"


def _along_x(profile: list[list[float]], segments: int = 36) -> Mesh:
    """A solid of revolution about x."""
    return shapes.revolve(profile, segments).moved([0, 0, 0], _X)


@SHELF.kind("screwdriver", _GRIPS, "flat")
def screwdriver(rng: np.random.Generator, color: str) -> Model:
    """A screwdriver with a plastic grip."""
    grip, shaft, radius = rng.uniform(0.085, 0.11), rng.uniform(0.08, 0.125), rng.uniform(0.0135, 0.0165)
    curve = shapes.smooth_profile(
        [
            [0.7 * radius, 0.001],
            [radius, 0.15 * grip],
            [radius, 0.6 * grip],
            [0.68 * radius, 0.83 * grip],
            [0.8 * radius, grip],
        ]
    )
    handle = _along_x([[0, 0], *curve.tolist(), [0, grip]])
    rod = _along_x(
        [
            [0, grip - 0.002],
            [0.003, grip - 0.002],
            [0.003, grip + shaft - 0.006],
            [0.0012, grip + shaft],
            [0, grip + shaft],
        ],
        16,
    )
    accent = other(rng, "black red yellow", color)
    dress = bands(paint(color, rng), [(0.78 * grip, grip + 1, paint(accent, rng))], axis=0)
    parts = ((handle, plastic(dress)), (rod, metal(paint("silver", rng))))
    return model("screwdriver", color, *parts, accent=color, accent_on="handle")


@SHELF.kind("hammer", "brown:3 black red blue", "flat")
def hammer(rng: np.random.Generator, color: str) -> Model:
    """A claw hammer with a wooden or rubber handle."""
    length = rng.uniform(0.27, 0.32)
    x = np.linspace(0, length - 0.02, 16)
    width = np.interp(x / length, [0, 0.1, 0.4, 0.7, 1.0], [0.016, 0.0165, 0.015, 0.011, 0.011])
    path = np.stack([x, 0 * x, 0 * x], axis=1)
    handle = shapes.sweep(path, shapes.circle(1.0, 24), np.stack([width, 0.72 * width], axis=1))
    face = shapes.revolve(
        [[0, 0.016], [0.0105, 0.016], [0.0105, 0.034], [0.0135, 0.038], [0.0135, 0.052], [0.011, 0.054], [0, 0.054]], 28
    )
    face = face.moved([length - 0.016, 0, 0], shapes.rotation("x", 90))
    eye = shapes.rounded_box(0.027, 0.034, 0.025, 0.004).moved([length - 0.016, 0, -0.0125])
    t = np.linspace(0, 1, 10)
    claw_path = np.stack([length - 0.016 - 0.026 * t**2, 0.014 + 0.055 * t, 0 * t], axis=1)
    claws = [
        shapes.sweep(claw_path + np.array([0, 0, z]), shapes.rounded_rectangle(0.016, 0.0085, 0.003), 1 - 0.72 * t)
        for z in (-0.0065, 0.0065)
    ]
    steel = metal(paint("silver", rng) * 0.75, 0.35)
    grip = wood(np.array([0.70, 0.50, 0.30]), rng) if color == "brown" else paint(color, rng)
    material = matt(grip) if color == "brown" else plastic(grip)
    return model("hammer", color, (handle, material), (shapes.merge([face, eye, *claws]), steel))


@SHELF.kind("power drill", "orange:2 yellow:2 red blue green", "upright:3 lying:2")
def power_drill(rng: np.random.Generator, color: str) -> Model:
    """A cordless drill standing on its battery."""
    rgb, black = paint(color, rng), paint("black", rng)
    top = rng.uniform(0.155, 0.175)
    motor = _along_x(
        [[0, -0.055], [0.018, -0.055], [0.026, -0.048], [0.0275, 0.0], [0.0265, 0.05], [0.021, 0.068], [0, 0.068]]
    )
    chuck = _along_x([[0, 0.066], [0.019, 0.066], [0.0195, 0.085], [0.012, 0.102], [0.006, 0.106], [0, 0.106]])
    path = np.array([[-0.022, 0, 0.03], [-0.014, 0, 0.07], [-0.008, 0, 0.11], [-0.008, 0, top - 0.012]])
    grip = shapes.sweep(path, shapes.rounded_rectangle(0.034, 0.042, 0.013), np.array([1.0, 0.95, 1.0, 1.1]))
    battery = shapes.rounded_box(0.105, 0.066, 0.040, 0.006).moved([-0.012, 0, 0])
    trigger = shapes.rounded_box(0.014, 0.014, 0.026, 0.005).moved([0.017, 0, top - 0.055])
    body, dark = plastic(rgb), plastic(black)
    parts = (
        (motor.moved([0, 0, top]), body), (grip, body),
        (chuck.moved([0, 0, top]), dark), (battery, dark), (trigger, dark),
    )  # fmt: skip
    return model("power drill", color, *parts, accent="black")


@SHELF.kind("flashlight", "black:4 red blue yellow silver", "lying:3 upright:1")
def flashlight(rng: np.random.Generator, color: str) -> Model:
    """A hand lamp; native pose upright on its tail, head up."""
    radius, length = rng.uniform(0.013, 0.017), rng.uniform(0.12, 0.165)
    head = 1.45 * radius
    body = shapes.revolve(
        [[0, 0], [0.9 * radius, 0], [radius, 0.003], [radius, 0.68 * length], [head, 0.82 * length], [head, length],
         [0.85 * head, length], [0.83 * head, length - 0.004], [0, length - 0.005]]
    )  # fmt: skip
    lens = shapes.revolve([[0, length - 0.0048], [0.84 * head, length - 0.0038], [0, length - 0.003]], 40)
    rgb = paint(color, rng)
    dress = bands(rgb, [(0.3 * length, 0.33 * length, 0.5 * rgb), (0.8 * length, 0.83 * length, 0.6 * rgb)])
    return model("flashlight", color, (body, plastic(dress)), (lens, metal(paint("white", rng), 0.1)))


@SHELF.kind("padlock", "gold:3 silver black red blue", "flat")
def padlock(rng: np.random.Generator, color: str) -> Model:
    """A padlock lying on its side, with a steel shackle."""
    width, height, thick = rng.uniform(0.038, 0.05), rng.uniform(0.032, 0.042), rng.uniform(0.015, 0.02)
    body = shapes.rounded_box(width, height, thick, 0.003)
    angle = np.linspace(0, np.pi, 18)
    bow = np.stack([0.32 * width * np.cos(angle), 0.32 * width * np.sin(angle), 0 * angle], axis=1)
    rise = height / 2 + rng.uniform(0.010, 0.016)
    legs = [[0.32 * width, height / 2 - 0.004 - rise, 0], *bow.tolist(), [-0.32 * width, height / 2 - 0.004 - rise, 0]]
    shackle = shapes.tube(np.array(legs) + np.array([0, rise, thick / 2]), 0.0036)
    rgb = paint(color, rng)
    case = metal(rgb, 0.3) if color in ("gold", "silver") else plastic(rgb)
    return model("padlock", color, (body, case), (shackle, metal(paint("silver", rng), 0.15)))


@SHELF.kind("battery", "black gold silver green red", "lying:3 upright:1")
def battery(rng: np.random.Generator, color: str) -> Model:
    """An AA cell with a coloured end."""
    radius, length = rng.uniform(0.0068, 0.0073), rng.uniform(0.049, 0.0508)
    accent = other(rng, "gold silver red", color)
    body = shapes.revolve(
        [[0, 0], [0.93 * radius, 0], [radius, 0.0008], [radius, length - 0.003], [0.9 * radius, length - 0.002],
         [0.38 * radius, length - 0.0018], [0.36 * radius, length], [0, length]], 32
    )  # fmt: skip
    art = label(rng, paint(color, rng), paint(accent, rng), (256, 128), repeat=2)
    skin = printed(art, 0.001, 0.7 * length, paint(accent, rng))
    return model("battery", color, (body, plastic(skin)), accent=accent)


@SHELF.kind("wrench", "silver", "flat")
def wrench(rng: np.random.Generator, color: str) -> Model:
    """An open-end spanner with a ring at the other end."""
    length, thick = rng.uniform(0.15, 0.21), rng.uniform(0.006, 0.008)
    size = 0.085 * length
    x = np.linspace(-0.42 * length, 0.40 * length, 12)
    handle = shapes.sweep(
        np.stack([x, 0 * x, 0 * x + thick / 2], axis=1), shapes.rounded_rectangle(0.085 * length, 0.8 * thick, 0.002)
    )
    angle = np.radians(np.linspace(38, 322, 28))
    jaw_path = np.stack([0.42 * length + size * np.cos(angle), size * np.sin(angle), 0 * angle + thick / 2], axis=1)
    section = shapes.rounded_rectangle(0.75 * size, thick, 0.001)
    jaw = shapes.sweep(jaw_path, section)
    loop = np.pad(shapes.circle(0.85 * size, 32), ((0, 0), (0, 1))) + np.array([-0.45 * length, 0, thick / 2])
    eye = shapes.sweep(loop, shapes.rounded_rectangle(0.5 * size, thick, 0.001), closed=True)
    return model("wrench", color, (shapes.merge([handle, jaw, eye]), metal(paint(color, rng), 0.2)))
