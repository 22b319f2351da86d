"""Networks of the LISA family for tests: loaded from tiny checkpoints, with counters on what they compute."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import torch
from tiny_lisa import make_checkpoint, tiny_frame

from reason_seg_ros.segmenters.lisa.checkpoint.load import Checkpoint, attach_tower
from reason_seg_ros.segmenters.lisa.generation.decoder import Decoder
from reason_seg_ros.segmenters.lisa.network.frame_encoder import EncodedImage, FrameEncoder
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.options import ClipCrop, ConversationStyle, Precision
from reason_seg_ros.segmenters.lisa.prompts.conversation import Said, render
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import Tokenizer

CAPACITY = 1024


class Parts:
    """A tiny checkpoint in use, without the segmenter around it.

    Args:
        folder: where to make it.
        precision: number format to load it in.
        make: arguments of `tiny_lisa.make_checkpoint`.
    """

    def __init__(self, folder: Path, precision: Precision = Precision.FP32, **make: Any) -> None:
        checkpoint = Checkpoint.open(make_checkpoint(folder, **make))
        self.network: Lisa = checkpoint.load(torch.device("cpu"), precision)
        attach_tower(self.network, checkpoint.config, folder / "clip", ClipCrop.CENTER)
        self.network.language_model.prepare(CAPACITY)
        self.tokenizer = Tokenizer.load(folder)
        self.encoder = FrameEncoder(self.network)
        self.image: EncodedImage = self.encoder.encode(tiny_frame().color).image

    def decoder(self, kv_cache: bool = True, eos_id: int | None = None, run_ahead: bool = False) -> Decoder:
        """A decoder that has read nothing yet; `eos_id` -1 lets no token end an answer."""
        eos_id = self.tokenizer.eos_id if eos_id is None else eos_id
        return Decoder(self.network, eos_id, CAPACITY, kv_cache, run_ahead)

    def prompt(self, question: str, *earlier: Said) -> list[int]:
        """A prompt's ids."""
        return self.tokenizer.encode(render(ConversationStyle.LLAVA_V1, earlier, question, True))


class Work:
    """Counts what a network computes, while it is open: encoder calls and tokens that the language model reads."""

    def __init__(self, network: Lisa) -> None:
        self.counts: Counter[str] = Counter()
        self._hooks = [
            network.vision_tower.register_forward_hook(lambda *_: self._add("tower", 1)),
            network.visual_model.image_encoder.register_forward_hook(lambda *_: self._add("encoder", 1)),
            network.language_model.register_forward_hook(lambda _, given, __: self._add("tokens", given[1].numel())),
            network.language_model.register_forward_hook(lambda *_: self._add("passes", 1)),
        ]

    def __enter__(self) -> Counter[str]:
        return self.counts

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _add(self, what: str, count: int) -> None:
        self.counts[what] += count
