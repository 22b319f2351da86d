"""Segmenters by name. A new family is one folder and one line here; third parties use an entry point."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from inspect import Parameter, signature
from typing import Any

from ..errors import SegmenterError
from .base import Segmenter

ENTRY_POINT_GROUP = "reason_seg_ros.segmenters"

_BUILT_IN = {
    "embedded": "reason_seg_ros.segmenters.embedded.segmenter:EmbeddedSegmenter",
    "lisa": "reason_seg_ros.segmenters.lisa.segmenter:LisaSegmenter",
}


def names() -> tuple[str, ...]:
    """Names of the segmenters that are installed, this package's first."""
    return tuple(dict.fromkeys([*_BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))]))


def create(name: str, **options: Any) -> Segmenter:
    """Make a segmenter, not yet loaded.

    Args:
        name: one of `names()`, or "module:Class" of a class that follows `base.Segmenter`.
        options: keyword arguments of the segmenter's class.

    Raises:
        SegmenterError: if there is no such segmenter, it cannot be imported, or an option is not one of its own.
    """
    target = name if ":" in name else _target(name)
    module, _, attribute = target.partition(":")
    try:
        factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SegmenterError(f"segmenter '{name}' ({target}) cannot be imported: {error}") from error
    try:
        return factory(**options)
    except TypeError as error:
        why = _misfit(factory, options) or f"cannot be made: {error}"
        raise SegmenterError(f"segmenter '{name}' {why}") from error


def _misfit(factory: Any, options: dict[str, Any]) -> str:
    """Which options a segmenter's class does not take; "" if it does not say, or takes them all."""
    takes = signature(factory).parameters
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in takes.values()):
        return ""
    unknown = [name for name in options if name not in takes]
    if not unknown:
        return ""
    return f"does not take {', '.join(unknown)}; its options are: {', '.join(takes) or 'none'}"


def _target(name: str) -> str:
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == name:
            return point.value
    raise SegmenterError(f"there is no segmenter '{name}'; installed are: {', '.join(names())}")
