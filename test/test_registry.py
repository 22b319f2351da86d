"""Segmenters by name: what is told about one that is unknown, cannot be imported, or does not take an option."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.segmenters.registry import create, names

ROOT = Path(__file__).resolve().parents[1]


class Plain:
    """Takes no options."""


class Picky:
    """Takes one that must be a number."""

    def __init__(self, beam: int = 1) -> None:
        self.beam = beam + 0


class Open:
    """Looks at its options itself."""

    def __init__(self, **options: Any) -> None:
        if options:
            raise TypeError("there is no option of this name")


def test_the_packages_own_come_first() -> None:
    assert names()[:2] == ("embedded", "lisa")


def test_names_and_what_is_not_loaded_yet_load_nothing_heavy() -> None:
    code = (
        "import sys; from reason_seg_ros.segmenters import registry\n"
        "registry.names(), registry.create('lisa', checkpoint='a folder', precision='bf16')\n"
        "sys.exit(' '.join({'torch', 'transformers', 'cv2', 'scipy'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_class_of_ones_own_is_made_with_its_options() -> None:
    segmenter: Any = create("test_registry:Picky", beam=3)
    assert segmenter.beam == 3


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("nobody", {}, "there is no segmenter 'nobody'; installed are: embedded, lisa"),
        ("no_such_module:Mine", {}, "segmenter 'no_such_module:Mine' .* cannot be imported"),
        (
            "embedded",
            {"checkpoint": "x"},
            "segmenter 'embedded' does not take checkpoint; its options are: objects_file$",
        ),
        (
            "test_registry:Picky",
            {"beam": 2, "device": "cpu", "mode": "text"},
            "segmenter 'test_registry:Picky' does not take device, mode; its options are: beam$",
        ),
        (
            "lisa",
            {"beam": 2, "checkpoint": "x", "ancestor": 1},
            "segmenter 'lisa' does not take beam, ancestor; its options are: checkpoint, device, .*, kv_cache$",
        ),
        ("test_registry:Plain", {"beam": 2}, "does not take beam; its options are: none$"),
        ("test_registry:Picky", {"beam": "wide"}, "segmenter 'test_registry:Picky' cannot be made: .*str"),
        (
            "test_registry:Open",
            {"beam": 2},
            "segmenter 'test_registry:Open' cannot be made: there is no option of this name",
        ),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SegmenterError, match=said):
        create(name, **options)
