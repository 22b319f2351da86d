"""Which part of the network each published name belongs to, and whether a checkpoint has all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ....errors import SegmenterError

Shape = tuple[int, ...]

# The beginning of a published name, and of ours; the first that fits.
_PARTS = (
    ("model.visual_model.", "visual_model."),
    ("model.text_hidden_fcs.0.", "text_hidden_fcs."),
    ("model.mm_projector.", "projector."),
    ("model.", "language_model."),
    ("lm_head.", "lm_head."),
)
IMAGE_ENCODER = "visual_model.image_encoder."
# Saved by older versions of transformers, made anew from the config; and what comes from the tower's own files.
_IGNORED = (".rotary_emb.inv_freq", "vision_tower.")
# Names without which it is no checkpoint of this family, whatever its config says.
_SIGNS = ("text_hidden_fcs.2.weight", "visual_model.mask_decoder.iou_token.weight")
_SHOWN = 12


def our_name(published: str) -> str | None:
    """Our name of a published tensor, None if it is one that is not read."""
    if any(ignored in published for ignored in _IGNORED):
        return None
    for theirs, ours in _PARTS:
        if published.startswith(theirs):
            return ours + published.removeprefix(theirs)
    return published


def published_name(ours: str) -> str:
    """The name that a tensor of ours has in a checkpoint."""
    for theirs, prefix in _PARTS:
        if ours.startswith(prefix):
            return theirs + ours.removeprefix(prefix)
    return ours


def check_family(shapes: Mapping[str, Shape], folder: Path) -> None:
    """See that the weights are of this family.

    Args:
        shapes: by our names.
        folder: for the message.

    Raises:
        SegmenterError: if what turns [SEG] into masks is not among them.
    """
    if lacking := [published_name(name) for name in _SIGNS if name not in shapes]:
        raise SegmenterError(
            f"{folder} is not a checkpoint of the LISA family: its weights have no {', '.join(lacking)}. "
            "A LLaVA or SAM checkpoint alone cannot answer; see 'reason-seg weights list'"
        )


def check_shapes(wanted: Mapping[str, Shape], given: Mapping[str, Shape], folder: Path) -> None:
    """See that a checkpoint has exactly what the network needs.

    Args:
        wanted: the network's tensors by our names.
        given: the checkpoint's.
        folder: for the message.

    Raises:
        SegmenterError: with the names that are missing, unexpected, or of another shape.
    """
    problems = []
    if missing := sorted(map(published_name, set(wanted) - set(given))):
        problems.append(f"lacks {_listed(missing)}")
    if unexpected := sorted(map(published_name, set(given) - set(wanted))):
        problems.append(f"has {_listed(unexpected)}, which its config does not provide for")
    other = [
        f"{published_name(name)} {list(given[name])} instead of {list(wanted[name])}"
        for name in sorted(set(wanted) & set(given))
        if tuple(wanted[name]) != tuple(given[name])
    ]
    if other:
        problems.append(f"has other shapes: {_listed(other)}")
    if problems:
        raise SegmenterError(
            f"the weights in {folder} do not fit its config.json: it {'; it '.join(problems)}. Answers would be "
            "nonsense, so it is not loaded: download the checkpoint again, or name one in the published layout"
        )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
