"""Where checkpoints lie, and how a name becomes a folder. Imports nothing heavy and never asks the network."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ....errors import SegmenterError
from ..config import WEIGHTS
from ..options import how_to_set
from .known import did_you_mean

CACHE_VARIABLE = "REASON_SEG_CACHE"
MANIFEST = "download.json"
PART = ".part"
LAYOUT = (
    "config.json, tokenizer.model, added_tokens.json and model.safetensors or pytorch_model.bin, or shards with their "
    "index; the vision tower's has preprocessor_config.json for the tokenizer"
)
_SET_TOWER = how_to_set("vision_tower", "DIR")
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True)
class Manifest:
    """What was downloaded.

    Attributes:
        repository: hub id.
        revision: commit of the repository.
        endpoint: server that it came from.
        files: for each file its size, and its checksum as the server states it: {"size", "sha256"} or
            {"size", "git_sha1"}.
    """

    repository: str
    revision: str
    endpoint: str
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest in a folder; None if there is none.

        Raises:
            SegmenterError: if it cannot be read.
        """
        path = folder / MANIFEST
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise SegmenterError(f"{path} cannot be read ({error}): delete it and download again") from error

    def write(self, folder: Path) -> None:
        """Write it into a folder."""
        path = folder / MANIFEST
        part = path.with_name(path.name + PART)
        part.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        part.replace(path)


def cache_folder(given: Path | str | None = None) -> Path:
    """The folder for downloads: the given one, $REASON_SEG_CACHE, or reason_seg_ros in the user's cache (XDG)."""
    if given or (given := os.environ.get(CACHE_VARIABLE)):
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "reason_seg_ros"


def folder_of(hub_id: str, cache: Path | str | None = None) -> Path:
    """Where a download of this id lies, there or not."""
    return cache_folder(cache).joinpath("checkpoints", *hub_id.split("/"))


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a config and weights and no download that was broken off."""
    has_weights = any((folder / name).is_file() for pair in WEIGHTS for name in pair)
    return (folder / "config.json").is_file() and has_weights and not any(folder.glob(f"*{PART}"))


def is_hub_id(name: str) -> bool:
    """Whether a name has the form of a hub id: OWNER/NAME."""
    return _HUB_ID.fullmatch(name) is not None


def is_here(name: str, checkpoint: Path | None = None) -> bool:
    """False for the hub id of a checkpoint or tower that has not been downloaded; what is no hub id is a folder.

    Args:
        name: a folder or hub id.
        checkpoint: for a tower, the folder of the checkpoint that uses it and may bring it.
    """
    if not is_hub_id(name):
        return True
    try:
        if checkpoint is None:
            resolve(name)
        else:
            resolve_tower(name, checkpoint)
    except SegmenterError:
        return False
    return True


def resolve(checkpoint: str, cache: Path | str | None = None) -> Path:
    """The folder of a checkpoint.

    Args:
        checkpoint: a folder, or a hub id that has been downloaded (here, or by huggingface_hub).
        cache: folder of downloads; see `cache_folder`.

    Raises:
        SegmenterError: if there is none; the message has the command that downloads it.
    """
    found = _found(checkpoint, cache)
    if found is not None:
        return found
    if not is_hub_id(checkpoint):
        raise SegmenterError(
            f"there is no folder {checkpoint}: name a checkpoint's folder, or a hub id OWNER/NAME."
            f"{did_you_mean(checkpoint)}"
        )
    raise SegmenterError(absent(checkpoint, cache))


def resolve_tower(tower: str, checkpoint: Path, cache: Path | str | None = None) -> Path:
    """The folder of a vision tower.

    Args:
        tower: a folder, also relative to the checkpoint's, or a hub id that has been downloaded.
        checkpoint: folder of the checkpoint that uses it.
        cache: folder of downloads; see `cache_folder`.

    Raises:
        SegmenterError: if there is none; the message has the command that downloads it.
    """
    if not tower:
        raise SegmenterError(
            f"{checkpoint / 'config.json'} names no vision tower: set its folder or hub id {_SET_TOWER}"
        )
    if (checkpoint / tower).is_dir():
        return checkpoint / tower
    # A copied checkpoint may bring its tower in a folder of the tower's own name.
    beside = checkpoint / tower.rpartition("/")[2]
    if (beside / "config.json").is_file():
        return beside
    found = _found(tower, cache)
    if found is not None:
        return found
    if not is_hub_id(tower):
        given = Path(tower).expanduser()
        looked = " or ".join(dict.fromkeys(str(each.absolute()) for each in (checkpoint / given, given)))
        raise SegmenterError(f"there is no vision tower in {looked}: set its folder or hub id {_SET_TOWER}")
    raise SegmenterError(f"{absent(tower, cache)} Or set the folder of a copy {_SET_TOWER}")


def absent(hub_id: str, cache: Path | str | None = None) -> str:
    """What to say where a download is missing."""
    folder = folder_of(hub_id, cache)
    broken = " completely" if folder.is_dir() else ""
    option = f" --cache {cache}" if cache else ""
    return (
        f"{hub_id} is not{broken} on this machine: run 'reason-seg weights download {hub_id}{option}' (to {folder})."
        f"{did_you_mean(hub_id)}"
    )


def elsewhere(hub_id: str, cache: Path | str | None = None) -> str:
    """What to do on a machine without network: the command in a line of its own, then the layout."""
    return (
        "On a machine with network, run\n"
        f"'reason-seg weights download {hub_id} --cache weights && "
        f"rsync -a weights/checkpoints ROBOT:{cache_folder(cache).absolute()}/'\n"
        f"A checkpoint's folder, checkpoints/OWNER/NAME, holds {LAYOUT}"
    )


def check_room(folder: Path, size: int, what: str, remedy: str) -> None:
    """See that a disk has room.

    Args:
        folder: where something is to be written, there or not.
        size: of it, in bytes.
        what: happens to it, for the message: "downloaded".
        remedy: what to do besides making room.

    Raises:
        SegmenterError: if there is too little.
    """
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if size > free:
        raise SegmenterError(
            f"{size / 1e9:.1f} GB are to be {what} and {existing} has {free / 1e9:.1f} GB free: make room, or {remedy}"
        )


def _found(name: str, cache: Path | str | None) -> Path | None:
    local = Path(name).expanduser()
    if local.is_dir():
        return local
    if not is_hub_id(name):
        return None
    own = folder_of(name, cache)
    return own if is_complete(own) else _in_hub_cache(name)


def _in_hub_cache(hub_id: str) -> Path | None:
    """A snapshot that huggingface_hub has downloaded whole."""
    try:
        from huggingface_hub import snapshot_download

        folder = Path(snapshot_download(hub_id, local_files_only=True))
    except Exception:
        # Whatever keeps the hub's cache from being read, there is nothing in it to use.
        return None
    return folder if is_complete(folder) else None
