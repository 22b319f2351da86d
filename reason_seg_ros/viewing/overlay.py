"""The answer drawn over the picture that it is about."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import ImageDraw

from ..lifting.instance import Instance
from ..reply import Segment
from .palette import color_of
from .tags import Rectangle, as_picture, draw_text, ink_on, place_tags, shortened, text_size, wrap

FILL = 0.45  # opacity of the color on a mask
DIM = 0.72  # brightness of what was not meant
PAPER, TITLE, TEXT = (24, 26, 30), (255, 255, 255), (196, 201, 209)


def draw_overlay(
    color: np.ndarray, instances: Sequence[Instance], instruction: str = "", answer: str = ""
) -> np.ndarray:
    """Masks, contours and name tags over an image, each instance in the color of its id.

    Args:
        color: (H, W, 3) uint8 RGB.
        instances: of the answer; empty masks are left out.
        instruction, answer: written on a strip below the image if either is given.

    Returns:
        (H, W, 3) uint8 RGB, higher by the strip if there is one; never the input array.
    """
    shown = [instance for instance in instances if instance.segment.pixels]
    picture = paint([(instance.segment.mask, color_of(instance.id)) for instance in shown], color)
    if shown:
        picture = _tagged(picture, shown)
    if instruction or answer:
        picture = np.concatenate([picture, _strip(color.shape[1], instruction, answer, _text_size(color))])
    return picture


def paint(masks: Sequence[tuple[np.ndarray, tuple[int, int, int]]], color: np.ndarray) -> np.ndarray:
    """Masks (H, W) bool with their colors over an image (H, W, 3) uint8; the rest is dimmed. A new image."""
    masks = [(mask, ink) for mask, ink in masks if mask.any()]
    if not masks:
        return color.copy()
    picture = cv2.convertScaleAbs(color, alpha=DIM)
    for mask, ink in masks:
        part = _part(mask)
        tint = np.broadcast_to(np.array(ink, np.uint8), color[part].shape)
        blend = cv2.addWeighted(np.ascontiguousarray(color[part]), 1 - FILL, np.ascontiguousarray(tint), FILL, 0)
        np.copyto(picture[part], blend, where=mask[part][..., None])
    width = max(1, round(color.shape[0] / 320))
    for mask, ink in masks:
        outline(picture, mask, (16, 16, 16), width + 2)
        outline(picture, mask, ink, width)
    return picture


def outline(picture: np.ndarray, mask: np.ndarray, ink: tuple[int, int, int], width: int) -> None:
    """Draw the contours of a mask (H, W) bool, holes included, into a picture."""
    part = _part(mask)
    inside = np.ascontiguousarray(mask[part]).view(np.uint8)
    corner = part[1].start, part[0].start
    contours = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=corner)[-2]
    cv2.drawContours(picture, contours, -1, ink, width, cv2.LINE_AA)


def _part(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold a mask."""
    x0, y0, x1, y1 = Segment(mask, "").box
    return slice(y0, y1), slice(x0, x1)


def _tagged(picture: np.ndarray, instances: Sequence[Instance]) -> np.ndarray:
    size = _text_size(picture)
    pad = max(3, size // 4)
    room = picture.shape[1] - 2 * pad
    names = [shortened(f"{instance.id} {instance.segment.label}".strip(), room, size) for instance in instances]
    sizes = [(width + 2 * pad, height + 2 * pad) for width, height in (text_size(name, size) for name in names)]
    things = [Rectangle(*instance.segment.box) for instance in instances]
    places = place_tags(sizes, things, (picture.shape[1], picture.shape[0]))
    canvas = as_picture(picture)
    draw = ImageDraw.Draw(canvas)
    for instance, place, thing in zip(instances, places, things, strict=True):
        if not place.overlaps(thing.grown(2 * size)):
            draw.line([place.center, thing.center], fill=color_of(instance.id), width=max(1, size // 8))
    for instance, place, name in zip(instances, places, names, strict=True):
        ink = color_of(instance.id)
        draw.rounded_rectangle([place.x0, place.y0, place.x1 - 1, place.y1 - 1], radius=pad, fill=ink)
        draw_text(draw, (place.x0 + pad, place.y0 + pad), name, size, ink_on(ink))
    return np.array(canvas)


def _strip(width: int, instruction: str, answer: str, size: int) -> np.ndarray:
    """The instruction and the answer on a strip as wide as the image: (height, width, 3) uint8."""
    pad, leading = size, round(1.45 * size)
    lines = [(line, TITLE) for line in wrap(f"> {instruction}" if instruction else "", width - 2 * pad, size)]
    lines += [(line, TEXT) for line in wrap(answer, width - 2 * pad, size)]
    height = 2 * pad + leading * (len(lines) - 1) + text_size("A", size)[1]
    canvas = as_picture(np.full((height, width, 3), PAPER, np.uint8))
    draw = ImageDraw.Draw(canvas)
    for row, (line, ink) in enumerate(lines):
        draw_text(draw, (pad, pad + row * leading), line, size, ink)
    return np.array(canvas)


def _text_size(image: np.ndarray) -> int:
    return max(11, round(min(image.shape[0], 0.75 * image.shape[1]) / 30))
