"""`reason-seg demo`: a simulated camera and a dialogue with the segmenter node."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .arguments import add_command, add_segmenter, segmenter_parameters, whole
from .ros import ros_nodes


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "demo",
        run,
        "show the package at work on a simulated camera",
        "A simulated RGB-D camera publishes a cluttered table over DDS, the segmenter node answers an instruction of "
        "each kind. Pictures, clouds and answers.json are written to a folder; those of an earlier demo there go.",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("outputs/demo"), metavar="DIR", help="output folder (default: %(default)s)"
    )
    parser.add_argument("--view", action="store_true", help="also show it in the browser, until Ctrl-C")
    parser.add_argument("--seed", type=whole(0), metavar="S", help="which scene (default: one that shows every kind)")
    add_segmenter(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo."""
    with ros_nodes():
        from ..nodes.demo import run_demo
    seed = {} if arguments.seed is None else {"seed": arguments.seed}
    return run_demo(arguments.out, segmenter_parameters(arguments), view=arguments.view, **seed)
