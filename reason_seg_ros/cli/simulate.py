"""`reason-seg simulate`: annotated frames of simulated scenes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..nodes.wording import counted
from .arguments import add_command, whole


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "simulate",
        run,
        "write a data set of simulated RGB-D frames",
        "Write RGB-D frames of random scenes with sensor noise, instance masks and instructions, in the format that "
        "'reason-seg eval' reads. The same seed writes the same files.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the frame folders")
    parser.add_argument(
        "--scenes", type=whole(1), default=10, metavar="N", help="number of frames (default: %(default)s)"
    )
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="random seed (default: %(default)s)")


def run(arguments: argparse.Namespace) -> None:
    """Write the data set."""
    from ..simulation.dataset import simulate
    from .terminal import Progress

    progress = Progress(arguments.scenes, "scenes")
    try:
        simulate(arguments.out, arguments.scenes, arguments.seed, progress=lambda done, _: progress.show(done))
    finally:
        progress.end()
    print(f"{counted(arguments.scenes, 'frame')} written to {arguments.out}")
