"""On a GPU no tensor meets one that lies elsewhere: checked without a GPU, on tensors that only claim to lie there.

They have a shape, a dtype and a device, but no numbers (PyTorch's fake tensors), so what is read back to the host, and
what starts graphs and streams, is not part of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch._subclasses import fake_tensor

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the benchmarks are no part of the package

from benchmarks.lisa_official import Official
from benchmarks.lisa_shapes import NO_TOKEN, SHAPES, build, frames, prompts
from reason_seg_ros.segmenters.lisa.generation.decoder import Decoder, EncodedImage
from reason_seg_ros.segmenters.lisa.images import normalize, pil_resize
from reason_seg_ros.segmenters.lisa.images.sam_input import sam_input
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.network.mask_decoder import score, upsample

TINY = SHAPES["tiny"]
GPU = torch.device("cuda", 0)


@pytest.fixture(params=[torch.bfloat16, torch.float16, torch.float32], ids=["bf16", "fp16", "fp32"])
def network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lisa]:
    monkeypatch.setattr(fake_tensor, "CONSTANT_NUMEL_LIMIT", 0, raising=False)  # no arithmetic with real numbers
    kept = (pil_resize._taps, normalize._per_channel)
    try:
        with fake_tensor.FakeTensorMode(allow_non_fake_inputs=True):
            network = build(TINY, GPU, request.param)
            with torch.inference_mode():
                yield network
    finally:
        for function in kept:  # nobody else is to meet tensors without numbers
            function.cache_clear()


def color() -> torch.Tensor:
    return torch.from_numpy(frames(640, 480, 1)[0].color).to(GPU)


def test_a_frame_is_encoded_and_a_mask_drawn_on_the_gpu(network: Lisa) -> None:
    tokens = network.image_tokens(network.vision_tower.input(color())[None])
    pixels, geometry = sam_input(color())
    embedding = network.visual_model.encode_image(pixels.to(network.dtype))
    decoded = network.visual_model.decode_masks(embedding, network.mask_embeddings(tokens[:2]))
    logits = upsample(decoded.low_res, geometry)
    scores = score(logits, decoded.iou)
    assert (logits.shape, scores.shape) == ((2, 480, 640), (2,))
    assert {part.device for part in (tokens, embedding, logits, scores)} == {GPU}


def test_prompts_are_read_and_tokens_chosen_on_the_gpu(network: Lisa) -> None:
    image, (prompt, other) = EncodedImage(torch.zeros(256, TINY.hidden, device=GPU, dtype=network.dtype)), prompts(TINY)
    decoder = Decoder(network, NO_TOKEN, 512)
    chosen = network.next_tokens(decoder._read(prompt, image))
    states = decoder._run_step(decoder._cache.view(512), chosen, torch.tensor([[len(prompt) + 255]], device=GPU))
    cache = network.language_model.reserve_cache(2, 512)
    cache.copy_prefix(decoder._cache, 36 + 255)
    rows = decoder._read_rows([prompt[36:], other[40:]], 36 + 255, cache, image)
    assert (chosen.shape, states.shape, rows.shape) == ((1,), (1, TINY.hidden), (2, TINY.hidden))
    assert {part.device for part in (chosen, states, rows)} == {GPU}


def test_the_official_way_stays_on_the_gpu(network: Lisa, monkeypatch: pytest.MonkeyPatch) -> None:
    if network.dtype == torch.float16:
        pytest.skip("the benchmark has no fp16")
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    official = Official(network, TINY)
    pixels, geometry = sam_input(color())
    states = official.read(network.vision_tower.input(color())[None], prompts(TINY)[0])
    logits = official.logits(official.encode(pixels), states, -1, geometry)
    assert (states.shape, logits.shape) == ((1, 56 + 255, TINY.hidden), (480, 640))
    assert {part.device for part in (states, logits)} == {GPU}
