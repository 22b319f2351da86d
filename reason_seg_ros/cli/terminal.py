"""What people see in the terminal."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import unicodedata
from typing import TYPE_CHECKING, TextIO

from ..nodes.wording import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..lifting.instance import Instance
    from ..pipeline import Answer

_MARKS = {"found": "+", "absent": "-", "ambiguous": "?", "empty": "o"}
_BAR = 28
_NARROWEST = 20


def styled(text: str, code: str, stream: TextIO) -> str:
    """Text in an ANSI style ("1" bold, "2" faint) where the stream is a terminal and NO_COLOR is not set."""
    plain = not stream.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain else f"\033[{code}m{text}\033[0m"


def file_error(error: OSError) -> str:
    """What is wrong with a file or folder, with its name."""
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"{error.filename} is, or lies in, a file where a folder is wanted: name another folder"
    return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"


def show_answer(answer: Answer, stream: TextIO | None = None) -> None:
    """Print status, words, steps, instances and latency."""
    stream = stream or sys.stdout
    reply = answer.reply
    _print_words(f"{_MARKS[reply.status.value]} {reply.text}", "1", stream)
    for step in reply.steps:
        _print_words(f"  {step.name}: {step.text}", "2", stream)
    for line in instance_table(answer.instances):
        print(f"  {line}", file=stream)
    stages = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in answer.latency_ms.items())
    print(styled(f"  {sum(answer.latency_ms.values()):.0f} ms ({stages})", "2", stream), file=stream)


def _print_words(text: str, code: str, stream: TextIO) -> None:
    """Print a text that may be long: wrapped between words, with the rest indented, where the stream is a terminal."""
    lines = [printable(text)]
    if stream.isatty():
        width = max(shutil.get_terminal_size().columns - 1, _NARROWEST)
        lines = textwrap.wrap(lines[0], width, subsequent_indent="    ", break_on_hyphens=False)
    for line in lines:
        print(styled(line, code, stream), file=stream)


def instance_table(instances: Sequence[Instance]) -> list[str]:
    """One line per instance below a heading; no lines without instances."""
    if not instances:
        return []
    rows = [("id", "label", "centre [m]", "extents [m]", "points", "score")]
    for instance in instances:
        box = instance.box
        seen = len(instance.points) > 0
        rows.append(
            (
                str(instance.id),
                printable(instance.segment.label),
                " ".join(f"{value:6.3f}" for value in box.center) if seen else "no depth",
                " x ".join(f"{value:.3f}" for value in box.extents) if seen else "",
                str(len(instance.points)),
                f"{instance.segment.score:.2f}",
            )
        )
    widths = [max(_columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(map(_padded, row, widths, (">", "<", "<", "<", ">", ">"))).rstrip() for row in rows]


def _padded(text: str, width: int, side: str) -> str:
    fill = " " * (width - _columns(text))
    return fill + text if side == ">" else text + fill


def _columns(text: str) -> int:
    """Columns of a terminal that a text takes: East Asian letters take two, combining marks none."""
    taken = (2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text if not unicodedata.combining(sign))
    return sum(taken)


class Progress:
    """A bar on standard error; silent where that is no terminal."""

    def __init__(self, total: int, label: str) -> None:
        self.total, self.label = total, label
        self._shown = sys.stderr.isatty()
        self.show(0)

    def show(self, done: int) -> None:
        """Draw the bar."""
        if self._shown:
            filled = round(_BAR * done / max(self.total, 1))
            bar = "#" * filled + "." * (_BAR - filled)
            print(f"\r\033[K{self.label} [{bar}] {done}/{self.total}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the bar away."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
