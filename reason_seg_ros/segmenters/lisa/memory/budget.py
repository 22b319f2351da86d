"""How much memory a checkpoint will take, told before it is loaded. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..options import Precision
from ..tower_config import TowerConfig

if TYPE_CHECKING:
    from ..checkpoint.load import Checkpoint

GB = 1e9
# SAM's image encoder, prompt encoder and mask decoder; and the matrix of its position encoding, which is not trained.
VIT_H_NUMBERS = 641_090_608 + 2 * 128
CLIP_PARAMETERS = {224: 303_179_776, 336: 303_507_456}  # the vision part of CLIP ViT-L/14, by image size
_BYTES = {Precision.FP32: 4.0, Precision.BF16: 2.0, Precision.FP16: 2.0, Precision.INT8: 2.0, Precision.INT4: 2.0}
# NF4 keeps 4 bits per number, 8 bits of scale per 64 numbers and 32 bits per 256 scales (Dettmers et al. 2023, QLoRA);
# LLM.int8() keeps 8 bits per number and 32 bits per row of some thousand.
_LAYER_BYTES = {Precision.INT8: 1 + 4 / 4096, Precision.INT4: 0.5 + 1 / 64 + 4 / (64 * 256)}
# Libraries' workspaces, kernels, what the allocator keeps between sizes: measured on no particular device.
_RESERVE = 500_000_000
# SAM's encoder writes a relative position bias of about this much at once (network/image_encoder.py), and reads it.
_BIAS_BYTES = 2 * 150_000_000
_SAM_TOKENS, _SAM_WIDTH, _SAM_INPUT = 64 * 64, 1280, 1024


@dataclass(frozen=True)
class Parameters:
    """How many numbers each part of the network has.

    Attributes:
        layers: the language model's layers with their norms: what 8bit and 4bit quantise.
        embeddings: token embeddings and lm_head.
        projector: from the vision tower to the language model.
        text_hidden_fcs: from the language model to the mask decoder.
        sam: SAM's image encoder, prompt encoder and mask decoder.
        clip: the vision tower.
    """

    layers: int
    embeddings: int
    projector: int
    text_hidden_fcs: int
    sam: int = VIT_H_NUMBERS
    clip: int = CLIP_PARAMETERS[224]

    @classmethod
    def of_shapes(cls, shapes: Mapping[str, tuple[int, ...]], clip: int) -> Parameters:
        """Count those of a checkpoint.

        Args:
            shapes: of its tensors, by our names (checkpoint/layout.py).
            clip: numbers in its vision tower.
        """
        counts = dict.fromkeys(("layers", "embeddings", "projector", "text_hidden_fcs", "sam"), 0)
        for name, shape in shapes.items():
            counts[_part(name)] += math.prod(shape)
        return cls(**counts, clip=clip)

    @classmethod
    def of_sizes(
        cls, hidden: int, intermediate: int, layers: int, vocabulary: int, projector_layers: int = 1, clip_px: int = 224
    ) -> Parameters:
        """Count those of a published architecture: LLaMA with a key and value head for each query head, and ViT-H."""
        layer = 4 * hidden * hidden + 3 * hidden * intermediate + 2 * hidden
        return cls(
            layers=layers * layer + hidden,
            embeddings=2 * vocabulary * hidden,
            projector=(1024 + 1) * hidden + (projector_layers - 1) * (hidden + 1) * hidden,
            text_hidden_fcs=(hidden + 1) * hidden + (hidden + 1) * 256,
            clip=CLIP_PARAMETERS[clip_px],
        )

    @property
    def total(self) -> int:
        """All of them."""
        return self.layers + self.embeddings + self.projector + self.text_hidden_fcs + self.sam + self.clip


@dataclass(frozen=True)
class Budget:
    """What a checkpoint takes while it answers.

    Attributes:
        parameters: of each part.
        precision: number format; not AUTO.
        context: tokens that the cache of keys and values has room for.
        cache_width: numbers that the cache keeps per token: layers x 2 x key and value heads x their width.
        token_width: numbers that a layer of the language model has in work per token.
        image: (height, width) of the camera's image, in pixels.
    """

    parameters: Parameters
    precision: Precision
    context: int
    cache_width: int
    token_width: int
    image: tuple[int, int] = (720, 1280)

    @classmethod
    def of(cls, checkpoint: Checkpoint, tower: Path, precision: Precision, context: int) -> Budget:
        """The budget of a checkpoint on disk.

        Args:
            checkpoint: opened, not loaded.
            tower: folder of its vision tower.
            precision: not AUTO.
            context: longest conversation, in tokens.

        Raises:
            SegmenterError: if the tower has no usable config.json.
        """
        config = checkpoint.config
        return cls(
            parameters=Parameters.of_shapes(checkpoint.shapes, TowerConfig.read(tower).parameters),
            precision=precision,
            context=context,
            cache_width=config.layers * 2 * config.kv_heads * config.head_dim,
            token_width=2 * config.intermediate_size + 4 * config.hidden_size,
        )

    @classmethod
    def of_sizes(
        cls,
        hidden: int,
        intermediate: int,
        layers: int,
        parameters: Parameters,
        precision: Precision,
        context: int = 2048,
    ) -> Budget:
        """The budget of a published architecture, without its files."""
        return cls(parameters, precision, context, layers * 2 * hidden, 2 * intermediate + 4 * hidden)

    @property
    def parts(self) -> dict[str, float]:
        """Bytes of each part, by a name for people."""
        size, counts = _BYTES[self.precision], self.parameters
        return {
            "language model": counts.layers * _LAYER_BYTES.get(self.precision, size),
            "embeddings and lm_head": counts.embeddings * size,
            "mm_projector and text_hidden_fcs": (counts.projector + counts.text_hidden_fcs) * size,
            "SAM": counts.sam * size,
            "vision tower": counts.clip * size,
            f"cache of {self.context} tokens": self.context * self.cache_width * size,
            "work": self._work(size),
        }

    @property
    def weights(self) -> float:
        """Bytes of the weights alone."""
        return sum(list(self.parts.values())[:5])

    @property
    def total(self) -> float:
        """Bytes in all."""
        return sum(self.parts.values())

    def in_precision(self, precision: Precision) -> Budget:
        """The same in another number format."""
        return replace(self, precision=precision)

    def table(self) -> list[str]:
        """A line for each part and one for the sum."""
        rows = [*self.parts.items(), (f"in all, in {self.precision.value}", self.total)]
        width = max(len(name) for name, _ in rows)
        return [f"{name:<{width}} {value / GB:6.2f} GB" for name, value in rows]

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {value / GB:.2f}" for name, value in self.parts.items())
        return f"{self.total / GB:.1f} GB in {self.precision.value} ({parts})"

    def _work(self, size: float) -> float:
        """What comes and goes while answering: SAM's encoder or the reading of the prompt, then the masks."""
        encoder = 9 * _SAM_TOKENS * _SAM_WIDTH * size + _BIAS_BYTES
        prompt = self.context * self.token_width * size
        masks = 4 * (_SAM_INPUT**2 + 3 * self.image[0] * self.image[1])
        return encoder + prompt + masks + _RESERVE


def _part(name: str) -> str:
    """The part of `Parameters` that a tensor belongs to."""
    if name.startswith("visual_model."):
        return "sam"
    if name.startswith(("lm_head.", "language_model.embed_tokens.")):
        return "embeddings"
    return name.partition(".")[0] if name.startswith(("projector.", "text_hidden_fcs.")) else "layers"
