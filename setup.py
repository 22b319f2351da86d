"""The package as a plain Python library, without ROS: `pip install .` (ROS workspaces build CMakeLists.txt instead).

Segmenters of other packages are found by the entry-point group `reason_seg_ros.segmenters`, in their setup.py:

    entry_points={"reason_seg_ros.segmenters": ["my_name = my_package.my_module:MySegmenter"]}
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
DATA_SUFFIXES = {".html", ".npz", ".yaml"}


def requirements(name: str) -> list[str]:
    """The lines of requirements/NAME.txt that name a package."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-"))]


def version() -> str:
    """__version__ of the package, read without importing it."""
    text = (ROOT / "reason_seg_ros" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if found is None:
        raise RuntimeError('reason_seg_ros/__init__.py holds no line: __version__ = "..."')
    return found.group(1)


def data_files() -> list[str]:
    """Files of the package that are not code, relative to it; named one by one since old setuptools knows no `**`."""
    package = ROOT / "reason_seg_ros"
    return [str(path.relative_to(package)) for path in package.rglob("*.*") if path.suffix in DATA_SUFFIXES]


setup(
    name="reason_seg_ros",
    version=version(),
    description="Reasoning segmentation for robots: an instruction and an RGB-D frame in, 3D instances out",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["reason_seg_ros", "reason_seg_ros.*"]),
    package_data={"reason_seg_ros": data_files()},
    install_requires=requirements("base") + requirements("libraries"),
    extras_require={"dev": requirements("dev")},
    entry_points={"console_scripts": ["reason-seg = reason_seg_ros.cli:main"]},
)
