"""Where things stand: on their support or on one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2

from .measure import Measure

_TOUCHING = 0.03
"""Metres between the top of a thing and the bottom of what stands on it, noise and missing readings included."""
_OVER = 0.02
"""Metres by which the middle of a thing may lie outside of the visible footprint of what carries it."""


def settle(measures: Sequence[Measure]) -> list[Measure]:
    """The measures with their bases where the things must stand.

    Nothing hovers. What is seen only above its support stands on another thing whose top is where it begins; if there
    is none, its lower part is hidden behind something, or below its own top as seen from above, and it stands on the
    support.
    """
    return [
        replace(one, base=float(one.low[2]) - one.gap) if _hovers(one) and not _carried(one, measures) else one
        for one in measures
    ]


def _hovers(measured: Measure) -> bool:
    return bool(measured.gap > 0 and measured.base == measured.low[2])


def _carried(above: Measure, measures: Sequence[Measure]) -> bool:
    """True if something ends where a thing begins, or reaches up beside its bottom, right below its middle."""
    x, y = (float(value) for value in above.center[:2])
    return any(
        below is not above
        and below.low[2] < above.low[2] - 0.005
        and below.high[2] > above.low[2] - _TOUCHING
        and cv2.pointPolygonTest(below.hull, (x, y), True) > -_OVER
        for below in measures
    )
