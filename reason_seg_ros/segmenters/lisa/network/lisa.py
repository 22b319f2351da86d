"""LISA (Lai et al., CVPR 2024): a language model that speaks of an image, and whose [SEG] tokens become masks.

image ─► vision tower ─► projector ─┐
                                    ├─► language model ─► words, and at each [SEG] a hidden state
instruction ─► embeddings ──────────┘                               │ text_hidden_fcs
image ─► SAM's image encoder ──────────────► mask decoder ◄─────────┘
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..config import CheckpointConfig
from ..prompts.tokenizer import IMAGE_TOKEN
from .clip_tower import ClipTower
from .image_encoder import EncoderShape
from .language_model import LanguageModel
from .mask_decoder import VisualModel


class Lisa(nn.Module):
    """The network of LISA, LISA++ and SESAME.

    Args:
        config: shape of the checkpoint.
        encoder: shape of SAM's image encoder.

    Attributes:
        vision_tower: comes from files of its own, so it is put in after the checkpoint's weights.
    """

    vision_tower: ClipTower

    def __init__(self, config: CheckpointConfig, encoder: EncoderShape) -> None:
        super().__init__()
        self.language_model = LanguageModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocabulary, bias=False)
        self.projector = _projector(config)
        self.text_hidden_fcs = nn.Sequential(
            nn.Linear(config.hidden_size, config.hidden_size),
            nn.ReLU(inplace=True),
            nn.Linear(config.hidden_size, config.embedding_width),
        )
        self.visual_model = VisualModel(encoder)

    @property
    def device(self) -> torch.device:
        """Where it lies."""
        return self.lm_head.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Number format of what is not quantised."""
        return self.lm_head.weight.dtype

    def image_tokens(self, pixels: torch.Tensor) -> torch.Tensor:
        """What the language model reads of an image.

        Args:
            pixels: (1, 3, S, S), the vision tower's input.

        Returns:
            (N, H) embeddings, N the tower's patches.
        """
        return self.projector(self.vision_tower(pixels.to(self.dtype)))[0]

    def embed(self, ids: Sequence[int], image_tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings of a prompt, the image's in place of its token.

        Args:
            ids: token ids, IMAGE_TOKEN for the image.
            image_tokens: (N, H).

        Returns:
            (T, H): one row for each id, N for the image.
        """
        table = self.language_model.embed_tokens
        parts, begin = [], 0
        words = torch.tensor([max(token, 0) for token in ids], dtype=torch.long).to(self.device, non_blocking=True)
        embedded = table(words)
        for index, token in enumerate(ids):
            if token == IMAGE_TOKEN:
                parts += [embedded[begin:index], image_tokens]
                begin = index + 1
        return torch.cat([*parts, embedded[begin:]])

    def next_tokens(self, hidden: torch.Tensor) -> torch.Tensor:
        """The most likely next token of each row: (B, H) to (B,) int64."""
        return self.lm_head(hidden).argmax(dim=-1)

    def mask_embeddings(self, hidden: torch.Tensor) -> torch.Tensor:
        """What prompts the mask decoder, from the states that predicted [SEG] tokens: (n, H) to (n, 256)."""
        return self.text_hidden_fcs(hidden)


def _projector(config: CheckpointConfig) -> nn.Module:
    """LLaVA's projector: one linear layer, or N with GELU between them (LLaVA-1.5)."""
    layers: list[nn.Module] = [nn.Linear(config.vision_width, config.hidden_size)]
    for _ in range(1, config.projector_layers):
        layers += [nn.GELU(), nn.Linear(config.hidden_size, config.hidden_size)]
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)
