"""Where data lies that tests use if it is there: not in test/conftest.py, whose name test/dds/conftest.py shares."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
