"""Results kept for as long as the frame that they were computed from lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from ..frame import Frame

T = TypeVar("T")


def memoized(function: Callable[[Frame], T]) -> Callable[[Frame], T]:
    """Compute a function of a frame once per frame object."""
    results: WeakKeyDictionary[Frame, T] = WeakKeyDictionary()

    @wraps(function)
    def lookup(frame: Frame) -> T:
        if frame not in results:
            results[frame] = function(frame)
        return results[frame]

    return lookup
