"""The README says what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_generated_parts_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "update_readme.py", "--check"], cwd=ROOT)
    assert done.returncode == 0, "run: python3 scripts/update_readme.py"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_commands_exist() -> None:
    from reason_seg_ros.cli import COMMANDS

    named = set(re.findall(r"^reason-seg (\w+)", README, re.MULTILINE))
    assert named
    assert named <= {command.__name__.rpartition(".")[2].replace("evaluate", "eval") for command in COMMANDS}


def test_number_of_kinds_is_true() -> None:
    from reason_seg_ros.segmenters.embedded.knowledge.base import load_knowledge

    assert f"{len(load_knowledge().kinds)} kinds" in README
