"""Weights that make a tiny mask decoder draw known blocks, whatever the image shows.

The position embedding of the image encoder marks a block of cells in a channel of its own, strongly enough to come
through all layers, and the last layers read that channel.
"""

from __future__ import annotations

import torch

State = dict[str, torch.Tensor]
# Blocks as (top, bottom, left, right) in cells of 16 px of the 1024 px input; a 4:3 image fills the upper 48 rows.
SOME = (12, 36, 16, 48)
EACH = ((4, 20, 4, 20), (4, 20, 26, 38), (4, 20, 44, 60), (28, 44, 4, 20), (28, 44, 26, 38), (28, 44, 44, 60))
KINDS = ("empty", "full", "some", "each")
_STRONG = 30.0
_ENCODER, _DECODER = "model.visual_model.image_encoder.", "model.visual_model.mask_decoder."


def shape_masks(state: State, kind: str) -> None:
    """Change the weights in `state` so that masks are of a kind of `KINDS`.

    Raises:
        ValueError: if there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no mask '{kind}': {', '.join(KINDS)}")
    blocks = EACH if kind == "each" else (SOME,)
    _mark(state, blocks)
    _carry(state, len(blocks))
    constant = len(blocks)
    for number in range(4):
        prefix = f"{_DECODER}output_hypernetworks_mlps.{number}.layers."
        weight, bias = state[f"{prefix}2.weight"].mul_(0.1), state[f"{prefix}2.bias"].zero_()
        weight[: constant + 1] = 0
        bias[constant] = {"empty": -20.0, "full": 20.0, "some": -3.0, "each": -3.0}[kind]
        if kind == "some":
            bias[0] = 1.0
        if kind == "each":
            _choose(state, prefix, constant)
    if kind == "each":
        _hand_over(state)
    state[f"{_DECODER}iou_prediction_head.layers.2.weight"].mul_(0.1)
    state[f"{_DECODER}iou_prediction_head.layers.2.bias"].fill_(0.9)


def _mark(state: State, blocks: tuple[tuple[int, int, int, int], ...]) -> None:
    """The first channels of the encoder's input: strong inside the block, strong the other way outside."""
    place = state[f"{_ENCODER}pos_embed"]
    for channel, (top, bottom, left, right) in enumerate(blocks):
        place[0, :, :, channel] = -_STRONG
        place[0, top:bottom, left:right, channel] = _STRONG


def _carry(state: State, channels: int) -> None:
    """Each channel goes straight through the neck and the upscaling; one more becomes a constant of GELU(1)."""
    one, three = state[f"{_ENCODER}neck.0.weight"], state[f"{_ENCODER}neck.2.weight"]
    up, last = state[f"{_DECODER}output_upscaling.0.weight"], state[f"{_DECODER}output_upscaling.3.weight"]
    bias = state[f"{_DECODER}output_upscaling.3.bias"]
    one[:, :channels] = 0
    for channel in range(channels):
        one[channel], three[channel], up[:, channel], last[:, channel] = 0, 0, 0, 0
        one[channel, channel] = 1
        three[channel, channel, 1, 1] = 1
        up[channel, channel] = 1
        last[channel, channel] = 1
        bias[channel] = 0
    last[:, channels], bias[channels] = 0, 1


def _choose(state: State, prefix: str, channels: int) -> None:
    """The hypernetwork takes the block whose number is the component of the mask token that is large."""
    for layer, gain in ((0, 1.0), (1, 1.0), (2, 1.0)):
        weight, bias = state[f"{prefix}{layer}.weight"], state[f"{prefix}{layer}.bias"]
        weight[:channels] = 0
        weight[:channels, :channels] = gain * torch.eye(channels)
        bias[:channels] = -5.0 if layer == 0 else 0.0
        if layer == 2:
            weight[:, channels:] = 0


def _hand_over(state: State) -> None:
    """The first self-attention gives every token the mean of all, which the [SEG] embedding dominates."""
    prefix = f"{_DECODER}transformer.layers.0.self_attn."
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        state[f"{prefix}{name}.bias"].zero_()
        weight = state[f"{prefix}{name}.weight"].zero_()
        if name in ("v_proj", "out_proj"):
            weight += torch.eye(len(weight))
