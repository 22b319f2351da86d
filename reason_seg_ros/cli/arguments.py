"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from ..segmenters.base import Segmenter

DEFAULT_SEGMENTER = "embedded"
_WIDTH = 78


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line and points to the help."""

    def error(self, message: str) -> NoReturn:
        """Print the line and leave with status 2."""
        print(f"reason-seg: error: {message} (see '{self.prog} --help')", file=sys.stderr)
        sys.exit(2)


def add_command(commands: Any, name: str, run: Callable, summary: str, description: str) -> argparse.ArgumentParser:
    """A command's parser.

    Args:
        commands: what `add_subparsers` returned.
        name: as it is typed.
        run: takes the parsed arguments, returns an exit status or None.
        summary: for the list of commands.
        description: for the command's own help; paragraphs of several lines are kept as they are.
    """
    paragraphs = description.split("\n\n")
    filled = [part if "\n" in part else textwrap.fill(part, _WIDTH) for part in paragraphs]
    parser = commands.add_parser(
        name, help=summary, description="\n\n".join(filled), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_segmenter(parser: argparse.ArgumentParser) -> None:
    """`--segmenter` and `--objects`."""
    parser.add_argument(
        "--segmenter",
        default=DEFAULT_SEGMENTER,
        metavar="NAME",
        help="who answers: a segmenter's name, or 'module:Class' of your own (default: %(default)s)",
    )
    parser.add_argument("--objects", metavar="FILE", help="YAML file with objects of your own, for 'embedded'")


def add_frame(parser: argparse.ArgumentParser) -> None:
    """`--frame`."""
    parser.add_argument(
        "--frame", type=Path, required=True, metavar="DIR", help="folder with color.png, depth.png and camera.json"
    )


def make_segmenter(arguments: argparse.Namespace) -> Segmenter:
    """The segmenter that the arguments name, not yet loaded."""
    from ..segmenters.registry import create

    options = {"objects_file": arguments.objects} if arguments.objects else {}
    return create(arguments.segmenter, **options)


def count(text: str) -> int:
    """A whole number from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value
