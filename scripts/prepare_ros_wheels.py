"""Make the ROS 2 wheels of this virtual environment a prefix that CMake and colcon can build on.

Run by the environment's own interpreter; does nothing the second time.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

import numpy as np

_BUILD_PYTHON = r"/opt/python/cp\d+-cp\d+t?"

_LOCAL_SETUP = """\
# Puts this environment's ROS packages on the search paths; sourced by the setup files of workspaces built on it.
for _variable in AMENT_PREFIX_PATH CMAKE_PREFIX_PATH; do
  eval "_paths=\\${{$_variable:-}}"
  case ":$_paths:" in
    *":{prefix}:"*) ;;
    *) eval "export $_variable=\\"{prefix}\\${{_paths:+:\\$_paths}}\\"" ;;
  esac
done
unset _variable _paths
"""


def repair_cmake_files(prefix: Path) -> int:
    """Let the exported targets name this interpreter's headers; return the number of files that changed.

    They hold the include folders of the Python that built the wheels, and CMake refuses a target whose include
    folder does not exist.
    """
    replacements = {
        re.compile(_BUILD_PYTHON + r"/lib/python[\d.]+t?/site-packages/numpy/_?core/include"): np.get_include(),
        re.compile(_BUILD_PYTHON + r"/include/python[\d.]+t?"): sysconfig.get_path("include"),
    }
    changed = 0
    for path in (prefix / "share").rglob("*.cmake"):
        text = path.read_text(encoding="utf-8")
        repaired = text
        for pattern, folder in replacements.items():
            repaired = pattern.sub(lambda _, folder=folder: folder, repaired)
        if repaired != text:
            path.write_text(repaired, encoding="utf-8")
            changed += 1
    return changed


def write_local_setup(prefix: Path) -> None:
    """Write the files that colcon expects of a prefix below a workspace, one per shell."""
    for shell in ("sh", "bash", "zsh"):
        (prefix / f"local_setup.{shell}").write_text(_LOCAL_SETUP.format(prefix=prefix), encoding="utf-8")


if __name__ == "__main__":
    repair_cmake_files(Path(sys.prefix))
    write_local_setup(Path(sys.prefix))
