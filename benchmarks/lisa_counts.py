"""How often the encoders run and how many tokens the language model reads, counted on a tiny network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from .lisa_official import Official
from .lisa_ours import Ours
from .lisa_shapes import SHAPES, build, frames, prompts


@dataclass
class Counts:
    """What was run.

    Attributes:
        clip, sam: calls of the encoders.
        tokens: that the language model read.
    """

    clip: int = 0
    sam: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Comparison:
    """What one answer and a second one on the same frame ran, here and the official way, and whether they agree.

    Attributes:
        prompt: tokens of the prompt, the image's counted.
        tokens: length of an answer.
        ours, official: counts of the first answer and the second.
        same_tokens: of both answers, those that are the same.
        same_pixels: share of the masks' pixels that are the same.
    """

    prompt: int
    tokens: int
    ours: tuple[Counts, Counts]
    official: tuple[Counts, Counts]
    same_tokens: int
    same_pixels: float


@torch.inference_mode()
def compare(tokens: int) -> Comparison:
    """Ask two questions about a frame, here and the official way, in float32 on the CPU."""
    shape = SHAPES["tiny"]
    with torch.inference_mode(False):
        network = build(shape, torch.device("cpu"), torch.float32)
    (frame,), asked = frames(64, 48, 1), prompts(shape)
    ours, official = Ours(network, tokens), Official(network, shape)
    counts: list[Counts] = []
    answers = []
    for prompt in asked:
        with _counting(network.vision_tower, network.visual_model.image_encoder, network.language_model) as mine:
            answer = ours.answer(frame, prompt)
        with _counting(network.vision_tower, official.image_encoder, official.language_model) as theirs:
            ids, mask = official.answer(frame, prompt, tokens)
        counts += [mine, theirs]
        answers.append((answer, ids, mask))
    return Comparison(
        prompt=len(asked[0]) + network.vision_tower.patches - 1,
        tokens=tokens,
        ours=(counts[0], counts[2]),
        official=(counts[1], counts[3]),
        same_tokens=sum(a == b for answer, ids, _ in answers for a, b in zip(answer.ids, ids, strict=True)),
        same_pixels=sum(float((answer.mask == mask).mean()) for answer, _, mask in answers) / len(answers),
    )


@contextmanager
def _counting(clip: nn.Module, sam: nn.Module, language_model: nn.Module) -> Iterator[Counts]:
    """Count the calls of these modules."""
    counts = Counts()

    def encoded(module: nn.Module, *_: object) -> None:
        counts.clip += module is clip
        counts.sam += module is sam

    def read(module: nn.Module, given: tuple, named: dict) -> None:
        embeddings = named["inputs_embeds"] if "inputs_embeds" in named else given[0]
        counts.tokens += embeddings.shape[0] * embeddings.shape[1]

    hooks = [
        clip.register_forward_pre_hook(encoded),
        sam.register_forward_pre_hook(encoded),
        language_model.register_forward_pre_hook(read, with_kwargs=True),
    ]
    try:
        yield counts
    finally:
        for hook in hooks:
            hook.remove()
