"""The segmenter that the node's parameters name: from loading, which may take minutes, to its release."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import yaml

from ..errors import Cancelled, SegmenterError
from ..segmenters.base import Listener, Segmenter
from ..segmenters.registry import create
from .parameters import SEGMENTER_OPTIONS, NodeParameters
from .questions import QuestionQueue


class Loading(Listener):
    """Hears how a segmenter loads; `cancel` asks it to stop.

    Args:
        name: of the segmenter.
        log: hears that loading begins, then each stage as it begins; "weights 40 %" goes on with "weights 20 %".
    """

    def __init__(self, name: str, log: Callable[[str], object] = lambda text: None) -> None:
        self.name = name
        self._log = log
        self._stage = ""
        self._kind = ""
        self._begun = time.monotonic()
        self._cancelled = threading.Event()
        log(f"loading segmenter '{name}'")

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._stage = f" ({name})"
        kind = re.sub(r"\d+", "", name)
        if kind != self._kind and not self.cancelled:
            self._kind = kind
            self._log(str(self))

    def cancel(self) -> None:
        """Say that the segmenter is no longer wanted."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """True once the segmenter is no longer wanted."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if the segmenter is no longer wanted."""
        if self.cancelled:
            raise Cancelled(f"the node ended before segmenter '{self.name}' was loaded")

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._begun

    def __str__(self) -> str:
        return f"loading segmenter '{self.name}'{self._stage}: {self.seconds:.0f} s so far"


class LoadedSegmenter:
    """A segmenter in use. One that does not give up a question can be left to itself with it.

    Args:
        parameters: name the segmenter and its options.
        loading: hears how it loads.

    Raises:
        ReasonSegError: if it is unknown, its options are unusable, or it cannot be loaded.
    """

    def __init__(self, parameters: NodeParameters, loading: Loading) -> None:
        self.segmenter: Segmenter = create(loading.name, **_options(parameters))
        self.segmenter.load(loading)
        self._abandoned: QuestionQueue | None = None

    def abandon(self, queue: QuestionQueue) -> None:
        """Leave it alone with what it does for a queue that is closed."""
        self._abandoned = queue

    @property
    def busy(self) -> bool:
        """True while it works on what it was left alone with."""
        return self._abandoned is not None and not self._abandoned.wait(0)

    def close(self) -> None:
        """Release it: now, or as soon as it is not busy any more."""
        queue = self._abandoned
        if queue is None or queue.wait(0):
            self.segmenter.close()
            return

        def close_later() -> None:
            queue.wait(None)
            self.segmenter.close()

        threading.Thread(target=close_later, name="close segmenter", daemon=True).start()


def _options(parameters: NodeParameters) -> dict[str, Any]:
    try:
        options = yaml.safe_load(parameters["segmenter_options"]) or {}
    except yaml.YAMLError as error:
        raise SegmenterError(f"the parameter segmenter_options is no YAML: {error}") from error
    if not isinstance(options, dict):
        raise SegmenterError("the parameter segmenter_options must be a mapping, for example '{beam: 4}'")
    return {**options, **{name: parameters[name] for name in SEGMENTER_OPTIONS if parameters[name]}}
