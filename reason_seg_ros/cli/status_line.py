"""What a segmenter is doing, on the terminal's last line."""

from __future__ import annotations

import shutil
import sys

from ..nodes.wording import clipped
from ..segmenters.base import Listener
from .terminal import styled


class StatusLine(Listener):
    """Shows stages, and the end of the words so far, on standard error; silent where that is no terminal.

    Used as a context, which takes the line away at its end.
    """

    def __enter__(self) -> StatusLine:
        return self

    def __exit__(self, *_: object) -> None:
        self._show("")

    def stage(self, name: str) -> None:
        """Show what is being done."""
        self._show(f"{name} ...")

    def text(self, partial: str) -> None:
        """Show the words so far, in place of the stage."""
        self._show(partial)

    def _show(self, text: str) -> None:
        if sys.stderr.isatty():
            columns = shutil.get_terminal_size().columns
            line = styled(clipped(text, max(columns - 1, 1)), "2", sys.stderr) if text else ""
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
