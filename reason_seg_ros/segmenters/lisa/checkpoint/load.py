"""From a checkpoint's files to a network that can answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ...base import Listener
from ..config import CheckpointConfig
from ..device import has_bf16
from ..files import read_shapes, read_tensors, weight_files
from ..network.clip_tower import ClipTower
from ..network.image_encoder import EncoderShape
from ..network.lisa import Lisa
from ..options import ClipCrop, Precision
from .layout import IMAGE_ENCODER, check_family, check_shapes, our_name
from .quantize import check_available, is_quantized, quantized

Shape = tuple[int, ...]
# One tensor where a config ties them; it is then saved once.
_HEAD, _EMBEDDINGS = "lm_head.weight", "language_model.embed_tokens.weight"
_DTYPES = {Precision.FP32: torch.float32, Precision.FP16: torch.float16, Precision.BF16: torch.bfloat16}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose config and shapes have been read and fit together; its weights are still in the files.

    Attributes:
        config: its config.
        files: of its weights.
        shapes: of its tensors, by our names.
        encoder: shape of SAM's image encoder.
    """

    config: CheckpointConfig
    files: tuple[Path, ...]
    shapes: Mapping[str, Shape]
    encoder: EncoderShape

    @classmethod
    def open(cls, folder: Path) -> Checkpoint:
        """Read what can be read without the weights.

        Raises:
            SegmenterError: if it is not of this family, incomplete, or its parts contradict each other.
        """
        config = CheckpointConfig.read(folder)
        files = weight_files(folder)
        published = {name: shape for file in files for name, shape in read_shapes(file).items()}
        shapes = {ours: shape for name, shape in published.items() if (ours := our_name(name)) is not None}
        check_family(shapes, folder)
        if config.tied and _EMBEDDINGS in shapes:
            shapes.setdefault(_HEAD, shapes[_EMBEDDINGS])
        encoder = EncoderShape.of(
            {
                name.removeprefix(IMAGE_ENCODER): shape
                for name, shape in shapes.items()
                if name.startswith(IMAGE_ENCODER)
            }
        )
        with torch.device("meta"):
            network = Lisa(config, encoder)
        check_shapes({name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}, shapes, folder)
        return cls(config, tuple(files), shapes, encoder)

    def load(self, device: torch.device, precision: Precision, listener: Listener | None = None) -> Lisa:
        """Read the weights and put each where it belongs, one at a time: memory holds each only once.

        Args:
            device: where the network is to lie.
            precision: not AUTO.
            listener: hears how far it is, and can cancel.

        Returns:
            The network, still without its vision tower.

        Raises:
            SegmenterError: if a file cannot be read, or bitsandbytes is needed and not there.
            Cancelled: if the listener no longer wants it.
        """
        listener = listener or Listener()
        dtype = compute_dtype(precision, device)
        if precision not in _DTYPES:
            check_available()
        with torch.device("meta"):
            network = Lisa(self.config, self.encoder)
        done, percent = 0, -1
        for file in self.files:
            for published, tensor in read_tensors(file):
                name = our_name(published)
                if name is None:
                    continue
                listener.check()
                if is_quantized(name, precision):
                    _put_module(network, name.removesuffix(".weight"), quantized(tensor, precision, device, dtype))
                else:
                    _put_tensor(network, name, tensor.to(device, dtype))
                done += 1
                if percent != (percent := 100 * done // len(self.shapes)):
                    listener.stage(f"weights {percent} %")
        if network.lm_head.weight.is_meta:
            network.lm_head.weight = network.language_model.embed_tokens.weight
        return network.eval().requires_grad_(False)


def compute_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """The number format in which a precision computes.

    LLM.int8() is made for fp16. Layers of 4 bits compute in bf16, in whose range the checkpoints were trained, where
    the device can.
    """
    if precision in _DTYPES:
        return _DTYPES[precision]
    if precision is Precision.INT8 or not has_bf16(device):
        return torch.float16
    return torch.bfloat16


def attach_tower(network: Lisa, config: CheckpointConfig, folder: Path, crop: ClipCrop) -> None:
    """Load the CLIP tower and put it into the network.

    Raises:
        SegmenterError: if it cannot be loaded.
    """
    tower = ClipTower.load(str(folder), config.select_layer, config.select_feature, crop)
    network.vision_tower = tower.to(network.device, network.dtype).eval().requires_grad_(False)


def _put_tensor(network: nn.Module, name: str, tensor: torch.Tensor) -> None:
    path, _, leaf = name.rpartition(".")
    module = network.get_submodule(path)
    if leaf in module._parameters:
        module._parameters[leaf] = nn.Parameter(tensor, requires_grad=False)
    else:
        module._buffers[leaf] = tensor


def _put_module(network: nn.Module, name: str, module: nn.Module) -> None:
    path, _, leaf = name.rpartition(".")
    setattr(network.get_submodule(path), leaf, module)
