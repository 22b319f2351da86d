"""What a vision tower's config.json says, checked. Imports nothing heavy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...errors import SegmenterError
from .config import CONFIG_FILE
from .options import how_to_set

_KINDS = ("clip", "clip_vision_model")
# What transformers takes where the config leaves a number out, as that of a whole CLIPModel may.
_DEFAULTS = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "image_size": 224,
    "patch_size": 32,
}


@dataclass(frozen=True)
class TowerConfig:
    """The shape of a CLIP vision tower (Radford et al., 2021).

    Attributes:
        width: numbers in a token's state.
        intermediate_size: width of the hidden layer of each block.
        layers: blocks.
        image_size: side of its input, in pixels.
        patch_size: side of a patch, in pixels.
    """

    width: int
    intermediate_size: int
    layers: int
    image_size: int
    patch_size: int

    @classmethod
    def read(cls, folder: Path) -> TowerConfig:
        """Read a folder's config.json: of a CLIPVisionModel, or of a whole CLIPModel.

        Raises:
            SegmenterError: if there is none, or it is of another kind of model.
        """
        path = folder / CONFIG_FILE
        if not path.is_file():
            raise SegmenterError(f"there is no vision tower in {folder}: {CONFIG_FILE} is missing")
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            kind = raw.get("model_type")
            vision = raw.get("vision_config") or {} if kind == "clip" else raw
            numbers = [int(vision.get(name, default)) for name, default in _DEFAULTS.items()]
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise SegmenterError(
                f"{path} does not describe a CLIP vision tower ({type(error).__name__}: {error}): "
                f"download the tower again, or set another {how_to_set('vision_tower', 'DIR')}"
            ) from error
        if kind not in _KINDS:
            raise SegmenterError(
                f"{folder} holds a model of type '{kind}', which is no CLIP vision tower: set the tower that the "
                "checkpoint was trained with, such as openai/clip-vit-large-patch14, "
                f"{how_to_set('vision_tower', 'DIR')}"
            )
        return cls(*numbers)

    @property
    def patches(self) -> int:
        """Patches of an image, the class token not counted."""
        return (self.image_size // self.patch_size) ** 2

    @property
    def parameters(self) -> int:
        """Numbers in its weights, with the norm behind the last layer."""
        width, inner = self.width, self.intermediate_size
        layer = 4 * (width + 1) * width + (width + 1) * inner + (inner + 1) * width + 4 * width
        return width * (1 + 3 * self.patch_size**2 + self.patches + 1 + 4) + self.layers * layer

    def check_width(self, wanted: int, folder: Path) -> None:
        """See that it is a tower for a checkpoint.

        Args:
            wanted: numbers in a state that the checkpoint's projector takes.
            folder: of the tower, for the message.

        Raises:
            SegmenterError: if its states have another width.
        """
        if self.width != wanted:
            raise SegmenterError(
                f"the vision tower in {folder} gives states of {self.width} numbers, the checkpoint's projector takes "
                f"{wanted}: set the tower that its config names {how_to_set('vision_tower', 'DIR')}"
            )
