"""A checkpoint in use: the network with its tokenizer, on its device, and what it made of the last frame."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...frame import Frame
from .generation.decoder import Decoder, Token
from .network.frame_encoder import EncodedFrame, FrameEncoder
from .network.lisa import Lisa
from .network.mask_decoder import MaskLogits, score, upsample
from .options import Family
from .prompts.context import SHORTEST, Context
from .prompts.tokenizer import Tokenizer

_WARM_UP_SIZE = (480, 640)
_WARM_UP_TOKENS = 4


@dataclass(frozen=True, eq=False)
class Mask:
    """What became of one [SEG].

    Attributes:
        pixels: (H, W) bool.
        score: in [0, 1], not calibrated; see `mask_decoder.score`.
    """

    pixels: np.ndarray
    score: float


class LisaModel:
    """A loaded checkpoint.

    Args:
        network: with its vision tower, prepared.
        tokenizer: the checkpoint's.
        family: which prompts it wants.
        context: makes prompts.
        decoder: answers them.
    """

    def __init__(self, network: Lisa, tokenizer: Tokenizer, family: Family, context: Context, decoder: Decoder) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.family = family
        self.context = context
        self.decoder = decoder
        self._encoder = FrameEncoder(network)
        self._frame: weakref.ref[Frame] | None = None
        self._encoded: EncodedFrame | None = None

    def look(self, frame: Frame) -> EncodedFrame:
        """A frame's encodings: from memory if it is the last frame."""
        if self._encoded is None or self._frame is None or self._frame() is not frame:
            self.forget()
            self._encoded, self._frame = self._encoder.encode(frame.color), weakref.ref(frame)
        return self._encoded

    def forget(self) -> None:
        """Release what is kept of the last frame and conversation."""
        self._frame = self._encoded = None
        self.decoder.forget()

    def generate(self, ids: Sequence[int], encoded: EncodedFrame, max_new_tokens: int) -> Iterator[Token]:
        """Answer a prompt on an encoded frame, token by token."""
        return self.decoder.answer(ids, encoded.image, max_new_tokens)

    @torch.inference_mode()
    def mask_logits(self, encoded: EncodedFrame, hidden: torch.Tensor) -> MaskLogits:
        """Masks on the decoder's grid for the states, (n, H), that predicted [SEG] tokens."""
        return self.network.visual_model.decode_masks(encoded.embedding, self.network.mask_embeddings(hidden))

    @torch.inference_mode()
    def masks(self, encoded: EncodedFrame, hidden: torch.Tensor) -> list[Mask]:
        """Masks on the frame for the states, (n, H), that predicted [SEG] tokens; these alone come to the host."""
        decoded = self.mask_logits(encoded, hidden)
        logits = upsample(decoded.low_res, encoded.geometry)
        scores = score(logits, decoded.iou)
        return [Mask(*pair) for pair in zip((logits > 0).cpu().numpy(), scores.tolist(), strict=True)]

    def warm_up(self) -> None:
        """Answer once on a blank image, so that kernels are chosen and graphs captured before somebody waits."""
        encoded = self._encoder.encode(np.zeros((*_WARM_UP_SIZE, 3), np.uint8))
        tokens = list(self.generate(self.context.ids((), SHORTEST), encoded, _WARM_UP_TOKENS))
        self.masks(encoded, tokens[0].hidden[None])
        self.decoder.warm_up()
        self.forget()
