"""The same answer, computed as the published code of LISA (Lai et al., CVPR 2024) does, with the same weights.

It keeps no keys and values: for each token it runs CLIP and then the language model over all there is so far, and the
head over every position. `text_hidden_fcs` goes over every position, too, and SAM's encoder runs when the answer is
complete, with the attention of segment-anything. Three things are in its favour here: images are resized on the device,
CLIP ends at the layer that is read, and only the hidden states of the last layer are kept.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from segment_anything.modeling.image_encoder import ImageEncoderViT

from reason_seg_ros.frame import Frame
from reason_seg_ros.segmenters.lisa.images.sam_input import SamGeometry, sam_input
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa

from .lisa_ours import Figures, median_ms
from .lisa_shapes import SEG_AT, Shape


class Official:
    """The published way through a network; its modules hold the network's own tensors, no copies.

    Args:
        network: with its weights.
        shape: of the network.
    """

    def __init__(self, network: Lisa, shape: Shape) -> None:
        self.network = network
        self.language_model = _language_model(network, shape)
        self.image_encoder = _image_encoder(network, shape)

    @torch.inference_mode()
    def measure(self, frames: Sequence[Frame], prompts: Sequence[Sequence[int]], tokens: int, repeats: int) -> Figures:
        """Medians of whole answers and of their stages; the first mask is there at the end of the answer."""
        network, device = self.network, self.network.device
        color = torch.from_numpy(frames[0].color).to(device)
        clip_pixels, (sam_pixels, geometry) = network.vision_tower.input(color)[None], sam_input(color)
        hidden, embedding = self.read(clip_pixels, prompts[0]), self.encode(sam_pixels)
        figures = {
            "clip": median_ms(lambda: network.image_tokens(network.vision_tower.input(color)[None]), device, repeats),
            "sam": median_ms(lambda: self.encode(sam_input(color)[0]), device, repeats),
            "prefill": median_ms(lambda: network.lm_head(self.read(clip_pixels, prompts[0])), device, repeats),
            "mask": median_ms(lambda: self.mask(embedding, hidden, -1, geometry), device, repeats),
        }
        whole, second = (
            median([self._timed(frames[index % len(frames)], prompt, tokens) for index in range(repeats)])
            for prompt in prompts
        )
        decode = (whole - figures["sam"] - figures["mask"]) / tokens
        return figures | {"decode": decode, "first": whole, "whole": whole, "second": second}

    def _timed(self, frame: Frame, prompt: Sequence[int], tokens: int) -> float:
        """Milliseconds of an answer; its mask ends on the host, so there is nothing to wait for."""
        begin = time.perf_counter()
        self.answer(frame, prompt, tokens)
        return 1000 * (time.perf_counter() - begin)

    @torch.inference_mode()
    def answer(
        self, frame: Frame, prompt: Sequence[int], tokens: int, follow: Sequence[int] = ()
    ) -> tuple[list[int], np.ndarray]:
        """Answer a prompt.

        Args:
            frame: what is asked about.
            prompt: token ids with the image's token.
            tokens: length of the answer.
            follow: tokens that are read in place of its own choices, so that one that differs (two can be equally
                likely) does not make all later ones differ.

        Returns:
            The tokens that it chooses, and the mask of token number SEG_AT, (H, W) bool.
        """
        color = torch.from_numpy(frame.color).to(self.network.device)
        clip_pixels = self.network.vision_tower.input(color)[None]
        sam_pixels, geometry = sam_input(color)
        ids, hidden = self.generate(clip_pixels, prompt, tokens, follow)
        at = hidden.shape[1] - tokens + SEG_AT - 1  # the position before the token
        return ids, self.mask(self.encode(sam_pixels), hidden, at, geometry)

    def generate(
        self, clip_pixels: torch.Tensor, prompt: Sequence[int], tokens: int, follow: Sequence[int] = ()
    ) -> tuple[list[int], torch.Tensor]:
        """The tokens chosen, and the hidden states (1, T, H) of the last pass: all positions but the last token's."""
        sequence, ids = list(prompt), []
        for index in range(tokens):
            hidden = self.read(clip_pixels, sequence)
            ids.append(int(self.network.lm_head(hidden)[0, -1].argmax()))
            sequence.append(follow[index] if follow else ids[-1])
        return ids, hidden

    def read(self, clip_pixels: torch.Tensor, sequence: Sequence[int]) -> torch.Tensor:
        """One pass over image and tokens: (1, T, H) hidden states."""
        embeddings = self.network.embed(sequence, self.network.image_tokens(clip_pixels))
        return self.language_model(inputs_embeds=embeddings[None], use_cache=False).last_hidden_state

    def encode(self, sam_pixels: torch.Tensor) -> torch.Tensor:
        """SAM's image embedding, (1, 256, 64, 64), with the cache of CUDA's allocator emptied around it."""
        _empty_cache(sam_pixels.device)
        embedding = self.image_encoder(sam_pixels.to(self.network.dtype))
        _empty_cache(sam_pixels.device)
        return embedding

    def mask(self, embedding: torch.Tensor, hidden: torch.Tensor, at: int, geometry: SamGeometry) -> np.ndarray:
        """The mask, (H, W) bool, that the hidden state (1, T, H) at a position stands for."""
        return (self.logits(embedding, hidden, at, geometry) > 0).cpu().numpy()

    def logits(self, embedding: torch.Tensor, hidden: torch.Tensor, at: int, geometry: SamGeometry) -> torch.Tensor:
        """The same as logits, (H, W) float32."""
        text = self.network.text_hidden_fcs(hidden)[:, at][:, None]
        prompt_encoder, decoder = self.network.visual_model.prompt_encoder, self.network.visual_model.mask_decoder
        low_res, _ = decoder(
            image_embeddings=embedding,
            image_pe=self._positions(),
            sparse_prompt_embeddings=text,
            dense_prompt_embeddings=prompt_encoder.no_mask_embed.weight.view(1, -1, 1, 1).expand_as(embedding),
            multimask_output=False,
        )
        square = F.interpolate(low_res.float(), (geometry.side, geometry.side), mode="bilinear", align_corners=False)
        height, width = geometry.resized
        logits = F.interpolate(square[..., :height, :width], geometry.original, mode="bilinear", align_corners=False)
        return logits[0, 0]

    def _positions(self) -> torch.Tensor:
        """Positions of the image embedding's cells; segment-anything's own code needs float32."""
        if self.network.dtype == torch.float32:
            return self.network.visual_model.prompt_encoder.get_dense_pe()
        return self.network.visual_model._dense_positions()


def _language_model(network: Lisa, shape: Shape) -> torch.nn.Module:
    from transformers import LlamaConfig, LlamaModel
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=int(str(shape.raw["max_position_embeddings"])),
        rms_norm_eps=float(str(shape.raw["rms_norm_eps"])),
        attn_implementation="eager",  # as the transformers that the published code asks for
    )
    with torch.device("meta"):
        model = LlamaModel(config)
    model.load_state_dict(network.language_model.state_dict(), assign=True)
    model.rotary_emb = LlamaRotaryEmbedding(config=config).to(network.device)
    return model.eval().requires_grad_(False)


def _image_encoder(network: Lisa, shape: Shape) -> torch.nn.Module:
    sizes = shape.encoder
    with torch.device("meta"):
        encoder = ImageEncoderViT(
            img_size=sizes.image_size,
            patch_size=sizes.patch,
            embed_dim=sizes.embed_dim,
            depth=sizes.depth,
            num_heads=sizes.heads,
            mlp_ratio=sizes.mlp_ratio,
            out_chans=sizes.out_channels,
            norm_layer=lambda width: torch.nn.LayerNorm(width, eps=1e-6),
            use_rel_pos=True,
            window_size=sizes.window,
            global_attn_indexes=sizes.global_blocks,
        )
    encoder.load_state_dict(network.visual_model.image_encoder.state_dict(), assign=True)
    return encoder.eval().requires_grad_(False)


def _empty_cache(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
