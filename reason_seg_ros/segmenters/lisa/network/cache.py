"""Keys and values of the tokens that the language model has read, in memory that is reserved once."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class KeyValueCache:
    """A static cache: a token's keys and values lie at its position, whoever was there before.

    What lies behind the newest position of a row is never looked at, so nothing has to be cleared: shorter prompts,
    padding and questions that were given up leave remains that later tokens overwrite.

    Attributes:
        keys, values: per layer (B, kv_heads, capacity, head_dim).
    """

    keys: tuple[torch.Tensor, ...]
    values: tuple[torch.Tensor, ...]

    @classmethod
    def reserve(
        cls,
        layers: int,
        rows: int,
        kv_heads: int,
        capacity: int,
        head_dim: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> KeyValueCache:
        """Memory for `rows` sequences of up to `capacity` tokens.

        Zeros, not whatever was in memory: a masked NaN is still a NaN.
        """
        shape = (rows, kv_heads, capacity, head_dim)
        keys = tuple(torch.zeros(shape, device=device, dtype=dtype) for _ in range(layers))
        values = tuple(torch.zeros(shape, device=device, dtype=dtype) for _ in range(layers))
        return cls(keys, values)

    @property
    def rows(self) -> int:
        """Sequences that it holds."""
        return self.keys[0].shape[0]

    @property
    def capacity(self) -> int:
        """Tokens that each sequence may have."""
        return self.keys[0].shape[2]

    def view(self, length: int) -> KeyValueCache:
        """The first `length` positions, in the same memory."""
        return KeyValueCache(
            tuple(keys[:, :, :length] for keys in self.keys), tuple(values[:, :, :length] for values in self.values)
        )

    def write(
        self, layer: int, rows: torch.Tensor, positions: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
    ) -> None:
        """Put keys and values where they belong.

        Args:
            layer: index of the layer.
            rows: (B, 1) int64, 0 to B - 1.
            positions: (B, T) int64.
            keys, values: (B, T, kv_heads, head_dim).
        """
        self.keys[layer][rows, :, positions] = keys
        self.values[layer][rows, :, positions] = values

    def copy_prefix(self, other: KeyValueCache, length: int) -> None:
        """Take the first `length` positions of another cache's only row into every row."""
        for mine, theirs in zip((*self.keys, *self.values), (*other.keys, *other.values), strict=True):
            mine[:, :, :length] = theirs[:, :, :length]
