"""The official way, as the benchmark computes it, on a GPU that only claims to be there (see fake_cuda.py)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from fake_cuda import DEVICE, fake_cuda

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the benchmarks are no part of the package

from benchmarks.lisa_official import Official
from benchmarks.lisa_shapes import SHAPES, build, frames, prompts
from reason_seg_ros.segmenters.lisa.images.sam_input import sam_input

TINY = SHAPES["tiny"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=["bf16", "fp32"])
def test_the_official_way_stays_on_the_gpu(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    with fake_cuda(monkeypatch):
        with torch.inference_mode(False):  # weights are drawn in place
            network = build(TINY, DEVICE, dtype)
        official = Official(network, TINY)
        color = torch.from_numpy(frames(640, 480, 1)[0].color).to(DEVICE)
        pixels, geometry = sam_input(color)
        states = official.read(network.vision_tower.input(color)[None], prompts(TINY)[0])
        logits = official.logits(official.encode(pixels), states, -1, geometry)
        assert (states.shape, logits.shape) == ((1, 56 + 255, TINY.hidden), (480, 640))
        assert {part.device for part in (states, logits)} == {DEVICE}
