"""The CLIP vision tower (Radford et al., 2021): image to the patch features that the language model reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ....errors import SegmenterError
from ..files import weight_files
from ..images.clip_input import ClipInput
from ..options import ClipCrop
from ..tower_config import TowerConfig

_FEATURES = {"patch": 1, "cls_patch": 0}  # of the tokens, the first that is kept


class ClipTower(nn.Module):
    """A CLIP vision model that ends at the layer whose output is wanted.

    Attributes:
        input: how an image is prepared for the tower.
    """

    def __init__(self, model: Any, select_layer: int, select_feature: str, clip_input: ClipInput) -> None:
        """Take over a transformers CLIPVisionModel; the layers behind the selected one are dropped from it.

        Args:
            model: the CLIPVisionModel, whole.
            select_layer: index among the hidden states, of which the first is the embedding; -2 is the last but one.
            select_feature: "patch" for the patches alone, "cls_patch" for the class token and the patches.
            clip_input: how an image is prepared.

        Raises:
            SegmenterError: if there is no such layer or feature.
        """
        super().__init__()
        if select_feature not in _FEATURES:
            raise SegmenterError(f"the vision feature '{select_feature}' is unknown: it must be patch or cls_patch")
        layers = _layers(model)
        states = len(layers) + 1
        if not -states <= select_layer < states:
            raise SegmenterError(
                f"the checkpoint reads layer {select_layer} of its vision tower, but the tower has {len(layers)} "
                "layers: choose the tower that the checkpoint was trained with"
            )
        del layers[select_layer % states :]
        self.model = model.eval().requires_grad_(False)
        self.input = clip_input
        self._first = _FEATURES[select_feature]

    @classmethod
    def load(cls, source: str, select_layer: int, select_feature: str, crop: ClipCrop = ClipCrop.CENTER) -> ClipTower:
        """Load a tower, in float32 on the CPU.

        Args:
            source: folder of a CLIPVisionModel, or of a whole CLIPModel, whose text half is left out.
            select_layer: index among the hidden states, as for the constructor.
            select_feature: "patch" or "cls_patch".
            crop: what becomes of an image that is not square.

        Raises:
            SegmenterError: if the folder holds no complete CLIP vision tower.
        """
        folder = Path(source)
        config = TowerConfig.read(folder)
        weight_files(folder)  # says what is missing in fewer words than transformers
        return cls(_pretrained(folder), select_layer, select_feature, ClipInput.of(folder, config.image_size, crop))

    def forward(self, pixels: Tensor) -> Tensor:
        """Features of images.

        Args:
            pixels: (B, 3, S, S), as `input` makes them.

        Returns:
            (B, patches, width) in the dtype of the weights.
        """
        # The state behind the last layer that was kept, before the norm that only the pooled output goes through.
        return self.model(pixel_values=pixels).last_hidden_state[:, self._first :]

    @property
    def patches(self) -> int:
        """Feature vectors of an image."""
        config = self.model.config
        return (config.image_size // config.patch_size) ** 2 + 1 - self._first

    @property
    def width(self) -> int:
        """Numbers in a feature vector."""
        return self.model.config.hidden_size


def _layers(model: nn.Module) -> nn.ModuleList:
    """The encoder's layers, wherever the installed version of transformers keeps them."""
    return next(
        part
        for name, part in model.named_modules()
        if name.endswith("encoder.layers") and isinstance(part, nn.ModuleList)
    )


def _pretrained(folder: Path) -> nn.Module:
    """The CLIPVisionModel of a folder. Weights that are missing are an error: transformers would make up some."""
    from transformers import CLIPVisionModel

    try:
        with _quiet():
            loaded: Any = CLIPVisionModel.from_pretrained(
                str(folder),
                attn_implementation="sdpa",
                local_files_only=True,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except Exception as error:  # whatever a reader of damaged files raises
        raise SegmenterError(
            f"the vision tower in {folder} cannot be loaded ({error}): download it again or set vision_tower"
        ) from error
    model, report = loaded
    # Some versions of transformers keep the numbers of the positions among the weights, and some name a weight of
    # another shape together with its shapes.
    missing = {name for name in report["missing_keys"] if not name.endswith("position_ids")}
    wrong = sorted(missing | {key if isinstance(key, str) else key[0] for key in report["mismatched_keys"]})
    if wrong:
        names = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        raise SegmenterError(
            f"the vision tower in {folder} is not complete ({names} missing or of another shape): download it again"
        )
    return model.float()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from listing the weights of a CLIPModel's text half, which are left out on purpose."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
