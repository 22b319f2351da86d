"""The official code's outputs on its own tiny checkpoints, reproduced from the instruction to the mask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from shared_data import SHARED

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.reply import Status
from reason_seg_ros.segmenters.lisa.loading import load_model
from reason_seg_ros.segmenters.lisa.model import LisaModel
from reason_seg_ros.segmenters.lisa.network.mask_decoder import upsample
from reason_seg_ros.segmenters.lisa.options import ConversationStyle, Mode, Options, Precision
from reason_seg_ros.segmenters.lisa.segmenter import LisaSegmenter

GOLDEN = SHARED / "golden"
NAMES = ("lisa_7b_tiny", "lisa_llama2_tiny")
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the official outputs (shared/golden) are not here")


@dataclass
class Case:
    """One case of golden.json with its tensors."""

    name: str
    record: dict[str, Any]
    tensors: dict[str, torch.Tensor]
    frame: Frame

    @property
    def style(self) -> ConversationStyle:
        return ConversationStyle(self.record["conversation"])


def cases(folder: Path) -> list[Case]:
    from safetensors.torch import load_file

    tensors = load_file(folder / "golden.safetensors")
    made = []
    for index, record in enumerate(json.loads((folder / "golden.json").read_text())):
        color = cv2.cvtColor(cv2.imread(str(folder / record["image"])), cv2.COLOR_BGR2RGB)
        height, width = color.shape[:2]
        depth = np.ones((height, width), np.float32)
        frame = Frame(color, depth, Camera(width, height, width, width, width / 2, height / 2))
        own = {name.partition(".")[2]: value for name, value in tensors.items() if name.startswith(f"case{index}.")}
        made.append(Case(f"{folder.name} {record['image']}", record, own, frame))
    return made


CASES = [case for name in NAMES if GOLDEN.is_dir() for case in cases(GOLDEN / name)]


def options(case: Case, **more: Any) -> dict[str, Any]:
    return {
        "checkpoint": str(GOLDEN / case.name.split()[0]),
        "device": "cpu",
        "precision": "fp32",
        "conversation": case.record["conversation"],
        "max_new_tokens": case.record["max_new_tokens"],
        **more,
    }


_MODELS: dict[str, LisaModel] = {}


def model_of(case: Case, **more: Any) -> LisaModel:
    given = options(case, **more)
    if (key := str(given)) not in _MODELS:
        _MODELS[key] = load_model(Options.of(**given))
    _MODELS[key].forget()
    return _MODELS[key]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("kv_cache", [True, False])
def test_every_step_is_the_official_one(case: Case, kv_cache: bool) -> None:
    model = model_of(case, kv_cache=kv_cache)
    ids, dropped = model.context.fit((), case.record["text"])
    assert ids == case.record["input_ids"]
    assert dropped == 0
    encoded = model.look(case.frame)
    tokens = list(model.generate(ids, encoded, case.record["max_new_tokens"]))
    assert [token.id for token in tokens] == case.record["new_ids"]
    assert model.tokenizer.decode([token.id for token in tokens]) == case.record["decoded"]
    pixels = model.network.vision_tower.input(torch.from_numpy(case.frame.color))
    assert torch.allclose(pixels[:, ::8, ::8], case.tensors["clip_pixels"], atol=1e-5)
    assert torch.allclose(encoded.embedding[0, :, ::4, ::4], case.tensors["image_embedding"], atol=1e-4)
    hidden = [token.hidden for token in tokens if token.id == model.tokenizer.seg_id]
    assert len(hidden) == len(case.tensors.get("mask", ()))
    if hidden:
        check_masks(model, case, torch.stack(hidden), encoded)


def check_masks(model: LisaModel, case: Case, hidden: torch.Tensor, encoded: Any) -> None:
    wanted = case.tensors
    assert torch.allclose(hidden, wanted["seg_hidden"], atol=1e-4)
    assert torch.allclose(model.network.mask_embeddings(hidden), wanted["seg_embedding"], atol=1e-4)
    decoded = model.mask_logits(encoded, hidden)
    assert torch.allclose(decoded.low_res, wanted["low_res"], atol=1e-3)
    assert torch.allclose(decoded.iou, wanted["iou"], atol=1e-3)
    masks = upsample(decoded.low_res, encoded.geometry) > 0
    for got, mask in zip(masks.numpy(), wanted["mask"].numpy() > 0, strict=True):
        assert iou(got, mask) >= 0.999


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


@pytest.mark.parametrize("name", NAMES)
def test_all_cases_of_a_checkpoint_in_one_batch(name: str) -> None:
    """One image, all prompts: each row is what the prompt gives alone."""
    chosen = [case for case in CASES if case.name.startswith(name)]
    model = model_of(chosen[0])
    encoded = model.look(chosen[0].frame)
    prompts = [case.record["input_ids"] for case in chosen]
    rows: list[list[Any]] = [[] for _ in prompts]
    for token in model.decoder.answer_all(prompts, encoded.image, 24):
        rows[token.row].append(token)
    assert [token.id for token in rows[0]] == chosen[0].record["new_ids"]  # the one whose image it is
    for prompt, row in zip(prompts, rows, strict=True):
        alone = list(model.generate(prompt, encoded, 24))
        assert [token.id for token in row] == [token.id for token in alone]
        assert torch.allclose(
            torch.stack([token.hidden for token in row]), torch.stack([token.hidden for token in alone]), atol=1e-4
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.SEMANTIC])
def test_the_segmenter_gives_the_official_masks(case: Case, mode: Mode) -> None:
    """Through the front door: these instructions ask for masks in the model's own words, so they are left alone."""
    segmenter = LisaSegmenter(**options(case, mode=mode.value))
    segmenter._model = model_of(case)
    reply = segmenter.ask(case.frame, case.record["text"])
    wanted = case.tensors.get("mask", torch.zeros(0)).numpy() > 0
    drawn = [mask for mask in wanted if mask.any()]
    assert len(reply.segments) == len(drawn)
    assert reply.status is (Status.FOUND if drawn else Status.EMPTY if len(wanted) else Status.ABSENT)
    for segment, mask in zip(reply.segments, drawn, strict=True):
        assert iou(segment.mask, mask) >= 0.999


def test_bfloat16_answers_alike() -> None:
    """Not bit by bit, but the same kind of answer: what precision costs is rounding and nothing else."""
    case = CASES[2]
    model = model_of(case, precision=Precision.BF16.value)
    encoded = model.look(case.frame)
    image = case.tensors["image_embedding"]
    difference = (encoded.embedding[0, :, ::4, ::4].float() - image).abs().mean()
    assert difference < 0.05 * image.abs().mean()
    tokens = list(model.generate(case.record["input_ids"], encoded, 3))
    assert [token.id for token in tokens] == case.record["new_ids"][:3]
