"""Checkpoints from a hub (huggingface.co, or a mirror of it), with resume and checksums. Imports nothing heavy."""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....errors import SegmenterError
from .cache import MANIFEST, PART, Manifest, check_room, elsewhere, folder_of, is_complete, is_hub_id
from .checksums import matches
from .known import Known, did_you_mean, find

ENDPOINT_VARIABLE = "HF_ENDPOINT"
# Called as bytes of a file arrive: its name, what is there, its size.
Progress = Callable[[str, int, int], None]

_SMALL = (
    "config.json",
    "preprocessor_config.json",
    "tokenizer.model",
    "tokenizer.json",
    "tokenizer_config.json",
    "added_tokens.json",
    "special_tokens_map.json",
)
_LICENCE = re.compile(r"(licen[cs]e|notice)[\w.-]*", re.IGNORECASE)
_SAFETENSORS = re.compile(r"model(-\d+-of-\d+)?\.safetensors(\.index\.json)?")
_PICKLES = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin(\.index\.json)?")
_CHUNK = 1 << 20
_TIMEOUT = 30.0
_PAUSES = (0.0, 1.0, 3.0, 10.0, 30.0)
_ASKED = 3  # tries before a hub counts as out of reach
_TRANSIENT = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository.

    Attributes:
        name: within the repository.
        size: in bytes.
        checksum: {"sha256": ...} of a large file, {"git_sha1": ...} of a small one.
    """

    name: str
    size: int
    checksum: Mapping[str, str]


@dataclass(frozen=True)
class Remote:
    """A repository at one commit.

    Attributes:
        id: OWNER/NAME.
        revision: the commit.
        files: all of them.
    """

    id: str
    revision: str
    files: tuple[RemoteFile, ...]

    @classmethod
    def ask(cls, hub_id: str) -> Remote:
        """Ask the hub what a repository holds.

        Raises:
            SegmenterError: if the hub cannot be reached or has no such repository.
        """
        url = f"{endpoint()}/api/models/{hub_id}/revision/main?blobs=true"
        with _retrying(lambda: _open(url), hub_id, _PAUSES[:_ASKED]) as answer:
            try:
                told = json.load(answer)
                files = tuple(_remote_file(each) for each in told["siblings"])
                return cls(hub_id, str(told["sha"]), files)
            except (ValueError, KeyError, TypeError) as error:
                raise SegmenterError(
                    f"{endpoint()} does not answer as a model hub does ({type(error).__name__}: {error}): "
                    f"check {ENDPOINT_VARIABLE}"
                ) from error

    @property
    def needed(self) -> tuple[RemoteFile, ...]:
        """The files that answering takes: no other weights than one kind, safetensors if there are any."""
        names = [file.name for file in self.files]
        weights = _SAFETENSORS if any(_SAFETENSORS.fullmatch(name) for name in names) else _PICKLES
        return tuple(
            file
            for file in self.files
            if file.name in _SMALL or weights.fullmatch(file.name) or _LICENCE.fullmatch(file.name)
        )


def endpoint() -> str:
    """The hub's address: $HF_ENDPOINT, or huggingface.co."""
    return (os.environ.get(ENDPOINT_VARIABLE) or "https://huggingface.co").rstrip("/")


def download(
    hub_id: str,
    cache: Path | str | None = None,
    progress: Progress | None = None,
    tower: bool = True,
) -> list[Path]:
    """Download a checkpoint and the vision tower that it names; what is there already is kept.

    Args:
        hub_id: OWNER/NAME.
        cache: folder of downloads; see `cache.cache_folder`.
        progress: hears of every piece.
        tower: download the tower too.

    Returns:
        The folders: of the checkpoint, and of the tower if it was downloaded.

    Raises:
        SegmenterError: if the hub cannot be reached or has no such repository, the disk is too small, or what arrives
            is not what the hub says it is.
    """
    if not is_hub_id(hub_id):
        raise SegmenterError(
            f"'{hub_id}' is no hub id: it has the form OWNER/NAME.{did_you_mean(hub_id)} "
            "'reason-seg weights list' shows what there is"
        )
    known = find(hub_id)
    if isinstance(known, Known) and not known.supported:
        raise SegmenterError(f"{hub_id} has an older layout that is not read: take one of its successors, '-v1'")
    folder = folder_of(hub_id, cache)
    try:
        remote = Remote.ask(hub_id)
        with _alone(folder):
            _fetch_all(remote, folder, progress or (lambda *_: None))
    except _UnreachableError as error:
        raise SegmenterError(f"{error}.{did_you_mean(hub_id)} {elsewhere(hub_id, cache)}") from error
    folders = [folder]
    named = _tower_of(folder) if tower else ""
    if named and not (folder / named).is_dir():
        folders += download(named, cache, progress, tower=False)
    return folders


class _UnreachableError(SegmenterError):
    """The hub does not answer."""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second download of the same files away, which would write into the same parts."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SegmenterError(f"another download into {folder} is under way: wait for it, or end it") from None
        yield


def _remote_file(told: Mapping[str, Any]) -> RemoteFile:
    large = told.get("lfs")
    if large:
        return RemoteFile(str(told["rfilename"]), int(large["size"]), {"sha256": str(large["sha256"])})
    return RemoteFile(str(told["rfilename"]), int(told["size"]), {"git_sha1": str(told["blobId"])})


def _tower_of(folder: Path) -> str:
    """The vision tower that a checkpoint's config names; "" if it is none of ours or names none."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return str(config.get("vision_tower") or config.get("mm_vision_tower") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _fetch_all(remote: Remote, folder: Path, progress: Progress) -> None:
    needed = remote.needed
    if not any(_SAFETENSORS.fullmatch(file.name) or _PICKLES.fullmatch(file.name) for file in needed):
        raise SegmenterError(f"{remote.id} holds no weights that can be read: see 'reason-seg weights list'")
    before = Manifest.read(folder)
    same = before.files if before is not None and before.revision == remote.revision else {}
    wanted = {file.name: {"size": file.size, **file.checksum} for file in needed}
    missing = [file for file in needed if not _is_there(folder / file.name, file, same)]
    size = sum(file.size - _size(_part(folder / file.name)) for file in missing)
    check_room(folder, size, "downloaded", "name another folder with --cache")
    (folder / MANIFEST).unlink(missing_ok=True)
    for file in missing:
        _fetch(remote, file, folder / file.name, progress)
    Manifest(remote.id, remote.revision, endpoint(), wanted).write(folder)
    if not is_complete(folder):
        raise SegmenterError(f"{remote.id} holds no config.json: 'reason-seg weights list' shows what can be used")


def _is_there(path: Path, file: RemoteFile, manifest: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a file need not be fetched: its checksum is right, or was so when the manifest was written."""
    if _size(path) != file.size or not path.is_file():
        return False
    if manifest.get(file.name) == {"size": file.size, **file.checksum}:
        return True
    return matches(path, file.checksum)


def _fetch(remote: Remote, file: RemoteFile, path: Path, progress: Progress) -> None:
    """Fetch one file into a part file and give it its name once its checksum is right."""
    address = f"{endpoint()}/{remote.id}/resolve/{remote.revision}/{urllib.parse.quote(file.name)}"
    part = _part(path)
    for _ in range(2):
        _retrying(lambda: _receive(address, part, file, progress), remote.id, _PAUSES, lambda: _size(part))
        if matches(part, file.checksum):
            part.replace(path)
            return
        # A part of an earlier version may have been resumed: only a fresh copy tells.
        part.unlink(missing_ok=True)
    raise SegmenterError(
        f"{file.name} of {remote.id} arrived twice with another checksum than {endpoint()} states: try again later"
    )


def _receive(address: str, part: Path, file: RemoteFile, progress: Progress) -> None:
    have = _size(part)
    if have > file.size:
        part.unlink()
        have = 0
    if have == file.size and part.exists():
        return
    with _open(address, have) as answer:
        if have and answer.status != http.client.PARTIAL_CONTENT:
            have = 0  # the server does not resume
        with part.open("ab" if have else "wb") as out:
            while chunk := answer.read(_CHUNK):
                out.write(chunk)
                have += len(chunk)
                progress(file.name, have, file.size)
    if have != file.size:
        raise ConnectionError(f"{file.name} ended after {have} of {file.size} bytes")


def _open(url: str, start: int = 0) -> Any:
    headers = {"User-Agent": "reason_seg_ros", **({"Range": f"bytes={start}-"} if start else {})}
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT)


def _retrying(
    work: Callable[[], Any], hub_id: str, pauses: Sequence[float], arrived: Callable[[], int] = lambda: 0
) -> Any:
    """Do it again while it fails for reasons that pass, and as long as more has arrived each time."""
    attempt, before = 0, arrived()
    while True:
        time.sleep(pauses[attempt])
        try:
            return work()
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 429):
                raise SegmenterError(_refused(error.code, hub_id)) from error
            reason: Exception = error
        except _TRANSIENT as error:
            reason = error
        now = arrived()
        attempt, before = (1 if now > before else attempt + 1), now
        if attempt >= len(pauses):
            told = getattr(reason, "reason", None) or reason
            raise _UnreachableError(f"{endpoint()} cannot be reached for {hub_id} ({told})") from reason


def _refused(code: int, hub_id: str) -> str:
    if code in (401, 404):
        return (
            f"{endpoint()} has no public repository {hub_id} (HTTP {code}): check the name.{did_you_mean(hub_id)} "
            "'reason-seg weights list' shows what there is"
        )
    return f"{endpoint()} does not give {hub_id} to everybody (HTTP {code}): name the folder of a copy of your own"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)
