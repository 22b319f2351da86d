"""Images of bytes to the normalised numbers that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor


def normalized(image: Tensor, mean: Sequence[float], std: Sequence[float], scale: float = 1.0) -> Tensor:
    """Scale an image, then take off the mean of each channel and divide by its deviation.

    Args:
        image: (H, W, C) uint8.
        mean: of each channel, in scaled units.
        std: of each channel, in scaled units.
        scale: factor on the bytes.

    Returns:
        (C, H, W) float32 on the image's device.
    """
    pixels = image.permute(2, 0, 1).to(torch.float32, memory_format=torch.contiguous_format)
    pixels = pixels.mul_(scale) if scale != 1.0 else pixels
    return pixels.sub_(_per_channel(tuple(mean), image.device)).div_(_per_channel(tuple(std), image.device))


@lru_cache(maxsize=16)
def _per_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    """(C, 1, 1) float32; kept, for a copy to a GPU would wait for all that runs there."""
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=torch.float32, device=device)[:, None, None]
