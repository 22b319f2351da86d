"""Printed pictures for packaging, book covers and screens: invented brands, pictures, bar codes."""

from __future__ import annotations

import cv2
import numpy as np

_SYLLABLES = (
    "ka", "lo", "mi", "ru", "ven", "tor", "sa", "bel", "nor", "di", "fra", "pel", "zu", "min", "da", "ro", "sol", "ti",
)  # fmt: skip
_FONTS = (cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SIMPLEX)


def brand(rng: np.random.Generator) -> str:
    """An invented name."""
    return "".join(rng.choice(_SYLLABLES, int(rng.integers(2, 4)))).upper()


def label(
    rng: np.random.Generator,
    base: np.ndarray,
    accent: np.ndarray,
    size: tuple[int, int] = (256, 256),
    repeat: int = 1,
    words: str = "",
) -> np.ndarray:
    """A label: name, band, blob picture, small print and bar code.

    Args:
        base, accent: sRGB colours (3,) in [0, 1].
        size: width and height in pixels.
        repeat: how often the front is repeated across the width (2 for a tin that has two fronts).
        words: product word under the name.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    width, height = size
    front = np.empty((height, width // repeat, 3), np.uint8)
    paint, ink = _bytes(base), _bytes(accent)
    front[:] = paint
    _band(front, rng, ink)
    _picture(front, rng, ink)
    light = (255, 255, 255) if np.mean(paint) < 150 else (25, 25, 30)
    _write(front, brand(rng), 0.24, 0.86, light, int(rng.choice(_FONTS)))
    if words:
        _write(front, words, 0.42, 0.62, light, cv2.FONT_HERSHEY_SIMPLEX)
    _small_print(front, rng, light)
    return np.tile(front, (1, repeat, 1))


def pages(rng: np.random.Generator, size: tuple[int, int] = (128, 32)) -> np.ndarray:
    """The cut edge of a stack of paper, (H, W, 3) uint8."""
    rows = rng.normal(224, 12, (size[1], 1)) + rng.normal(0, 2, (size[1], size[0]))
    return np.clip(rows[..., None] * [1.0, 0.985, 0.94], 0, 255).astype(np.uint8)


def screen(rng: np.random.Generator, size: tuple[int, int] = (96, 200)) -> np.ndarray:
    """A dark glass front with a thin frame, (H, W, 3) uint8; lit with icons now and then."""
    image = np.full((size[1], size[0], 3), 14, np.uint8)
    if rng.random() < 0.3:
        image[10:-10, 5:-5] = rng.integers(40, 170, 3)
        for row in range(4):
            for column in range(4):
                corner = (12 + column * 20, 24 + row * 24)
                cv2.rectangle(image, corner, (corner[0] + 12, corner[1] + 12), rng.integers(80, 255, 3).tolist(), -1)
    return image


def grid_of_buttons(rng: np.random.Generator, base: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A panel with round buttons (remote control, calculator), (H, W, 3) uint8."""
    image = np.empty((40 * rows, 32 * columns, 3), np.uint8)
    image[:] = _bytes(base)
    for row in range(rows):
        for column in range(columns):
            shade = [200, 60, 50] if row == 0 and column == 0 else [215, 215, 215]
            cv2.circle(image, (32 * column + 16, 40 * row + 20), 9, [int(c) for c in shade], -1, cv2.LINE_AA)
    return image


def _bytes(color: np.ndarray) -> tuple[int, int, int]:
    r, g, b = (int(c) for c in np.clip(np.asarray(color, float) * 255, 0, 255))
    return r, g, b


def _band(image: np.ndarray, rng: np.random.Generator, ink: tuple[int, int, int]) -> None:
    height, width = image.shape[:2]
    style = int(rng.integers(4))
    if style == 0:
        top = int(height * rng.uniform(0.5, 0.62))
        cv2.rectangle(image, (0, top), (width, height), ink, -1)
    elif style == 1:
        cv2.ellipse(
            image, (width // 2, int(0.22 * height)), (int(0.47 * width), int(0.17 * height)), 0, 0, 360, ink, -1
        )
    elif style == 2:
        corner = np.array([[0, 0], [width, 0], [width, int(0.3 * height)], [0, int(0.48 * height)]], np.int32)
        cv2.fillPoly(image, [corner], ink, cv2.LINE_AA)
    else:
        for y in (0.07, 0.90):
            cv2.rectangle(image, (0, int(y * height)), (width, int((y + 0.05) * height)), ink, -1)


def _picture(image: np.ndarray, rng: np.random.Generator, ink: tuple[int, int, int]) -> None:
    height, width = image.shape[:2]
    middle = np.array([rng.uniform(0.3, 0.7) * width, rng.uniform(0.62, 0.74) * height])
    tone = rng.integers(60, 255, 3)
    for _ in range(int(rng.integers(4, 10))):
        spot = middle + rng.normal(0, 0.12, 2) * [width, 0.6 * height]
        shade = np.clip(tone + rng.integers(-50, 50, 3), 0, 255).tolist()
        axes = (int(rng.uniform(0.05, 0.14) * width) + 1, int(rng.uniform(0.04, 0.1) * height) + 1)
        cv2.ellipse(image, (int(spot[0]), int(spot[1])), axes, rng.uniform(0, 180), 0, 360, shade, -1, cv2.LINE_AA)


def _write(image: np.ndarray, text: str, y: float, share: float, color: tuple, font: int) -> None:
    height, width = image.shape[:2]
    (w, h), _ = cv2.getTextSize(text, font, 1.0, 2)
    scale = min(share * width / max(w, 1), 0.2 * height / max(h, 1))
    thickness = max(1, round(2.2 * scale))
    origin = (int((width - w * scale) / 2), int(y * height + h * scale / 2))
    cv2.putText(image, text, origin, font, scale, color, thickness, cv2.LINE_AA)


def _small_print(image: np.ndarray, rng: np.random.Generator, color: tuple) -> None:
    height, width = image.shape[:2]
    for line in range(int(rng.integers(2, 5))):
        y = int((0.84 + 0.03 * line) * height)
        cv2.line(image, (int(0.08 * width), y), (int(rng.uniform(0.3, 0.6) * width), y), color, 1)
    x = int(0.7 * width)
    for step in rng.integers(1, 4, 14):
        cv2.line(image, (x, int(0.84 * height)), (x, int(0.95 * height)), (20, 20, 20), 1)
        x += int(step)
