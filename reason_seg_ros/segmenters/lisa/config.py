"""What a checkpoint's files are called, and what its config.json says, checked. Imports nothing heavy."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import SegmenterError
from .options import Family

CONFIG_FILE = "config.json"
SAFETENSORS, SAFETENSORS_INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLE, PICKLE_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"
# Where weights are looked for, in this order: each kind's index of shards before its single file.
WEIGHTS = ((SAFETENSORS_INDEX, SAFETENSORS), (PICKLE_INDEX, PICKLE))
# Trained at 2048 and evaluated far below it; more costs memory and nothing asks for it.
USUAL_CONTEXT = 2048
_NUMBERS = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
_ACTIVATION = "silu"
_ARCHITECTURES = {"LISAForCausalLM": Family.LISA, "SESAMEForCausalLM": Family.SESAME}


@dataclass(frozen=True)
class CheckpointConfig:
    """The shape of a checkpoint of the LISA family.

    Attributes:
        folder: where it lies.
        hidden_size, intermediate_size, layers, heads, kv_heads, head_dim, vocabulary: of the language model.
        max_positions: longest sequence that the language model was trained for.
        projector: "linear", or "mlpNx_gelu" with N linear layers (LLaVA-1.5).
        vision_tower: folder or hub id of the CLIP tower as the config names it.
        select_layer: index of the tower's hidden state that is used, counted from the end if negative.
        select_feature: "patch" leaves the class token out, "cls_patch" keeps it.
        vision_width: width of the tower's hidden states.
        embedding_width: width of the embedding that prompts the mask decoder.
        use_im_start_end: wrap the image in <im_start> and <im_end>.
        family: which system it belongs to, as far as its files tell.
        raw: the whole config.json.
    """

    folder: Path
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    max_positions: int
    projector: str
    vision_tower: str
    select_layer: int
    select_feature: str
    vision_width: int
    embedding_width: int
    use_im_start_end: bool
    family: Family
    raw: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> CheckpointConfig:
        """Read a folder's config.json.

        Raises:
            SegmenterError: if there is none, it is no JSON, or it is of another family of models.
        """
        raw = _read_json(folder / CONFIG_FILE)
        _check(folder, raw)
        heads = int(raw["num_attention_heads"])
        select_layer = _whole(folder, raw, "mm_vision_select_layer")
        return cls(
            folder=folder,
            hidden_size=int(raw["hidden_size"]),
            intermediate_size=int(raw["intermediate_size"]),
            layers=int(raw["num_hidden_layers"]),
            heads=heads,
            kv_heads=_whole(folder, raw, "num_key_value_heads") or heads,
            head_dim=_whole(folder, raw, "head_dim") or int(raw["hidden_size"]) // heads,
            vocabulary=int(raw["vocab_size"]),
            max_positions=_whole(folder, raw, "max_position_embeddings") or USUAL_CONTEXT,
            projector=str(raw.get("mm_projector_type") or "linear"),
            vision_tower=str(raw.get("vision_tower") or raw.get("mm_vision_tower") or ""),
            select_layer=-2 if select_layer is None else select_layer,
            select_feature=str(raw.get("mm_vision_select_feature") or "patch"),
            vision_width=_whole(folder, raw, "mm_hidden_size") or 1024,
            embedding_width=_whole(folder, raw, "out_dim") or 256,
            use_im_start_end=bool(raw.get("mm_use_im_start_end", True)),
            family=_family(folder, raw),
            raw=raw,
        )

    @property
    def projector_layers(self) -> int:
        """Linear layers of the projector from the vision tower to the language model."""
        found = re.fullmatch(r"mlp(\d+)x_gelu", self.projector)
        if found is None and self.projector != "linear":
            raise SegmenterError(
                f"{self.folder / CONFIG_FILE} names the projector '{self.projector}': linear and mlpNx_gelu are known"
            )
        return int(found[1]) if found else 1

    @property
    def tied(self) -> bool:
        """Whether lm_head is the table of the embeddings."""
        return bool(self.raw.get("tie_word_embeddings"))

    @property
    def usual_context(self) -> int:
        """Tokens that a conversation may have unless an option says otherwise."""
        return min(self.max_positions, USUAL_CONTEXT)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SegmenterError(
            f"{path.parent} has no {path.name}: name the folder of a checkpoint of the LISA family (with config.json, "
            "the weights and the tokenizer's files), or its hub id"
        ) from None
    except (OSError, ValueError) as error:
        raise SegmenterError(f"{path} cannot be read ({error}): download the checkpoint again") from error
    if not isinstance(raw, dict):
        raise SegmenterError(f"{path} is no JSON object: download the checkpoint again")
    return raw


def _check(folder: Path, raw: dict[str, Any]) -> None:
    """See that it is of this family. Weights tell the rest."""
    names = raw.get("architectures") or []
    if not any(name in _ARCHITECTURES for name in names) and "train_mask_decoder" not in raw:
        what = f"of {', '.join(names)}" if names else f"of type '{raw.get('model_type', 'unknown')}'"
        raise SegmenterError(
            f"{folder} holds a checkpoint {what}, which is not of the LISA family (LISA, LISA++, SESAME): "
            "name one that is, see 'reason-seg weights list'"
        )
    lacking = [name for name in _NUMBERS if not isinstance(raw.get(name), int) or raw[name] <= 0]
    if lacking:
        raise SegmenterError(f"{folder / CONFIG_FILE} lacks {', '.join(lacking)}: download the checkpoint again")
    if raw.get("hidden_act", _ACTIVATION) != _ACTIVATION:
        raise SegmenterError(f"{folder / CONFIG_FILE}: hidden_act is '{raw['hidden_act']}', LLaMA's is {_ACTIVATION}")
    if int(raw["hidden_size"]) % int(raw["num_attention_heads"]) and not raw.get("head_dim"):
        raise SegmenterError(f"{folder / CONFIG_FILE}: hidden_size is no multiple of num_attention_heads")


def _whole(folder: Path, raw: dict[str, Any], name: str) -> int | None:
    """A number of the config; None where it says nothing."""
    value = raw.get(name)
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError):
        raise SegmenterError(f"{folder / CONFIG_FILE}: {name} is no number: download the checkpoint again") from None


def _family(folder: Path, raw: dict[str, Any]) -> Family:
    """LISA++ has LISA's class, so only its name tells it; a snapshot in the hub's cache has that two folders up."""
    name = folder.parents[1].name if folder.parent.name == "snapshots" else folder.name
    named = f"{name} {raw.get('_name_or_path', '')}".lower()
    if re.search(r"lisa[-_]?(plus|\+\+)", named):
        return Family.LISA_PLUS
    families = [_ARCHITECTURES[name] for name in raw.get("architectures") or [] if name in _ARCHITECTURES]
    return families[0] if families else Family.LISA
