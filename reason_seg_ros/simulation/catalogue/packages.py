"""Groceries: boxes, tins, bottles, jars, bags."""

from __future__ import annotations

import numpy as np

from .. import shapes
from ..labels import label
from ..materials import bands, papered, printed
from ..model import Model
from ..shapes import Mesh
from .shelf import Shelf, glass, matt, metal, model, other, paint, paper, plastic

SHELF = Shelf("packages")
_PRINT = "red:2 blue:2 yellow green orange purple white brown"
_INKS = "white yellow red blue green navy black orange"


def _carton(rng: np.random.Generator, kind: str, color: str, size: tuple[float, float, float], words: str) -> Model:
    """A printed cardboard box of width, depth and height."""
    width, depth, height = size
    rgb, accent = paint(color, rng), other(rng, _INKS, color)
    ink = paint(accent, rng)
    images = {
        "front": label(rng, rgb, ink, (256, int(256 * height / width)), words=words),
        "side": label(rng, rgb, ink, (96, int(96 * height / depth))),
        "top": label(rng, rgb, ink, (256, max(24, int(256 * depth / width)))),
    }
    body = shapes.rounded_box(width, depth, height, 0.0025)
    return model(kind, color, (body, paper(papered(images, size, rgb))))


@SHELF.kind("cracker box", _PRINT, "upright:3 lying:1")
def cracker_box(rng: np.random.Generator, color: str) -> Model:
    """A box of crackers."""
    size = (rng.uniform(0.14, 0.165), rng.uniform(0.055, 0.068), rng.uniform(0.19, 0.215))
    return _carton(rng, "cracker box", color, size, "CRACKERS")


@SHELF.kind("cereal box", _PRINT, "upright:2 lying:1")
def cereal_box(rng: np.random.Generator, color: str) -> Model:
    """A tall box of breakfast cereal."""
    size = (rng.uniform(0.18, 0.20), rng.uniform(0.052, 0.07), rng.uniform(0.26, 0.30))
    return _carton(rng, "cereal box", color, size, "CEREAL")


@SHELF.kind("juice box", "orange:2 red green purple blue", "upright:3 lying:1")
def juice_box(rng: np.random.Generator, color: str) -> Model:
    """A small drink carton with a straw."""
    size = (rng.uniform(0.047, 0.06), rng.uniform(0.036, 0.042), rng.uniform(0.10, 0.12))
    carton = _carton(rng, "juice box", color, size, "JUICE")
    x = 0.3 * size[0]
    path = np.array([[x, 0, size[2] - 0.002], [x, 0, size[2] + 0.012], [x + 0.005, 0, size[2] + 0.02]])
    straw = shapes.tube(path, 0.0024)
    return model("juice box", color, *((p.mesh, p.material) for p in carton.parts), (straw, plastic(np.ones(3))))


@SHELF.kind("milk carton", "white:3 blue green", "upright:5 lying:1")
def milk_carton(rng: np.random.Generator, color: str) -> Model:
    """A gable-top carton with a screw cap."""
    side, height = rng.uniform(0.069, 0.074), rng.uniform(0.195, 0.235)
    shoulder = height - 0.045
    rgb, accent = paint(color, rng), other(rng, "blue green red", color)
    ink = paint(accent, rng)
    art = label(rng, rgb, ink, (180, int(180 * height / side)), words="MILK")
    outline = shapes.rounded_rectangle(side, side, 0.002)
    body = shapes.prism(outline, shoulder, 0.0015)
    rings = np.repeat(np.pad(outline, ((0, 0), (0, 1)))[None], 4, axis=0)
    for ring, (z, squeeze) in zip(
        rings, ((shoulder - 0.001, 1), (shoulder + 0.033, 0.04), (height, 0.035), (height, 0.02)), strict=True
    ):
        ring[:, 1] *= squeeze
        ring[:, 2] = z
    roof = shapes.loft(rings)
    cap = shapes.revolve([[0, 0], [0.014, 0], [0.014, 0.012], [0.012, 0.014], [0, 0.014]], 32)
    cap = cap.moved([0, -0.018, shoulder + 0.014], shapes.rotation("x", 43))
    card = paper(papered({"front": art, "side": art}, (side, side, height), rgb))
    parts = ((body, card), (roof, card), (cap, plastic(ink)))
    return model("milk carton", color, *parts, accent=accent, accent_on="cap")


def _tin(rng: np.random.Generator, kind: str, color: str, radius: float, height: float, words: str) -> Model:
    """A food tin with a paper label and a metal lid with a ridge."""
    rgb, accent = paint(color, rng), other(rng, _INKS, color)
    art = label(rng, rgb, paint(accent, rng), (512, 200), repeat=2, words=words)
    edge, wall = radius, radius - 0.0012
    side = [[0, 0.001], [wall - 0.002, 0.001], [edge, 0], [edge, 0.003], [wall, 0.004]]
    top = [[wall, height - 0.004], [edge, height - 0.003], [edge, height], [wall - 0.001, height]]
    lid = [[wall - 0.002, height - 0.003], [0.7 * radius, height - 0.0032], [0.67 * radius, height - 0.0025]]
    body = shapes.revolve([*side, *top, *lid, [0, height - 0.0026]])
    ring = np.pad(shapes.circle(0.011, 20) * [1, 0.7], ((0, 0), (0, 1)))
    tab = shapes.tube(ring + np.array([0.4 * radius, 0, height - 0.0015]), 0.0016, True)
    steel = paint("silver", rng)
    middles = body.vertices[body.triangles].mean(axis=1)
    around = np.linalg.norm(middles[:, :2], axis=1) > 0.9 * wall
    covered = (middles[:, 2] > 0.004) & (middles[:, 2] < height - 0.004) & around
    paper_part = Mesh(body.vertices, body.triangles[covered])
    metal_part = Mesh(body.vertices, body.triangles[~covered])
    sheet = paper(printed(art, 0.004, height - 0.004, rgb, rng.uniform(0, 6)))
    return model(kind, color, (paper_part, sheet), (metal_part, metal(steel)), (tab, metal(steel)))


@SHELF.kind("soup can", "red:3 blue green yellow white orange", "upright:5 lying:1")
def soup_can(rng: np.random.Generator, color: str) -> Model:
    """A tin of soup."""
    return _tin(rng, "soup can", color, rng.uniform(0.032, 0.0375), rng.uniform(0.095, 0.112), "SOUP")


@SHELF.kind("tuna can", "blue:2 yellow red green white", "flat")
def tuna_can(rng: np.random.Generator, color: str) -> Model:
    """A flat tin of fish."""
    return _tin(rng, "tuna can", color, rng.uniform(0.040, 0.044), rng.uniform(0.032, 0.042), "TUNA")


@SHELF.kind("soda can", "red:3 blue:2 green orange silver black purple", "upright:6 lying:1")
def soda_can(rng: np.random.Generator, color: str) -> Model:
    """A drink can."""
    radius, height = rng.uniform(0.0315, 0.0335), rng.uniform(0.115, 0.126)
    rgb, accent = paint(color, rng), other(rng, "white yellow silver black", color)
    art = label(rng, rgb, paint(accent, rng), (512, 256), repeat=2)
    wall = [[0, 0.004], [0.7 * radius, 0], [0.78 * radius, 0], [radius, 0.009], [radius, height - 0.014]]
    neck = [
        [0.80 * radius, height - 0.002],
        [0.80 * radius, height],
        [0.76 * radius, height],
        [0.74 * radius, height - 0.003],
    ]
    printed_side = shapes.revolve([*wall, [0.82 * radius, height - 0.0035], [0, height - 0.0036]])
    lid = shapes.revolve([[0, height - 0.005], *neck, [0, height - 0.003]])
    sheet = plastic(printed(art, 0.008, height - 0.004, rgb, rng.uniform(0, 6)))
    return model("soda can", color, (printed_side, sheet), (lid, metal(paint("silver", rng))))


def _bottle(profile: list[list[float]], start: float = 0.0) -> Mesh:
    curve = shapes.smooth_profile(profile)
    base = [[0, start], [max(curve[0, 0] - 0.003, 0.001), start]]
    return shapes.revolve(np.concatenate([base, curve, [[0, curve[-1, 1]]]]))


def _cap(radius: float, bottom: float, height: float) -> Mesh:
    edge = 0.15 * radius
    return shapes.revolve(
        [
            [0, bottom],
            [radius, bottom],
            [radius, bottom + height - edge],
            [radius - edge, bottom + height],
            [0, bottom + height],
        ],
        36,
    )


def _squeeze(rng: np.random.Generator, kind: str, color: str, cap_color: str, words: str) -> Model:
    """A flat-sided squeeze bottle with a pointed cap and a label."""
    half, height = rng.uniform(0.033, 0.037), rng.uniform(0.145, 0.16)
    levels = np.array([0, 0.003, 0.02, 0.3 * height, 0.62 * height, 0.85 * height, 0.97 * height, height])
    insets = np.array([0.004, 0.0, -0.001, -0.002, 0.0, 0.004, 0.013, 0.016])
    body = shapes.tapered(shapes.circle(1.0, 56) * [half, 0.78 * half], levels, 0.9 * insets)
    top = height + rng.uniform(0.030, 0.038)
    nozzle = [[0, height - 0.001], [0.0135, height - 0.001], [0.0135, height + 0.012], [0.006, height + 0.018]]
    cap = shapes.revolve([*nozzle, [0.0035, top], [0, top]], 36)
    rgb, accent = paint(color, rng), other(rng, "blue white red green", color, cap_color)
    art = label(rng, paint(accent, rng), rgb, (480, 180), repeat=2, words=words)
    skin = plastic(printed(art, 0.22 * height, 0.66 * height, rgb, np.pi / 2))
    cap_rgb = rgb if cap_color == color else paint(cap_color, rng)
    return model(kind, color, (body, skin), (cap, plastic(cap_rgb)), accent=cap_color, accent_on="cap")


@SHELF.kind("mustard bottle", "yellow", "upright:5 lying:1")
def mustard_bottle(rng: np.random.Generator, color: str) -> Model:
    """A yellow squeeze bottle."""
    return _squeeze(rng, "mustard bottle", color, str(rng.choice(["yellow", "red"])), "MUSTARD")


@SHELF.kind("ketchup bottle", "red", "upright:5 lying:1")
def ketchup_bottle(rng: np.random.Generator, color: str) -> Model:
    """A red squeeze bottle."""
    return _squeeze(rng, "ketchup bottle", color, str(rng.choice(["white", "red"])), "KETCHUP")


@SHELF.kind("water bottle", "blue:2 green red black white pink grey", "upright:4 lying:1")
def water_bottle(rng: np.random.Generator, color: str) -> Model:
    """A reusable opaque drinking bottle with a cap of another colour."""
    radius, height = rng.uniform(0.032, 0.037), rng.uniform(0.17, 0.215)
    profile = [
        [radius, 0.003],
        [radius, 0.35 * height],
        [radius, 0.75 * height],
        [0.5 * radius, 0.93 * height],
        [0.45 * radius, height],
    ]
    cap_color = other(rng, "black white grey blue red", color)
    cap = _cap(0.56 * radius, 0.95 * height, rng.uniform(0.022, 0.032))
    rgb = paint(color, rng)
    stripe = bands(rgb, [(0.3 * height, 0.5 * height, paint(other(rng, "white black grey", color), rng))])
    body = plastic(stripe if rng.random() < 0.4 else rgb)
    parts = ((_bottle(profile), body), (cap, plastic(paint(cap_color, rng))))
    return model("water bottle", color, *parts, accent=cap_color, accent_on="cap")


@SHELF.kind("wine bottle", "green:3 brown black", "upright:4 lying:1")
def wine_bottle(rng: np.random.Generator, color: str) -> Model:
    """A dark bottle of wine with label and capsule."""
    radius, height = rng.uniform(0.036, 0.040), rng.uniform(0.285, 0.315)
    profile = [
        [radius, 0.003],
        [radius, 0.3 * height],
        [radius, 0.58 * height],
        [0.45 * radius, 0.70 * height],
        [0.38 * radius, 0.85 * height],
        [0.38 * radius, height],
    ]
    dark = paint(color, rng) * (0.45 if color == "green" else 0.6 if color == "brown" else 1.0)
    paper_color = other(rng, "white beige black", color)
    art = label(
        rng, paint(paper_color, rng), paint(other(rng, "red gold navy"), rng), (480, 240), repeat=2, words="VINO"
    )
    skin = glass(printed(art, 0.12 * height, 0.42 * height, dark, rng.uniform(0, 6)), opacity=1.0)
    foil = _cap(0.42 * radius, 0.80 * height, 0.205 * height)
    return model(
        "wine bottle", color, (_bottle(profile), skin), (foil, plastic(paint(other(rng, "red black gold"), rng)))
    )


@SHELF.kind("spray bottle", "white:2 blue green pink", "upright")
def spray_bottle(rng: np.random.Generator, color: str) -> Model:
    """A cleaner with a trigger."""
    radius, height = rng.uniform(0.036, 0.042), rng.uniform(0.165, 0.19)
    profile = [
        [radius, 0.003],
        [radius, 0.3 * height],
        [0.92 * radius, 0.6 * height],
        [0.42 * radius, 0.9 * height],
        [0.4 * radius, height],
    ]
    head_color = other(rng, "red blue white orange black green", color)
    head = shapes.rounded_box(0.078, 0.026, 0.032, 0.008).moved([0.018, 0, height + 0.018])
    neck = _cap(0.55 * radius, height - 0.006, 0.028)
    t = np.linspace(0, 1, 8)[:, None]
    trigger = shapes.tube(np.hstack([0.037 + 0.012 * np.sin(2.5 * t), 0 * t, height + 0.02 - 0.05 * t]), 0.006)
    rgb = paint(color, rng)
    art = label(rng, rgb, paint(other(rng, _INKS, color), rng), (480, 200), repeat=2, words="CLEAN")
    top = plastic(paint(head_color, rng))
    body = (_bottle(profile), plastic(printed(art, 0.12 * height, 0.6 * height, rgb)))
    parts = (body, (neck, top), (head, top), (trigger, top))
    return model("spray bottle", color, *parts, accent=head_color, accent_on="cap")


@SHELF.kind("jar", "red:2 brown:2 yellow orange green purple", "upright:6 lying:1")
def jar(rng: np.random.Generator, color: str) -> Model:
    """A glass jar full of jam or spread; the contents give the colour."""
    radius, height = rng.uniform(0.034, 0.042), rng.uniform(0.085, 0.12)
    body = _bottle([[radius, 0.003], [radius, 0.1 * height], [radius, 0.75 * height], [0.88 * radius, 0.88 * height]])
    lid_color = other(rng, "white red gold black green", color)
    lid = _cap(0.92 * radius, 0.86 * height, 0.14 * height)
    rgb = paint(color, rng)
    art = label(rng, paint("white", rng), rgb, (512, 180), repeat=2, words="JAM")
    skin = glass(printed(art, 0.2 * height, 0.66 * height, 0.8 * rgb, rng.uniform(0, 6)), opacity=1.0)
    return model("jar", color, (body, skin), (lid, plastic(paint(lid_color, rng))), accent=lid_color, accent_on="lid")


@SHELF.kind("coffee bag", "black:3 brown red silver gold", "upright:2 lying:1")
def coffee_bag(rng: np.random.Generator, color: str) -> Model:
    """A foil bag with a pinched top."""
    width, depth, height = rng.uniform(0.075, 0.09), rng.uniform(0.045, 0.06), rng.uniform(0.16, 0.21)
    outline = shapes.rounded_rectangle(width, depth, 0.012)
    levels = np.array([0, 0.004, 0.03, 0.55, 0.78, 0.92, 1.0]) * [1, 1, 1, height, height, height, height]
    flat = [0.9, 1.0, 1.06, 1.0, 0.62, 0.06, 0.05]
    rings = np.empty((len(levels), len(outline), 3))
    for ring, z, squeeze in zip(rings, levels, flat, strict=True):
        ring[:, 0], ring[:, 1], ring[:, 2] = outline[:, 0] * (1.0 + 0.03 * (squeeze < 0.5)), outline[:, 1] * squeeze, z
    rgb, accent = paint(color, rng), other(rng, "white gold red yellow", color)
    art = label(rng, rgb, paint(accent, rng), (220, 480), words="COFFEE")
    foil = plastic(papered({"front": art}, (width, depth, height), rgb))
    return model("coffee bag", color, (shapes.loft(rings), foil))


@SHELF.kind("food container", "white blue red green transparent pink yellow", "flat")
def food_container(rng: np.random.Generator, color: str) -> Model:
    """A plastic box with a lid."""
    width, depth, height = rng.uniform(0.11, 0.20), rng.uniform(0.092, 0.115), rng.uniform(0.045, 0.085)
    outline = shapes.rounded_rectangle(width, depth, 0.02)
    body = shapes.tapered(outline, np.array([0, 0.003, height]), np.array([0.009, 0.006, 0.002]))
    lid_color = other(rng, "red blue green white orange teal", color)
    lid = shapes.prism(outline, 0.013, 0.003).moved([0, 0, height - 0.003])
    panel = shapes.prism(shapes.rounded_rectangle(0.8 * width, 0.76 * depth, 0.012), 0.004, 0.0015)
    top, shell = plastic(paint(lid_color, rng)), paint("white" if color == "transparent" else color, rng)
    parts = ((body, plastic(shell)), (lid, top), (panel.moved([0, 0, height + 0.008]), top))
    return model("food container", color, *parts, accent=lid_color, accent_on="lid")


@SHELF.kind("egg carton", "grey:2 beige", "flat")
def egg_carton(rng: np.random.Generator, color: str) -> Model:
    """A pulp box with a bumpy lid."""
    outline = shapes.rounded_rectangle(rng.uniform(0.24, 0.29), rng.uniform(0.098, 0.108), 0.012)
    pulp = matt(paint(color, rng))
    low = shapes.tapered(outline, np.array([0, 0.038]), np.array([0.008, 0.0]))
    high = shapes.tapered(outline, np.array([0.036, 0.044, 0.066, 0.070]), np.array([-0.002, 0.0, 0.006, 0.012]))
    return model("egg carton", color, (low, pulp), (high, pulp))
