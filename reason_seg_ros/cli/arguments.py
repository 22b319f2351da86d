"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import math
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..segmenters.lisa.options import Mode, Precision

if TYPE_CHECKING:
    from ..segmenters.base import Segmenter

DEFAULT_SEGMENTER = "embedded"
_WIDTH = 78


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line and points to the help."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but a command itself refuses what it does not know, and so points to its own help."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown and self.get_default("run") is not None:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

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
    """`--segmenter` and its options; those that are not given are left to it."""
    parser.add_argument(
        "--segmenter",
        default=DEFAULT_SEGMENTER,
        metavar="NAME",
        help="who answers: a segmenter's name, or 'module:Class' of your own (default: %(default)s)",
    )
    parser.add_argument("--objects", metavar="FILE", help="YAML file with objects of your own, for 'embedded'")
    parser.add_argument(
        "--checkpoint", metavar="PATH", help="weights of a segmenter that loads some: a folder, or a hub id"
    )
    parser.add_argument("--device", help="where such a segmenter computes: auto, cuda, cuda:1, cpu")
    parser.add_argument("--precision", choices=[each.value for each in Precision], help="number format of its weights")
    parser.add_argument(
        "--mode", choices=[each.value for each in Mode], help="what it is asked for: masks, words, or both"
    )
    parser.add_argument(
        "--stop-after-mask",
        action="store_true",
        default=None,
        help="end its answer as soon as its first mask is there, without the words",
    )
    parser.add_argument(
        "--option",
        type=_option,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further option of the segmenter, its value as YAML has it; may be given several times",
    )


def add_frame(parser: argparse.ArgumentParser) -> None:
    """`--frame`."""
    parser.add_argument(
        "--frame", type=Path, required=True, metavar="DIR", help="folder with color.png, depth.png and camera.json"
    )


def make_segmenter(arguments: argparse.Namespace) -> Segmenter:
    """The segmenter that the arguments name, not yet loaded."""
    from ..segmenters.registry import create

    return create(arguments.segmenter, **dict(arguments.option) | _given(arguments))


def segmenter_parameters(arguments: argparse.Namespace) -> dict[str, str | bool]:
    """The segmenter node's parameters that mean the same as the arguments."""
    import yaml

    parameters = {"segmenter": arguments.segmenter, **_given(arguments)}
    if arguments.option:
        options = yaml.safe_dump(dict(arguments.option), default_flow_style=True, width=math.inf)
        parameters["segmenter_options"] = options.strip()
    return parameters


def _given(arguments: argparse.Namespace) -> dict[str, str | bool]:
    """The options with arguments of their own, where they are given."""
    options = {
        "objects_file": arguments.objects,
        "checkpoint": arguments.checkpoint,
        "device": arguments.device,
        "precision": arguments.precision,
        "mode": arguments.mode,
        "stop_after_mask": arguments.stop_after_mask,
    }
    return {name: value for name, value in options.items() if value}


def _option(text: str) -> tuple[str, Any]:
    import yaml

    name, separator, value = text.partition("=")
    if not separator or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        raise argparse.ArgumentTypeError(f"the value in '{text}' is no YAML") from None


def whole(low: int, high: int = 2**31 - 1) -> Callable[[str], int]:
    """An argument's type: a whole number from `low` to `high`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {low} to {high}")
        return value

    return read


def positive(text: str) -> float:
    """An argument's type: a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value
