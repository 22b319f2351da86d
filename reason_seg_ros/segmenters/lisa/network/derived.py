"""Tensors that follow from a module's weights, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class Deriving(nn.Module):
    """Base of modules that keep tensors computed from their weights until these are moved, cast or loaded again.

    They are no buffers, for a buffer is empty after a module was made on the meta device, and is cast with its module.
    """

    _derived: tuple[Tensor, ...] | None = None

    def derived(self, make: Callable[[], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """What `make` returns, computed at the first call."""
        if self._derived is None:
            with torch.inference_mode(False), torch.no_grad():
                self._derived = make()
        return self._derived

    def _apply(self, *args: Any, **kwargs: Any) -> Any:
        self._derived = None
        return super()._apply(*args, **kwargs)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._derived = None
        super()._load_from_state_dict(*args, **kwargs)
