"""What the CLIP vision tower sees of an image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ....errors import SegmenterError
from ..options import ClipCrop
from .normalize import normalized
from .pil_resize import Kernel, resize

PREPROCESSOR_FILE = "preprocessor_config.json"
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class ClipInput:
    """Resize, crop and normalise as the tower's published image processor does.

    Attributes:
        size: side of the square that the tower reads, in pixels.
        mean: mean of each channel, of values in [0, 1].
        std: standard deviation of each channel.
        crop: what becomes of an image that is not square.
    """

    size: int
    mean: tuple[float, float, float] = CLIP_MEAN
    std: tuple[float, float, float] = CLIP_STD
    crop: ClipCrop = ClipCrop.CENTER

    @classmethod
    def of(cls, folder: Path, size: int, crop: ClipCrop = ClipCrop.CENTER) -> ClipInput:
        """Preprocessing of the tower in a folder; CLIP's own constants where the folder does not say.

        Args:
            folder: folder that may hold a preprocessor_config.json.
            size: side of the square that the tower's weights are made for, in pixels.
            crop: what becomes of an image that is not square.

        Raises:
            SegmenterError: if the file cannot be read, or prepares images of another size.
        """
        path = folder / PREPROCESSOR_FILE
        if not path.is_file():
            return cls(size, crop=crop)
        try:
            file = json.loads(path.read_text(encoding="utf-8"))
            sides = _sides(file.get("size") or size) | _sides(file.get("crop_size") or size)
            mean, std = _triple(file.get("image_mean") or CLIP_MEAN), _triple(file.get("image_std") or CLIP_STD)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise SegmenterError(f"{path} cannot be read ({error}): take it from the CLIP tower again") from None
        if sides != {size}:
            told = " and ".join(str(side) for side in sorted(sides))
            raise SegmenterError(
                f"{path} prepares images of {told} pixels, but the tower beside it reads {size}: "
                f"take {PREPROCESSOR_FILE} and config.json from the same CLIP tower"
            )
        return cls(size, mean, std, crop)

    def __call__(self, image: Tensor) -> Tensor:
        """Prepare an image.

        Args:
            image: (H, W, 3) uint8 RGB.

        Returns:
            (3, size, size) float32 on the image's device.
        """
        if self.crop is ClipCrop.PAD:
            image = _padded(image, self.mean)
        return normalized(_center(_shortest_edge(image, self.size), self.size), self.mean, self.std, 1.0 / 255.0)


def _shortest_edge(image: Tensor, size: int) -> Tensor:
    """Resize until the shorter side is `size`; the longer one is rounded down."""
    height, width = image.shape[:2]
    if width <= height:
        return resize(image, (int(size * height / width), size), Kernel.BICUBIC)
    return resize(image, (size, int(size * width / height)), Kernel.BICUBIC)


def _center(image: Tensor, size: int) -> Tensor:
    top, left = ((side - size) // 2 for side in image.shape[:2])
    return image[top : top + size, left : left + size]


def _padded(image: Tensor, mean: tuple[float, ...]) -> Tensor:
    """The image in the middle of a square of the mean colour, as LLaVA-1.5 (Liu et al., 2024) pads it."""
    height, width = image.shape[:2]
    if height == width:
        return image
    side = max(height, width)
    square = image.new_empty((side, side, image.shape[2]))
    for channel, value in enumerate(mean):
        square[:, :, channel].fill_(int(value * 255))
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def _sides(size: Any) -> set[int]:
    """Sides that a `size` or `crop_size` names: older files have a number, newer ones a mapping."""
    named = size.values() if isinstance(size, dict) else [size]
    return {int(side) for side in named if side is not None}


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
