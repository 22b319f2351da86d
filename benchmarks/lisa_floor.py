"""The least time that each stage can take: its operations at the device's matrix rate, or its bytes at its bandwidth.

A matrix of p numbers applied to t tokens is 2 p t operations; attention of t tokens to k keys of width w is 4 t k w in
a layer (scores, then values). Each weight is read at least once in a stage, however many tokens go through it: reading
a prompt is bound by operations, decoding a token by bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from reason_seg_ros.segmenters.lisa.network.lisa import Lisa

from .lisa_ours import Figures, synchronize
from .lisa_shapes import SEG_AT, Shape, bytes_needed

_ROUNDS, _CALLS = 5, 10


@dataclass(frozen=True)
class Rates:
    """What a device can do, as measured.

    Attributes:
        bandwidth: bytes per second, read and written ones counted.
        operations: of a large matrix product per second, an addition and a multiplication counted as two.
    """

    bandwidth: float
    operations: float

    @classmethod
    def measure(cls, device: torch.device, dtype: torch.dtype) -> Rates:
        """Copy a large tensor, multiply two large matrices; the best of several rounds."""
        large = device.type == "cuda"
        size, side = (2**31, 8192) if large else (2**26, 512)
        source = torch.zeros(size, dtype=torch.uint8, device=device)
        left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
        target, product = torch.empty_like(source), torch.empty_like(left)
        copying = _seconds(lambda: target.copy_(source), device)
        multiplying = _seconds(lambda: torch.mm(left, right, out=product), device)
        return cls(2 * size / copying, 2 * side**3 / multiplying)

    def __str__(self) -> str:
        return f"{self.bandwidth / 1e9:.0f} GB/s copied, {self.operations / 1e12:.1f} TFLOP/s in matrix products"


@dataclass(frozen=True)
class Work:
    """Operations and bytes."""

    operations: float
    bytes: float

    def __add__(self, other: Work) -> Work:
        return Work(self.operations + other.operations, self.bytes + other.bytes)

    def milliseconds(self, rates: Rates) -> float:
        """The least time: operations and bytes may go on at the same time."""
        return 1000 * max(self.operations / rates.operations, self.bytes / rates.bandwidth)


class Floor:
    """Least work of the stages of an answer.

    Args:
        network: its modules are counted.
        shape: of the network.
        size: (width, height) of the frame, in pixels.
    """

    def __init__(self, network: Lisa, shape: Shape, size: tuple[int, int]) -> None:
        self._network, self._shape, self._size = network, shape, size
        self._itemsize = network.dtype.itemsize

    def clip(self) -> Work:
        """CLIP and projector: 2 p t for their matrices, 4 t^2 w for each layer's attention; t is 257 at 224 pixels."""
        tower, projector = self._network.vision_tower, self._network.projector
        tokens, width = tower.patches + 1, self._shape.tower.width
        attention = (self._shape.tower.layers - 1) * 4 * tokens**2 * width  # the last layer is not run
        patches = 2 * (_matrices(tower, nn.Conv2d) + _matrices(projector)) * tower.patches
        operations = 2 * _matrices(tower, nn.Linear) * tokens + attention + patches
        return Work(operations, self._bytes(tower) + self._bytes(projector))

    def sam(self) -> Work:
        """SAM's image encoder: 2 p t, t = 64^2, and 4 t k w per block, k being the window's tokens or all of them."""
        encoder, shape = self._network.visual_model.image_encoder, self._shape.encoder
        tokens = shape.grid**2
        keys = sum(tokens if block in shape.global_blocks else shape.window**2 for block in range(shape.depth))
        return Work(2 * _matrices(encoder) * tokens + 4 * tokens * keys * shape.embed_dim, self._bytes(encoder))

    def read(self, tokens: int, seen: int) -> Work:
        """The language model reads t tokens behind s others, and names the next.

        Operations: 2 p t for the layers' matrices, 4 w (t s + t (t + 1) / 2) for each layer's causal attention, 2 p for
        the head. Bytes: the weights of layers and head, and 2 s w per layer for the keys and values.
        """
        model, head, shape = self._network.language_model, self._network.lm_head, self._shape
        pairs = tokens * seen + tokens * (tokens + 1) / 2
        operations = 2 * _matrices(model.layers) * tokens + shape.layers * 4 * pairs * shape.hidden
        cache = 2 * seen * shape.hidden * shape.layers * self._itemsize
        return Work(operations + 2 * _matrices(head), self._bytes(model.layers) + self._bytes(head) + cache)

    def mask(self) -> Work:
        """text_hidden_fcs and the mask decoder, as far as they go over SAM's map of t = 64^2 cells.

        Operations: 2 p t for the ten projections of 256 to 128 numbers between tokens and map, 2 p times the cells that
        each upscaling reads, 2 * 32 for each cell of the mask. Bytes: the weights, and the float32 mask on the frame.
        """
        network, cells = self._network, self._shape.encoder.grid**2
        decoder, width = network.visual_model.mask_decoder, self._shape.encoder.out_channels
        first, second = (part for part in decoder.output_upscaling if isinstance(part, nn.ConvTranspose2d))
        map_matrices = 10 * width * (width // 2) + first.weight.numel() + 4 * second.weight.numel()
        operations = 2 * cells * map_matrices + 2 * (width // 8) * 16 * cells + 2 * _matrices(network.text_hidden_fcs)
        parts = self._bytes(decoder) + self._bytes(network.text_hidden_fcs)
        return Work(operations, parts + 4 * self._size[0] * self._size[1])

    def figures(self, prompt: int, question: int, tokens: int, rates: Rates) -> Figures:
        """Least milliseconds of each row.

        The language model's stages wait for one another. SAM's encoder may run beside them, but shares the matrix
        units: a first mask takes at least the longer of both, and at least the time of all operations together.

        Args:
            prompt: tokens of the prompt, the image's counted.
            question: those of the second question that are new.
            tokens: length of an answer.
            rates: of the device.
        """
        clip, sam, mask = self.clip(), self.sam(), self.mask().milliseconds(rates)
        prefill, step = self.read(prompt, 0), self.read(1, prompt + tokens // 2).milliseconds(rates)
        begin = clip.milliseconds(rates) + prefill.milliseconds(rates)
        beside = max(sam.milliseconds(rates), 1000 * (clip + sam + prefill).operations / rates.operations)
        return {
            "clip": clip.milliseconds(rates),
            "sam": sam.milliseconds(rates),
            "prefill": prefill.milliseconds(rates),
            "decode": step,
            "mask": mask,
            "first": max(begin + (SEG_AT - 1) * step, beside) + mask,
            "whole": max(begin + (tokens - 1) * step, beside) + mask,
            "second": self.read(question, prompt - question).milliseconds(rates) + (tokens - 1) * step + mask,
            "memory": bytes_needed(self._shape, self._network.dtype) / 1e9,
        }

    def _bytes(self, module: nn.Module) -> int:
        return sum(weight.numel() for weight in module.parameters()) * self._itemsize


def _matrices(module: nn.Module, *kinds: type[nn.Module]) -> int:
    """Numbers in the matrices and convolution kernels of a module, or in those of some kinds."""
    kinds = kinds or (nn.Linear, nn.Conv2d)
    return sum(part.weight.numel() for part in module.modules() if isinstance(part, kinds))


def _seconds(function: Callable[[], object], device: torch.device) -> float:
    """Seconds of a call, the least of several rounds."""
    times = []
    for _ in range(_ROUNDS):
        synchronize(device)
        begin = time.perf_counter()
        for _ in range(_CALLS):
            function()
        synchronize(device)
        times.append((time.perf_counter() - begin) / _CALLS)
    return min(times)
