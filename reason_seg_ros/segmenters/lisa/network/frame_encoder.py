"""A frame as both encoders see it, each run once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from ..images.sam_input import SamGeometry, sam_input
from .cuda_graph import Graphed
from .lisa import Lisa


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """What the language model reads of an image; two are the same image only if they are the same object.

    Attributes:
        tokens: (N, H) embeddings.
    """

    tokens: torch.Tensor


class EncodedFrame:
    """A frame's encodings.

    Args:
        image: what the language model reads.
        geometry: how the mask decoder's grid lies on the frame.
        embedding: makes or waits for SAM's image embedding, (1, 256, 64, 64); called at most once.
    """

    def __init__(self, image: EncodedImage, geometry: SamGeometry, embedding: Callable[[], torch.Tensor]) -> None:
        self.image = image
        self.geometry = geometry
        self._embed: Callable[[], torch.Tensor] | None = embedding
        self._embedding: torch.Tensor | None = None

    @property
    def embedding(self) -> torch.Tensor:
        """SAM's image embedding, (1, 256, 64, 64)."""
        if self._embed is not None:
            self._embedding, self._embed = self._embed(), None
        assert self._embedding is not None
        return self._embedding


class FrameEncoder:
    """Encodes frames.

    On CUDA, SAM's encoder runs on a stream of its own beside the language model, which reads the prompt meanwhile: what
    it makes is waited for when the first mask is due. Elsewhere it runs when the first mask is due, and not at all for
    an answer without one.

    Args:
        network: with its vision tower.
    """

    def __init__(self, network: Lisa) -> None:
        self._network = network
        self._read = Graphed(network.image_tokens)
        self._encode = Graphed(network.visual_model.encode_image)
        self._side = network.visual_model.image_encoder.img_size
        self._stream = _sam_stream(network.device) if network.device.type == "cuda" else None

    @torch.inference_mode()
    def encode(self, color: np.ndarray) -> EncodedFrame:
        """Encode a colour image, (H, W, 3) uint8 RGB."""
        pixels = torch.from_numpy(np.require(color, requirements=("C", "W"))).to(self._network.device)
        geometry = SamGeometry.of((color.shape[0], color.shape[1]), self._side)
        embedding = self._begin_embedding(pixels)
        tokens = self._read(self._network.vision_tower.input(pixels)[None])
        return EncodedFrame(EncodedImage(tokens.clone()), geometry, embedding)

    def _begin_embedding(self, pixels: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Start SAM's encoder where it can run beside others; what is returned gives its result."""
        stream = self._stream
        if stream is None:
            return lambda: self._embedding(pixels)
        stream.wait_stream(torch.cuda.current_stream(pixels.device))
        with torch.cuda.stream(stream):
            embedding = self._embedding(pixels)
            pixels.record_stream(stream)

        def wait() -> torch.Tensor:
            current = torch.cuda.current_stream(embedding.device)
            current.wait_stream(stream)
            embedding.record_stream(current)
            return embedding

        return wait

    @torch.inference_mode()
    def _embedding(self, pixels: torch.Tensor) -> torch.Tensor:
        image, _ = sam_input(pixels, self._side)
        return self._encode(image.to(self._network.dtype)).clone()


@lru_cache
def _sam_stream(device: torch.device) -> torch.cuda.Stream:
    """The same for all networks, since PyTorch has 32 streams and then hands out those that are in use."""
    return torch.cuda.Stream(device)
