"""The CLIP vision tower: the selected layer's features, and folders that hold no tower."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from shared_data import SHARED

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.segmenters.lisa.images.clip_input import ClipInput
from reason_seg_ros.segmenters.lisa.network.clip_tower import ClipTower
from reason_seg_ros.segmenters.lisa.options import ClipCrop

GOLDEN = SHARED / "golden" / "lisa_7b_tiny" / "clip"
VISION = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "image_size": 56,
    "patch_size": 14,
}


def vision_model(folder: Path, **changes: int) -> Path:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(3)
    CLIPVisionModel(CLIPVisionConfig(**{**VISION, **changes})).save_pretrained(folder)
    return folder


def whole_model(folder: Path) -> Path:
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(4)
    text = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
    CLIPModel(CLIPConfig(text_config={**text, "vocab_size": 50}, vision_config=VISION)).save_pretrained(folder)
    return folder


def states(folder: Path, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
    from transformers import CLIPVisionModel

    model = CLIPVisionModel.from_pretrained(str(folder), attn_implementation="eager").eval()
    return model(pixels, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("make", [vision_model, whole_model])
@pytest.mark.parametrize(("layer", "kept"), [(-2, 2), (-1, 3), (3, 3), (1, 1), (-4, 0)])
@torch.inference_mode()
def test_features_are_those_of_the_selected_layer(make, layer: int, kept: int, tmp_path: Path) -> None:
    tower, pixels = ClipTower.load(str(make(tmp_path)), layer, "patch"), torch.randn(2, 3, 56, 56)
    features = tower(pixels)
    assert features.shape == (2, tower.patches, tower.width) == (2, 16, 32)
    torch.testing.assert_close(features, states(tmp_path, pixels)[layer][:, 1:], atol=1e-5, rtol=0)
    assert sum(name.endswith("layer_norm1.weight") for name, _ in tower.named_parameters()) == kept


def test_the_text_half_of_a_whole_model_is_left_out_in_silence(tmp_path: Path, capfd) -> None:
    whole_model(tmp_path)
    capfd.readouterr()
    ClipTower.load(str(tmp_path), -2, "patch")
    assert capfd.readouterr() == ("", "")


@torch.inference_mode()
def test_the_class_token_is_kept_if_wanted(tmp_path: Path) -> None:
    tower, pixels = ClipTower.load(str(vision_model(tmp_path)), -2, "cls_patch"), torch.randn(1, 3, 56, 56)
    assert tower.patches == 17
    torch.testing.assert_close(tower(pixels), states(tmp_path, pixels)[-2], atol=1e-5, rtol=0)


def test_a_larger_tower_gives_more_patches(tmp_path: Path) -> None:
    tower = ClipTower.load(str(vision_model(tmp_path, image_size=84)), -2, "patch", ClipCrop.PAD)
    assert tower.patches == 36
    assert tower.input == ClipInput(84, crop=ClipCrop.PAD)
    assert tower(tower.input(torch.zeros(30, 40, 3, dtype=torch.uint8))[None]).shape == (1, 36, 32)


def test_a_tower_is_counted_without_what_was_dropped(tmp_path: Path) -> None:
    vision_model(tmp_path)
    whole, cut = (ClipTower.load(str(tmp_path), layer, "patch") for layer in (-1, -2))
    layer = 4 * (32 * 32 + 32) + 2 * 32 * 48 + 32 + 48 + 4 * 32
    counts = [sum(weight.numel() for weight in tower.parameters()) for tower in (whole, cut)]
    assert counts[0] - counts[1] == layer
    assert not any(weight.requires_grad for weight in cut.parameters())


@torch.inference_mode()
def test_a_tower_can_be_cast(tmp_path: Path) -> None:
    tower = ClipTower.load(str(vision_model(tmp_path)), -2, "patch")
    assert all(weight.dtype == torch.float32 for weight in tower.parameters())
    assert tower.bfloat16()(torch.randn(1, 3, 56, 56)).dtype == torch.bfloat16


def test_weights_of_half_precision_come_as_float32(tmp_path: Path) -> None:
    from transformers import CLIPVisionModel

    CLIPVisionModel.from_pretrained(str(vision_model(tmp_path))).half().save_pretrained(tmp_path)
    assert all(weight.dtype == torch.float32 for weight in ClipTower.load(str(tmp_path), -2, "patch").parameters())


def test_a_folder_without_a_tower_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match=r"config\.json is missing"):
        ClipTower.load(str(tmp_path), -2, "patch")


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "siglip_vision_model"}))
    with pytest.raises(SegmenterError, match="type 'siglip_vision_model', which is no CLIP vision tower"):
        ClipTower.load(str(tmp_path), -2, "patch")


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "clip", "vision_config": 3}'])
def test_a_damaged_configuration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(SegmenterError, match=r"config\.json does not describe a CLIP vision tower"):
        ClipTower.load(str(tmp_path), -2, "patch")


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (vision_model(tmp_path) / "model.safetensors").unlink()
    with pytest.raises(SegmenterError, match="has no weights"):
        ClipTower.load(str(tmp_path), -2, "patch")


@pytest.mark.parametrize("make", [vision_model, whole_model])
def test_missing_weights_are_fatal_and_named(make, tmp_path: Path) -> None:
    path = make(tmp_path) / "model.safetensors"
    weights = load_file(path)
    gone = next(name for name in weights if name.endswith("encoder.layers.1.mlp.fc1.weight") and "text" not in name)
    del weights[gone]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(SegmenterError, match=r"layers\.1\.mlp\.fc1\.weight"):
        ClipTower.load(str(tmp_path), -2, "patch")


def test_weights_of_another_shape_are_fatal(tmp_path: Path) -> None:
    path = vision_model(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "intermediate_size": 64}))
    with pytest.raises(SegmenterError, match=r"layers\.0\.mlp\.fc1\.\w+, .*missing or of another shape"):
        ClipTower.load(str(tmp_path), -2, "patch")


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    (vision_model(tmp_path) / "model.safetensors").write_bytes(b"none")
    with pytest.raises(SegmenterError, match="cannot be loaded"):
        ClipTower.load(str(tmp_path), -2, "patch")


@pytest.mark.parametrize("layer", [4, -5])
def test_a_layer_that_is_not_there_is_refused(layer: int, tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match="has 3 layers"):
        ClipTower.load(str(vision_model(tmp_path)), layer, "patch")


def test_an_unknown_feature_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match="patch or cls_patch"):
        ClipTower.load(str(vision_model(tmp_path)), -2, "pooled")


@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden checkpoints are not on this machine")
@torch.inference_mode()
def test_the_tower_of_the_golden_checkpoint_loads() -> None:
    tower = ClipTower.load(str(GOLDEN), -2, "patch")
    assert (tower.patches, tower.width, tower.input) == (256, 32, ClipInput(224))
    pixels = torch.randn(1, 3, 224, 224)
    torch.testing.assert_close(tower(pixels), states(GOLDEN, pixels)[-2][:, 1:], atol=1e-5, rtol=0)
