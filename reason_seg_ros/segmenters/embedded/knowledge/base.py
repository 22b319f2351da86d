"""The object knowledge base: what things are called, what they are for and how they look."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from ....errors import KnowledgeError
from .entry import read_entry
from .kinds import ObjectKind

# The base loaders leave every scalar a string, which is quicker and keeps a name such as "no" or "7up" a name.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def load_knowledge(objects_file: str | Path | None = None) -> Knowledge:
    """Read the packaged kinds and, if given, a user's own.

    Args:
        objects_file: a YAML file in the format of docs/objects.md. An entry with a new name adds a kind; one with a
            known name changes the fields that it gives.

    Raises:
        KnowledgeError: if the file cannot be read; the message names file, entry, field and what to change.
    """
    kinds = dict(_packaged())
    if objects_file is not None:
        path = Path(objects_file).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise KnowledgeError(f"{path}: the object file cannot be read ({reason}); check --objects") from error
        kinds |= _read_file(text, str(path), kinds)
    return Knowledge(kinds.values())


class Knowledge:
    """All kinds of objects that can be meant, with look-up by what people call them.

    Look-ups take a noun in the singular and do not mind case, hyphens, apostrophes and accents.

    Attributes:
        kinds: every kind, in the order of the files.
        by_name: the kinds by their `name`.
        categories: every category that a kind names, sorted.
    """

    def __init__(self, kinds: Iterable[ObjectKind]) -> None:
        self.kinds: tuple[ObjectKind, ...] = tuple(kinds)
        self.by_name: Mapping[str, ObjectKind] = {kind.name: kind for kind in self.kinds}
        self.categories: tuple[str, ...] = tuple(sorted({c for kind in self.kinds for c in kind.categories}))
        self._named: dict[str, list[ObjectKind]] = {}
        self._members: dict[str, list[ObjectKind]] = {}
        for kind in self.kinds:
            self._named.setdefault(noun_key(kind.name), []).append(kind)
        for kind in self.kinds:
            for key in {noun_key(synonym) for synonym in kind.synonyms} - {noun_key(kind.name)}:
                self._named.setdefault(key, []).append(kind)
            for key in {noun_key(category) for category in kind.categories}:
                self._members.setdefault(key, []).append(kind)

    def called(self, noun: str) -> tuple[ObjectKind, ...]:
        """Kinds with this name or synonym, the one of that name first; empty if there are none."""
        return tuple(self._named.get(noun_key(noun), ()))

    def in_category(self, category: str) -> tuple[ObjectKind, ...]:
        """Kinds that name this category; empty if there are none."""
        return tuple(self._members.get(noun_key(category), ()))

    def find(self, noun: str) -> tuple[ObjectKind, ...]:
        """Kinds that a noun can mean: those called so, then the members of the category; empty if unknown."""
        called = self.called(noun)
        return called + tuple(kind for kind in self.in_category(noun) if kind not in called)

    @property
    def nouns(self) -> frozenset[str]:
        """Every noun that `find` knows, as `noun_key` spells it: names, synonyms and categories."""
        return frozenset(self._named) | frozenset(self._members)


def noun_key(noun: str) -> str:
    """The spelling under which a noun is looked up: "Rubik's-Cube" and "rubiks cube" are one."""
    plain = unicodedata.normalize("NFKD", noun).encode("ascii", "ignore").decode() if not noun.isascii() else noun
    return " ".join(re.sub(r"[-_/]+", " ", plain.lower().replace("'", "")).split())


@lru_cache(maxsize=1)
def _packaged() -> Mapping[str, ObjectKind]:
    """The kinds that come with the package, by name, in the order of file and entry."""
    kinds: dict[str, ObjectKind] = {}
    folder = resources.files(__package__).joinpath("objects")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        for name, kind in _read_file(file.read_text(encoding="utf-8"), file.name, {}).items():
            if name in kinds:
                raise KnowledgeError(f"{file.name}, field 'name': '{name}' is already in another file; rename one")
            kinds[name] = kind
    return kinds


def _read_file(text: str, file: str, known: Mapping[str, ObjectKind]) -> dict[str, ObjectKind]:
    """The kinds of one file: one or several documents, each an entry or a list of entries."""
    try:
        documents = [document for document in yaml.load_all(text, _LOADER) if document]
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{file}: not valid YAML: {error}; quote texts that contain a comma or a colon") from error
    entries = [entry for doc in documents for entry in (doc if isinstance(doc, list) else [doc])]
    if not entries:
        raise KnowledgeError(f"{file}: no objects in it; add at least one entry with 'name' and 'size_cm'")
    kinds: dict[str, ObjectKind] = {}
    for number, entry in enumerate(entries, start=1):
        kind = read_entry(entry, f"{file}, entry {number}", known)
        if kind.name in kinds:
            raise KnowledgeError(
                f"{file}, entry {number} ('{kind.name}'), field 'name': the file has this name twice; "
                "rename one entry or merge the two"
            )
        kinds[kind.name] = kind
    return kinds
