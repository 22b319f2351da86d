"""`reason-seg weights`: checkpoints of the segmenter 'lisa'."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import add_command
from .terminal import styled

if TYPE_CHECKING:
    from ..segmenters.lisa.weights.known import Known, KnownTower

_ROW = "{:<39} {:<10} {:>5} {:>5} {:>5} {:>5}  {}"
_HEADING = ("checkpoint", "licence", "disk", "bf16", "8bit", "4bit", "what")
_REDRAWN_AFTER = 0.2


def add(commands: Any) -> None:
    """Describe the command and its own commands."""
    parser = add_command(
        commands,
        "weights",
        run,
        "list, download, verify or convert checkpoints",
        "Checkpoints of the segmenter 'lisa': LISA, LISA++ and SESAME, as their authors published them.",
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_list(own)
    _add_download(own)
    _add_verify(own)
    _add_convert(own)


def run(arguments: argparse.Namespace) -> None:
    """Never called: one of the commands below is required, and brings its own."""


def _add_list(commands: Any) -> None:
    parser = add_command(
        commands,
        "list",
        list_known,
        "what there is, what it takes and what is here",
        "The published checkpoints: what each can do, its licence as its publisher states it, what there is to "
        "download, and the memory (GB) that it takes while it answers, by precision.",
    )
    _add_cache(parser)


def _add_download(commands: Any) -> None:
    parser = add_command(
        commands,
        "download",
        download_one,
        "fetch a checkpoint and its vision tower",
        "Fetch a checkpoint and the vision tower that it names into the cache folder. A download that was broken off "
        "goes on where it ended; every file is compared with the checksum that the server states. HF_ENDPOINT names "
        "another server than huggingface.co.",
    )
    parser.add_argument("id", metavar="ID", help="hub id: xinlai/LISA-7B-v1")
    parser.add_argument("--no-tower", action="store_true", help="leave the vision tower out")
    _add_cache(parser)


def _add_verify(commands: Any) -> None:
    parser = add_command(
        commands,
        "verify",
        verify_one,
        "see whether a checkpoint is complete and unharmed",
        "See that all files of a checkpoint are there, that every tensor has the shape that config.json promises, that "
        "the tokenizer and the vision tower fit, and that the files are what the publisher uploaded. Status 1 if not.",
    )
    parser.add_argument("checkpoint", metavar="PATH", help="folder, or hub id of a download")
    parser.add_argument("--quick", action="store_true", help="leave out the checksums, which read every byte")
    _add_cache(parser)


def _add_convert(commands: Any) -> None:
    parser = add_command(
        commands,
        "convert",
        convert_one,
        "write a .bin checkpoint as safetensors",
        "Write the tensors of a checkpoint that was published as .bin files (pickles, which can hold programs) as "
        "safetensors, without changing them. Pickles are read for tensors alone; one that holds more is refused.",
    )
    parser.add_argument("checkpoint", metavar="PATH", help="folder, or hub id of a download")
    parser.add_argument("--out", type=Path, metavar="DIR", help="new folder (default: beside the .bin files)")
    _add_cache(parser)


def _add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="folder of downloads (default: $REASON_SEG_CACHE, else reason_seg_ros in the user's cache)",
    )


def list_known(arguments: argparse.Namespace) -> None:
    """Print the table."""
    from ..segmenters.lisa.weights.cache import cache_folder
    from ..segmenters.lisa.weights.known import CHECKPOINTS, TOWERS

    print(styled(_ROW.format(*_HEADING), "1", sys.stdout))
    for known in (*CHECKPOINTS, *TOWERS):
        print(_row(known, _mark(known.id, arguments.cache)).rstrip())
    print()
    print("+ is here, ~ is here in part. disk: GB to download; a checkpoint's vision tower comes on top, once.")
    print("bf16, 8bit, 4bit: GB of memory while it answers, vision tower included, with 2048 tokens on")
    print("1280x720. The licence of what a checkpoint was trained from counts too:")
    for known in CHECKPOINTS:
        print(f"  {known.id}: {known.base}")
    print(f"Downloads lie in {cache_folder(arguments.cache)}")


def download_one(arguments: argparse.Namespace) -> None:
    """Fetch."""
    from ..segmenters.lisa.weights.download import download

    shown = _Arrival()
    try:
        folders = download(arguments.id, arguments.cache, shown, tower=not arguments.no_tower)
    finally:
        shown.end()
    for folder in folders:
        print(f"complete: {folder}")


def verify_one(arguments: argparse.Namespace) -> int:
    """Check, print a line per finding."""
    from ..segmenters.lisa.weights.cache import resolve
    from ..segmenters.lisa.weights.verify import verify

    folder = resolve(arguments.checkpoint, arguments.cache)
    good = True
    for finding in verify(folder, not arguments.quick, arguments.cache):
        print(f"{'ok' if finding.good else 'BAD':<4} {finding.text}", flush=True)
        good &= finding.good
    return 0 if good else 1


def convert_one(arguments: argparse.Namespace) -> None:
    """Convert."""
    from ..segmenters.lisa.weights.cache import resolve
    from ..segmenters.lisa.weights.convert import convert
    from .terminal import Progress

    folder = resolve(arguments.checkpoint, arguments.cache)
    bar = Progress(1, "writing")

    def show(done: int, total: int) -> None:
        bar.total = total
        bar.show(done)

    try:
        files = convert(folder, arguments.out, show)
    finally:
        bar.end()
    for file in files:
        print(f"written: {file}")
    if arguments.out is None:
        print(f"the .bin files in {folder} are not needed any more")


def _row(known: Known | KnownTower, mark: str) -> str:
    from ..segmenters.lisa.options import Precision
    from ..segmenters.lisa.weights.known import Known

    columns = ["", "", ""]
    what = known.what
    size = f"{known.gigabytes:.1f}" if known.gigabytes else ""
    if isinstance(known, Known) and known.supported:
        precisions = (Precision.BF16, Precision.INT8, Precision.INT4)
        columns = [f"{known.budget(precision).total / 1e9:.1f}" for precision in precisions]
    elif isinstance(known, Known):
        what = f"{what}: not supported"
    return _ROW.format(f"{mark} {known.id}", known.licence, size, *columns, what)


def _mark(hub_id: str, cache: Path | None) -> str:
    """Whether it has been downloaded."""
    from ..errors import SegmenterError
    from ..segmenters.lisa.weights.cache import folder_of, resolve

    try:
        resolve(hub_id, cache)
        return "+"
    except SegmenterError:
        return "~" if folder_of(hub_id, cache).is_dir() else " "


class _Arrival:
    """What has arrived of a download: one line that is redrawn in a terminal, elsewhere a line per file."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._drawn = self._began = time.monotonic()
        self._file, self._first = "", 0

    def __call__(self, name: str, done: int, size: int) -> None:
        now = time.monotonic()
        if name != self._file:
            self._file, self._first, self._began = name, done, now
        if done == size and not self._terminal:
            print(f"{name}: {size / 1e6:.1f} MB", file=sys.stderr, flush=True)
        elif self._terminal and (done == size or now - self._drawn > _REDRAWN_AFTER):
            self._drawn = now
            speed = (done - self._first) / max(now - self._began, 1e-3)
            text = f"{name}: {done / 1e6:.0f} of {size / 1e6:.0f} MB, {speed / 1e6:.0f} MB/s"
            print(f"\r\033[K{text}", end="\n" if done == size else "", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
