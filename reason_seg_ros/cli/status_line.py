"""What a segmenter is doing, on the terminal's last line, and what it logs, above it."""

from __future__ import annotations

import logging
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..nodes.wording import clipped
from ..segmenters.base import Listener
from .terminal import styled

_PACKAGE_LOGGER = logging.getLogger(__name__.partition(".")[0])


class StatusLine(Listener):
    """Shows stages, and the end of the words so far, on standard error; silent where that is no terminal.

    Used as a context, in which the package's log is shown as well, also where it is no terminal. Its end takes the line
    away.
    """

    def __init__(self) -> None:
        self._log = _LogAbove(self)
        self._level = logging.NOTSET
        self._cancelled = False

    def __enter__(self) -> StatusLine:
        self._level = _PACKAGE_LOGGER.level
        _PACKAGE_LOGGER.setLevel(logging.INFO)
        _PACKAGE_LOGGER.addHandler(self._log)
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
        _PACKAGE_LOGGER.removeHandler(self._log)
        _PACKAGE_LOGGER.setLevel(self._level)

    def stage(self, name: str) -> None:
        """Show what is being done."""
        self._show(f"{name} ...")

    def text(self, partial: str) -> None:
        """Show the words so far, in place of the stage."""
        self._show(partial)

    @property
    def cancelled(self) -> bool:
        """True after Ctrl-C within `cancelled_by_interrupt`."""
        return self._cancelled

    @contextmanager
    def cancelled_by_interrupt(self) -> Iterator[None]:
        """Within it, on the main thread, Ctrl-C cancels the answer; a second one raises KeyboardInterrupt as ever."""

        def interrupted(*_: object) -> None:
            if self._cancelled:
                raise KeyboardInterrupt
            self._cancelled = True

        before = signal.signal(signal.SIGINT, interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def clear(self) -> None:
        """Take the line away."""
        self._show("")

    def _show(self, text: str) -> None:
        if sys.stderr.isatty():
            columns = shutil.get_terminal_size().columns
            line = styled(clipped(text, max(columns - 1, 1)), "2", sys.stderr) if text else ""
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


class _LogAbove(logging.Handler):
    """Writes what is logged as lines of their own, where the status line stood."""

    def __init__(self, line: StatusLine) -> None:
        super().__init__(logging.INFO)
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        self._line.clear()
        print(f"reason-seg: {self.format(record)}", file=sys.stderr, flush=True)
