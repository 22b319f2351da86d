"""SAM's image encoder (Kirillov et al., 2023), a ViTDet backbone (Li et al., 2022), with fused attention.

The published attention writes out the whole attention map of every block, five times over. Here it goes through
`scaled_dot_product_attention`, with the decomposed relative positions of MViTv2 (Li et al., 2022) as its bias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from segment_anything.modeling.image_encoder import Attention, ImageEncoderViT
from torch import Tensor, nn

from ....errors import SegmenterError
from .derived import Deriving

# Most that the bias of one attention call may take; one of ViT-H's global blocks would need 537 MB of bf16 at once.
BIAS_BYTES = 150_000_000


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an image encoder.

    Attributes:
        embed_dim: width of a token.
        depth: number of blocks.
        heads: attention heads of each block.
        global_blocks: indices of the blocks whose attention spans the image; the others' spans a window.
        window: side of a window, in tokens; 0 if every block is global.
        image_size: side of the square input, in pixels.
        patch: side of the patch that becomes a token, in pixels.
        out_channels: width of the embedding.
        mlp_ratio: width of the hidden layer, in token widths.
    """

    embed_dim: int
    depth: int
    heads: int
    global_blocks: tuple[int, ...]
    window: int
    image_size: int = 1024
    patch: int = 16
    out_channels: int = 256
    mlp_ratio: int = 4

    @property
    def grid(self) -> int:
        """Side of the map of tokens."""
        return self.image_size // self.patch

    @classmethod
    def of(cls, shapes: Mapping[str, Sequence[int]]) -> EncoderShape:
        """Tell the sizes from the shapes of a state dict.

        Args:
            shapes: shape of each weight, by its name below `image_encoder.`.

        Raises:
            SegmenterError: if weights are missing or their shapes contradict each other.
        """
        _, grid, columns, embed_dim = _shape(shapes, "pos_embed", 4)
        _, channels, patch, _ = _shape(shapes, "patch_embed.proj.weight", 4)
        _require((grid, channels) == (columns, 3), "its input is not a square RGB image")
        depth = 1 + max((int(name.split(".")[1]) for name in shapes if name.startswith("blocks.")), default=-1)
        _require(depth > 0, "it has no blocks")
        reaches = [_reach(shapes, block, embed_dim) for block in range(depth)]
        widths = {_shape(shapes, f"blocks.{block}.attn.rel_pos_h", 2)[1] for block in range(depth)}
        head = widths.pop()
        _require(not widths and embed_dim % head == 0, f"its heads do not divide a width of {embed_dim}")
        windows = {reach for reach in reaches if reach != grid}
        _require(len(windows) <= 1, f"its blocks have windows of {sorted(windows)} tokens on a map of {grid}")
        hidden = _shape(shapes, "blocks.0.mlp.lin1.weight", 2)[0]
        _require(hidden % embed_dim == 0, f"a hidden layer of {hidden} is no multiple of the width {embed_dim}")
        return cls(
            embed_dim=embed_dim,
            depth=depth,
            heads=embed_dim // head,
            global_blocks=tuple(block for block, reach in enumerate(reaches) if reach == grid),
            window=windows.pop() if windows else 0,
            image_size=grid * patch,
            patch=patch,
            out_channels=_shape(shapes, "neck.0.weight", 4)[0],
            mlp_ratio=hidden // embed_dim,
        )


VIT_H = EncoderShape(embed_dim=1280, depth=32, heads=16, global_blocks=(7, 15, 23, 31), window=14)


def _reach(shapes: Mapping[str, Sequence[int]], block: int, embed_dim: int) -> int:
    """Tokens along a side of what a block's attention spans."""
    rows = _shape(shapes, f"blocks.{block}.attn.rel_pos_h", 2)
    columns = _shape(shapes, f"blocks.{block}.attn.rel_pos_w", 2)
    _require(rows == columns and rows[0] % 2 == 1, f"block {block} has relative positions {rows} and {columns}")
    qkv = _shape(shapes, f"blocks.{block}.attn.qkv.weight", 2)
    _require(qkv == (3 * embed_dim, embed_dim), f"block {block} has attention weights {qkv} at a width of {embed_dim}")
    return (rows[0] + 1) // 2


def _shape(shapes: Mapping[str, Sequence[int]], name: str, axes: int) -> tuple[int, ...]:
    _require(name in shapes, f"'{name}' is missing")
    shape = tuple(shapes[name])
    _require(len(shape) == axes, f"'{name}' has the shape {shape}")
    return shape


def _require(holds: bool, wrong: str) -> None:
    if not holds:
        raise SegmenterError(
            f"the checkpoint's SAM image encoder cannot be used: {wrong}. "
            "Check that the checkpoint is complete and of the LISA family"
        )


class RelativeAttention(Attention, Deriving):
    """Self-attention over a square map of tokens with learned relative positions along rows and columns."""

    qkv: nn.Linear
    proj: nn.Linear
    rel_pos_h: Tensor
    rel_pos_w: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Attend.

        Args:
            x: (B, s, s, D), the side s as made.

        Returns:
            (B, s, s, D).
        """
        batch, side, _, width = x.shape
        tokens = side * side
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        tables = self.derived(lambda: (_relative(self.rel_pos_h), _relative(self.rel_pos_w)))
        group = max(BIAS_BYTES // (batch * tokens * tokens * x.element_size()), 1)
        attended = [
            F.scaled_dot_product_attention(q, k, v, attn_mask=_bias(q.unflatten(2, (side, side)), *tables))
            for q, k, v in zip(q.split(group, 1), k.split(group, 1), v.split(group, 1), strict=True)
        ]
        heads = attended[0] if len(attended) == 1 else torch.cat(attended, 1)
        return self.proj(heads.transpose(1, 2).reshape(batch, side, side, width))


def _relative(positions: Tensor) -> Tensor:
    """Table (s, s, c) of the vectors (2s - 1, c): entry [query, key] is that of their distance, query - key."""
    side = (positions.shape[0] + 1) // 2
    steps = torch.arange(side, device=positions.device)
    return positions.detach()[steps[:, None] - steps + side - 1]


def _bias(q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Attention bias (B, n, s * s, s * s) of queries (B, n, s, s, c): what each says to each row and each column."""
    # Contiguous, or the sum would follow their strides and be copied as a whole to become one matrix per head.
    by_row = torch.einsum("bnhwc,hkc->bnhwk", q, rows).contiguous()
    by_column = torch.einsum("bnhwc,wkc->bnhwk", q, columns).contiguous()
    return (by_row[..., None] + by_column[..., None, :]).flatten(4).flatten(2, 3)


class ImageEncoder(ImageEncoderViT):
    """SAM's image encoder; the state dict is that of the published one."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__(
            img_size=shape.image_size,
            patch_size=shape.patch,
            embed_dim=shape.embed_dim,
            depth=shape.depth,
            num_heads=shape.heads,
            mlp_ratio=shape.mlp_ratio,
            out_chans=shape.out_channels,
            norm_layer=_norm,
            use_rel_pos=True,
            window_size=shape.window,
            global_attn_indexes=shape.global_blocks,
        )
        for block in self.blocks:
            side = block.window_size or shape.grid
            block.attn = RelativeAttention(shape.embed_dim, shape.heads, use_rel_pos=True, input_size=(side, side))

    def forward(self, pixels: Tensor) -> Tensor:
        """Embed an image.

        Args:
            pixels: (B, 3, S, S) in the dtype of the weights.

        Returns:
            (B, out_channels, S / patch, S / patch).
        """
        tokens = self.patch_embed(pixels) + self.pos_embed
        for block in self.blocks:
            tokens = block(tokens)
        tokens = tokens.permute(0, 3, 1, 2)
        if tokens.dtype != torch.float16:
            return self.neck(tokens)
        # The neck's convolutions leave the range of fp16.
        weights = {name: weight.float() for name, weight in self.neck.named_parameters()}
        return torch.func.functional_call(self.neck, weights, (tokens.float(),)).to(tokens.dtype)


def _norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=1e-6)
