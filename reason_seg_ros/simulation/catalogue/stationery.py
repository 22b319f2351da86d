"""Desk things: writing, reading, electronics."""

from __future__ import annotations

import numpy as np

from .. import shapes
from ..labels import grid_of_buttons, label, pages, screen
from ..materials import bands, papered
from ..model import Model
from ..shapes import Mesh
from .shelf import Shelf, glass, matt, metal, model, other, paint, paper, plastic

SHELF = Shelf("stationery")
_X = shapes.rotation("y", 90)  # z to x
_COVERS = "red blue green navy brown black orange teal purple white grey yellow"


def _rod(profile: list[list[float]], segments: int = 32) -> Mesh:
    """A solid of revolution about x that lies on z = 0."""
    mesh = shapes.revolve(profile, segments).moved([0, 0, 0], _X)
    return mesh.moved([0, 0, -mesh.vertices[:, 2].min()])


def _bound(rng: np.random.Generator, kind: str, color: str, size: tuple[float, float, float], words: str) -> Model:
    """A closed book: two covers, a spine and a block of paper, lying flat."""
    width, depth, thick = size
    rgb, accent = paint(color, rng), other(rng, "white yellow black gold red", color)
    art = label(rng, rgb, paint(accent, rng), (int(300 * width / depth), 300), words=words)
    cover = paper(papered({"top": art}, (width, depth, thick), rgb))
    board = 0.0022
    low = shapes.rounded_box(width, depth, board, 0.0006)
    high = low.moved([0, 0, thick - board])
    spine = shapes.rounded_box(0.004, depth, thick, 0.001).moved([-width / 2 + 0.002, 0, 0])
    inner = (width - 0.008, depth - 0.008, thick - 2 * board)
    block = shapes.rounded_box(*inner, 0.0005).moved([0, 0, board])
    edge = pages(rng)
    leaves = paper(papered({"front": edge, "side": edge}, (width, depth, thick), np.array([0.93, 0.91, 0.86])))
    return model(kind, color, (low, cover), (high, cover), (spine, cover), (block, leaves))


@SHELF.kind("book", _COVERS, "flat:4 edge:1")
def book(rng: np.random.Generator, color: str) -> Model:
    """A bound book."""
    size = (rng.uniform(0.13, 0.16), rng.uniform(0.195, 0.235), rng.uniform(0.018, 0.042))
    return _bound(rng, "book", color, size, "A NOVEL")


@SHELF.kind("notebook", _COVERS, "flat")
def notebook(rng: np.random.Generator, color: str) -> Model:
    """A thin notebook."""
    size = (rng.uniform(0.12, 0.15), rng.uniform(0.18, 0.21), rng.uniform(0.009, 0.013))
    return _bound(rng, "notebook", color, size, "NOTES")


@SHELF.kind("marker", "black blue red green purple orange", "lying:4 upright:1")
def marker(rng: np.random.Generator, color: str) -> Model:
    """A whiteboard marker: white barrel, coloured cap and ring; stands on its end when upright."""
    radius, length = rng.uniform(0.0085, 0.010), rng.uniform(0.125, 0.14)
    join = 0.62 * length
    body = shapes.revolve([[0, 0], [0.9 * radius, 0], [radius, 0.002], [radius, join], [0, join]], 32)
    cap = shapes.revolve(
        [
            [0, join - 0.001],
            [1.06 * radius, join - 0.001],
            [1.0 * radius, length - 0.008],
            [0.6 * radius, length],
            [0, length],
        ],
        32,
    )
    ink, white = paint(color, rng), paint("white", rng)
    barrel = bands(white, [(0, 0.012, ink), (0.3 * length, 0.45 * length, ink)])
    barrel = barrel if rng.random() < 0.6 else bands(ink, [(0.012, 0.2 * length, white)])
    return model("marker", color, (body, plastic(barrel)), (cap, plastic(ink)), accent=color, accent_on="cap")


@SHELF.kind("pen", "blue black red", "flat")
def pen(rng: np.random.Generator, color: str) -> Model:
    """A ball-point pen with a clip."""
    radius, length = rng.uniform(0.0045, 0.0055), rng.uniform(0.138, 0.15)
    body = _rod(
        [[0, 0], [0.001, 0], [0.9 * radius, 0.018], [radius, 0.03], [radius, length - 0.012], [0, length - 0.012]]
    )
    button = _rod([[0, length - 0.014], [0.55 * radius, length - 0.014], [0.5 * radius, length], [0, length]])
    clip = shapes.rounded_box(0.04, 0.003, 0.0018, 0.0006).moved([length - 0.036, 0, 2 * radius])
    rgb = paint(color, rng)
    lift = [0, 0, radius - 0.55 * radius]
    steel = metal(paint("silver", rng))
    return model("pen", color, (body, plastic(rgb)), (button.moved(lift), steel), (clip, steel))


@SHELF.kind("pencil", "yellow:3 red green blue", "flat")
def pencil(rng: np.random.Generator, color: str) -> Model:
    """A hexagonal pencil with a sharpened tip and an eraser."""
    radius, length = rng.uniform(0.0036, 0.0042), rng.uniform(0.155, 0.19)
    wood, lead = np.array([0.83, 0.68, 0.48]), np.array([0.15, 0.15, 0.16])
    tail, tip = length - 0.016, 0.020
    body = _rod([[0, tip], [radius, tip], [radius, tail], [0, tail]], 6)
    middle = [0, 0, body.vertices[:, 2].max() / 2]
    cone = shapes.revolve([[0, 0], [0.0004, 0], [0.95 * radius, tip], [0, tip]], 24).moved(middle, _X)
    rubber = shapes.revolve([[0, tail], [0.9 * radius, tail], [0.9 * radius, length], [0, length]], 24).moved(
        middle, _X
    )
    sharpened = matt(bands(wood, [(-1, 0.006, lead)], axis=0))
    eraser = matt(bands(paint("pink", rng), [(0, tail + 0.009, paint("silver", rng))], axis=0))
    return model("pencil", color, (body, plastic(paint(color, rng))), (cone, sharpened), (rubber, eraser))


@SHELF.kind("scissors", "black:2 red:2 blue orange green", "flat")
def scissors(rng: np.random.Generator, color: str) -> Model:
    """Scissors, a little open, with plastic grips."""
    length, spread = rng.uniform(0.16, 0.20), rng.uniform(5, 12)
    steel, grip = metal(paint("silver", rng), 0.3), plastic(paint(color, rng))
    parts = []
    for side in (-1, 1):
        x = np.linspace(-0.02, 0.52 * length, 14)
        width = np.interp(x, [-0.02, 0.0, 0.52 * length], [0.007, 0.0085, 0.001])
        path = np.stack([x, 0 * x, 0 * x + 0.0045 + 0.0009 * side], axis=1)
        blade = shapes.sweep(path, shapes.rounded_rectangle(2, 2, 0.4), np.stack([width, 0 * x + 0.0009], axis=1))
        eye = shapes.circle(1.0, 28) * [0.027, 0.0175] + [-0.018 - 0.24 * length, -side * 0.013]
        ring = shapes.sweep(
            np.pad(eye, ((0, 0), (0, 1))) + np.array([0, 0, 0.0045]), shapes.circle(0.0042, 12), closed=True
        )
        arm = shapes.tube(np.array([[-0.012, 0, 0.0045], [-0.018 - 0.12 * length, -side * 0.006, 0.0045]]), 0.0044)
        turn = shapes.rotation("z", side * spread)
        parts += [(blade.moved([0, 0, 0], turn), steel), (shapes.merge([ring, arm]).moved([0, 0, 0], turn), grip)]
    return model("scissors", color, *parts, accent=color, accent_on="handle")


@SHELF.kind("stapler", "black:2 red blue grey", "flat")
def stapler(rng: np.random.Generator, color: str) -> Model:
    """A desk stapler."""
    length, width = rng.uniform(0.12, 0.15), rng.uniform(0.030, 0.036)
    base = shapes.rounded_box(length, width, 0.012, 0.004)
    t = np.linspace(0, 1, 10)
    path = np.stack([length * (t - 0.49), 0 * t, 0.026 + 0.022 * t], axis=1)
    arm = shapes.sweep(
        path, shapes.rounded_rectangle(0.8 * width, 0.02, 0.007), np.interp(t, [0, 0.1, 0.9, 1], [0.8, 1, 1, 0.75])
    )
    magazine = shapes.sweep(path - [0, 0, 0.012], shapes.rounded_rectangle(0.45 * width, 0.012, 0.002))
    rgb = paint(color, rng)
    parts = ((base, plastic(0.5 * rgb)), (arm, plastic(rgb)), (magazine, metal(paint("silver", rng))))
    return model("stapler", color, *parts)


@SHELF.kind("tape roll", "beige:2 brown grey blue black red", "flat:3 edge:1")
def tape_roll(rng: np.random.Generator, color: str) -> Model:
    """A roll of tape on a cardboard core."""
    outer, width = rng.uniform(0.038, 0.052), rng.uniform(0.020, 0.048)
    inner = rng.uniform(0.030, 0.036) if outer > 0.044 else rng.uniform(0.022, 0.027)
    core = inner + 0.0025

    def ring(small: float, large: float, height: float) -> Mesh:
        corners = np.array([[small, 0], [large, 0], [large, height], [small, height]])
        angle = np.arange(56) * 2 * np.pi / 56
        turned = np.stack(
            [
                np.outer(np.cos(angle), corners[:, 0]),
                np.outer(np.sin(angle), corners[:, 0]),
                np.tile(corners[:, 1], (56, 1)),
            ],
            axis=-1,
        )
        return shapes.loft(turned, closed=True)

    tape, card = plastic(paint(color, rng)), matt(np.array([0.66, 0.53, 0.38]))
    return model("tape roll", color, (ring(core, outer, width), tape), (ring(inner, core, width), card))


@SHELF.kind("computer mouse", "black:3 white grey blue red", "flat")
def computer_mouse(rng: np.random.Generator, color: str) -> Model:
    """A wireless mouse with a wheel."""
    length, width, height = rng.uniform(0.095, 0.115), rng.uniform(0.056, 0.064), rng.uniform(0.033, 0.039)
    outline = shapes.rounded_rectangle(length, width, 0.49 * width)
    levels = np.array([0, 0.25, 0.5, 0.72, 0.88, 0.97, 1.0]) * height
    body = shapes.tapered(outline, levels, width * np.array([0.04, 0.0, 0.012, 0.06, 0.14, 0.24, 0.36]))
    wheel = shapes.revolve([[0, -0.003], [0.009, -0.003], [0.009, 0.003], [0, 0.003]], 24)
    wheel = wheel.moved([0.24 * length, 0, 0.86 * height], shapes.rotation("x", 90))
    return model("computer mouse", color, (body, plastic(paint(color, rng))), (wheel, matt(paint("grey", rng))))


@SHELF.kind("smartphone", "black:4 white blue red", "flat")
def smartphone(rng: np.random.Generator, color: str) -> Model:
    """A smartphone, screen up or face down with a camera bump."""
    size = (rng.uniform(0.068, 0.077), rng.uniform(0.14, 0.162), rng.uniform(0.0075, 0.009))
    rgb = paint(color, rng)
    shell = plastic(rgb)
    body = shapes.prism(shapes.rounded_rectangle(size[0], size[1], 0.009), size[2], 0.0025)
    if rng.random() < 0.75:
        front = glass(papered({"top": screen(rng)}, size, np.full(3, 0.05)), opacity=1.0)
        pane = shapes.prism(shapes.rounded_rectangle(size[0] - 0.004, size[1] - 0.004, 0.008), 0.0006)
        return model("smartphone", color, (body, shell), (pane.moved([0, 0, size[2]]), front))
    bump = shapes.rounded_box(0.03, 0.034, 0.0015, 0.0006).moved([-0.014, 0.05, size[2]])
    return model("smartphone", color, (body, shell), (bump, glass(np.full(3, 0.06), opacity=1.0)))


@SHELF.kind("remote control", "black:4 grey white", "flat")
def remote_control(rng: np.random.Generator, color: str) -> Model:
    """A remote control with rows of buttons."""
    size = (rng.uniform(0.042, 0.05), rng.uniform(0.15, 0.20), rng.uniform(0.016, 0.022))
    rgb = paint(color, rng)
    face = grid_of_buttons(rng, rgb, int(rng.integers(9, 13)), 4)
    body = shapes.prism(shapes.rounded_rectangle(size[0], size[1], 0.009), size[2], 0.005)
    return model("remote control", color, (body, plastic(papered({"top": face}, size, rgb))))


@SHELF.kind("calculator", "black:2 grey white", "flat")
def calculator(rng: np.random.Generator, color: str) -> Model:
    """A pocket calculator with a display."""
    size = (rng.uniform(0.072, 0.085), rng.uniform(0.135, 0.16), rng.uniform(0.011, 0.015))
    rgb = paint(color, rng)
    face = grid_of_buttons(rng, rgb, 6, 5)
    face[:60, 8:-8] = (150, 165, 140)
    body = shapes.prism(shapes.rounded_rectangle(size[0], size[1], 0.007), size[2], 0.003)
    return model("calculator", color, (body, plastic(papered({"top": face}, size, rgb))))
