"""Networks of LISA's published shapes with random weights, made on the device: speed does not ask what weights say."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.segmenters.lisa.config import CheckpointConfig
from reason_seg_ros.segmenters.lisa.images.clip_input import ClipInput
from reason_seg_ros.segmenters.lisa.network.clip_tower import ClipTower
from reason_seg_ros.segmenters.lisa.network.image_encoder import VIT_H, EncoderShape
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import IMAGE_TOKEN

CONTEXT = 2048  # tokens that the cache holds, as in use
SEG_AT = 3  # random weights never say [SEG]; the third token is taken for it, as in "It is [SEG]"
NO_TOKEN = -1  # for the id that ends an answer: none does
_SYSTEM, _QUESTION = 35, 20  # token ids before the image and behind it, as in the published prompts


@dataclass(frozen=True)
class Tower:
    """Sizes of a CLIP vision tower that reads 224 pixels in patches of 14."""

    width: int
    hidden: int
    layers: int
    heads: int
    image: int = 224
    patch: int = 14


@dataclass(frozen=True)
class Shape:
    """Sizes of a network of the LISA family.

    Attributes:
        title: for people.
        hidden, inner, layers, heads, vocabulary: of the language model.
        tower: of the CLIP vision tower.
        encoder: of SAM's image encoder.
    """

    title: str
    hidden: int
    inner: int
    layers: int
    heads: int
    vocabulary: int
    tower: Tower
    encoder: EncoderShape

    @property
    def config(self) -> CheckpointConfig:
        """As it is read from a checkpoint of that shape."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.json").write_text(json.dumps(self.raw), encoding="utf-8")
            return CheckpointConfig.read(Path(folder))

    @property
    def raw(self) -> dict[str, object]:
        """The checkpoint's config.json."""
        return {
            "architectures": ["LISAForCausalLM"],
            "hidden_size": self.hidden,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": CONTEXT,
            "rms_norm_eps": 1e-6,
            "mm_hidden_size": self.tower.width,
            "mm_vision_select_layer": -2,
            "out_dim": self.encoder.out_channels,
        }


_CLIP_L = Tower(width=1024, hidden=4096, layers=24, heads=16)
_TINY_SAM = EncoderShape(embed_dim=48, depth=2, heads=1, global_blocks=(1,), window=14)
SHAPES = {
    "7b": Shape("LISA-7B", 4096, 11008, 32, 32, 32004, _CLIP_L, VIT_H),
    "13b": Shape("LISA-13B", 5120, 13824, 40, 40, 32003, _CLIP_L, VIT_H),
    "tiny": Shape("a tiny network", 64, 160, 3, 4, 320, Tower(32, 64, 3, 4), _TINY_SAM),
}


def build(shape: Shape, device: torch.device, dtype: torch.dtype) -> Lisa:
    """A network ready to answer, its weights made where they lie."""
    torch.manual_seed(0)
    with _made_on(device, dtype):
        network = Lisa(shape.config, shape.encoder)
        network.vision_tower = ClipTower(_clip(shape.tower), -2, "patch", ClipInput(shape.tower.image))
    for name, weight in network.visual_model.image_encoder.named_parameters():
        if name.endswith(("pos_embed", "rel_pos_h", "rel_pos_w")):  # zeros where they start from
            torch.nn.init.normal_(weight, std=0.1)
    network.eval().requires_grad_(False)
    network.language_model.prepare(CONTEXT)
    return network


def bytes_needed(shape: Shape, dtype: torch.dtype) -> int:
    """Bytes of the network's weights and of the cache, worked out without making them."""
    with _made_on(torch.device("meta"), dtype):
        network = Lisa(shape.config, shape.encoder)
        network.vision_tower = ClipTower(_clip(shape.tower), -2, "patch", ClipInput(shape.tower.image))
    cache = 2 * shape.layers * CONTEXT * shape.hidden
    return (sum(weight.numel() for weight in network.parameters()) + cache) * dtype.itemsize


def prompts(shape: Shape, longer: int = 0) -> tuple[list[int], list[int]]:
    """Token ids of two questions about one image, of which the beginning and the image are the same.

    Args:
        shape: of the network.
        longer: tokens beyond a question's usual number.
    """
    begin = [*_words(shape, 0, _SYSTEM), IMAGE_TOKEN]
    question = _QUESTION + longer
    words = _words(shape, 1 + longer, 2 * question)
    return begin + words[:question], begin + words[question:]


def shared(prompts: Sequence[Sequence[int]]) -> int:
    """How many of their first ids two prompts share."""
    return next(index for index, (one, other) in enumerate(zip(*prompts, strict=False)) if one != other)


def frames(width: int, height: int, count: int = 2) -> list[Frame]:
    """Frames of coloured blocks."""
    rng = np.random.default_rng(0)
    camera = Camera(width, height, 0.9 * width, 0.9 * width, (width - 1) / 2, (height - 1) / 2)
    depth = np.ones((height, width), np.float32)
    blocks = [rng.integers(0, 256, (-(-height // 40), -(-width // 40), 3), np.uint8) for _ in range(count)]
    return [Frame(np.kron(block, np.ones((40, 40, 1), np.uint8))[:height, :width], depth, camera) for block in blocks]


def _words(shape: Shape, seed: int, count: int) -> list[int]:
    return [int(word) for word in np.random.default_rng(seed).integers(3, shape.vocabulary, count)]


def _clip(tower: Tower) -> torch.nn.Module:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=tower.width,
        intermediate_size=tower.hidden,
        num_hidden_layers=tower.layers,
        num_attention_heads=tower.heads,
        image_size=tower.image,
        patch_size=tower.patch,
        attn_implementation="sdpa",
    )
    return CLIPVisionModel(config)


@contextmanager
def _made_on(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """New tensors lie on the device and have the number format."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            yield
    finally:
        torch.set_default_dtype(usual)
