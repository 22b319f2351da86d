"""What SAM's image encoder (Kirillov et al., 2023) sees: the longer side becomes 1024 pixels, the rest is padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from .normalize import normalized
from .pil_resize import Kernel, resize

SIDE = 1024
_MEAN = (123.675, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class SamGeometry:
    """Where an image lies in SAM's square input: in its top left corner.

    Attributes:
        original: (H, W) of the image, in pixels.
        resized: (h, w) of the image in the square.
        side: side of the square.
    """

    original: tuple[int, int]
    resized: tuple[int, int]
    side: int = SIDE

    @classmethod
    def of(cls, original: Sequence[int], side: int = SIDE) -> SamGeometry:
        """Geometry of an image of (H, W) pixels; no side becomes less than a pixel."""
        height, width = original
        scale = side / max(height, width)
        resized = max(int(height * scale + 0.5), 1), max(int(width * scale + 0.5), 1)
        return cls((height, width), resized, side)


def sam_input(image: Tensor, side: int = SIDE) -> tuple[Tensor, SamGeometry]:
    """Prepare an image.

    Args:
        image: (H, W, 3) uint8 RGB.
        side: side of the encoder's square input, in pixels.

    Returns:
        The input, (1, 3, side, side) float32 on the image's device, zero beside the image; and the image's place in it.
    """
    geometry = SamGeometry.of(image.shape[:2], side)
    height, width = geometry.resized
    pixels = normalized(resize(image, geometry.resized, Kernel.BILINEAR), _MEAN, _STD)
    square = pixels.new_zeros((1, 3, side, side))
    square[0, :, :height, :width] = pixels
    return square, geometry
