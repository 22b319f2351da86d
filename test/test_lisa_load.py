"""Checkpoints: what is read from their files, and what is refused with which words."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from lisa_parts import Parts
from tiny_lisa import make_checkpoint

from reason_seg_ros.errors import Cancelled, SegmenterError
from reason_seg_ros.segmenters.base import Listener
from reason_seg_ros.segmenters.lisa.checkpoint.load import Checkpoint
from reason_seg_ros.segmenters.lisa.config import CheckpointConfig
from reason_seg_ros.segmenters.lisa.options import Family, Precision
from reason_seg_ros.segmenters.registry import create

CPU = torch.device("cpu")
State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("made") / "LISA-tiny")


@pytest.fixture
def checkpoint(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "LISA-tiny"))


def change_weights(folder: Path, change: Callable[[State], object]) -> None:
    path = folder / "pytorch_model.bin"
    state = torch.load(path, weights_only=True)
    change(state)
    torch.save(state, path)


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refusal(folder: Path) -> str:
    with pytest.raises(SegmenterError) as caught:
        Checkpoint.open(folder)
    return str(caught.value)


@pytest.mark.parametrize("file_format", ["bin", "safetensors", "sharded", "sharded_safetensors"])
def test_every_file_format_gives_the_same_network(made: Path, tmp_path: Path, file_format: str) -> None:
    folder = make_checkpoint(tmp_path / "LISA-tiny", file_format=file_format)
    states = [Checkpoint.open(path).load(CPU, Precision.FP32).state_dict() for path in (made, folder)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_files_of_old_pytorch_are_read(checkpoint: Path) -> None:
    path = checkpoint / "pytorch_model.bin"
    wanted = Checkpoint.open(checkpoint).load(CPU, Precision.FP32).state_dict()
    torch.save(torch.load(path, weights_only=True), path, _use_new_zipfile_serialization=False)
    got = Checkpoint.open(checkpoint).load(CPU, Precision.FP32).state_dict()
    assert all(torch.equal(wanted[name], got[name]) for name in wanted)


def test_nothing_stays_without_weights(made: Path) -> None:
    network = Checkpoint.open(made).load(CPU, Precision.FP32)
    tensors = [*network.named_parameters(), *network.named_buffers()]
    assert not [name for name, tensor in tensors if tensor.device.type == "meta"]


def test_missing_and_unexpected_names_are_told(checkpoint: Path) -> None:
    def change(state: State) -> None:
        state["model.layers.7.self_attn.q_proj.weight"] = state.pop("model.layers.1.self_attn.q_proj.weight")

    change_weights(checkpoint, change)
    said = refusal(checkpoint)
    assert "lacks model.layers.1.self_attn.q_proj.weight" in said
    assert "has model.layers.7.self_attn.q_proj.weight" in said


def test_other_shapes_are_told(checkpoint: Path) -> None:
    change_config(checkpoint, vocab_size=100)
    said = refusal(checkpoint)
    assert "model.embed_tokens.weight" in said
    assert "lm_head.weight" in said
    assert "instead of [100, " in said


def test_a_head_that_is_the_table_of_the_embeddings_may_be_saved_once(checkpoint: Path) -> None:
    change_weights(checkpoint, lambda state: state.pop("lm_head.weight"))
    assert "lacks lm_head.weight" in refusal(checkpoint)
    change_config(checkpoint, tie_word_embeddings=True)
    network = Checkpoint.open(checkpoint).load(CPU, Precision.FP32)
    assert network.lm_head.weight is network.language_model.embed_tokens.weight


def test_what_a_config_leaves_open_is_as_published(checkpoint: Path) -> None:
    told = CheckpointConfig.read(checkpoint)
    open_ends = ("mm_vision_select_layer", "mm_vision_select_feature", "out_dim", "num_key_value_heads", "vision_tower")
    change_config(checkpoint, **dict.fromkeys(open_ends))
    left_open = CheckpointConfig.read(checkpoint)
    for field in ("select_layer", "select_feature", "embedding_width", "kv_heads", "vision_tower"):
        assert getattr(left_open, field) == getattr(told, field)
    change_config(checkpoint, mm_vision_select_layer="last")
    assert "mm_vision_select_layer is no number" in refusal(checkpoint)


def test_rotary_frequencies_and_vision_tower_may_be_there_or_not(checkpoint: Path) -> None:
    def change(state: State) -> None:
        for name in [name for name in state if name.endswith("inv_freq")]:
            del state[name]
        state["model.vision_tower.vision_tower.vision_model.post_layernorm.bias"] = torch.zeros(3)

    change_weights(checkpoint, change)
    Checkpoint.open(checkpoint).load(CPU, Precision.FP32)


@pytest.mark.parametrize("part", ["text_hidden_fcs", "visual_model"])
def test_a_checkpoint_without_the_masks_half_is_not_of_this_family(checkpoint: Path, part: str) -> None:
    change_weights(checkpoint, lambda state: [state.pop(name) for name in list(state) if part in name])
    assert "not a checkpoint of the LISA family" in refusal(checkpoint)


def test_a_checkpoint_of_another_kind_says_what_it_is(checkpoint: Path) -> None:
    raw = json.loads((checkpoint / "config.json").read_text()) | {"architectures": ["LlavaLlamaForCausalLM"]}
    del raw["train_mask_decoder"]
    (checkpoint / "config.json").write_text(json.dumps(raw))
    said = refusal(checkpoint)
    assert "LlavaLlamaForCausalLM" in said
    assert "not of the LISA family" in said


def test_a_folder_that_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    assert "has no config.json" in refusal(tmp_path)


def test_missing_weights_and_shards_are_told(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "pytorch_model.bin").unlink()
    assert "has no weights" in refusal(checkpoint)
    sharded = make_checkpoint(tmp_path / "sharded", file_format="sharded")
    shard = sorted(sharded.glob("pytorch_model-*.bin"))[0]
    shard.unlink()
    assert f"lacks {shard.name}" in refusal(sharded)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_half_a_file_is_told(tmp_path: Path, name: str) -> None:
    folder = make_checkpoint(tmp_path / "half", file_format="bin" if name.endswith("bin") else "safetensors")
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "damaged or incomplete" in refusal(folder)


@pytest.mark.parametrize("legacy", [False, True])
def test_whatever_is_left_of_a_pickle_is_told_in_one_sentence(checkpoint: Path, legacy: bool) -> None:
    path = checkpoint / "pytorch_model.bin"
    torch.save(torch.load(path, weights_only=True), path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        said = refusal(checkpoint)
        assert re.fullmatch(
            rf"{path} cannot be read \([^.]+\): it is damaged or incomplete, download it again", said
        ), said


@pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1\n", b"<html>Sign in</html>"])
def test_a_text_in_place_of_a_pickle_is_not_called_a_program(checkpoint: Path, content: bytes) -> None:
    (checkpoint / "pytorch_model.bin").write_bytes(content)
    assert "cannot be read (no file of PyTorch): it is damaged or incomplete" in refusal(checkpoint)


def test_a_pickle_that_runs_programs_does_not(checkpoint: Path, tmp_path: Path) -> None:
    class Malicious:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "was here",)

    torch.save({"model.norm.weight": Malicious()}, checkpoint / "pytorch_model.bin")
    assert "could run programs" in refusal(checkpoint)
    (checkpoint / "pytorch_model.bin").write_bytes(pickle.dumps({"model.norm.weight": Malicious()}))
    refusal(checkpoint)
    assert not (tmp_path / "was here").exists()


def test_loading_tells_how_far_it_is_and_can_be_cancelled(made: Path) -> None:
    class Impatient(Listener):
        stages: list[str]

        def __init__(self, patience: int) -> None:
            self.stages, self._patience = [], patience

        def stage(self, name: str) -> None:
            self.stages.append(name)

        @property
        def cancelled(self) -> bool:
            return len(self.stages) >= self._patience

    patient = Impatient(10**6)
    Checkpoint.open(made).load(CPU, Precision.FP32, patient)
    assert patient.stages[-1] == "weights 100 %"
    assert len(patient.stages) > 50
    with pytest.raises(Cancelled):
        Checkpoint.open(made).load(CPU, Precision.FP32, Impatient(10))


def test_a_tower_that_does_not_fit_is_told(made: Path, tmp_path: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
    )
    CLIPVisionModel(config).save_pretrained(tmp_path / "clip")
    with pytest.raises(SegmenterError, match="16 numbers, the checkpoint's projector takes 32"):
        create("lisa", checkpoint=str(made), vision_tower=str(tmp_path / "clip")).load()


@pytest.mark.parametrize(
    ("name", "architecture", "family"),
    [
        ("LISA-7B-v1", "LISAForCausalLM", Family.LISA),
        ("LISA_Plus_7b", "LISAForCausalLM", Family.LISA_PLUS),
        ("lisa++", "LISAForCausalLM", Family.LISA_PLUS),
        ("SESAME", "SESAMEForCausalLM", Family.SESAME),
        ("models--Senqiao--LISA_Plus_7b/snapshots/0123abc", "LISAForCausalLM", Family.LISA_PLUS),
    ],
)
def test_the_family_is_told_by_class_and_name(
    checkpoint: Path, tmp_path: Path, name: str, architecture: str, family: Family
) -> None:
    folder = tmp_path / "named" / name
    folder.mkdir(parents=True)
    shutil.copy(checkpoint / "config.json", folder)
    change_config(folder, architectures=[architecture])
    assert CheckpointConfig.read(folder).family is family


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
class TestQuantized:
    """8 and 4 bits by the real bitsandbytes, which also runs on a CPU."""

    @pytest.mark.parametrize(("precision", "kind"), [(Precision.INT8, "Linear8bitLt"), (Precision.INT4, "Linear4bit")])
    def test_layers_alone_are_quantised(self, made: Path, precision: Precision, kind: str) -> None:
        network = Checkpoint.open(made).load(CPU, precision)
        layer = network.language_model.layers[0]
        assert type(layer.self_attn.q_proj).__name__ == type(layer.mlp.down_proj).__name__ == kind
        kept = [network.lm_head, network.projector, network.text_hidden_fcs[0], network.language_model.embed_tokens]
        assert all(module.weight.dtype in (torch.bfloat16, torch.float16) for module in kept)
        assert all(
            parameter.dtype in (torch.bfloat16, torch.float16) for parameter in network.visual_model.parameters()
        )

    @pytest.mark.parametrize("precision", [Precision.BF16, Precision.FP16, Precision.INT8, Precision.INT4])
    def test_what_is_said_survives(self, tmp_path: Path, precision: Precision) -> None:
        parts = Parts(tmp_path, precision, script="Sure, it is [SEG].")
        tokens = list(parts.decoder().answer(parts.prompt("the mug"), parts.image, 16))
        said = parts.tokenizer.decode([token.id for token in tokens])
        assert said.startswith("Sure, it is [SEG]")
