"""Functions of fixed shapes as CUDA graphs: hundreds of kernels start with one call from the host."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch

_log = logging.getLogger(__name__)
_WARM_UP_RUNS = 2  # libraries choose and load their kernels on first use, which must not happen during capture


class Graphed:
    """A function that is captured on its first call and replayed afterwards; on other devices it is just called.

    The function takes and returns tensors whose shapes never change, writes to nothing but its results and memory that
    stays where it is, and gives the same when it is run again with the same input.

    Args:
        function: what to run.
        capturable: False if the function reads from the device on its way; it is then called each time.
    """

    def __init__(self, function: Callable[..., Any], capturable: bool = True) -> None:
        self._function = function
        self._capturable = capturable
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[torch.Tensor, ...] = ()
        self._output: Any = None

    def __call__(self, *inputs: torch.Tensor) -> Any:
        """The function's result, a tensor or several; on CUDA it is overwritten by the next call."""
        if self._graph is None and self._capturable and inputs[0].device.type == "cuda":
            self._capture(inputs)
        if self._graph is None:
            return self._function(*inputs)
        for mine, given in zip(self._inputs, inputs, strict=True):
            mine.copy_(given, non_blocking=True)
        self._graph.replay()
        return self._output

    def _capture(self, inputs: tuple[torch.Tensor, ...]) -> None:
        current = torch.cuda.current_stream(inputs[0].device)
        stream = _side_of(current)
        held = tuple(given.clone() for given in inputs)
        stream.wait_stream(current)
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_RUNS):
                self._function(*held)
        current.wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        try:
            # Some versions of PyTorch leave the capture's stream current when a capture fails. In the default mode, a
            # thread that allocates memory meanwhile would make it fail.
            with torch.cuda.stream(current), torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
                output = self._function(*held)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            _log.warning("running without CUDA graphs, more slowly: %s", str(error).splitlines()[0])
            self._capturable = False
            return
        self._graph, self._inputs, self._output = graph, held, output


@lru_cache(maxsize=8)
def _side_of(stream: torch.cuda.Stream) -> torch.cuda.Stream:
    """A stream to capture on what is to run on another.

    All captures for one stream share it, and with it the workspace that cuBLAS takes for each stream. That is safe:
    what they captured runs one after the other.
    """
    return torch.cuda.Stream(stream.device)
