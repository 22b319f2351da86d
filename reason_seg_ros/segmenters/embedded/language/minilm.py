"""The forward pass of the sentence model all-MiniLM-L6-v2 in NumPy.

A BERT encoder (Devlin et al., 2019) of six layers, distilled as in MiniLM (Wang et al., 2020); sentences are the
normalised mean of their tokens (Reimers and Gurevych, 2019). Small enough that a general deep learning framework
costs more to import than a thousand sentences cost to encode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

HEADS = 12
_EPSILON = np.float32(1e-12)
_HALF = np.float32(0.5)
_ROOT_HALF = np.float32(0.5**0.5)


@dataclass(frozen=True)
class _Linear:
    weight: np.ndarray  # (outputs, inputs)
    bias: np.ndarray  # (outputs,)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        # Weights on the left: with as few rows as a sentence has, BLAS takes two thirds of the time that x @ W.T does.
        flat = (self.weight @ x.reshape(-1, x.shape[-1]).T).T
        flat += self.bias
        return flat.reshape(*x.shape[:-1], -1)


@dataclass(frozen=True)
class _Norm:
    weight: np.ndarray  # (width,)
    bias: np.ndarray  # (width,)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        variance = np.square(centred).mean(-1, keepdims=True)
        return centred / np.sqrt(variance + _EPSILON) * self.weight + self.bias


@dataclass(frozen=True)
class _Layer:
    attention_in: _Linear  # query, key and value side by side
    attention_out: _Linear
    attention_norm: _Norm
    wide: _Linear
    narrow: _Linear
    norm: _Norm

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x = self.attention_norm(self.attention_out(_attend(self.attention_in(x))) + x)
        return self.norm(self.narrow(_gelu(self.wide(x))) + x)


class MiniLM:
    """Token ids to sentence embeddings.

    Args:
        weights: the arrays of the model's `model.safetensors`, by their names there.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._words = weights["embeddings.word_embeddings.weight"]
        positions = weights["embeddings.position_embeddings.weight"]
        self._positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
        self._norm = _norm(weights, "embeddings.LayerNorm")
        layers = sum(name.endswith("intermediate.dense.weight") for name in weights)
        self._layers = [_layer(weights, f"encoder.layer.{index}.") for index in range(layers)]

    @property
    def width(self) -> int:
        """Length of an embedding."""
        return self._words.shape[1]

    @property
    def longest(self) -> int:
        """The largest number of tokens in a sentence."""
        return len(self._positions)

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """Embed sentences of equal length.

        Args:
            ids: (B, T) integer token ids, no padding.

        Returns:
            (B, width) float32 of unit length.
        """
        x = self._norm(self._words[ids] + self._positions[: ids.shape[1]])
        for layer in self._layers:
            x = layer(x)
        mean = x.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _attend(x: np.ndarray) -> np.ndarray:
    """Scaled dot-product attention: (B, T, 3 width) query, key, value to (B, T, width)."""
    batch, length, width = x.shape[0], x.shape[1], x.shape[2] // 3
    size = width // HEADS
    query, key, value = x.reshape(batch, length, 3, HEADS, size).transpose(2, 0, 3, 1, 4)
    scores = query @ key.swapaxes(-1, -2) * np.float32(size**-0.5)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    return (scores @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)


def _gelu(x: np.ndarray) -> np.ndarray:
    return x * _HALF * (1 + erf(x * _ROOT_HALF))


def _linear(weights: Mapping[str, np.ndarray], *names: str) -> _Linear:
    """One linear map, or several on the same input side by side."""
    weight = np.concatenate([weights[f"{name}.weight"] for name in names])
    return _Linear(weight, np.concatenate([weights[f"{name}.bias"] for name in names]))


def _norm(weights: Mapping[str, np.ndarray], name: str) -> _Norm:
    return _Norm(weights[f"{name}.weight"], weights[f"{name}.bias"])


def _layer(weights: Mapping[str, np.ndarray], prefix: str) -> _Layer:
    attention = f"{prefix}attention."
    return _Layer(
        attention_in=_linear(weights, *(f"{attention}self.{part}" for part in ("query", "key", "value"))),
        attention_out=_linear(weights, f"{attention}output.dense"),
        attention_norm=_norm(weights, f"{attention}output.LayerNorm"),
        wide=_linear(weights, f"{prefix}intermediate.dense"),
        narrow=_linear(weights, f"{prefix}output.dense"),
        norm=_norm(weights, f"{prefix}output.LayerNorm"),
    )
