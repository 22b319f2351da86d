"""The layers of docs/architecture.md: imports go up only, and heavy libraries stay where they may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "reason_seg_ros"
LAYERS = (
    {"errors", "frame", "reply", "frame_folder"},
    {"geometry"},
    {"lifting"},
    {"segmenters"},
    {"pipeline"},
    {"viewing"},
    {"simulation"},
    {"evaluation"},
    {"nodes"},
    {"cli"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Every imported module as its parts, relative ones made absolute."""
    here = ("reason_seg_ros", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else ()
            names = (node.module or "").split(".") if node.module else []
            yield from ((*base, *names, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_up_only(path: Path) -> None:
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for parts in imports(path):
        if parts[0] == "reason_seg_ros" and len(parts) > 1 and parts[1] in LEVEL:
            assert LEVEL[parts[1]] <= LEVEL[own], f"{own} imports {'.'.join(parts)}"


@pytest.mark.parametrize(("library", "rooms"), [("rclpy", {"nodes"}), ("torch", {"segmenters", "simulation"})])
def test_heavy_libraries_stay_in_their_rooms(library: str, rooms: set[str]) -> None:
    users = {path.relative_to(PACKAGE).parts[0] for path in MODULES if any(p[0] == library for p in imports(path))}
    assert users <= rooms


@pytest.mark.parametrize("module", ["reason_seg_ros.frame", "reason_seg_ros.reply", "reason_seg_ros.cli"])
def test_light_modules_load_nothing_heavy(module: str) -> None:
    heavy = "cv2 scipy torch transformers open3d rerun rclpy"
    code = f"import sys, {module}; sys.exit(' '.join(set('{heavy}'.split()) & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
