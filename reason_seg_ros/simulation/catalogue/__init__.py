"""The kinds of objects that can be simulated, by area."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ..model import Entry


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Entry]:
    """Every kind by name."""
    from . import fruit, household, packages, stationery, tableware, tools

    areas = (tableware, packages, fruit, stationery, tools, household)
    return {entry.name: entry for area in areas for entry in area.SHELF.entries}
