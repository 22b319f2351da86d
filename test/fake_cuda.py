"""A CUDA device of which only devices, shapes and dtypes are real: shows on any machine what would go wrong on one.

PyTorch's fake tensors refuse to mix devices and to tell the host a number. What PyTorch has no fake of, streams and
graphs, is replaced by stand-ins that keep a log.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from reason_seg_ros.segmenters.lisa.images import normalize, pil_resize
from reason_seg_ros.segmenters.lisa.network import frame_encoder

DEVICE = torch.device("cuda", 0)
# Counted whole: what they are made of depends on the device.
_LEAVES = {"linear", "rms_norm", "scaled_dot_product_attention", "layer_norm"}
_NO_KERNEL = {"empty", "empty_strided", "new_empty", "detach", "alias", "device", "_unsafe_view"}


@contextmanager
def fake_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within it, tensors are fake, on whatever device they are said to be."""
    try:
        from torch._subclasses import fake_tensor
        from torch._subclasses.fake_tensor import FakeTensorMode

        mode = FakeTensorMode(allow_non_fake_inputs=True)
        # What is worked out of constants would be worked out on a device that is not there.
        monkeypatch.setattr(fake_tensor, "CONSTANT_NUMEL_LIMIT", 0, raising=False)
        with mode:
            torch.empty(1, device=DEVICE) + 1
    except Exception as error:  # whatever a build without them raises
        pytest.skip(f"this PyTorch has no fake CUDA tensors ({error})")
    kept = (pil_resize._taps, normalize._per_channel, frame_encoder._sam_stream)
    for cache in kept:
        cache.cache_clear()
    try:
        with mode, torch.inference_mode():
            yield
    finally:
        for cache in kept:
            cache.cache_clear()


def place(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Give a network made on the meta device its tensors, as loading does."""
    from reason_seg_ros.segmenters.lisa.checkpoint.load import _put_tensor

    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        wanted = dtype if tensor.is_floating_point() else tensor.dtype
        _put_tensor(network, name, torch.empty(tensor.shape, device=DEVICE, dtype=wanted))
    return network.eval().requires_grad_(False)


def network_bytes(network: nn.Module) -> int:
    """Memory of a network's tensors, each counted once."""
    tensors = [*network.parameters(), *network.buffers()]
    return sum({id(kept := t.untyped_storage()): kept.nbytes() for t in tensors}.values())


class Work(TorchDispatchMode):
    """What runs while it is open.

    Attributes:
        kernels: how often each operation ran that starts a kernel.
        peak: most bytes that were in use at a time, of those that came into use meanwhile.
        largest: bytes of the largest single result.
        to_host: results that came from the device to the host.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kernels: Counter[str] = Counter()
        self.peak = self.largest = self.to_host = self._now = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, func.overloadpacket.__name__
        if name not in _LEAVES and func.namespace == "aten":
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = func(*args, **kwargs)
        if not func.is_view and name not in _NO_KERNEL:
            self.kernels[name] += 1
        if all(returned.alias_info is None for returned in func._schema.returns):
            for tensor in result if isinstance(result, (tuple, list)) else [result]:
                if isinstance(tensor, torch.Tensor):
                    self._take(tensor)
        if name == "_to_copy" and args[0].is_cuda and not result.is_cuda:
            self.to_host += 1
        return result

    def _take(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        if tensor.is_cuda and id(storage) not in self._seen:
            self._seen.add(id(storage))
            self._now += storage.nbytes()
            self.peak, self.largest = max(self.peak, self._now), max(self.largest, storage.nbytes())
            weakref.finalize(storage, self._give_back, id(storage), storage.nbytes())

    def _give_back(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self._now -= size


class Runtime:
    """Stand-ins for torch.cuda's streams and graphs, and for what brings numbers to the host.

    Attributes:
        log: what was asked of them, in order.
        current: name of the current stream.
        capturing: whether a graph is being captured.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from torch._subclasses.fake_tensor import FakeTensor

        self.log: list[str] = []
        self.current = "main"
        self.capturing = False
        self._streams = 0
        # Types, for other modules may name them in annotations meanwhile.
        monkeypatch.setattr(torch.cuda, "Stream", type("Stream", (_Stream,), {"runtime": self}))
        monkeypatch.setattr(torch.cuda, "CUDAGraph", type("CUDAGraph", (_Graph,), {"runtime": self}))
        monkeypatch.setattr(torch.cuda, "current_stream", lambda _: _Stream.named(self.current, self))
        monkeypatch.setattr(torch.cuda, "stream", self._within)
        monkeypatch.setattr(torch.cuda, "graph", self._graph)
        monkeypatch.setattr(FakeTensor, "record_stream", lambda *_: self.log.append("record"), raising=False)
        monkeypatch.setattr(FakeTensor, "tolist", lambda tensor: self._tolist(tensor), raising=False)
        monkeypatch.setattr(FakeTensor, "numpy", lambda tensor: self._numpy(tensor), raising=False)

    def new_stream(self) -> str:
        """The name of one more stream."""
        self._streams += 1
        self.log.append(f"new side {self._streams}")
        return f"side {self._streams}"

    @contextmanager
    def _within(self, stream: _Stream) -> Iterator[None]:
        before, self.current = self.current, stream.name
        try:
            yield
        finally:
            self.current = before

    @contextmanager
    def _graph(self, graph: Any, stream: _Stream, capture_error_mode: str) -> Iterator[None]:
        assert capture_error_mode == "thread_local"
        self.log.append("capture")
        before, self.current, self.capturing = self.current, stream.name, True
        try:
            yield
            self.current = before  # as in some versions of PyTorch, not if the capture has failed
        finally:
            self.capturing = False

    def _tolist(self, tensor: torch.Tensor) -> list[float]:
        self.log.append("tolist")
        return [5] * tensor.numel()

    def _numpy(self, tensor: torch.Tensor) -> np.ndarray:
        assert not tensor.is_cuda
        self.log.append("numpy")
        return np.zeros(tuple(tensor.shape), bool)


class _Stream:
    runtime: Runtime
    device = DEVICE

    def __init__(self, _device: torch.device) -> None:
        self.name = self.runtime.new_stream()

    @classmethod
    def named(cls, name: str, runtime: Runtime) -> _Stream:
        made = cls.__new__(cls)
        made.name, made.runtime = name, runtime
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stream) and (self.name, self.runtime) == (other.name, other.runtime)

    def __hash__(self) -> int:
        return hash((self.name, self.runtime))

    def wait_stream(self, other: _Stream) -> None:
        self.runtime.log.append(f"{self.name} waits for {other.name}")


class _Graph:
    runtime: Runtime

    def replay(self) -> None:
        self.runtime.log.append(f"replay on {self.runtime.current}")
