"""SAM prompted with text embeddings: masks, their size on the image and their score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer
from shared_data import SHARED

from reason_seg_ros.segmenters.lisa.images.sam_input import SamGeometry, sam_input
from reason_seg_ros.segmenters.lisa.network.image_encoder import VIT_H, EncoderShape
from reason_seg_ros.segmenters.lisa.network.mask_decoder import VisualModel, score, upsample

GOLDEN = sorted((SHARED / "golden").glob("lisa_*/golden.safetensors"))
SMALL = EncoderShape(embed_dim=24, depth=2, heads=3, global_blocks=(1,), window=3, image_size=128, out_channels=64)


def made(shape: EncoderShape = SMALL) -> VisualModel:
    torch.manual_seed(1)
    return VisualModel(shape)


def stock(model: VisualModel) -> tuple[PromptEncoder, MaskDecoder]:
    """Segment-anything's own modules with the weights of a model."""
    prompt = PromptEncoder(embed_dim=64, image_embedding_size=(8, 8), input_image_size=(128, 128), mask_in_chans=16)
    transformer = TwoWayTransformer(depth=2, embedding_dim=64, mlp_dim=2048, num_heads=8)
    decoder = MaskDecoder(
        num_multimask_outputs=3,
        transformer=transformer,
        transformer_dim=64,
        iou_head_depth=3,
        iou_head_hidden_dim=256,
    )
    prompt.load_state_dict(model.prompt_encoder.state_dict())
    decoder.load_state_dict(model.mask_decoder.state_dict())
    return prompt, decoder


def expected(model: VisualModel, embedding: torch.Tensor, text: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Masks and IoU of segment-anything's own modules, prompted by text as by a point without a position."""
    prompt, decoder = stock(model)
    _, dense = prompt(points=None, boxes=None, masks=None)
    masks, iou = decoder(
        image_embeddings=embedding,
        image_pe=prompt.get_dense_pe(),
        sparse_prompt_embeddings=text[:, None],
        dense_prompt_embeddings=dense.expand(len(text), -1, -1, -1),
        multimask_output=False,
    )
    return masks[:, 0], iou[:, 0]


@pytest.mark.parametrize("count", [1, 3])
@torch.inference_mode()
def test_masks_are_those_of_segment_anything(count: int) -> None:
    model, embedding, text = made(), torch.randn(1, 64, 8, 8), torch.randn(count, 64)
    masks, iou = expected(model, embedding, text)
    decoded = model.decode_masks(embedding, text)
    assert decoded.low_res.shape == (count, 32, 32)
    torch.testing.assert_close(decoded.low_res, masks, atol=1e-5, rtol=0)
    torch.testing.assert_close(decoded.iou, iou, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_mask_does_not_depend_on_the_others() -> None:
    model, embedding, text = made(), torch.randn(1, 64, 8, 8), torch.randn(4, 64)
    together = model.decode_masks(embedding, text)
    alone = model.decode_masks(embedding, text[2:3])
    torch.testing.assert_close(together.low_res[2:3], alone.low_res, atol=1e-5, rtol=0)
    torch.testing.assert_close(together.iou[2:3], alone.iou, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_without_a_token_there_is_no_mask() -> None:
    decoded = made().decode_masks(torch.randn(1, 64, 8, 8), torch.empty(0, 64))
    assert decoded.low_res.shape == (0, 32, 32)
    assert decoded.iou.shape == (0,)
    assert upsample(decoded.low_res, SamGeometry.of((48, 64))).shape == (0, 48, 64)
    assert score(decoded.low_res, decoded.iou).shape == (0,)


@torch.inference_mode()
def test_positions_are_computed_once_and_again_for_other_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    model, embedding, text = made(), torch.randn(1, 64, 8, 8), torch.randn(1, 64)
    computed: list[torch.dtype] = []
    positions = VisualModel._dense_positions

    def counted(self: VisualModel) -> torch.Tensor:
        result = positions(self)
        computed.append(result.dtype)
        return result

    monkeypatch.setattr(VisualModel, "_dense_positions", counted)
    for _ in range(3):
        model.decode_masks(embedding, text)
    assert computed == [torch.float32]

    torch.manual_seed(2)
    other = VisualModel(SMALL)
    model.load_state_dict(other.state_dict())
    torch.testing.assert_close(model.decode_masks(embedding, text).low_res, expected(other, embedding, text)[0])
    model.to(torch.bfloat16)
    decoded = model.decode_masks(embedding.bfloat16(), text.bfloat16())
    assert computed == [torch.float32, torch.float32, torch.bfloat16]
    assert decoded.low_res.dtype == torch.bfloat16


@torch.inference_mode()
def test_positions_are_those_of_segment_anything() -> None:
    model = made()
    torch.testing.assert_close(model._dense_positions(), model.prompt_encoder.get_dense_pe(), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_model_made_without_memory_takes_weights() -> None:
    with torch.device("meta"):
        model = VisualModel(SMALL)
    source, pixels, text = made(), torch.randn(1, 3, 128, 128), torch.randn(2, 64)
    model.load_state_dict(source.state_dict(), assign=True)
    embedding = model.encode_image(pixels)
    torch.testing.assert_close(embedding, source.encode_image(pixels))
    torch.testing.assert_close(model.decode_masks(embedding, text).low_res, expected(source, embedding, text)[0])


@torch.inference_mode()
def test_everything_stays_on_the_models_device() -> None:
    """The meta device has no values: reading one, or mixing in a tensor from elsewhere, is an error there."""
    with torch.device("meta"):
        model, pixels, text = VisualModel(SMALL), torch.empty(1, 3, 128, 128), torch.empty(2, 64)
    decoded = model.decode_masks(model.encode_image(pixels), text)
    logits = upsample(decoded.low_res, SamGeometry.of((96, 128), 128))
    assert (logits.device.type, logits.shape) == ("meta", (2, 96, 128))
    assert score(logits, decoded.iou).device.type == "meta"


@torch.inference_mode()
def test_pixels_are_cast_to_the_weights() -> None:
    model = made().to(torch.bfloat16)
    assert model.encode_image(torch.randn(1, 3, 128, 128)).dtype == torch.bfloat16


def test_keys_are_those_of_the_published_checkpoints() -> None:
    with torch.device("meta"):
        model = VisualModel(VIT_H)
    state = model.state_dict()
    assert {name: tuple(state[name].shape) for name in PUBLISHED} == PUBLISHED
    assert sum(weight.numel() for weight in model.parameters()) == 637_026_048 + 6_220 + 4_058_340


PUBLISHED = {
    "image_encoder.pos_embed": (1, 64, 64, 1280),
    "image_encoder.blocks.31.attn.rel_pos_h": (127, 80),
    "image_encoder.neck.3.bias": (256,),
    "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix": (2, 128),
    "prompt_encoder.point_embeddings.3.weight": (1, 256),
    "prompt_encoder.not_a_point_embed.weight": (1, 256),
    "prompt_encoder.no_mask_embed.weight": (1, 256),
    "prompt_encoder.mask_downscaling.6.weight": (256, 16, 1, 1),
    "mask_decoder.iou_token.weight": (1, 256),
    "mask_decoder.mask_tokens.weight": (4, 256),
    "mask_decoder.transformer.layers.1.cross_attn_image_to_token.q_proj.weight": (128, 256),
    "mask_decoder.transformer.norm_final_attn.weight": (256,),
    "mask_decoder.output_upscaling.3.weight": (64, 32, 2, 2),
    "mask_decoder.output_hypernetworks_mlps.3.layers.2.weight": (32, 256),
    "mask_decoder.iou_prediction_head.layers.2.weight": (4, 256),
}


@pytest.mark.parametrize("original", [(48, 64), (64, 48), (300, 500)])
def test_masks_are_cropped_before_they_take_the_images_size(original: tuple[int, int]) -> None:
    geometry, low_res = SamGeometry.of(original), torch.randn(2, 256, 256)
    square = F.interpolate(low_res[None], (1024, 1024), mode="bilinear", align_corners=False)
    square = square[..., : geometry.resized[0], : geometry.resized[1]]
    full = F.interpolate(square, original, mode="bilinear", align_corners=False)[0]
    torch.testing.assert_close(upsample(low_res, geometry), full)


def test_upsampling_finds_a_block_where_it_lies_on_the_image() -> None:
    low_res = torch.full((1, 256, 256), -5.0, dtype=torch.bfloat16)
    low_res[:, :96, 128:] = 5.0  # the right half of the upper half of a 4:3 image
    logits = upsample(low_res, SamGeometry.of((480, 640)))
    assert logits.dtype == torch.float32
    truth = torch.zeros(480, 640, dtype=torch.bool)
    truth[:240, 320:] = True
    assert ((logits[0] > 0) != truth).sum() <= 4


def test_score_is_predicted_iou_times_stability() -> None:
    logits = torch.full((5, 10, 10), -4.0)
    logits[0, :4] = 4.0  # certain everywhere
    logits[1, :2], logits[1, 2:4] = 4.0, 0.5  # 20 certain pixels, 20 in doubt
    logits[2, :4], logits[2, 4:8] = 4.0, -0.5  # 40 certain pixels, 40 nearly in
    logits[3] = -0.5  # not a pixel
    logits[4, :4] = 4.0
    iou = torch.tensor([0.8, 0.9, 1.7, 0.9, -0.2])
    result = score(logits, iou)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, torch.tensor([0.8, 0.45, 0.5, 0.0, 0.0]))


@pytest.mark.skipif(not GOLDEN, reason="the golden outputs of the official code are not on this machine")
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
@torch.inference_mode()
def test_masks_are_those_of_the_official_code(path: Path) -> None:
    from safetensors.torch import load_file

    prefix = "model.visual_model."
    state = torch.load(path.parent / "pytorch_model.bin", weights_only=True)
    state = {name.removeprefix(prefix): weight.float() for name, weight in state.items() if name.startswith(prefix)}
    with torch.device("meta"):
        begin = "image_encoder."
        sizes = {name.removeprefix(begin): w.shape for name, w in state.items() if name.startswith(begin)}
        model = VisualModel(EncoderShape.of(sizes))
    model.load_state_dict(state, assign=True, strict=True)
    golden = load_file(path)
    for case in sorted(path.parent.glob("case*.png")):
        pixels, geometry = sam_input(torch.from_numpy(np.array(Image.open(case).convert("RGB"))))
        embeddings = golden[f"{case.stem}.seg_embedding"]
        decoded = model.decode_masks(model.encode_image(pixels), embeddings)
        torch.testing.assert_close(decoded.low_res, golden[f"{case.stem}.low_res"], atol=1e-3, rtol=0)
        torch.testing.assert_close(decoded.iou, golden[f"{case.stem}.iou"], atol=1e-3, rtol=0)
        masks, truth = upsample(decoded.low_res, geometry) > 0, golden[f"{case.stem}.mask"].bool()
        assert masks.shape == truth.shape
        union = (masks | truth).sum((1, 2))
        assert ((masks & truth).sum((1, 2)) >= 0.999 * union).all()
