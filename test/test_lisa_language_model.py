"""Our way through the language model's layers against transformers' own, in the shapes that a config can ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaModel

from reason_seg_ros.segmenters.lisa.config import CheckpointConfig
from reason_seg_ros.segmenters.lisa.network.language_model import LanguageModel

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 20,
    "max_position_embeddings": 64,
}
# What a config.json says, and how transformers takes the same as arguments, old and new.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({"rope_scaling": None}, {}),
    "fewer heads for keys and values": ({"num_key_value_heads": 2}, {"num_key_value_heads": 2}),
    "heads of a width of their own": ({"head_dim": 16}, {"head_dim": 16}),
    "another normalisation": ({"rms_norm_eps": 1e-2}, {"rms_norm_eps": 1e-2}),
    "biases": ({"attention_bias": True}, {"attention_bias": True}),
}


def config_of(folder: Path, **said: Any) -> CheckpointConfig:
    config = {"architectures": ["LISAForCausalLM"], **SHAPE, **said}
    (folder / "config.json").write_text(json.dumps(config))
    return CheckpointConfig.read(folder)


def ours(config: CheckpointConfig, state: dict[str, torch.Tensor], embeddings: torch.Tensor) -> torch.Tensor:
    model = LanguageModel(config).eval()
    model.load_state_dict(state)
    tokens = embeddings.shape[1]
    model.prepare(tokens)
    with torch.inference_mode():
        return model(embeddings, torch.arange(tokens)[None], model.reserve_cache(1, tokens))


@pytest.mark.parametrize("change", CHANGES)
def test_states_are_those_of_transformers(change: str, tmp_path: Path) -> None:
    said, arguments = CHANGES[change]
    torch.manual_seed(0)
    theirs = LlamaModel(LlamaConfig(**SHAPE, pad_token_id=0, bos_token_id=1, eos_token_id=2, **arguments)).eval()
    embeddings = torch.randn(1, 12, SHAPE["hidden_size"])
    with torch.inference_mode():
        wanted = theirs(inputs_embeds=embeddings).last_hidden_state
    torch.testing.assert_close(ours(config_of(tmp_path, **said), theirs.state_dict(), embeddings), wanted)


@pytest.mark.parametrize(
    ("said", "theta", "factor"),
    [
        ({}, 10_000.0, 1.0),
        ({"rope_theta": 500_000}, 500_000.0, 1.0),
        ({"rope_scaling": {"type": "linear", "factor": 4.0}}, 10_000.0, 4.0),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0}}, 500_000.0, 1.0),
        ({"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 300.0}}, 300.0, 4.0),
    ],
    ids=str,
)
def test_rotations_are_those_of_the_config_of_any_year(
    said: dict[str, Any], theta: float, factor: float, tmp_path: Path
) -> None:
    model = LanguageModel(config_of(tmp_path, **said))
    model.prepare(40)
    assert model._turns is not None
    angles = torch.arange(40)[:, None] / factor * theta ** -(torch.arange(0, 8, 2) / 8)
    torch.testing.assert_close(model._turns[0], torch.cat([angles, angles], -1).cos())
    torch.testing.assert_close(model._turns[1], torch.cat([-angles.sin(), angles.sin()], -1))
