"""The memory budget counts what the published checkpoints have, and says what would fit."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tiny_lisa import make_checkpoint

from reason_seg_ros.errors import OutOfMemoryError
from reason_seg_ros.segmenters.lisa.checkpoint.load import Checkpoint
from reason_seg_ros.segmenters.lisa.fit import check_memory, free_memory
from reason_seg_ros.segmenters.lisa.memory import budget as budgets
from reason_seg_ros.segmenters.lisa.memory import host
from reason_seg_ros.segmenters.lisa.memory.budget import (
    CLIP_PARAMETERS,
    GB,
    VIT_H_NUMBERS,
    Budget,
    Parameters,
)
from reason_seg_ros.segmenters.lisa.memory.host import free_host_memory
from reason_seg_ros.segmenters.lisa.options import Precision
from reason_seg_ros.segmenters.lisa.tower_config import TowerConfig
from reason_seg_ros.segmenters.lisa.weights.known import CHECKPOINTS, Known, find, smallest

CHOICES = (Precision.FP32, Precision.BF16, Precision.INT8, Precision.INT4)


def known(name: str) -> Known:
    found = find(name)
    assert isinstance(found, Known)
    return found


SEVEN, THIRTEEN = known("xinlai/LISA-7B-v1"), known("xinlai/LISA-13B-llama2-v1")


def test_published_numbers_of_parameters() -> None:
    seven = SEVEN.budget(Precision.BF16).parameters
    thirteen = THIRTEEN.budget(Precision.BF16).parameters
    # LLaMA has 6,738,415,616 and Llama 2 13B 13,015,864,320 with 32,000 tokens.
    assert seven.layers + seven.embeddings == 6_738_415_616 + 2 * 4 * 4096
    assert thirteen.layers + thirteen.embeddings == 13_015_864_320 + 2 * 3 * 5120
    assert (seven.text_hidden_fcs, thirteen.text_hidden_fcs) == (17_830_144, 27_530_496)
    assert (seven.projector, thirteen.projector) == (1025 * 4096, 1025 * 5120)
    assert known("tsunghanwu/SESAME").budget(Precision.BF16).parameters.projector == 1025 * 4096 + 4097 * 4096
    assert seven.sam == VIT_H_NUMBERS == 641_090_608 + 256
    assert seven.total == sum(vars(seven).values())


@pytest.mark.parametrize("name", ["xinlai/LISA-7B-v1", "xinlai/LISA-13B-llama2-v1", "tsunghanwu/SESAME"])
def test_the_network_itself_has_as_many(name: str, tmp_path: Path) -> None:
    from reason_seg_ros.segmenters.lisa.config import CheckpointConfig
    from reason_seg_ros.segmenters.lisa.network.image_encoder import VIT_H
    from reason_seg_ros.segmenters.lisa.network.lisa import Lisa

    sizes = known(name).sizes
    heads = sizes.hidden // 128
    tiny = CheckpointConfig.read(make_checkpoint(tmp_path / "c"))
    raw = tiny.raw | {
        "hidden_size": sizes.hidden,
        "intermediate_size": sizes.intermediate,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "vocab_size": sizes.vocabulary,
    }
    config = replace(
        tiny,
        hidden_size=sizes.hidden,
        intermediate_size=sizes.intermediate,
        layers=sizes.layers,
        heads=heads,
        kv_heads=heads,
        head_dim=128,
        vocabulary=sizes.vocabulary,
        projector="linear" if sizes.projector_layers == 1 else f"mlp{sizes.projector_layers}x_gelu",
        vision_width=1024,
        raw=raw,
    )
    with torch.device("meta"):
        network = Lisa(config, VIT_H)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert Parameters.of_shapes(shapes, CLIP_PARAMETERS[224]) == known(name).budget(Precision.BF16).parameters


@pytest.mark.parametrize("px", [224, 336])
def test_towers_are_counted_from_their_config(px: int, tmp_path: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=1024,
        intermediate_size=4096,
        num_hidden_layers=24,
        num_attention_heads=16,
        image_size=px,
        patch_size=14,
    )
    config.save_pretrained(tmp_path)
    with torch.device("meta"):
        model = CLIPVisionModel(config)
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert TowerConfig.read(tmp_path).parameters == counted == CLIP_PARAMETERS[px]


@pytest.mark.parametrize("full", [False, True])
def test_a_checkpoint_on_disk_is_counted_tensor_by_tensor(tmp_path: Path, full: bool) -> None:
    folder = make_checkpoint(tmp_path / "c", projector="mlp2x_gelu", full_tower=full)
    checkpoint = Checkpoint.open(folder)
    budget = Budget.of(checkpoint, folder / "clip", Precision.FP32, 512)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    numbers = sum(value.numel() for name, value in state.items() if "inv_freq" not in name)
    assert budget.parameters.total - budget.parameters.clip == numbers
    assert budget.weights == 4 * budget.parameters.total
    assert budget.parts["cache of 512 tokens"] == 4 * 512 * 3 * 2 * 64


def test_quantising_leaves_the_rest_in_16_bits() -> None:
    whole = SEVEN.budget(Precision.BF16).parts
    for precision, share in ((Precision.INT8, 0.5), (Precision.INT4, 0.2579)):
        parts = SEVEN.budget(precision).parts
        assert parts["language model"] == pytest.approx(share * whole["language model"], rel=2e-3)
        assert {name: value for name, value in parts.items() if name != "language model"} == {
            name: value for name, value in whole.items() if name != "language model"
        }


def test_seven_billion_answer_in_18_gb() -> None:
    assert 15.4 * GB < SEVEN.budget(Precision.BF16).weights < SEVEN.budget(Precision.BF16).total <= 18 * GB


def test_less_precision_and_less_context_take_less() -> None:
    for checkpoint in CHECKPOINTS:
        totals = [checkpoint.budget(precision).total for precision in CHOICES]
        assert totals == sorted(totals, reverse=True)
        assert checkpoint.budget(Precision.FP16).total == checkpoint.budget(Precision.BF16).total
    saved = SEVEN.budget(Precision.BF16, 2048).total - SEVEN.budget(Precision.BF16, 1024).total
    assert saved >= 1024 * 32 * 2 * 4096 * 2


def test_what_fits_is_let_through() -> None:
    budget = SEVEN.budget(Precision.BF16)
    check_memory(budget, budget.total, "cuda:0")
    with pytest.raises(OutOfMemoryError):
        check_memory(budget, budget.total - 1, "cuda:0")


@pytest.mark.parametrize(
    ("checkpoint", "precision", "free", "remedy"),
    [
        (SEVEN, Precision.FP32, 24, "set precision to bf16, which needs 17.6 GB"),
        (SEVEN, Precision.FP32, 16, "set precision to 8bit, which needs 11.1 GB"),
        (SEVEN, Precision.BF16, 12, "set precision to 8bit, which needs 11.1 GB"),
        (SEVEN, Precision.BF16, 10, "set precision to 4bit, which needs 7.9 GB"),
        (SEVEN, Precision.INT8, 10, "set precision to 4bit, which needs 7.9 GB"),
        (SEVEN, Precision.INT8, 6, "even 4bit would need 7.9 GB: end other programs"),
        (THIRTEEN, Precision.BF16, 10, "even 4bit would need 11.9 GB: use a smaller checkpoint such as xinlai/LISA-7B"),
    ],
)
def test_too_little_memory_names_the_best_that_fits(
    checkpoint: Known, precision: Precision, free: float, remedy: str
) -> None:
    with pytest.raises(OutOfMemoryError) as caught:
        check_memory(checkpoint.budget(precision), free * GB, "cuda:0")
    told = str(caught.value)
    assert remedy in told
    assert f"needs {checkpoint.budget(precision).total / GB:.1f} GB in {precision.value}" in told
    assert f"cuda:0 has {free:.1f} GB free" in told


def test_the_table_adds_up() -> None:
    lines = SEVEN.budget(Precision.INT8).table()
    amounts = [float(line.split()[-2]) for line in lines]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.05)
    assert "in all, in 8bit" in lines[-1]
    assert str(SEVEN.budget(Precision.INT8)).startswith("11.1 GB in 8bit (language model 6.4")


def test_free_memory_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    by_psutil = free_memory(cpu)
    monkeypatch.setitem(sys.modules, "psutil", None)  # as if it were not installed
    by_kernel = free_memory(cpu)
    assert 0 < by_kernel < 1e15
    assert by_kernel == pytest.approx(by_psutil, rel=0.3)


class Machine:
    """Files as a kernel shows them, in a folder."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        monkeypatch.setattr(host, "_PROC", root / "proc")
        monkeypatch.setattr(host, "_CGROUPS", root / "cgroup")
        monkeypatch.setitem(sys.modules, "psutil", None)
        self.write("proc/meminfo", "MemTotal: 64000000 kB\nMemAvailable: 32000000 kB\n")

    def write(self, path: str, text: object) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(f"{text}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_free_memory_without_a_container_is_the_machines(machine: Machine) -> None:
    assert free_memory(torch.device("cpu")) == 32_768_000_000
    (machine.root / "proc" / "meminfo").unlink()
    assert free_memory(torch.device("cpu")) == float("inf")


@pytest.mark.parametrize("visible", [True, False])
def test_free_memory_in_a_container_is_what_its_limit_leaves(machine: Machine, visible: bool) -> None:
    machine.write("proc/self/cgroup", "0::/docker/abc")
    group = "cgroup/docker/abc" if visible else "cgroup"  # a container sees its own group as the root
    machine.write(f"{group}/memory.max", 16 * 10**9)
    machine.write(f"{group}/memory.current", 10 * 10**9)
    assert free_host_memory() == 6e9
    # Files that were read are given back.
    machine.write(f"{group}/memory.stat", f"anon 1\ninactive_file {3 * 10**9}\nactive_file {10**9}\nshmem 7")
    assert free_host_memory() == 10e9
    machine.write(f"{group}/memory.max", "max")
    assert free_host_memory() == 32_768_000_000
    machine.write(f"{group}/memory.max", 10**9)  # lowered below what is in use
    machine.write(f"{group}/memory.stat", "")
    assert free_host_memory() == 0.0


def test_the_tightest_group_counts(machine: Machine) -> None:
    machine.write("proc/self/cgroup", "0::/user/robot")
    for group, limit in (("cgroup/user", 5), ("cgroup/user/robot", 9)):
        machine.write(f"{group}/memory.max", limit * 10**9)
        machine.write(f"{group}/memory.current", 10**9)
    assert free_host_memory() == 4e9


def test_free_memory_in_a_container_of_the_first_version(machine: Machine) -> None:
    machine.write("proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\nnonsense\n0::/")
    machine.write("cgroup/memory/memory.limit_in_bytes", 9223372036854771712)  # none
    machine.write("cgroup/memory/memory.usage_in_bytes", 10**9)
    assert free_host_memory() == 32_768_000_000
    machine.write("cgroup/memory/memory.limit_in_bytes", 8 * 10**9)
    machine.write("cgroup/memory/memory.stat", "total_inactive_file 500000000\nnonsense")
    assert free_host_memory() == 7.5e9


def test_free_memory_of_a_gpu_counts_what_pytorch_keeps_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(
        memory_reserved=lambda _: 3e9, memory_allocated=lambda _: 1e9, mem_get_info=lambda _: (5e9, 24e9)
    )
    monkeypatch.setattr(torch, "cuda", fake)
    assert free_memory(torch.device("cuda:0")) == 7e9


def test_the_smallest_is_one_that_can_be_used() -> None:
    assert smallest().supported
    assert all(smallest().budget(Precision.INT4).total <= each.budget(Precision.INT4).total for each in CHECKPOINTS)


def test_the_bias_is_the_one_that_the_encoder_writes() -> None:
    from reason_seg_ros.segmenters.lisa.network import image_encoder

    assert budgets._BIAS_BYTES == 2 * image_encoder.BIAS_BYTES
