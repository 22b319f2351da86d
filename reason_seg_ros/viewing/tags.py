"""Name tags for pictures: where they go, so that each can be read and none hides another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Rectangle:
    """Pixels [x0, x1) x [y0, y1)."""

    x0: int
    y0: int
    x1: int
    y1: int

    def overlaps(self, other: Rectangle) -> bool:
        """Whether the two share a pixel."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def grown(self, margin: int) -> Rectangle:
        """The rectangle with a margin on every side."""
        return Rectangle(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)

    @property
    def center(self) -> tuple[int, int]:
        """(x, y)."""
        return (self.x0 + self.x1) // 2, (self.y0 + self.y1) // 2


def place_tags(
    sizes: Sequence[tuple[int, int]], things: Sequence[Rectangle], image: tuple[int, int], gap: int = 4
) -> list[Rectangle]:
    """A place for each tag: inside the image, off the other tags, as near as can be to its thing and off the others.

    Args:
        sizes: (width, height) of each tag.
        things: box of each tag's thing.
        image: (width, height).
        gap: pixels between a tag and its thing, and between tags.

    Returns:
        One rectangle per tag, in the same order. Tags overlap only if the image has no room for all of them.
    """
    placed: list[Rectangle] = []
    for index, ((width, height), thing) in enumerate(zip(sizes, things, strict=True)):
        others = [other for i, other in enumerate(things) if i != index]
        near = [_inside(corner, width, height, image) for corner in _around(width, height, thing, gap)]
        free = [spot for spot in near if not any(spot.grown(gap // 2).overlaps(tag) for tag in placed)]
        if not free:
            everywhere = [_inside(corner, width, height, image) for corner in _grid(width, height, image)]
            free = [spot for spot in everywhere if not any(spot.overlaps(tag) for tag in placed)]
        spots = free or near
        burdens = [_burden(spot, near[0], thing, others) for spot in spots]
        placed.append(spots[int(np.argmin(burdens))])
    return placed


def _around(width: int, height: int, thing: Rectangle, gap: int) -> list[tuple[int, int]]:
    """Corners of a tag above, below, right, left and on a thing."""
    x, y = thing.center
    return [
        (x - width // 2, thing.y0 - gap - height),
        (x - width // 2, thing.y1 + gap),
        (thing.x1 + gap, y - height // 2),
        (thing.x0 - gap - width, y - height // 2),
        (x - width // 2, y - height // 2),
    ]


def _grid(width: int, height: int, image: tuple[int, int]) -> list[tuple[int, int]]:
    """Corners of a tag all over the image."""
    columns = range(0, max(image[0] - width, 0) + 1, max(width // 3, 8))
    rows = range(0, max(image[1] - height, 0) + 1, max(height // 2, 6))
    return [(column, row) for row in rows for column in columns]


def _inside(corner: tuple[int, int], width: int, height: int, image: tuple[int, int]) -> Rectangle:
    x0 = max(0, min(corner[0], image[0] - width))
    y0 = max(0, min(corner[1], image[1] - height))
    return Rectangle(x0, y0, x0 + width, y0 + height)


def _burden(spot: Rectangle, best: Rectangle, thing: Rectangle, others: Sequence[Rectangle]) -> float:
    """How much speaks against a place: distance from the best one, and what it hides."""
    x, y = spot.center
    away = float(np.hypot(x - best.center[0], y - best.center[1]))
    hides = 40.0 * sum(spot.overlaps(other) for other in others)
    return away + hides + 200.0 * _covered(thing, spot)


def _covered(thing: Rectangle, spot: Rectangle) -> float:
    """Share of a thing's box under a tag."""
    width = min(thing.x1, spot.x1) - max(thing.x0, spot.x0)
    height = min(thing.y1, spot.y1) - max(thing.y0, spot.y0)
    area = (thing.x1 - thing.x0) * (thing.y1 - thing.y0)
    return max(width, 0) * max(height, 0) / max(area, 1)


def font(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A readable font that has a text's letters, if there is one."""
    return _font(size, text.isascii())


@cache
def _font(size: int, plain: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """For ASCII Pillow's own font, where it brings one (10.1 and later); for all else DejaVu Sans, where that is."""
    if not plain:
        with suppress(OSError):
            return ImageFont.truetype("DejaVuSans.ttf", size)
    with suppress(TypeError):  # Pillow before 10.1
        return ImageFont.load_default(size)
    return _font(size, False) if plain else ImageFont.load_default()


def text_size(text: str, size: int) -> tuple[int, int]:
    """(width, height) in pixels; the height is that of a line, whatever its letters."""
    left, _, right, _ = font(text, size).getbbox(text)
    _, top, _, bottom = font(text, size).getbbox("Ag|")
    return int(np.ceil(right - left)), int(np.ceil(bottom - top))


def draw_text(draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, size: int, color: Color) -> None:
    """Write a line with its upper left corner at (x, y)."""
    left, _, _, _ = font(text, size).getbbox(text)
    _, top, _, _ = font(text, size).getbbox("Ag|")
    draw.text((corner[0] - left, corner[1] - top), text, fill=color, font=font(text, size))


def wrap(text: str, width: int, size: int) -> list[str]:
    """The text in lines of at most `width` pixels, broken between words, and within a word that is longer."""
    lines: list[str] = []
    for word in (piece for whole in text.split() for piece in _pieces(whole, width, size)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, size)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def shortened(text: str, width: int, size: int) -> str:
    """The text, or as much of its beginning as `width` pixels hold, and an ellipsis."""
    if text_size(text, size)[0] <= width:
        return text
    while text and text_size(f"{text}...", size)[0] > width:
        text = text[:-1]
    return f"{text.rstrip()}..."


def _pieces(word: str, width: int, size: int) -> list[str]:
    """A word in pieces of at most `width` pixels, each a letter at least."""
    if text_size(word, size)[0] <= width:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_size(pieces[-1] + letter, size)[0] > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def ink_on(color: Color) -> Color:
    """Black or white, whichever reads better on a color (relative luminance of WCAG 2)."""
    linear = [(value / 255) ** 2.2 for value in color]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (16, 16, 16) if luminance > 0.2 else (255, 255, 255)


def as_picture(image: np.ndarray) -> Image.Image:
    """(H, W, 3) uint8 RGB as a Pillow image, copied."""
    return Image.fromarray(np.ascontiguousarray(image))
