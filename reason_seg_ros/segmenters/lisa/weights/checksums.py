"""Whether a file is the one that its publisher named."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def matches(path: Path, checksum: Mapping[str, Any]) -> bool:
    """Whether a file has a checksum: of {"sha256"} or {"git_sha1"}, as git names a file's content."""
    if "sha256" in checksum:
        return _digest(path, hashlib.sha256()) == checksum["sha256"]
    if "git_sha1" in checksum:
        start = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        return _digest(path, start) == checksum["git_sha1"]
    return True


def _digest(path: Path, digest: Any) -> str:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return str(digest.hexdigest())
