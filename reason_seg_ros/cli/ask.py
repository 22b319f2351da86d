"""`reason-seg ask`: one instruction to a running segmenter node."""

from __future__ import annotations

import argparse
from typing import Any

from .arguments import add_command, positive
from .ros import ros_nodes


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "ask",
        run,
        "ask a running segmenter node",
        "Send an instruction to a running segmenter node as a goal of its action, and print the answer with the "
        "instances' places in the frame that the node gives them in. Ctrl-C cancels the goal.",
    )
    parser.add_argument("instruction", metavar="TEXT", help='what you want: "the red mug"')
    parser.add_argument("--namespace", default="", metavar="NS", help="namespace of the node (default: none)")
    parser.add_argument("--node", default="segmenter", metavar="NAME", help="the node's name (default: %(default)s)")
    parser.add_argument(
        "--timeout",
        type=positive,
        default=60.0,
        metavar="S",
        help="seconds to wait for the answer (default: %(default)g)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask and print."""
    with ros_nodes():
        from ..nodes.ask import ask_node
    return ask_node(arguments.instruction, arguments.namespace, arguments.node, arguments.timeout)
