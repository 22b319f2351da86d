"""Memory that this process can still have on the host: the machine's, or its container's where that is less."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
# Of a control group: its limit, its use, and in memory.stat what the kernel would give back of that use, which are the
# files that it keeps in memory: a checkpoint that has just been read is among them.
_VERSION_2 = ("memory.max", "memory.current", ("inactive_file", "active_file"))
_VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))


def free_host_memory() -> float:
    """Bytes that the host has to give; infinite where nothing tells."""
    return min(_available(), *_rooms(), math.inf)


def _available() -> float:
    """What the machine has available, whatever a container may have of it."""
    try:
        import psutil

        return float(psutil.virtual_memory().available)
    except ImportError:
        return _number_behind(_PROC / "meminfo", "MemAvailable:") * 1024


def _rooms() -> Iterator[float]:
    """What is left of the limit of each control group that this process is in."""
    for root, path in _groups():
        names = _VERSION_1 if (root / _VERSION_1[0]).exists() else _VERSION_2
        folder = root / path
        for group in (folder, *folder.parents):
            if group.is_relative_to(root):
                yield _room(group, *names)


def _groups() -> Iterator[tuple[Path, str]]:
    """The roots of the hierarchies that limit memory, and the path of this process's group below each.

    In a container the path is often the host's and not visible; the root then has the container's limit.
    """
    try:
        lines = (_PROC / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            yield _CGROUPS, path.strip("/")
        elif "memory" in controllers.split(","):
            yield _CGROUPS / "memory", path.strip("/")


def _room(group: Path, limit: str, use: str, files: tuple[str, ...]) -> float:
    """What is left of a group's limit; infinite if it has none."""
    try:
        most = float((group / limit).read_text(encoding="ascii"))
        used = float((group / use).read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such group, or "max"
        return math.inf
    kept = (_number_behind(group / "memory.stat", name) for name in files)
    return max(most - used + sum(size for size in kept if size < used), 0.0)


def _number_behind(path: Path, name: str) -> float:
    """The number that stands behind a name in one of the kernel's tables; infinite if there is none."""
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == name:
                return float(words[1])
    except (OSError, ValueError):
        pass
    return math.inf
