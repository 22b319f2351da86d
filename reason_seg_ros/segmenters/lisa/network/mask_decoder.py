"""SAM (Kirillov et al., 2023) prompted with the embeddings that the language model gives its [SEG] tokens."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer
from torch import Tensor

from ..images.sam_input import SamGeometry
from .derived import Deriving
from .image_encoder import EncoderShape, ImageEncoder

_STABILITY_OFFSET = 1.0


class MaskLogits(NamedTuple):
    """Masks as the decoder gives them.

    Attributes:
        low_res: (n, 256, 256) logits over SAM's square input, in the dtype of the weights.
        iou: (n,) IoU that SAM predicts for each mask.
    """

    low_res: Tensor
    iou: Tensor


class VisualModel(Deriving):
    """Image encoder, prompt encoder and mask decoder; the state dict is a checkpoint's below `model.visual_model.`."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        width = shape.out_channels
        self.image_encoder = ImageEncoder(shape)
        self.prompt_encoder = PromptEncoder(
            embed_dim=width,
            image_embedding_size=(shape.grid, shape.grid),
            input_image_size=(shape.image_size, shape.image_size),
            mask_in_chans=16,
        )
        self.mask_decoder = MaskDecoder(
            transformer_dim=width,
            transformer=TwoWayTransformer(depth=2, embedding_dim=width, num_heads=8, mlp_dim=2048),
        )

    def encode_image(self, pixels: Tensor) -> Tensor:
        """Embed an image, once for all that will be asked about it.

        Args:
            pixels: (1, 3, 1024, 1024), as `sam_input` makes it.

        Returns:
            (1, 256, 64, 64) in the dtype of the weights.
        """
        return self.image_encoder(pixels.to(self.image_encoder.pos_embed.dtype))

    def decode_masks(self, image_embedding: Tensor, text_embeddings: Tensor) -> MaskLogits:
        """Draw the mask of each [SEG] token.

        A text embedding is the only prompt, without any position added to it (Lai et al., 2024). Of the decoder's
        four masks only the first is computed: the one for prompts that are not ambiguous.

        Args:
            image_embedding: (1, 256, 64, 64).
            text_embeddings: (n, 256); n may be 0.
        """
        decoder = self.mask_decoder
        count, (_, width, rows, columns) = text_embeddings.shape[0], image_embedding.shape
        if count == 0:
            return MaskLogits(image_embedding.new_zeros((0, 4 * rows, 4 * columns)), image_embedding.new_zeros(0))
        learned = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight]).expand(count, -1, -1)
        tokens = torch.cat([learned, text_embeddings[:, None].to(learned.dtype)], dim=1)
        source = image_embedding + self.prompt_encoder.no_mask_embed.weight[:, :, None, None]
        (position,) = self.derived(lambda: (self._dense_positions(),))
        states, source = decoder.transformer(
            source.expand(count, -1, -1, -1), position.expand(count, -1, -1, -1), tokens
        )
        pixels = decoder.output_upscaling(source.transpose(1, 2).view(count, width, rows, columns))
        kernel = decoder.output_hypernetworks_mlps[0](states[:, 1])
        low_res = (kernel[:, None] @ pixels.flatten(2)).view(count, *pixels.shape[2:])
        return MaskLogits(low_res, decoder.iou_prediction_head(states[:, 0])[:, 0])

    def _dense_positions(self) -> Tensor:
        """Random Fourier features (Tancik et al., 2020) of the map's cells, (1, 256, 64, 64).

        In the dtype of the frequencies from end to end, since the models were trained on what that rounds to.
        """
        frequencies = self.prompt_encoder.pe_layer.positional_encoding_gaussian_matrix
        rows, columns = self.prompt_encoder.image_embedding_size
        y, x = (torch.arange(cells, device=frequencies.device) + 0.5 for cells in (rows, columns))
        grid = torch.stack(torch.meshgrid(x / columns, y / rows, indexing="xy"), dim=-1)
        angles = 2 * math.pi * ((2 * grid - 1).to(frequencies.dtype) @ frequencies)
        return torch.cat([angles.sin(), angles.cos()], dim=-1).permute(2, 0, 1)[None]


def upsample(low_res: Tensor, geometry: SamGeometry) -> Tensor:
    """Bring masks to the size of the image.

    Args:
        low_res: (n, 256, 256) logits over SAM's square input.
        geometry: place of the image in that square.

    Returns:
        (n, H, W) float32 logits; a mask is where they are above 0.
    """
    if low_res.shape[0] == 0:
        return low_res.new_zeros((0, *geometry.original), dtype=torch.float32)
    height, width = geometry.resized
    square = F.interpolate(low_res[:, None].float(), (geometry.side, geometry.side), mode="bilinear")
    return F.interpolate(square[:, :, :height, :width], geometry.original, mode="bilinear")[:, 0]


def score(logits: Tensor, iou: Tensor) -> Tensor:
    """How sure the mask decoder is of its masks: the IoU that it predicts times the masks' stability.

    Stability is the IoU of a mask drawn at a logit of +1 and at -1 (Kirillov et al., 2023). The score is uncalibrated:
    LISA's training moves the decoder, but has no loss for the IoU that it predicts. It ranks the masks of one model and
    is no probability.

    Args:
        logits: (n, H, W) logits over the image.
        iou: (n,) IoU that SAM predicts.

    Returns:
        (n,) float32 in [0, 1]; 0 for a mask without a pixel.
    """
    small = (logits > _STABILITY_OFFSET).sum((1, 2), dtype=torch.float32)
    large = (logits > -_STABILITY_OFFSET).sum((1, 2), dtype=torch.float32)
    return iou.float().clamp(0.0, 1.0) * small / large.clamp(min=1.0)
