"""The segmenter 'lisa' with a hand on it: its language model waits at a token, its mask decoder runs out of memory."""

from __future__ import annotations

import time
import weakref
from pathlib import Path
from typing import Any

import torch

from reason_seg_ros.segmenters.base import Listener
from reason_seg_ros.segmenters.lisa.segmenter import LisaSegmenter


class HeldLisa(LisaSegmenter):
    """Answers as the checkpoint does; files in the gate folder interfere with its network.

    While "hold" is there, an answer's N-th pass of one token, N being what the file says, waits for it to go; nothing
    else ends the waiting, so that a cancel is heard of as late as it can be. "passes" tells how many such passes the
    last answer has begun. "allocate" lets the next mask ask the allocator for a PiB, once. "released" appears
    when the network has gone with `close`.

    Args:
        gate: the folder.
        options: of `LisaSegmenter`.
    """

    def __init__(self, gate: str, **options: Any) -> None:
        super().__init__(**options)
        self._gate = Path(gate)
        self._passes = 0
        self._decode_masks: Any = None

    def load(self, listener: Listener | None = None) -> None:
        first = self._model is None
        super().load(listener)
        if first and self._model is not None:
            network = self._model.network
            network.language_model.register_forward_pre_hook(lambda _, given: self._before_pass(given[1].numel()))
            self._decode_masks, network.visual_model.decode_masks = network.visual_model.decode_masks, self._masks

    def close(self) -> None:
        network = weakref.ref(self._model.network) if self._model is not None else lambda: None
        self._decode_masks = None
        super().close()
        if network() is None:
            (self._gate / "released").touch()

    def _before_pass(self, tokens: int) -> None:
        self._passes = self._passes + 1 if tokens == 1 else 0
        (self._gate / "passes").write_text(str(self._passes))
        while self._passes >= self._held_at():
            time.sleep(0.01)

    def _held_at(self) -> float:
        try:
            return int((self._gate / "hold").read_text())
        except FileNotFoundError:
            return float("inf")

    def _masks(self, *given: torch.Tensor) -> Any:
        if (self._gate / "allocate").exists():
            (self._gate / "allocate").unlink()
            torch.empty(1 << 50)
        return self._decode_masks(*given)
