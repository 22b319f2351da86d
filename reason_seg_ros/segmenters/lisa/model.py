"""A checkpoint in use: the network with its tokenizer, on its device, and what it made of the last frame."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...errors import SegmenterError
from ...frame import Frame
from ..base import Listener
from .checkpoint.budget import Budget, check, free_memory
from .checkpoint.load import Checkpoint, attach_tower
from .generation.decoder import Decoder, Token
from .network.frame_encoder import EncodedFrame, FrameEncoder
from .network.lisa import Lisa
from .network.mask_decoder import MaskLogits, score, upsample
from .options import ConversationStyle, Family, Options, Precision
from .prompts.context import Context
from .prompts.conversation import style_of
from .prompts.tokenizer import Tokenizer
from .weights.obtain import obtain, obtain_tower

_log = logging.getLogger(__name__)
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

    @classmethod
    def load(cls, options: Options, listener: Listener | None = None) -> LisaModel:
        """Load what the options name.

        Raises:
            SegmenterError: if something is missing, does not fit together, or needs more memory than there is.
            Cancelled: if the listener no longer wants it.
        """
        listener = listener or Listener()
        listener.stage("checkpoint")
        device = choose_device(options.device)
        precision = choose_precision(options.precision, device)
        checkpoint = Checkpoint.open(obtain(options.checkpoint, listener))
        config = checkpoint.config
        tower = obtain_tower(options.vision_tower or config.vision_tower, config.folder, listener)
        tokenizer = Tokenizer.load(Path(options.tokenizer) if options.tokenizer else config.folder)
        capacity = min(options.context or config.usual_context, config.max_positions)
        budget = Budget.of(checkpoint, tower, precision, capacity)
        _log.info("%s", budget)
        check(budget, free_memory(device), str(device))
        network = checkpoint.load(device, precision, listener)
        listener.stage("vision tower")
        attach_tower(network, config, tower, options.clip_crop)
        network.language_model.prepare(capacity)
        family = config.family if options.family is Family.AUTO else options.family
        context = _context(options, checkpoint, tokenizer, family, network.vision_tower.patches, capacity)
        model = cls(network, tokenizer, family, context, Decoder(network, tokenizer.eos_id, capacity, options.kv_cache))
        if device.type == "cuda":
            listener.stage("warm up")
            model.warm_up()
        return model

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
        tokens = list(self.generate(self.context.ids((), "a mug"), encoded, _WARM_UP_TOKENS))
        self.masks(encoded, tokens[0].hidden[None])
        self.forget()


def _context(
    options: Options, checkpoint: Checkpoint, tokenizer: Tokenizer, family: Family, image_tokens: int, capacity: int
) -> Context:
    automatic = options.conversation is ConversationStyle.AUTO
    return Context(
        tokenizer=tokenizer,
        style=style_of(family) if automatic else options.conversation,
        # LISA++ has no tokens for it, whatever its config says.
        use_im_start_end=checkpoint.config.use_im_start_end and tokenizer.im_start_id is not None,
        image_tokens=image_tokens,
        capacity=capacity,
        answer_room=options.max_new_tokens,
    )


def choose_device(name: str) -> torch.device:
    """The device that a name means.

    Raises:
        SegmenterError: if there is none of that name here.
    """
    if name in ("", "auto"):
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SegmenterError(f"the device is '{name}': it must be auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= found:
            raise SegmenterError(
                f"the device is '{name}', but PyTorch {torch.__version__} finds {found} CUDA devices here: use device "
                "cpu, or install a driver and a PyTorch build for your GPU"
            )
        return torch.device("cuda", device.index if device.index is not None else torch.cuda.current_device())
    return device


def choose_precision(precision: Precision, device: torch.device) -> Precision:
    """The precision, where it is left open: bf16 (fp16 on GPUs without it), on the CPU fp32."""
    if precision is not Precision.AUTO:
        return precision
    if device.type != "cuda":
        return Precision.FP32
    return Precision.BF16 if torch.cuda.is_bf16_supported() else Precision.FP16
