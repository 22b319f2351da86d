"""SAM's image encoder with fused attention, against segment-anything's own and the official LISA code."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from segment_anything.modeling import ImageEncoderViT
from shared_data import SHARED

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.segmenters.lisa.images.sam_input import sam_input
from reason_seg_ros.segmenters.lisa.network import image_encoder
from reason_seg_ros.segmenters.lisa.network.image_encoder import VIT_H, EncoderShape, ImageEncoder

GOLDEN = sorted((SHARED / "golden").glob("lisa_*/golden.json"))
SMALL = EncoderShape(
    embed_dim=48, depth=3, heads=4, global_blocks=(1,), window=5, image_size=256, out_channels=32, mlp_ratio=3
)


def stock(shape: EncoderShape) -> ImageEncoderViT:
    """Segment-anything's encoder with random weights, the relative positions among them."""
    torch.manual_seed(0)
    encoder = ImageEncoderViT(
        img_size=shape.image_size,
        patch_size=shape.patch,
        embed_dim=shape.embed_dim,
        depth=shape.depth,
        num_heads=shape.heads,
        mlp_ratio=shape.mlp_ratio,
        out_chans=shape.out_channels,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=shape.window,
        global_attn_indexes=shape.global_blocks,
    )
    for name, weight in encoder.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(weight, std=0.5)
    return encoder


def shapes(shape: EncoderShape) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {name: tuple(weight.shape) for name, weight in ImageEncoder(shape).state_dict().items()}


class Attentions:
    """Stands in for scaled_dot_product_attention and notes how many heads each call has and how big its bias is."""

    def __init__(self) -> None:
        self.heads: list[int] = []
        self.bias_bytes: list[int] = []
        self._attend = F.scaled_dot_product_attention

    def __call__(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, attn_mask: torch.Tensor) -> torch.Tensor:
        self.heads.append(q.shape[1])
        self.bias_bytes.append(attn_mask.numel() * attn_mask.element_size())
        return self._attend(q, k, v, attn_mask=attn_mask)


@pytest.mark.parametrize("shape", [SMALL, EncoderShape(24, 2, 3, (0, 1), 0, image_size=96, patch=8, out_channels=8)])
@torch.inference_mode()
def test_embedding_is_that_of_segment_anything(shape: EncoderShape) -> None:
    published, ours = stock(shape), ImageEncoder(shape)
    ours.load_state_dict(published.state_dict(), strict=True)
    pixels = torch.randn(2, 3, shape.image_size, shape.image_size)
    torch.testing.assert_close(ours(pixels), published(pixels), atol=1e-4, rtol=0)


@torch.inference_mode()
def test_attention_goes_by_groups_of_heads_that_bound_the_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = ImageEncoder(SMALL)
    encoder.load_state_dict(stock(SMALL).state_dict())
    pixels = torch.randn(1, 3, 256, 256)
    whole = Attentions()
    monkeypatch.setattr(F, "scaled_dot_product_attention", whole)
    expected = encoder(pixels)
    assert whole.heads == [4, 4, 4]

    limit = 3 * 256 * 256 * 4  # three heads of the global block, and of the windowed ones all
    monkeypatch.setattr(image_encoder, "BIAS_BYTES", limit)
    grouped = Attentions()
    monkeypatch.setattr(F, "scaled_dot_product_attention", grouped)
    torch.testing.assert_close(encoder(pixels), expected, atol=1e-5, rtol=0)
    assert grouped.heads == [4, 3, 1, 4]
    assert max(grouped.bias_bytes) <= limit < max(whole.bias_bytes)


@pytest.mark.parametrize(("dtype", "heads"), [(torch.bfloat16, 4), (torch.float32, 2)])
def test_the_bias_of_vit_h_stays_below_150_mb(monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, heads: int) -> None:
    with torch.device("meta"):
        encoder = ImageEncoder(VIT_H).to(dtype)
        noted = Attentions()
        monkeypatch.setattr(F, "scaled_dot_product_attention", noted)
        with torch.inference_mode():
            assert encoder(torch.empty(1, 3, 1024, 1024, dtype=dtype)).shape == (1, 256, 64, 64)
    assert noted.heads == [
        width for block in range(32) for width in ([heads] * (16 // heads) if block % 8 == 7 else [16])
    ]
    assert max(noted.bias_bytes) <= 150_000_000


def test_vit_h_has_as_many_parameters_as_published() -> None:
    with torch.device("meta"):
        assert sum(weight.numel() for weight in ImageEncoder(VIT_H).parameters()) == 637_026_048


@torch.inference_mode()
def test_weights_loaded_again_and_cast_are_the_ones_that_count() -> None:
    encoder, pixels = ImageEncoder(SMALL), torch.randn(1, 3, 256, 256)
    encoder(pixels)
    published = stock(SMALL)
    encoder.load_state_dict(published.state_dict())
    torch.testing.assert_close(encoder(pixels), published(pixels), atol=1e-4, rtol=0)
    encoder.double()
    torch.testing.assert_close(encoder(pixels.double()), published.double()(pixels.double()), atol=1e-9, rtol=0)


@torch.inference_mode()
def test_an_encoder_made_without_memory_takes_weights() -> None:
    with torch.device("meta"):
        encoder = ImageEncoder(SMALL)
    published, pixels = stock(SMALL), torch.randn(1, 3, 256, 256)
    encoder.load_state_dict(published.state_dict(), assign=True)
    torch.testing.assert_close(encoder(pixels), published(pixels), atol=1e-4, rtol=0)


@torch.inference_mode()
def test_the_neck_of_an_fp16_model_computes_in_fp32() -> None:
    encoder = ImageEncoder(SMALL)
    encoder.load_state_dict(stock(SMALL).state_dict())
    encoder.neck[0].weight.mul_(3e5)  # sums beyond 65504, which the norm behind them takes back
    pixels = torch.randn(1, 3, 256, 256)
    expected = encoder(pixels)
    half = encoder.half()(pixels.half())
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.float(), expected, atol=0.05, rtol=0.05)


@pytest.mark.parametrize(
    "shape", [VIT_H, SMALL, EncoderShape(24, 2, 3, (), 3, 96, 8, 8), EncoderShape(24, 2, 3, (0, 1), 0, 96, 8, 8)]
)
def test_sizes_are_told_from_the_weights(shape: EncoderShape) -> None:
    assert EncoderShape.of(shapes(shape)) == shape


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("pos_embed", None, "'pos_embed' is missing"),
        ("neck.0.weight", None, r"'neck\.0\.weight' is missing"),
        ("blocks.1.attn.rel_pos_h", None, "is missing"),
        ("pos_embed", (16, 48), "has the shape"),
        ("pos_embed", (1, 16, 12, 48), "not a square RGB image"),
        ("patch_embed.proj.weight", (48, 1, 16, 16), "not a square RGB image"),
        ("blocks.0.attn.rel_pos_h", (11, 12), "relative positions"),
        ("blocks.2.attn.rel_pos_h", (9, 16), "relative positions"),
        ("blocks.0.attn.qkv.weight", (48, 48), "attention weights"),
        ("blocks.0.mlp.lin1.weight", (100, 48), "no multiple"),
    ],
)
def test_contradictions_are_named(name: str, changed: tuple[int, ...] | None, message: str) -> None:
    given = shapes(SMALL)
    del given[name]
    if changed:
        given[name] = changed
    with pytest.raises(SegmenterError, match=message):
        EncoderShape.of(given)


def test_one_size_of_window_is_required() -> None:
    given = shapes(SMALL)
    given |= {f"blocks.0.attn.rel_pos_{axis}": (13, 12) for axis in "hw"}
    with pytest.raises(SegmenterError, match=r"windows of \[5, 7\] tokens"):
        EncoderShape.of(given)


def test_weights_of_something_else_are_refused() -> None:
    with pytest.raises(SegmenterError, match="of the LISA family"):
        EncoderShape.of({})


@pytest.mark.skipif(not GOLDEN, reason="the golden outputs of the official code are not on this machine")
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
@torch.inference_mode()
def test_embedding_is_that_of_the_official_code(path: Path) -> None:
    from safetensors.torch import load_file

    prefix = "model.visual_model.image_encoder."
    state = torch.load(path.parent / "pytorch_model.bin", weights_only=True)
    state = {name.removeprefix(prefix): weight for name, weight in state.items() if name.startswith(prefix)}
    shape = EncoderShape.of({name: weight.shape for name, weight in state.items()})
    sizes = json.loads((path.parent / "config.json").read_text())["sam"]
    assert shape == EncoderShape(
        sizes["encoder_embed_dim"],
        sizes["encoder_depth"],
        sizes["encoder_num_heads"],
        tuple(sizes["encoder_global_attn_indexes"]),
        window=14,
    )
    encoder = ImageEncoder(shape)
    encoder.load_state_dict(state)
    golden = load_file(path.parent / "golden.safetensors")
    for case in sorted(path.parent.glob("case*.png")):
        pixels, _ = sam_input(torch.from_numpy(np.array(Image.open(case).convert("RGB"))))
        embedding = encoder(pixels)[0, :, ::4, ::4]
        torch.testing.assert_close(embedding, golden[f"{case.stem}.image_embedding"], atol=1e-4, rtol=0)
