"""`reason-seg chat`: a conversation about a frame in the terminal."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ReasonSegError
from .arguments import add_command, add_frame, add_segmenter, make_segmenter
from .terminal import file_error

if TYPE_CHECKING:
    from ..frame import Frame
    from ..pipeline import Answer, Pipeline

HELP = """Say what you want in plain words, for example
  the red mug
  something to stir my tea with
  all the fruit left of the box
or type
  /frame DIR   look at another frame
  /save DIR    write the last answer's files
  /reset       forget the conversation
  /help        show this
  /quit        leave (or end of input)
Ctrl-C cancels an answer; between answers it leaves."""


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "chat",
        run,
        "talk about an RGB-D frame in the terminal",
        "Talk about an RGB-D frame in the terminal. Instructions may refer to earlier answers. Reads standard input, "
        "one instruction a line.\n\n" + HELP,
    )
    add_frame(parser)
    add_segmenter(parser)


def run(arguments: argparse.Namespace) -> None:
    """Talk until the input ends."""
    from ..frame_folder import load_frame
    from ..pipeline import Pipeline
    from .status_line import StatusLine

    frame = load_frame(arguments.frame)
    segmenter = make_segmenter(arguments)
    with StatusLine() as status:
        status.stage("load")
        segmenter.load(status)
    chat = Chat(Pipeline(segmenter), frame)
    print(f"Looking at {arguments.frame}. Say what you want; /help shows more.")
    for line in _lines():
        if line in ("/quit", "/exit"):
            break
        chat.hear(line)


class Chat:
    """One conversation.

    Args:
        pipeline: answers.
        frame: looked at first.
    """

    def __init__(self, pipeline: Pipeline, frame: Frame) -> None:
        from ..reply import Conversation

        self._pipeline, self._frame = pipeline, frame
        self._conversation = Conversation()
        self._last: tuple[Answer, Frame, str] | None = None

    def hear(self, line: str) -> None:
        """Do what a line says; what goes wrong is printed, and the conversation goes on."""
        if not line:
            return
        try:
            if line.startswith("/"):
                self._command(*line[1:].split(maxsplit=1))
            else:
                self._answer(line)
        except ReasonSegError as error:
            print(f"! {error}")
        except OSError as error:
            print(f"! {file_error(error)}")

    def _answer(self, instruction: str) -> None:
        from .status_line import StatusLine
        from .terminal import show_answer

        with StatusLine() as status, status.cancelled_by_interrupt():
            answer = self._pipeline.answer(self._frame, instruction, self._conversation, status)
        self._last = answer, self._frame, instruction
        show_answer(answer)

    def _command(self, name: str = "", argument: str = "") -> None:
        if name == "help":
            print(HELP)
        elif name == "reset":
            self._conversation.reset()
            self._pipeline.reset()
            self._last = None
            print("The conversation starts afresh.")
        elif name == "frame" and argument:
            from ..frame_folder import load_frame

            self._frame = load_frame(argument)
            print(f"Looking at {argument}.")
        elif name == "save" and argument:
            self._save(Path(argument))
        elif name in ("frame", "save"):
            print(f"! /{name} needs a folder: /{name} DIR")
        else:
            print(f"! there is no command /{name}; /help shows those that there are")

    def _save(self, folder: Path) -> None:
        from .answer_files import save_answer

        if self._last is None:
            print("! there is no answer to save yet")
            return
        answer, frame, instruction = self._last
        save_answer(answer, frame, instruction, folder)
        print(f"Written to {folder}.")


def _lines() -> Iterator[str]:
    """Lines of standard input without white space around them: with a prompt and editing on a terminal, else echoed."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            print(f"> {line.strip()}")
            yield line.strip()
        return
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 (gives input() editing and a history)
    with contextlib.suppress(EOFError):
        while True:
            yield input("> ").strip()
    print()
