"""Tiny checkpoints of the LISA family in exactly the published layout, with random weights or with a script to say."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, TwoWayTransformer
from tiny_lisa_masks import shape_masks
from tiny_lisa_script import write_script
from tiny_tokenizer import LLAMA_2_LAYOUT, VICUNA_LAYOUT, make_tokenizer
from tiny_tokenizer import layout as token_layout

from reason_seg_ros.frame import Camera, Frame

LAYERS, HEADS, INTERMEDIATE = 3, 4, 192
# A script takes more directions of the hidden space than random weights do.
HIDDEN, SCRIPT_HIDDEN = 64, 256
TOWER_WIDTH, TOWER_LAYERS = 32, 3
EMBEDDING_WIDTH = 256
SAM = {"encoder_embed_dim": 48, "encoder_depth": 2, "encoder_num_heads": 4, "encoder_global_attn_indexes": [1]}
TOKENS = {"7b": VICUNA_LAYOUT, "llama2": LLAMA_2_LAYOUT, "lisa_plus": ("[SEG]",)}
State = dict[str, torch.Tensor]


def make_checkpoint(
    folder: Path,
    *,
    layout: str = "llama2",
    projector: str = "linear",
    tower_px: int = 224,
    architecture: str = "LISAForCausalLM",
    script: Mapping[str, str] | str | None = None,
    mask: str | None = None,
    seed: int = 0,
    file_format: str = "bin",
    full_tower: bool = False,
) -> Path:
    """Write a checkpoint.

    Args:
        folder: made if it is not there. A folder named like LISA++ ("LISA_Plus_7b") is taken for LISA++.
        layout: "7b" (LISA-7B-v1: [SEG] is the last of the added tokens), "llama2" (13B and SESAME: it is the first) or
            "lisa_plus" (LISA++: it is the only one, the image stands without <im_start> and <im_end>).
        projector: "linear" or "mlp2x_gelu".
        tower_px: the CLIP tower's image size, 224 or 336: 256 or 576 image tokens.
        architecture: "LISAForCausalLM" or "SESAMEForCausalLM".
        script: what the network answers, by its weights: a sentence, or a sentence for each keyword, of which the one
            that was said last counts; the keyword "" is for questions without any. The sentence may have several [SEG].
            None for random weights, which answer nonsense.
        mask: what the masks are: "empty", "full" (all of the image), "some" (the block of `SOME` of tiny_lisa_masks),
            "each" (the first [SEG] of a script gets the first block of `EACH`, the second the second...); None for
            random weights.
        seed: of the weights.
        file_format: "bin", "safetensors", "sharded" (.bin shards) or "sharded_safetensors".
        full_tower: write the tower as its hub page has it, with the text model beside the vision model.

    Returns:
        The folder.

    Raises:
        ValueError: if the weights cannot say the script; the message says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_tokenizer(folder, token_layout(*TOKENS[layout]))
    vocabulary = vocabulary_size(folder)
    hidden = SCRIPT_HIDDEN if script is not None else HIDDEN
    config = _config(layout, projector, architecture, vocabulary, hidden)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = _language_model(config) | _projector(config) | _text_hidden_fcs(hidden) | _sam()
        tower = _tower(tower_px)
    if script is not None:
        scripts = {"": script} if isinstance(script, str) else dict(script)
        write_script(state, scripts, folder, HEADS, places=mask == "each")
    if mask is not None:
        shape_masks(state, mask)
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    save_weights(folder, {name: value.to(torch.bfloat16) for name, value in state.items()}, file_format)
    _write_tower(folder / "clip", tower, tower_px, full_tower)
    return folder


def tiny_frame(seed: int = 0, size: tuple[int, int] = (480, 640)) -> Frame:
    """A frame of coloured blocks and noise before a sloping plane, `size` = (height, width)."""
    rng = np.random.default_rng(seed)
    height, width = size
    blocks = rng.integers(0, 256, (math.ceil(height / 40), math.ceil(width / 40), 3))
    color = np.kron(blocks, np.ones((40, 40, 1)))[:height, :width] + rng.normal(0, 8, (height, width, 3))
    depth = np.repeat(np.linspace(1.6, 0.8, height, dtype=np.float32)[:, None], width, axis=1)
    camera = Camera(width, height, 0.9 * width, 0.9 * width, (width - 1) / 2, (height - 1) / 2)
    return Frame(color.clip(0, 255).astype(np.uint8), depth, camera)


def vocabulary_size(folder: Path) -> int:
    """Rows of the embedding: one more than the highest token that the tokenizer's files name."""
    return max(json.loads((folder / "added_tokens.json").read_text(encoding="utf-8")).values()) + 1


def _config(layout: str, projector: str, architecture: str, vocabulary: int, hidden: int) -> dict[str, Any]:
    config: dict[str, Any] = {
        "architectures": [architecture],
        "bos_token_id": 1,
        "eos_token_id": 2,
        "freeze_mm_mlp_adapter": True,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "image_aspect_ratio": "square",
        "image_grid_pinpoints": None,
        "initializer_range": 0.02,
        "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": 2048 if layout == "7b" else 4096,
        "mm_hidden_size": TOWER_WIDTH,
        "mm_use_im_patch_token": False,
        "mm_use_im_start_end": layout != "lisa_plus",
        "mm_vision_select_feature": "patch",
        "mm_vision_select_layer": -2,
        "mm_vision_tower": "clip",
        "model_type": "llava",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": HEADS,
        "out_dim": EMBEDDING_WIDTH,
        "pad_token_id": 0,
        "pretraining_tp": 1,
        "rms_norm_eps": 1e-6 if layout == "7b" else 1e-5,
        "rope_scaling": None,
        "sam": SAM,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "train_mask_decoder": True,
        "transformers_version": "4.31.0",
        "tune_mm_mlp_adapter": False,
        "use_cache": False,
        "use_mm_proj": True,
        "vision_tower": "clip",
        "vocab_size": vocabulary,
    }
    # LLaVA-v1 knew one projector only and did not name it.
    return config if projector == "linear" else config | {"mm_projector_type": projector}


def _language_model(config: dict[str, Any]) -> State:
    hidden, inner, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    head = hidden // HEADS
    state = {
        "model.embed_tokens.weight": torch.randn(vocabulary, hidden) * 0.5,
        "model.norm.weight": torch.ones(hidden),
    }
    shapes = {f"self_attn.{name}_proj": (hidden, hidden) for name in "qkvo"}
    shapes |= {"mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden), "mlp.down_proj": (hidden, inner)}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        state |= {f"{prefix}{name}.weight": torch.randn(shape) * 0.25 for name, shape in shapes.items()}
        # A buffer that transformers 4.31 saved and later ones do not have.
        state[f"{prefix}self_attn.rotary_emb.inv_freq"] = 10000.0 ** -(torch.arange(0, head, 2) / head)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            state[f"{prefix}{norm}.weight"] = torch.ones(hidden)
    return state | {"lm_head.weight": torch.randn(vocabulary, hidden) * 0.5}


def _projector(config: dict[str, Any]) -> State:
    hidden = config["hidden_size"]
    if config.get("mm_projector_type") == "mlp2x_gelu":
        return _linear("model.mm_projector.0", hidden, TOWER_WIDTH) | _linear("model.mm_projector.2", hidden, hidden)
    return _linear("model.mm_projector", hidden, TOWER_WIDTH)


def _text_hidden_fcs(hidden: int) -> State:
    prefix = "model.text_hidden_fcs.0"
    return _linear(f"{prefix}.0", hidden, hidden) | _linear(f"{prefix}.2", EMBEDDING_WIDTH, hidden)


def _linear(name: str, rows: int, columns: int) -> State:
    return {f"{name}.weight": torch.randn(rows, columns) * 0.3, f"{name}.bias": torch.randn(rows) * 0.1}


def _sam() -> State:
    """Every tensor of segment-anything's modules, with the zeros that they start from made random."""
    width, patch = EMBEDDING_WIDTH, 16
    encoder = ImageEncoderViT(
        img_size=1024,
        patch_size=patch,
        embed_dim=SAM["encoder_embed_dim"],
        depth=SAM["encoder_depth"],
        num_heads=SAM["encoder_num_heads"],
        out_chans=width,
        norm_layer=lambda size: torch.nn.LayerNorm(size, eps=1e-6),
        use_rel_pos=True,
        window_size=14,
        global_attn_indexes=tuple(SAM["encoder_global_attn_indexes"]),
    )
    prompt = PromptEncoder(width, (1024 // patch, 1024 // patch), (1024, 1024), mask_in_chans=16)
    transformer = TwoWayTransformer(depth=2, embedding_dim=width, mlp_dim=2048, num_heads=8)
    decoder = MaskDecoder(transformer_dim=width, transformer=transformer, num_multimask_outputs=3)
    parts = {"image_encoder": encoder, "prompt_encoder": prompt, "mask_decoder": decoder}
    state = {
        f"model.visual_model.{part}.{k}": v for part, module in parts.items() for k, v in module.state_dict().items()
    }
    for name, value in state.items():
        if "rel_pos" in name or "pos_embed" in name:
            value.normal_(0, 0.3)
        elif name.endswith("bias"):
            value.normal_(0, 0.05)
    return state


def _tower(px: int) -> State:
    width, inner, patch = TOWER_WIDTH, 2 * TOWER_WIDTH, 14
    embeddings = {
        "class_embedding": torch.randn(width) * 0.3,
        "patch_embedding.weight": torch.randn(width, 3, patch, patch) * 0.05,
        "position_embedding.weight": torch.randn((px // patch) ** 2 + 1, width) * 0.3,
    }
    state = {f"vision_model.embeddings.{name}": value for name, value in embeddings.items()}
    state |= _norm("vision_model.pre_layrnorm") | _norm("vision_model.post_layernorm")
    for layer in range(TOWER_LAYERS):
        prefix = f"vision_model.encoder.layers.{layer}"
        for name in ("q", "k", "v", "out"):
            state |= _linear(f"{prefix}.self_attn.{name}_proj", width, width)
        state |= _linear(f"{prefix}.mlp.fc1", inner, width) | _linear(f"{prefix}.mlp.fc2", width, inner)
        state |= _norm(f"{prefix}.layer_norm1") | _norm(f"{prefix}.layer_norm2")
    return state


def _norm(name: str) -> State:
    return {f"{name}.weight": 1 + torch.randn(TOWER_WIDTH) * 0.1, f"{name}.bias": torch.randn(TOWER_WIDTH) * 0.1}


def _write_tower(folder: Path, state: State, px: int, full: bool) -> None:
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    vision = {
        "attention_dropout": 0.0,
        "hidden_act": "quick_gelu",
        "hidden_size": TOWER_WIDTH,
        "image_size": px,
        "intermediate_size": 2 * TOWER_WIDTH,
        "layer_norm_eps": 1e-5,
        "model_type": "clip_vision_model",
        "num_attention_heads": 4,
        "num_channels": 3,
        "num_hidden_layers": TOWER_LAYERS,
        "patch_size": 14,
        "projection_dim": 512,
        "torch_dtype": "float32",
    }
    config = {"architectures": ["CLIPVisionModel"], **vision}
    if full:
        text = {"hidden_size": 16, "num_hidden_layers": 1, "model_type": "clip_text_model"}
        config = {"architectures": ["CLIPModel"], "model_type": "clip", "vision_config": vision, "text_config": text}
        state = state | {
            "logit_scale": torch.tensor(2.66),
            "text_model.final_layer_norm.weight": torch.ones(16),
            "visual_projection.weight": torch.ones(512, TOWER_WIDTH),
            "vision_model.embeddings.position_ids": torch.arange((px // 14) ** 2 + 1)[None],
        }
    preprocessor = {
        "crop_size": {"height": px, "width": px},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPImageProcessor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"shortest_edge": px},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1), encoding="utf-8")
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def save_weights(folder: Path, state: State, file_format: str) -> None:
    """Write the weights in a format of `make_checkpoint`."""
    from safetensors.torch import save_file

    def save(part: State, name: str) -> None:
        if name.endswith(".bin"):
            torch.save(part, folder / name)
        else:
            save_file(part, folder / name, metadata={"format": "pt"})

    stem, suffix = ("model", ".safetensors") if "safetensors" in file_format else ("pytorch_model", ".bin")
    if not file_format.startswith("sharded"):
        save(state, stem + suffix)
        return
    names = sorted(state)
    halves = (names[: len(names) // 2], names[len(names) // 2 :])
    weight_map = {}
    for number, half in enumerate(halves, 1):
        file = f"{stem}-{number:05}-of-00002{suffix}"
        save({name: state[name] for name in half}, file)
        weight_map |= dict.fromkeys(half, file)
    total = sum(value.numel() * value.element_size() for value in state.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / f"{stem}{suffix}.index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")
