"""How surfaces look: procedural textures by surface coordinates, and colours by name."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(points (N, 3) metres, normals (N, 3), both in the part's frame) -> (N, 3) float32 linear reflectance."""

# Colours as people name them: hue, saturation and value ranges (HSV, hue in degrees).
PALETTE: Mapping[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "red": ((-4, 6), (0.78, 0.92), (0.62, 0.80)),
    "orange": ((23, 31), (0.82, 0.95), (0.85, 0.95)),
    "yellow": ((46, 54), (0.72, 0.90), (0.86, 0.96)),
    "green": ((105, 138), (0.55, 0.78), (0.40, 0.62)),
    "teal": ((172, 182), (0.50, 0.70), (0.52, 0.68)),
    "blue": ((208, 220), (0.68, 0.85), (0.58, 0.78)),
    "navy": ((222, 234), (0.55, 0.70), (0.20, 0.29)),
    "purple": ((268, 284), (0.42, 0.60), (0.45, 0.62)),
    "pink": ((334, 348), (0.32, 0.48), (0.86, 0.96)),
    "brown": ((18, 28), (0.50, 0.65), (0.32, 0.46)),
    "beige": ((32, 42), (0.20, 0.30), (0.78, 0.88)),
    "black": ((0, 360), (0.0, 0.10), (0.08, 0.15)),
    "grey": ((0, 360), (0.0, 0.04), (0.46, 0.58)),
    "silver": ((200, 220), (0.01, 0.04), (0.70, 0.80)),
    "white": ((30, 60), (0.01, 0.05), (0.90, 0.97)),
    "gold": ((40, 46), (0.45, 0.55), (0.72, 0.82)),
    "transparent": ((150, 190), (0.02, 0.05), (0.86, 0.92)),
}


@dataclass(frozen=True, eq=False)
class Material:
    """Reflection of a surface.

    Attributes:
        texture: reflectance by surface coordinates.
        specular: strength of the highlight at normal incidence, about 0.04 for plastic and ceramic.
        roughness: width of the highlight: 0.05 polished, 1 matt.
        metallic: 1 tints the highlight with the colour and has no diffuse part.
        opacity: below 1 the background shines through.
    """

    texture: Texture
    specular: float = 0.03
    roughness: float = 0.45
    metallic: float = 0.0
    opacity: float = 1.0


def linear(color: np.ndarray | Sequence[float]) -> np.ndarray:
    """sRGB in [0, 1] to linear reflectance (IEC 61966-2-1)."""
    color = np.asarray(color, np.float32)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb(color: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] to sRGB (IEC 61966-2-1)."""
    color = np.clip(color, 0, 1)
    return np.where(color <= 0.0031308, color * 12.92, 1.055 * color ** (1 / 2.4) - 0.055).astype(np.float32)


_LINEAR_OF_BYTE = linear(np.arange(256) / 255)


def sample_color(name: str, rng: np.random.Generator) -> np.ndarray:
    """An sRGB colour (3,) in [0, 1] that people call by this name."""
    hue, saturation, value = (rng.uniform(*span) for span in PALETTE[name])
    return np.array(colorsys.hsv_to_rgb((hue % 360) / 360, saturation, value), np.float32)


class Noise:
    """Smooth tileable noise in [0, 1] on the plane, by bilinear look-up of a random tile."""

    SIZE = 256

    def __init__(self, rng: np.random.Generator) -> None:
        tile = rng.random((self.SIZE, self.SIZE), np.float32)
        self._tile = cv2.copyMakeBorder(tile, 0, 1, 0, 1, cv2.BORDER_WRAP)
        self._offsets = rng.uniform(0, self.SIZE, (8, 2))

    def __call__(self, x: np.ndarray, y: np.ndarray, octaves: int = 3) -> np.ndarray:
        """Sum of octaves at (x, y), each (N,), one unit per cell of the coarsest octave."""
        total = np.zeros(len(x), np.float32)
        weight = 1.0
        for octave, (dx, dy) in enumerate(self._offsets[:octaves]):
            scale = 2.0**octave
            total += weight * sample_image(self._tile, (x * scale + dx) % self.SIZE, (y * scale + dy) % self.SIZE)
            weight *= 0.5
        return total / (2 - 2 * weight)


def sample_image(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear look-up of an image (H, W) or (H, W, C) at pixel coordinates (N,), clamped at the border."""
    if not len(x):
        return np.zeros((0, *image.shape[2:]), image.dtype)
    columns = 4096  # cv2.remap limits either side of its output to 32767
    padding = -len(x) % columns if len(x) > columns else 0
    shape = (-1, columns) if len(x) > columns else (1, -1)
    grids = [np.pad(np.asarray(c, np.float32), (0, padding)).reshape(shape) for c in (x, y)]
    values = cv2.remap(image, grids[0], grids[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values.reshape(-1, *image.shape[2:])[: len(x)]


def solid(color: np.ndarray) -> Texture:
    """One colour (3,) sRGB."""
    value = linear(color)
    return lambda points, normals: np.broadcast_to(value, (len(points), 3))


def bands(base: np.ndarray, stripes: Sequence[tuple[float, float, np.ndarray]], axis: int = 2) -> Texture:
    """Stripes (from, to, sRGB colour) along an axis over a base colour; later stripes cover earlier ones."""
    plain = solid(base)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        colors = np.array(plain(points, normals))
        for start, end, color in stripes:
            colors[(points[:, axis] >= start) & (points[:, axis] < end)] = linear(color)
        return colors

    return texture


def mottled(color: np.ndarray, rng: np.random.Generator, cell: float = 0.01, amount: float = 0.25) -> Texture:
    """A colour (3,) sRGB whose brightness varies smoothly over cells of some metres."""
    value, noise = linear(color), Noise(rng)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        x, y = (points[:, 0] + 0.37 * points[:, 2]) / cell, (points[:, 1] + 0.71 * points[:, 2]) / cell
        return value * (1 + amount * (2 * noise(x, y)[:, None] - 1))

    return texture


def speckled(color: np.ndarray, spot: np.ndarray, rng: np.random.Generator, cell: float, share: float) -> Texture:
    """Spots of another colour that cover about a share of the surface."""
    base, other, noise = linear(color), linear(spot), Noise(rng)
    probe = rng.uniform(0, 255, (2, 2000))
    threshold = np.quantile(noise(probe[0], probe[1], 2), 1 - share)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        x, y = (points[:, 0] + 0.43 * points[:, 2]) / cell, (points[:, 1] + 0.59 * points[:, 2]) / cell
        blend = np.clip((noise(x, y, 2) - threshold) * 20 + 0.5, 0, 1)[:, None]
        return base + blend * (other - base)

    return texture


def printed(image: np.ndarray, bottom: float, top: float, base: np.ndarray, turn: float = 0.0) -> Texture:
    """An image (H, W, 3) uint8 sRGB wrapped once around the outside between two heights; base colour elsewhere."""
    picture, plain = _LINEAR_OF_BYTE[image], solid(base)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        colors = np.array(plain(points, normals))
        outwards = np.einsum("ij,ij->i", points[:, :2], normals[:, :2]) > 0
        side = (points[:, 2] > bottom) & (points[:, 2] < top) & (np.abs(normals[:, 2]) < 0.8) & outwards
        around = ((np.arctan2(points[side, 1], points[side, 0]) + turn) / (2 * np.pi)) % 1.0
        up = (points[side, 2] - bottom) / (top - bottom)
        height, width = image.shape[:2]
        colors[side] = sample_image(picture, around * (width - 1), (1 - up) * (height - 1))
        return colors

    return texture


def papered(images: Mapping[str, np.ndarray], size: Sequence[float], base: np.ndarray) -> Texture:
    """Images on the faces of a box that stands centred on z = 0.

    Args:
        images: uint8 sRGB pictures for "front" (+-y), "side" (+-x) and "top" (+-z); faces without one are plain.
        size: width (x), depth (y) and height (z) in metres.
        base: sRGB colour (3,) of plain faces.
    """
    plain = solid(base)
    pictures = {face: _LINEAR_OF_BYTE[image] for face, image in images.items()}
    width, depth, height = size

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        colors = np.array(plain(points, normals))
        u = {"side": points[:, 1] / depth + 0.5, "front": points[:, 0] / width + 0.5, "top": points[:, 0] / width + 0.5}
        v = {"side": points[:, 2] / height, "front": points[:, 2] / height, "top": points[:, 1] / depth + 0.5}
        facing = np.argmax(np.abs(normals), axis=1)
        for axis, face in enumerate(("side", "front", "top")):
            if face not in pictures:
                continue
            on = facing == axis
            back = normals[on, axis] * (-1 if face == "front" else 1) < 0
            across = np.where(back, 1 - u[face][on], u[face][on])
            rows, columns = pictures[face].shape[:2]
            colors[on] = sample_image(pictures[face], across * (columns - 1), (1 - v[face][on]) * (rows - 1))
        return colors

    return texture


def wood(color: np.ndarray, rng: np.random.Generator, plank: float = 0.0, contrast: float = 0.45) -> Texture:
    """Grain along x in the xy plane; planks of some width in metres if given."""
    value, noise, dark = linear(color), Noise(rng), contrast * linear(color) * np.array([0.9, 1.05, 1.15], np.float32)
    shift = rng.uniform(0, 200, 64)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        x, y = points[:, 0], points[:, 1] + 0.6 * points[:, 2]
        board = np.floor(y / plank).astype(int) % 64 if plank else np.zeros(len(x), int)
        wave = noise(x * 1.6 + shift[board], y * 9, 2)
        rings = 0.5 + 0.5 * np.sin(2 * np.pi * (y * 22 + 2.2 * wave + shift[board]))
        fibre = noise(x * 9 + shift[board], y * 420, 2)
        tone = noise(x * 0.7 + shift[board], y * 3, 2) + (0.35 * (shift[board] % 1) if plank else 0)
        grain = np.clip(0.40 * rings**3 + 0.55 * fibre + 0.35 * tone - 0.35, 0, 1)[:, None]
        colors = value - grain * dark
        if plank:
            gap = np.abs(y / plank - np.round(y / plank)) * plank < 0.0012
            colors[gap] *= 0.35
        return colors.astype(np.float32)

    return texture


def cloth(colors: Sequence[np.ndarray], rng: np.random.Generator, cell: float, pattern: str) -> Texture:
    """A woven cloth in the xy plane: pattern "check", "stripe" or "weave" (two sRGB colours) with threads."""
    one, two, noise = linear(colors[0]), linear(colors[1]), Noise(rng)

    def texture(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        x, y = points[:, 0] / cell, points[:, 1] / cell
        across = (np.floor(x) % 2).astype(np.float32)
        along = (np.floor(y) % 2).astype(np.float32)
        mix = {"check": 0.5 * (across + along), "stripe": across, "weave": noise(x * 3, y * 3)}[pattern]
        threads = 0.86 + 0.28 * noise(points[:, 0] * 900, points[:, 1] * 900, 1)
        return ((one + mix[:, None] * (two - one)) * threads[:, None]).astype(np.float32)

    return texture
