"""The folder of a checkpoint, downloaded first if it is named by its hub id and not on this machine."""

from __future__ import annotations

from pathlib import Path

from ...base import Listener
from .cache import folder_of, is_here, resolve, resolve_tower
from .download import Progress, download


def obtain(checkpoint: str, listener: Listener) -> Path:
    """The folder of a checkpoint.

    Args:
        checkpoint: a folder or a hub id.
        listener: hears how far a download is, and can cancel it; what has arrived is kept for the next time.

    Raises:
        SegmenterError: if there is no such folder, or the checkpoint cannot be downloaded; without network the message
            has the layout of the folder and the command to run elsewhere.
        Cancelled: if the listener no longer wants it.
    """
    if not is_here(checkpoint):
        return download(checkpoint, progress=_telling(listener))[0]
    return resolve(checkpoint)


def obtain_tower(tower: str, checkpoint: Path, listener: Listener) -> Path:
    """The folder of a vision tower; see `obtain`.

    Args:
        tower: a folder, also relative to the checkpoint's, or a hub id.
        checkpoint: folder of the checkpoint that uses it.
        listener: as for `obtain`.
    """
    if not is_here(tower, checkpoint):
        download(tower, progress=_telling(listener))
        return folder_of(tower)
    return resolve_tower(tower, checkpoint)


def _telling(listener: Listener) -> Progress:
    told = ""

    def progress(name: str, done: int, size: int) -> None:
        nonlocal told
        listener.check()
        stage = f"download {name} {100 * done // max(size, 1)} %"
        if stage != told:
            told = stage
            listener.stage(stage)

    return progress
