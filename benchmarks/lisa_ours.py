"""Answers of this package's LISA, whole and stage by stage, on a network without a tokenizer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch

from reason_seg_ros.frame import Frame
from reason_seg_ros.segmenters.lisa.generation.decoder import Decoder
from reason_seg_ros.segmenters.lisa.model import LisaModel
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.options import Family

from .lisa_shapes import CONTEXT, NO_TOKEN, SEG_AT, Shape, prompts

Figures = dict[str, float]  # milliseconds by the name of a row; memory in GB (1e9 bytes)


@dataclass(frozen=True, eq=False)
class Answer:
    """An answer.

    Attributes:
        ids: its tokens.
        mask: (H, W) bool, of token number SEG_AT.
        first_mask: milliseconds until the mask was there.
        whole: milliseconds until the end.
    """

    ids: list[int]
    mask: np.ndarray
    first_mask: float
    whole: float


class Ours:
    """The package's model around a network.

    Args:
        network: ready to answer.
        tokens: length of an answer.
    """

    def __init__(self, network: Lisa, tokens: int) -> None:
        # Prompts come as token ids here, so there is nothing for a tokenizer or a template to do.
        decoder = Decoder(network, NO_TOKEN, CONTEXT)
        self.model = LisaModel(network, None, Family.LISA, None, decoder)  # type: ignore[arg-type]  (see above)
        self.tokens = tokens

    @torch.inference_mode()
    def answer(self, frame: Frame, prompt: Sequence[int]) -> Answer:
        """Answer a prompt (token ids) on a frame; what is known of the last frame and prompt is used."""
        begin = time.perf_counter()
        encoded = self.model.look(frame)
        ids: list[int] = []
        for token in self.model.generate(prompt, encoded, self.tokens):
            ids.append(token.id)
            if len(ids) == SEG_AT:
                mask = self.model.masks(encoded, token.hidden[None])[0].pixels
                first = time.perf_counter()
        synchronize(self.model.network.device)
        return Answer(ids, mask, 1000 * (first - begin), 1000 * (time.perf_counter() - begin))

    def measure(self, frames: Sequence[Frame], shape: Shape, repeats: int) -> Figures:
        """Medians of whole answers and of their stages.

        No two questions have the same length, as nobody's have: what a library works out for each length must be seen.

        Args:
            frames: two or more, taken in turn.
            shape: of the network.
            repeats: runs behind a median; one more goes before them.
        """
        firsts, wholes, seconds = [], [], []
        for index in range(repeats + 1):
            frame = frames[index % len(frames)]
            answer, second = (self.answer(frame, prompt) for prompt in lengthened(shape, index))
            firsts.append(answer.first_mask)
            wholes.append(answer.whole)
            seconds.append(second.whole)
        figures = {"first": median(firsts[1:]), "whole": median(wholes[1:]), "second": median(seconds[1:])}
        return self._stages(frames[0], prompts(shape)[0], repeats) | figures

    @torch.inference_mode()
    def _stages(self, frame: Frame, prompt: Sequence[int], repeats: int) -> Figures:
        """Each stage by itself, with nothing else on the device."""
        model, device = self.model, self.model.network.device
        encoder, decoder, network = model._encoder, model.decoder, model.network
        pixels = torch.from_numpy(frame.color).to(device)
        encoded = model.look(frame)

        def prefill() -> torch.Tensor:
            decoder.forget()
            hidden = decoder._read(prompt, encoded.image)
            network.next_tokens(hidden)
            return hidden

        state = prefill().clone()
        return {
            "clip": median_ms(lambda: encoder._read(network.vision_tower.input(pixels)[None]), device, repeats),
            "sam": median_ms(lambda: encoder._embedding(pixels), device, repeats),
            "prefill": median_ms(prefill, device, repeats),
            "decode": median([self._decode(frame, prompt) for _ in range(repeats)]),
            "mask": median_ms(lambda: model.masks(encoded, state), device, repeats),
        }

    def _decode(self, frame: Frame, prompt: Sequence[int]) -> float:
        """Milliseconds of each token behind the first."""
        tokens = self.model.generate(prompt, self.model.look(frame), self.tokens)
        next(tokens)  # it is on the host, so the device has nothing left to do
        begin = time.perf_counter()
        later = sum(1 for _ in tokens)
        synchronize(self.model.network.device)
        return 1000 * (time.perf_counter() - begin) / later


def lengthened(shape: Shape, index: int) -> tuple[list[int], list[int]]:
    """Two questions of lengths that no other index has."""
    return prompts(shape, 2 * index)[0], prompts(shape, 2 * index + 1)[1]


def median_ms(function: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Median milliseconds of a call, after one that is not counted."""
    times = []
    for _ in range(repeats + 1):
        synchronize(device)
        begin = time.perf_counter()
        function()
        synchronize(device)
        times.append(1000 * (time.perf_counter() - begin))
    return median(times[1:])


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
