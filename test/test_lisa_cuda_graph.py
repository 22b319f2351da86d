"""CUDA graphs, and the stand-ins for a GPU that show what becomes of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from fake_cuda import DEVICE, Runtime, Work, fake_cuda

from reason_seg_ros.segmenters.lisa.network.cuda_graph import Graphed


@pytest.fixture(autouse=True)
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with fake_cuda(monkeypatch):
        yield


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    return Runtime(monkeypatch)


def empty(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device=DEVICE)


def told(tensor: torch.Tensor) -> tuple[torch.device, torch.dtype, tuple[int, ...]]:
    return tensor.device, tensor.dtype, tuple(tensor.shape)


class TestFakes:
    """That these tests can fail."""

    def test_devices_do_not_mix(self) -> None:
        with pytest.raises(RuntimeError, match="same device"):
            empty(2) + torch.ones(2, device="cpu")

    @pytest.mark.parametrize("read", [torch.Tensor.item, bool, torch.nonzero, lambda t: t[t > 0]])
    def test_the_host_cannot_read(self, read: Any) -> None:
        with pytest.raises(Exception, match="aten"):
            read(empty(1))

    def test_memory_is_counted(self) -> None:
        with Work() as work:
            kept = empty(1000)
            for _ in range(3):
                kept = (kept + 1).view(10, 100)[:5]
                kept = kept.reshape(-1).repeat(2)
        assert work.largest == 4000
        assert work.peak == 8000
        assert work.kernels == {"add": 3, "repeat": 3}


class TestGraphed:
    def test_it_is_captured_once_and_replayed(self, runtime: Runtime) -> None:
        calls: list[torch.Tensor] = []

        def double(given: torch.Tensor) -> torch.Tensor:
            calls.append(given)
            return 2 * given

        graphed = Graphed(double)
        with Work() as work:
            first, second = graphed(empty(3)), graphed(empty(3))
        assert first is second
        assert len(calls) == 3
        assert work.kernels["copy_"] == 2
        assert runtime.log == [
            "new side 1",
            "side 1 waits for main",
            "main waits for side 1",
            "capture",
            "replay on main",
            "replay on main",
        ]

    def test_what_runs_on_one_stream_is_captured_on_one(self, runtime: Runtime) -> None:
        """Each stream costs a workspace; what runs at the same time must not share one."""
        first, second, third = (Graphed(lambda given: given + 1) for _ in range(3))
        first(empty(3)), second(empty(3))
        with torch.cuda.stream(torch.cuda.Stream(DEVICE)):
            third(empty(3))
        assert [entry for entry in runtime.log if "waits" in entry] == [
            "side 1 waits for main",
            "main waits for side 1",
            "side 1 waits for main",
            "main waits for side 1",
            "side 3 waits for side 2",
            "side 2 waits for side 3",
        ]

    def test_it_is_called_on_the_cpu_and_where_it_cannot_be_captured(self, runtime: Runtime) -> None:
        assert Graphed(lambda given: given + 1)(torch.ones(3, device="cpu")).shape == (3,)
        assert told(Graphed(lambda given: given + 1, capturable=False)(empty(3))) == (DEVICE, torch.float32, (3,))
        assert runtime.log == []

    def test_a_failed_capture_leaves_things_as_they_were(
        self, runtime: Runtime, caplog: pytest.LogCaptureFixture
    ) -> None:
        def picky(given: torch.Tensor) -> torch.Tensor:
            if runtime.capturing:
                raise RuntimeError("operation not permitted when stream is capturing")
            return given + 1

        graphed = Graphed(picky)
        with caplog.at_level(logging.WARNING):
            assert told(graphed(empty(3))) == (DEVICE, torch.float32, (3,))
        assert "without CUDA graphs" in caplog.text
        assert runtime.current == "main"
        runtime.log.clear()
        graphed(empty(3))
        assert runtime.log == []

    def test_running_out_of_memory_is_told(self, runtime: Runtime) -> None:
        def greedy(given: torch.Tensor) -> torch.Tensor:
            if runtime.capturing:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return given + 1

        graphed = Graphed(greedy)
        with pytest.raises(torch.OutOfMemoryError):
            graphed(empty(3))
        assert runtime.current == "main"
