"""Memory that a network takes while it answers, and the time that its files take to load."""

from __future__ import annotations

import gc
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from reason_seg_ros.frame import Frame
from reason_seg_ros.segmenters.lisa.checkpoint.layout import published_name
from reason_seg_ros.segmenters.lisa.checkpoint.load import Checkpoint
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.options import Precision

from .lisa_ours import Figures, Ours, lengthened, synchronize
from .lisa_shapes import Shape

_PRECISIONS = {torch.float32: Precision.FP32, torch.bfloat16: Precision.BF16}
_LENGTHS = 10  # pairs of questions of different lengths
_IN_A_FILE = 64  # tensors; the machine's memory has to hold a file's


def release(device: torch.device) -> None:
    """Give back what nothing uses, and begin a new peak."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak(device: torch.device) -> Figures:
    """GB (1e9 bytes) that PyTorch took from the device at most since `release`; nothing is known of a CPU."""
    return {"memory": torch.cuda.max_memory_reserved(device) / 1e9} if device.type == "cuda" else {}


def held(device: torch.device) -> int:
    """Bytes in use: of tensors on CUDA, of the process on a CPU."""
    if device.type == "cuda":
        synchronize(device)
        return torch.cuda.memory_allocated(device)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(ours: Ours, frames: Sequence[Frame], shape: Shape, questions: int) -> tuple[int, int]:
    """Bytes in use before and after some questions of several lengths, two on each frame, behind a warm-up."""
    device, used = ours.model.network.device, [0, 0]
    for moment, count in enumerate((2 * len(frames), questions)):
        for index in range(count):
            frame, pair = frames[index // 2 % len(frames)], lengthened(shape, index // 2 % _LENGTHS)
            ours.answer(frame, pair[index % 2])
        gc.collect()
        used[moment] = held(device)
    return used[0], used[1]


def load_seconds(network: Lisa, shape: Shape) -> float:
    """Seconds of loading a network's checkpoint, which is written first; without the vision tower."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(network, shape, folder)
        begin = time.perf_counter()
        loaded = Checkpoint.open(folder).load(network.device, _PRECISIONS[network.dtype])
        loaded.language_model.prepare(shape.config.usual_context)
        synchronize(network.device)
        return time.perf_counter() - begin


def _write(network: Lisa, shape: Shape, folder: Path) -> None:
    """Write a checkpoint in the published layout, as safetensors."""
    from safetensors.torch import save_file

    (folder / "config.json").write_text(json.dumps(shape.raw), encoding="utf-8")
    tensors = {
        published_name(name): tensor
        for name, tensor in network.state_dict().items()
        if not name.startswith("vision_tower.")
    }
    names, files = list(tensors), {}
    for begin in range(0, len(names), _IN_A_FILE):
        part = names[begin : begin + _IN_A_FILE]
        file = f"model-{begin // _IN_A_FILE:05}.safetensors"
        save_file({name: tensors[name].to("cpu", copy=True).contiguous() for name in part}, folder / file)
        files.update(dict.fromkeys(part, file))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}), encoding="utf-8")
