"""The command line: `reason-seg COMMAND`.

Each command is a file with `add(commands)`, which describes its arguments, and `run(arguments)`, which does the work
and imports what that takes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import ReasonSegError
from . import ask, bringup, chat, demo, evaluate, segment, simulate, weights
from .arguments import Parser
from .terminal import file_error

COMMANDS = (segment, chat, evaluate, simulate, weights, bringup, ask, demo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: arguments without the program's name; those of the process if None.

    Returns:
        Exit status: 0 done, 1 failed (standard error says why), 2 wrong usage, 130 interrupted.
    """
    try:
        arguments = _parser().parse_args(argv)
        return arguments.run(arguments) or 0
    except ReasonSegError as error:
        return _failed(str(error))
    except BrokenPipeError:
        # The reader of a pipe has gone; Python must not try to flush to it once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _failed(file_error(error))
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="reason-seg",
        description="Reasoning segmentation for robots: an instruction and an RGB-D frame in, 3D instances out.",
        epilog="'reason-seg COMMAND --help' describes a command.",
    )
    parser.add_argument("--version", action="version", version=f"reason_seg_ros {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser


def _failed(message: str) -> int:
    lines = (" ".join(line.split()) for line in message.splitlines())
    print("reason-seg: error:", "\n".join(line for line in lines if line), file=sys.stderr)
    return 1
