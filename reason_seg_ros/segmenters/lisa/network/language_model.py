"""The language model: transformers' Llama layers, run against a static cache of keys and values.

The layers hold the weights and their quantised forms; what is our own is the way through them, since a cache whose
memory never moves is what CUDA graphs need, and rows of different lengths then need no padding on the left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..config import CheckpointConfig
from .cache import KeyValueCache


class LanguageModel(nn.Module):
    """LLaMA (Touvron et al. 2023): from embeddings to the hidden states behind the last normalisation.

    Args:
        config: shape of the checkpoint. Built on the device of the context, "meta" included.
    """

    def __init__(self, config: CheckpointConfig) -> None:
        from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRMSNorm

        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.heads, config.kv_heads, config.head_dim
        llama = _llama_config(config)
        self.embed_tokens = nn.Embedding(config.vocabulary, config.hidden_size)
        self.layers = nn.ModuleList(LlamaDecoderLayer(llama, index) for index in range(config.layers))
        self.norm = LlamaRMSNorm(config.hidden_size, eps=llama.rms_norm_eps)
        self._llama = llama
        self._turns: tuple[torch.Tensor, torch.Tensor] | None = None
        self._fused: list[_Fused] | None = None

    @property
    def capturable(self) -> bool:
        """Whether a pass can become a CUDA graph: in LLM.int8(), the host asks at each matrix where outliers are."""
        return not any(type(module).__name__ == "Linear8bitLt" for module in self.modules())

    def reserve_cache(self, rows: int, capacity: int) -> KeyValueCache:
        """An empty cache for this model, where its embeddings lie."""
        weight = self.embed_tokens.weight
        return KeyValueCache.reserve(
            len(self.layers), rows, self.kv_heads, capacity, self.head_dim, weight.device, weight.dtype
        )

    def prepare(self, capacity: int) -> None:
        """Once the weights are in place: tabulate the rotations, join the projections that read the same input.

        Args:
            capacity: highest number of tokens in a sequence.
        """
        from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

        weight = self.embed_tokens.weight
        rotary = LlamaRotaryEmbedding(config=self._llama)  # on the CPU, in float32: the same on every device
        cos, sin = rotary(torch.zeros(1, dtype=torch.float32), torch.arange(capacity)[None])
        sin[..., : self.head_dim // 2] *= -1  # of the half that is taken negative; see _rotated
        self._turns = cos[0].to(weight.device, weight.dtype), sin[0].to(weight.device, weight.dtype)
        self._fused = []
        for layer in self.layers:
            self._fused.append(_Fused(layer))
            if weight.is_cuda:
                # What the projections took apart is of no use to the next layer, which needs it in one piece.
                torch.cuda.empty_cache()

    def forward(self, embeddings: torch.Tensor, positions: torch.Tensor, cache: KeyValueCache) -> torch.Tensor:
        """Read tokens and remember them.

        A token sees what the cache holds at positions up to its own, itself included.

        Args:
            embeddings: (B, T, H).
            positions: (B, T) int64, each row's rising.
            cache: of B rows; takes in the tokens' keys and values.

        Returns:
            (B, T, H) hidden states of the last layer, normalised.
        """
        assert self._turns is not None and self._fused is not None, "prepare() comes first"
        places = _Places(
            rows=torch.arange(len(positions), device=positions.device)[:, None],
            positions=positions,
            turns=(self._turns[0][positions][:, :, None], self._turns[1][positions][:, :, None]),
            mask=_mask(positions, cache.capacity, embeddings.dtype),
        )
        hidden = embeddings
        for index, layer in enumerate(self._fused):
            hidden = hidden + self._attend(index, layer, hidden, places, cache)
            hidden = hidden + layer.feed_forward(hidden)
        return _normalized(hidden, self.norm)

    def _attend(
        self, index: int, layer: _Fused, hidden: torch.Tensor, places: _Places, cache: KeyValueCache
    ) -> torch.Tensor:
        rows, tokens = places.positions.shape
        states = layer.queries_keys_values(hidden).view(rows, tokens, -1, self.head_dim)
        turned = _rotated(states[:, :, : self.heads + self.kv_heads], places.turns)
        queries, keys = turned.split((self.heads, self.kv_heads), dim=2)
        cache.write(index, places.rows, places.positions, keys, states[:, :, self.heads + self.kv_heads :])
        attended = F.scaled_dot_product_attention(
            queries.transpose(1, 2),
            cache.keys[index],
            cache.values[index],
            attn_mask=places.mask,
            enable_gqa=self.heads != self.kv_heads,
        )
        return layer.output(attended.transpose(1, 2).reshape(rows, tokens, -1))


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the tokens of one pass stand; the same for all layers.

    Attributes:
        rows: (B, 1) int64.
        positions: (B, T) int64.
        turns: cosines and signed sines of the rotations, each (B, T, 1, head_dim).
        mask: (B, 1, T, capacity) added to the attention's scores.
    """

    rows: torch.Tensor
    positions: torch.Tensor
    turns: tuple[torch.Tensor, torch.Tensor]
    mask: torch.Tensor


class _Fused:
    """One layer with the projections that read the same input joined into one matrix where they are plain ones.

    Reading one long matrix comes nearer to the memory's bandwidth than reading three; the layer's own parameters become
    views of it, so it costs no memory. Quantised projections stay apart.
    """

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        attention, mlp = layer.self_attn, layer.mlp
        self._qkv = _joined([attention.q_proj, attention.k_proj, attention.v_proj])
        self._gate_up = _joined([mlp.gate_proj, mlp.up_proj])
        self.output = attention.o_proj

    def queries_keys_values(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, T, H) to (B, T, (heads + 2 kv_heads) head_dim)."""
        hidden = _normalized(hidden, self._layer.input_layernorm)
        if self._qkv is not None:
            return F.linear(hidden, self._qkv)
        attention = self._layer.self_attn
        return torch.cat([attention.q_proj(hidden), attention.k_proj(hidden), attention.v_proj(hidden)], dim=-1)

    def feed_forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """SwiGLU (Shazeer 2020) of the normalised states, (B, T, H) to (B, T, H)."""
        hidden, mlp = _normalized(hidden, self._layer.post_attention_layernorm), self._layer.mlp
        if self._gate_up is not None:
            gate, up = F.linear(hidden, self._gate_up).chunk(2, dim=-1)
        else:
            gate, up = mlp.gate_proj(hidden), mlp.up_proj(hidden)
        return mlp.down_proj(mlp.act_fn(gate) * up)


def _joined(projections: list[nn.Module]) -> torch.Tensor | None:
    """The projections' weights below one another; they become views of it. None if they are not plain."""
    if not all(type(projection) is nn.Linear and projection.bias is None for projection in projections):
        return None
    linears = [projection for projection in projections if isinstance(projection, nn.Linear)]
    joined = torch.cat([linear.weight.detach() for linear in linears])
    begin = 0
    for linear in linears:
        linear.weight = nn.Parameter(joined[begin : begin + linear.out_features], requires_grad=False)
        begin += linear.out_features
    return joined


def _normalized(hidden: torch.Tensor, norm: Any) -> torch.Tensor:
    """RMSNorm (Zhang and Sennrich 2019) in one kernel; accumulates in float32."""
    return F.rms_norm(hidden, (hidden.shape[-1],), norm.weight, norm.variance_epsilon)


def _rotated(states: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Rotary position embedding (Su et al. 2021), halves convention: (B, T, heads, head_dim) to the same."""
    cos, sin = turns
    first, second = states.chunk(2, dim=-1)
    return states * cos + torch.cat([second, first], dim=-1) * sin


def _mask(positions: torch.Tensor, capacity: int, dtype: torch.dtype) -> torch.Tensor:
    """(B, 1, T, capacity): 0 where a key is at or before the token's position, else minus infinity."""
    hidden = torch.arange(capacity, device=positions.device) > positions[:, None, :, None]
    return torch.zeros(hidden.shape, dtype=dtype, device=positions.device).masked_fill_(hidden, float("-inf"))


def _llama_config(config: CheckpointConfig) -> Any:
    """transformers' configuration of the language model alone."""
    from transformers import LlamaConfig

    known = ("rms_norm_eps", "rope_theta", "rope_scaling", "hidden_act", "attention_bias", "mlp_bias")
    said = _with_rotations(config.raw)
    given = {name: said[name] for name in known if said.get(name) is not None}
    return LlamaConfig(
        vocab_size=config.vocabulary,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        head_dim=config.head_dim,
        max_position_embeddings=config.max_positions,
        **given,
    )


def _with_rotations(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A config that says rope_theta and rope_scaling, which transformers 5 writes as one: rope_parameters."""
    rotations = dict(raw.get("rope_parameters") or {})
    if not rotations:
        return dict(raw)
    theta = rotations.pop("rope_theta", None)
    scaled = rotations.get("rope_type", "default") != "default"
    return {**raw, "rope_theta": theta, "rope_scaling": rotations if scaled else None}
