"""Cups, bowls, plates, cutlery, pots."""

from __future__ import annotations

import numpy as np

from .. import shapes
from ..labels import label
from ..materials import Texture, bands, printed
from ..model import Model
from ..shapes import Mesh
from .shelf import Shelf, ceramic, glass, metal, model, other, paint, plastic

SHELF = Shelf("tableware")
_GLAZES = "white:3 red blue green yellow teal navy black grey beige pink orange purple brown"


def loop_handle(radius: float, bottom: float, top: float, reach: float, thick: float) -> Mesh:
    """A D-shaped handle on the +x side of a wall at a radius, its ends sunk into the wall."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 20)
    middle, half = (bottom + top) / 2, (top - bottom) / 2
    path = np.stack([radius - 0.002 + reach * np.cos(angle) ** 0.7, 0 * angle, middle + half * np.sin(angle)], axis=1)
    return shapes.sweep(path, shapes.rounded_rectangle(1.5 * thick, thick, 0.49 * thick))


@SHELF.kind("mug", _GLAZES, "upright:9 lying:1")
def mug(rng: np.random.Generator, color: str) -> Model:
    """A hollow mug with a handle, plain, banded or printed."""
    radius, height = rng.uniform(0.037, 0.045), rng.uniform(0.085, 0.110)
    foot, wall = radius * rng.uniform(0.78, 1.0), rng.uniform(0.0035, 0.005)
    outer = [[foot - 0.004, 0], [foot, 0.004], [0.5 * (foot + radius), 0.5 * height], [radius, height]]
    body = shapes.vessel(shapes.smooth_profile(outer), wall, 0.007)
    at = np.interp(0.5 * height, [0, height], [foot, radius])
    handle = loop_handle(at, 0.22 * height, 0.8 * height, rng.uniform(0.026, 0.034), rng.uniform(0.0055, 0.008))
    rgb = paint(color, rng)
    accent = other(rng, "white black red blue yellow green", color)
    style = rng.random()
    texture: np.ndarray | Texture = rgb
    if style < 0.2:
        texture = bands(rgb, [(0.35 * height, 0.6 * height, paint(accent, rng))])
    elif style < 0.4:
        picture = label(rng, rgb, paint(accent, rng), (512, 160), repeat=2)
        texture = printed(picture, 0.1 * height, 0.92 * height, rgb, rng.uniform(0, 6))
    return model("mug", color, (body, ceramic(texture)), (handle, ceramic(rgb)))


@SHELF.kind("cup", "white:2 red blue green yellow purple pink orange teal", "upright:8 upside_down:1 lying:1")
def cup(rng: np.random.Generator, color: str) -> Model:
    """A plastic or paper cup without a handle."""
    radius, height = rng.uniform(0.035, 0.044), rng.uniform(0.075, 0.115)
    foot = radius * rng.uniform(0.68, 0.85)
    body = shapes.vessel([[foot, 0], [foot + 0.0004, 0.002], [radius, height]], 0.0022, 0.004)
    return model("cup", color, (body, plastic(paint(color, rng))))


@SHELF.kind("bowl", _GLAZES, "upright:12 upside_down:1")
def bowl(rng: np.random.Generator, color: str) -> Model:
    """A ceramic bowl."""
    radius = rng.uniform(0.062, 0.088)
    height = radius * rng.uniform(0.72, 0.95)
    foot = radius * rng.uniform(0.42, 0.58)
    outer = [[foot, 0], [foot + 0.002, 0.004], [0.80 * radius, 0.42 * height], [radius, height]]
    body = shapes.vessel(shapes.smooth_profile(outer), rng.uniform(0.004, 0.006), 0.009)
    rgb = paint(color, rng)
    accent = other(rng, "white navy brown black teal", color)
    rim = bands(rgb, [(0.9 * height, height + 0.01, paint(accent, rng))]) if rng.random() < 0.25 else rgb
    return model("bowl", color, (body, ceramic(rim)))


@SHELF.kind("plate", "white:4 blue teal green yellow red grey black", "flat")
def plate(rng: np.random.Generator, color: str) -> Model:
    """A dinner or side plate."""
    radius, height = rng.uniform(0.095, 0.13), rng.uniform(0.018, 0.026)
    under = [[0.0, 0.0], [0.56 * radius, 0.0], [0.62 * radius, 0.003], [radius, height]]
    over = [[radius, height + 0.003], [0.68 * radius, 0.0095], [0.60 * radius, 0.0062], [0.0, 0.006]]
    rgb = paint(color, rng)
    return model("plate", color, (shapes.revolve(under + over), ceramic(rgb)))


@SHELF.kind("glass", "transparent", "upright:9 lying:1")
def drinking_glass(rng: np.random.Generator, color: str) -> Model:
    """A clear tumbler."""
    radius, height = rng.uniform(0.033, 0.042), rng.uniform(0.095, 0.14)
    foot = radius * rng.uniform(0.75, 0.95)
    body = shapes.vessel([[foot, 0], [foot + 0.001, 0.003], [radius, height]], 0.0025, 0.009)
    return model("glass", color, (body, glass(paint(color, rng))))


@SHELF.kind("wine glass", "transparent", "upright")
def wine_glass(rng: np.random.Generator, color: str) -> Model:
    """A stemmed glass."""
    radius, height, stem = rng.uniform(0.036, 0.044), rng.uniform(0.17, 0.22), rng.uniform(0.07, 0.09)
    belly = shapes.smooth_profile(
        [[0.005, stem], [0.75 * radius, stem + 0.02], [radius, stem + 0.05], [0.78 * radius, height]]
    )
    under = [[0.0, 0.0], [0.034, 0.0], [0.034, 0.0015], [0.010, 0.005], [0.004, 0.015], [0.004, stem - 0.004]]
    inner = belly[::-1] - np.array([0.0016, 0.0])
    profile = np.concatenate([under, belly, inner[inner[:, 0] > 0.004], [[0.0, stem + 0.003]]])
    return model("wine glass", color, (shapes.revolve(profile), glass(paint(color, rng))))


def _cutlery(rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Length, and the centre line (K, 3) of a handle that arches along x."""
    length = rng.uniform(0.17, 0.205)
    x = np.linspace(-0.5, 0.5, 40) * length
    t = x / length + 0.5
    z = 0.003 + 0.010 * np.sin(np.pi * np.clip(t / 0.72, 0, 1)) ** 2
    return length, np.stack([x, 0 * x, z], axis=1)


def _handle_width(t: np.ndarray) -> np.ndarray:
    return np.interp(t, [0, 0.04, 0.2, 0.55, 0.68], [0.006, 0.0095, 0.0075, 0.0036, 0.0034])


@SHELF.kind("spoon", "silver", "flat")
def spoon(rng: np.random.Generator, color: str) -> Model:
    """A table spoon."""
    length, path = _cutlery(rng)
    t = path[:, 0] / length + 0.5
    head = np.clip((t - 0.68) / 0.32, 0, 1)
    bulge = 0.02 * np.sqrt(np.clip(1 - (2 * head - 1) ** 2, 0, 1)) * (1 - 0.15 * head)
    width = np.where(t < 0.70, _handle_width(t), np.maximum(bulge, 0.0032))
    width[-1] = 0.004
    path[:, 2] -= 0.007 * np.sin(np.pi * head) * (t > 0.68)
    path[:, 2] += 0.0045 - min(path[:, 2].min(), 0)
    body = shapes.sweep(path, shapes.rounded_rectangle(2.0, 2.0, 0.9), np.stack([width, 0 * width + 0.0011], axis=1))
    return model("spoon", color, (body, metal(paint(color, rng))))


@SHELF.kind("fork", "silver", "flat")
def fork(rng: np.random.Generator, color: str) -> Model:
    """A table fork with four tines."""
    length, path = _cutlery(rng)
    path[:, 2] += 0.0015
    t = path[:, 0] / length + 0.5
    section = shapes.rounded_rectangle(2.0, 2.0, 0.9)
    neck = t <= 0.80
    width = np.where(t < 0.68, _handle_width(t), np.interp(t, [0.68, 0.75, 0.80], [0.0034, 0.0115, 0.0125]))
    scale = np.stack([width, 0 * width + 0.0011], axis=1)
    parts = [shapes.sweep(path[neck], section, scale[neck])]
    tips = path[t > 0.77]
    for offset in np.linspace(-0.0105, 0.0105, 4):
        thin = np.stack([np.linspace(0.0019, 0.0012, len(tips)), np.full(len(tips), 0.0011)], axis=1)
        parts.append(shapes.sweep(tips + np.array([0, offset, 0]), section, thin))
    return model("fork", color, (shapes.merge(parts), metal(paint(color, rng))))


@SHELF.kind("table knife", "silver", "flat")
def knife(rng: np.random.Generator, color: str) -> Model:
    """A table or kitchen knife, its handle of steel or black plastic."""
    length, blade = rng.uniform(0.19, 0.235), rng.uniform(0.52, 0.58)
    x = np.linspace(-0.5, 0.5, 40) * length
    t = x / length + 0.5
    path = np.stack([x, 0 * x, 0 * x + 0.004], axis=1)
    section = shapes.rounded_rectangle(2.0, 2.0, 0.6)
    grip = t <= 1 - blade
    grip_scale = np.stack([np.full(grip.sum(), 0.0088), np.full(grip.sum(), 0.004)], axis=1)
    edge = np.interp(t, [1 - blade, 1 - blade + 0.05, 0.85, 0.95, 1.0], [0.008, 0.0105, 0.0105, 0.007, 0.001])
    blade_scale = np.stack([edge, np.full(len(t), 0.0011)], axis=1)
    keep = t >= 1 - blade - 0.03
    black = rng.random() < 0.4
    grip_material = plastic(paint("black", rng)) if black else metal(paint(color, rng), 0.35)
    return model(
        "table knife",
        color,
        (shapes.sweep(path[keep], section, blade_scale[keep]), metal(paint(color, rng))),
        (shapes.sweep(path[grip], section, grip_scale), grip_material),
        accent="black" if black else "",
        accent_on="handle" if black else "",
    )


@SHELF.kind("teapot", "white:2 blue brown green red teal black", "upright")
def teapot(rng: np.random.Generator, color: str) -> Model:
    """A round teapot with lid, spout and handle."""
    radius, height = rng.uniform(0.062, 0.078), rng.uniform(0.095, 0.12)
    outer = [[0.6 * radius, 0], [0.95 * radius, 0.25 * height], [radius, 0.5 * height], [0.5 * radius, height]]
    curve = shapes.smooth_profile(outer)
    body = shapes.revolve(np.concatenate([[[0, 0]], curve, [[0, height]]]))
    top = [[0.52 * radius, height - 0.002], [0.5 * radius, height + 0.006], [0.2 * radius, height + 0.014]]
    knob = [[0.01, height + 0.016], [0.013, height + 0.026], [0.008, height + 0.033], [0, height + 0.034]]
    lid = shapes.revolve(np.concatenate([[[0, height - 0.002]], top, knob]))
    t = np.linspace(0, 1, 14)
    reach = np.stack([0.85 * radius + 0.062 * t, 0 * t, (0.35 + 0.55 * t**1.6) * height], axis=1)
    spout = shapes.tube(reach, np.interp(t, [0, 1], [0.019, 0.0085]))
    handle = loop_handle(0.9 * radius, 0.22 * height, 0.82 * height, 0.045, 0.008)
    handle = handle.moved([0, 0, 0], shapes.rotation("z", 180))
    glaze = ceramic(paint(color, rng))
    return model("teapot", color, (body, glaze), (lid, glaze), (spout, glaze), (handle, glaze))


@SHELF.kind("frying pan", "black:3 grey red", "upright")
def frying_pan(rng: np.random.Generator, color: str) -> Model:
    """A pan with a long handle."""
    radius, height = rng.uniform(0.10, 0.13), rng.uniform(0.038, 0.05)
    body = shapes.vessel([[0.8 * radius, 0], [0.84 * radius, 0.003], [radius, height]], 0.003, 0.005)
    t = np.linspace(0, 1, 12)
    path = np.stack([radius - 0.004 + rng.uniform(0.15, 0.18) * t, 0 * t, 0.8 * height + 0.025 * t], axis=1)
    handle = shapes.sweep(path, shapes.rounded_rectangle(0.022, 0.013, 0.005), np.interp(t, [0, 0.3, 1], [0.7, 1, 1.1]))
    grip = plastic(paint("black", rng))
    return model("frying pan", color, (body, plastic(paint(color, rng))), (handle, grip))
