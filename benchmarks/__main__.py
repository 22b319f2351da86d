"""Run every benchmark and write benchmarks/RESULTS.md:  python -m benchmarks"""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

from .machine import describe

RESULTS = Path(__file__).with_name("RESULTS.md")
SECTIONS = {
    "Answers of the embedded segmenter": "embedded",
    "Latency from stamp to instances": "latency",
    "An idle node": "idle",
    "Lifting ten instances": "lifting",
    "LISA on a GPU": "lisa",
}


def main() -> int:
    """Run them one after the other, each in a process of its own; returns how many failed."""
    parts = [f"# Results\n\nMeasured {date.today()} on: {describe()}.\n"]
    failures = 0
    for title, module in SECTIONS.items():
        print(f"==> {title}: python -m benchmarks.{module}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{module}"], capture_output=True, text=True)
        print(done.stdout, done.stderr, sep="\n", flush=True)
        failures += done.returncode != 0
        text = done.stdout.strip() if done.returncode == 0 else "This benchmark failed."
        parts.append(f"## {title}\n\n`python -m benchmarks.{module}`: {text}\n")
    RESULTS.write_text("\n".join(parts), encoding="utf-8")
    print(f"==> written: {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
