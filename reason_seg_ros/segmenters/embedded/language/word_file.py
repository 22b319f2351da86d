"""Reads the word lists that lie in `words/`, one YAML file for each module that uses them."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the base loader leaves "no" and "on" the words they are


def load_words(name: str) -> dict[str, Any]:
    """The lists of `words/NAME.yaml`: phrases separated by commas, or a mapping from canonical word to such phrases."""
    text = resources.files(__package__).joinpath("words").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, _LOADER)
