"""The network on a GPU, as far as can be told without one: devices, dtypes, shapes, memory, what the host waits for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_cuda import DEVICE, Runtime, Work, fake_cuda, network_bytes, place
from torch import nn

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.segmenters.lisa.config import CheckpointConfig
from reason_seg_ros.segmenters.lisa.generation.decoder import Decoder
from reason_seg_ros.segmenters.lisa.images.clip_input import ClipInput
from reason_seg_ros.segmenters.lisa.images.sam_input import sam_input
from reason_seg_ros.segmenters.lisa.model import LisaModel
from reason_seg_ros.segmenters.lisa.network.clip_tower import ClipTower
from reason_seg_ros.segmenters.lisa.network.image_encoder import VIT_H, EncoderShape
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.network.mask_decoder import score, upsample
from reason_seg_ros.segmenters.lisa.options import ClipCrop, Family
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import IMAGE_TOKEN

SMALL_SAM = EncoderShape(embed_dim=48, depth=2, heads=4, global_blocks=(1,), window=14)
CAPACITY, PATCHES, EOS = 1024, 256, 2
PROMPT = [1, 7, IMAGE_TOKEN, 8, 9]
DTYPES = [torch.bfloat16, torch.float16]


@pytest.fixture(autouse=True)
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with fake_cuda(monkeypatch):
        yield


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    return Runtime(monkeypatch)


def config(hidden: int, intermediate: int, layers: int, heads: int, vision: int, **more: Any) -> CheckpointConfig:
    return CheckpointConfig(
        folder=Path(),
        hidden_size=hidden,
        intermediate_size=intermediate,
        layers=layers,
        heads=heads,
        kv_heads=more.get("kv_heads", heads),
        head_dim=hidden // heads,
        vocabulary=32004,
        max_positions=2048,
        projector=more.get("projector", "linear"),
        vision_tower="clip",
        select_layer=-2,
        select_feature="patch",
        vision_width=vision,
        embedding_width=256,
        use_im_start_end=True,
        family=Family.LISA,
        raw={},
    )


TINY, SEVEN_B = config(64, 192, 3, 4, 32), config(4096, 11008, 32, 32, 1024)


def network(shape: CheckpointConfig, sam: EncoderShape, dtype: torch.dtype, capacity: int = CAPACITY) -> Lisa:
    """A network on the fake device, put together as loading does it."""
    from transformers import CLIPVisionConfig, CLIPVisionModel

    width, layers = shape.vision_width, 24 if shape is SEVEN_B else 3
    vision = CLIPVisionConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_attention_heads=width // 64 or 2,
        num_hidden_layers=layers,
        image_size=224,
        patch_size=14,
    )
    with torch.device("meta"):
        made = Lisa(shape, sam)
        tower = ClipTower(CLIPVisionModel(vision), shape.select_layer, "patch", ClipInput(224))
    place(made, dtype)
    made.vision_tower = place(tower, dtype)
    made.language_model.prepare(capacity)
    return made


def empty(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, device=DEVICE, dtype=dtype)


def told(tensor: torch.Tensor) -> tuple[torch.device, torch.dtype, tuple[int, ...]]:
    return tensor.device, tensor.dtype, tuple(tensor.shape)


def model_of(made: Lisa, capacity: int = CAPACITY) -> LisaModel:
    """A model without a tokenizer, which prompts of ids do not need."""
    nothing: Any = None
    return LisaModel(made, nothing, Family.LISA, nothing, Decoder(made, EOS, capacity))


def frame(height: int = 480, width: int = 640) -> Frame:
    camera = Camera(width, height, 500.0, 500.0, width / 2, height / 2)
    return Frame(np.zeros((height, width, 3), np.uint8), np.ones((height, width), np.float32), camera)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
class TestParts:
    @pytest.mark.parametrize("crop", ClipCrop)
    def test_the_image_for_the_language_model(self, dtype: torch.dtype, crop: ClipCrop) -> None:
        made, image = network(TINY, SMALL_SAM, dtype), empty(480, 640, 3, dtype=torch.uint8)
        pixels = ClipInput(224, crop=crop)(image)
        assert told(pixels) == (DEVICE, torch.float32, (3, 224, 224))
        assert told(made.image_tokens(pixels[None])) == (DEVICE, dtype, (PATCHES, 64))

    def test_the_image_for_sam(self, dtype: torch.dtype) -> None:
        made, image = network(TINY, SMALL_SAM, dtype), empty(333, 517, 3, dtype=torch.uint8)
        pixels, geometry = sam_input(image)
        assert told(pixels) == (DEVICE, torch.float32, (1, 3, 1024, 1024))
        embedding = made.visual_model.encode_image(pixels)
        assert told(embedding) == (DEVICE, dtype, (1, 256, 64, 64))
        for count in (0, 1, 3):
            decoded = made.visual_model.decode_masks(embedding, made.mask_embeddings(empty(count, 64, dtype=dtype)))
            assert told(decoded.low_res) == (DEVICE, dtype, (count, 256, 256))
            assert told(decoded.iou) == (DEVICE, dtype, (count,))
            logits = upsample(decoded.low_res, geometry)
            assert told(logits) == (DEVICE, torch.float32, (count, 333, 517))
            assert told(score(logits, decoded.iou)) == (DEVICE, torch.float32, (count,))

    @pytest.mark.parametrize("change", [{}, {"projector": "mlp2x_gelu"}, {"kv_heads": 2}], ids=str)
    @pytest.mark.parametrize(("rows", "tokens"), [(1, 300), (3, 17), (1, 1), (3, 1)])
    def test_reading_tokens(self, dtype: torch.dtype, change: dict[str, Any], rows: int, tokens: int) -> None:
        made = network(config(64, 192, 3, 4, 32, **change), SMALL_SAM, dtype)
        cache = made.language_model.reserve_cache(rows, CAPACITY)
        alone = made.language_model.reserve_cache(1, CAPACITY)
        assert told(cache.keys[0]) == (DEVICE, dtype, (rows, change.get("kv_heads", 4), CAPACITY, 16))
        cache.copy_prefix(alone, 40)
        where = torch.arange(40, 40 + tokens, device=DEVICE).expand(rows, -1)
        hidden = made.language_model(empty(rows, tokens, 64, dtype=dtype), where, cache.view(384))
        assert told(hidden) == (DEVICE, dtype, (rows, tokens, 64))
        assert told(made.next_tokens(hidden[:, -1])) == (DEVICE, torch.int64, (rows,))
        assert told(made.embed(PROMPT, empty(PATCHES, 64, dtype=dtype))) == (DEVICE, dtype, (PATCHES + 4, 64))

    def test_joined_projections_take_no_memory(self, dtype: torch.dtype) -> None:
        joined = network(TINY, SMALL_SAM, dtype)
        apart = sum(tensor.numel() * tensor.element_size() for tensor in [*joined.parameters(), *joined.buffers()])
        assert network_bytes(joined) == apart
        attention = joined.language_model.layers[0].self_attn
        assert told(attention.k_proj.weight) == (DEVICE, dtype, (64, 64))
        assert attention.q_proj.weight.untyped_storage() is attention.v_proj.weight.untyped_storage()


class TestAnswer:
    """The whole way from a frame to masks, with stand-ins for streams and graphs."""

    def test_the_host_waits_for_each_token_and_for_masks_alone(self, runtime: Runtime) -> None:
        model = model_of(network(TINY, SMALL_SAM, torch.bfloat16))
        with Work() as work:
            encoded = model.look(frame())
            tokens = list(model.generate(PROMPT, encoded, 6))
            assert work.to_host == 0
            assert [entry for entry in runtime.log if entry in ("tolist", "numpy")] == 6 * ["tolist"]
            masks = model.masks(encoded, torch.stack([token.hidden for token in tokens[:2]]))
        assert work.to_host == 1  # the masks; their scores come by tolist
        assert runtime.log[-2:] == ["numpy", "tolist"]
        assert [mask.pixels.shape for mask in masks] == 2 * [(480, 640)]
        assert told(tokens[0].hidden) == (DEVICE, torch.bfloat16, (64,))

    def test_sam_runs_beside_the_language_model(self, runtime: Runtime) -> None:
        model = model_of(network(TINY, SMALL_SAM, torch.bfloat16))
        side = runtime.log[0].removeprefix("new ")
        model.masks(model.look(frame()), empty(1, 64, dtype=torch.bfloat16))
        runtime.log.clear()
        encoded = model.look(frame())
        assert runtime.log == [f"{side} waits for main", f"replay on {side}", "record", "replay on main"]
        list(model.generate(PROMPT, encoded, 3))
        assert not any(entry.startswith("main waits") and side in entry for entry in runtime.log)
        model.masks(encoded, empty(1, 64, dtype=torch.bfloat16))
        assert runtime.log.count(f"main waits for {side}") == 1
        model.masks(encoded, empty(1, 64, dtype=torch.bfloat16))
        assert runtime.log.count(f"main waits for {side}") == 1
        assert runtime.current == "main"

    def test_steps_are_captured_once_for_each_length(self, runtime: Runtime) -> None:
        model = model_of(network(TINY, SMALL_SAM, torch.bfloat16))
        encoded = model.look(frame())
        runtime.log.clear()
        model.decoder.warm_up()
        assert (runtime.log.count("capture"), runtime.log.count("replay on main")) == (4, 4)
        runtime.log.clear()
        long = [1, IMAGE_TOKEN, *range(3, 3 + 512 - PATCHES - 4)]
        assert len(list(model.generate(long, encoded, 9))) == 9
        assert (runtime.log.count("capture"), runtime.log.count("replay on main")) == (0, 8)

    def test_several_questions(self, runtime: Runtime) -> None:
        model = model_of(network(TINY, SMALL_SAM, torch.float16))
        encoded = model.look(frame())
        prompts = [PROMPT, [*PROMPT[:3], 11, 12, 13], [*PROMPT, 3]]
        tokens = list(model.decoder.answer_all(prompts, encoded.image, 4))
        assert len(tokens) == 12
        assert {told(token.hidden) for token in tokens} == {(DEVICE, torch.float16, (64,))}

    def test_layers_of_8_bits_are_never_captured(self, runtime: Runtime) -> None:
        made = network(TINY, SMALL_SAM, torch.float16)
        assert made.language_model.capturable
        made.language_model.layers[1].self_attn.o_proj = type("Linear8bitLt", (nn.Linear,), {})(1, 1)
        assert not made.language_model.capturable
        model = model_of(made)
        encoded = model.look(frame())
        runtime.log.clear()
        assert len(list(model.generate(PROMPT, encoded, 3))) == 3
        assert "capture" not in runtime.log


class TestSevenBillion:
    """LISA-7B in its full size."""

    def test_it_fits_on_a_gpu_of_18_gb(self, runtime: Runtime) -> None:
        """Weights, cache, what captured graphs hold and what comes and goes, all together."""
        made = network(SEVEN_B, VIT_H, torch.bfloat16, 2048)
        with Work() as cache:
            model = model_of(made, 2048)
        with Work() as frames:
            encoded = model.look(frame(720, 1280))
        with Work() as reading:
            tokens = model.generate([1, IMAGE_TOKEN, *range(3, 1700)], encoded, 2)
            hidden = next(tokens).hidden
        with Work() as step:
            next(tokens)
        with Work() as masks:
            model.masks(encoded, hidden[None])
        assert network_bytes(made) == pytest.approx(15.4e9, rel=0.01)
        assert cache.peak == pytest.approx(1.074e9, rel=0.01)
        work = (frames, reading, step, masks)
        assert network_bytes(made) + cache.peak + sum(each.peak for each in work) < 18e9
        assert max(each.largest for each in work) < 0.3e9

    def test_a_step_starts_few_kernels(self, runtime: Runtime) -> None:
        made = network(SEVEN_B, SMALL_SAM, torch.bfloat16)
        cache = made.language_model.reserve_cache(1, 512)
        where = torch.full((1, 1), 400, device=DEVICE)
        with Work() as work:
            made.language_model(empty(1, 1, 4096, dtype=torch.bfloat16), where, cache)
        assert sum(work.kernels.values()) <= 17 * 32 + 8
