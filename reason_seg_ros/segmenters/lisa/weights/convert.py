"""A checkpoint published as pickles, written once as safetensors: it loads faster and cannot hold programs."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from ....errors import SegmenterError
from ..config import PICKLE, PICKLE_INDEX, SAFETENSORS, SAFETENSORS_INDEX
from ..files import read_tensors, weight_files
from .cache import MANIFEST, PART, check_room

SHARD_BYTES = 5_000_000_000
_WORK = ".convert-"
# Called after each file that was written: how many are, and of how many.
Progress = Callable[[int, int], None]


def convert(
    folder: Path, out: Path | None = None, progress: Progress | None = None, shard_bytes: int = SHARD_BYTES
) -> list[Path]:
    """Write a checkpoint's tensors as safetensors, each in the number format that it has.

    Nothing has its final name before all is written and compared with the source.

    Args:
        folder: with pytorch_model.bin, or its shards and their index.
        out: a new folder, which also gets the other files; beside the pickles if None.
        progress: hears of every file.
        shard_bytes: most that one file holds, unless a single tensor is larger.

    Returns:
        The files with weights that were written.

    Raises:
        SegmenterError: if there are no pickles, one cannot be read or holds more than tensors, or the result is there
            already, or the disk is too small.
    """
    sources = _pickles(folder)
    if out is not None and out.exists():
        raise SegmenterError(f"{out} exists already: name a folder that does not, or delete it")
    if out is None and any((folder / name).exists() for name in (SAFETENSORS, SAFETENSORS_INDEX)):
        raise SegmenterError(f"{folder} holds safetensors already: there is nothing to convert")
    where = folder if out is None else out.parent
    copied = [] if out is None else [each for path in _rest(folder) for each in (path, *path.rglob("*"))]
    size = sum(path.stat().st_size for path in (*sources, *copied))
    check_room(where, size, "written", "name a folder on another disk with --out")
    work = where / f"{_WORK}{uuid.uuid4().hex[:8]}"
    work.mkdir(parents=True)
    try:
        names = _write(sources, work, progress or (lambda *_: None), shard_bytes)
        if out is not None:
            _copy(_rest(folder), work)
            work.rename(out)
            return [out / name for name in names]
        # The index comes last: without it the shards are not looked at.
        for name in [*names, *(path.name for path in work.glob("*.index.json"))]:
            os.replace(work / name, folder / name)
        return [folder / name for name in names]
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _pickles(folder: Path) -> list[Path]:
    if not any((folder / name).is_file() for name in (PICKLE, PICKLE_INDEX)):
        raise SegmenterError(f"{folder} holds no {PICKLE} and no {PICKLE_INDEX}: there is nothing to convert")
    files = weight_files(folder)
    if files[0].suffix == ".safetensors":
        raise SegmenterError(f"{folder} holds safetensors already: there is nothing to convert")
    return files


def _write(sources: Sequence[Path], work: Path, progress: Progress, shard_bytes: int) -> list[str]:
    """Write the shards and their index; their names."""
    groups = list(_groups(sources, shard_bytes))
    one = len(groups) == 1
    names = [SAFETENSORS if one else f"model-{n:05}-of-{len(groups):05}.safetensors" for n in range(1, len(groups) + 1)]
    places = {tensor: number for number, group in enumerate(groups) for tensor in group}
    weight_map: dict[str, str] = {}
    total = number = 0
    shard: dict[str, torch.Tensor] = {}
    for name, tensor in _tensors(sources):
        shard[name] = tensor
        weight_map[name] = names[places[name]]
        total += tensor.nbytes
        if len(shard) == len(groups[number]):
            _save(shard, work / names[number])
            progress(number + 1, len(groups))
            number, shard = number + 1, {}
    if not one:
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (work / SAFETENSORS_INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
    return names


def _groups(sources: Sequence[Path], shard_bytes: int) -> Iterator[list[str]]:
    """Names of the tensors of each shard, in the order of the sources."""
    group: list[str] = []
    size = 0
    for name, tensor in _tensors(sources):
        if group and size + tensor.nbytes > shard_bytes:
            yield group
            group, size = [], 0
        group.append(name)
        size += tensor.nbytes
    yield group


def _tensors(sources: Sequence[Path]) -> Iterator[tuple[str, torch.Tensor]]:
    for source in sources:
        yield from read_tensors(source)


def _save(shard: dict[str, torch.Tensor], path: Path) -> None:
    """Write a shard and compare it with what it was made from."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    save_file(_apart(shard), path, metadata={"format": "pt"})
    with safe_open(str(path), framework="pt") as written:
        for name, tensor in shard.items():
            copy = written.get_tensor(name)
            if copy.dtype != tensor.dtype or not torch.equal(_bits(copy), _bits(tensor)):
                raise SegmenterError(f"{name} in {path.name} is not what it was before: check the disk")


def _apart(shard: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors, those that share memory with another one copied: safetensors keeps each by itself."""
    apart: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor in shard.items():
        storage = tensor.untyped_storage().data_ptr()
        apart[name] = tensor.clone(memory_format=torch.contiguous_format) if storage in seen else tensor.contiguous()
        seen.add(storage)
    return apart


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor's bytes, which are equal also where numbers are NaN."""
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def _rest(folder: Path) -> list[Path]:
    """Everything but the pickles, and the manifest, which is of them."""
    return [
        path
        for path in sorted(folder.glob("[!.]*"))
        if path.is_dir() or (path.suffix not in (".bin", PART) and path.name not in (PICKLE_INDEX, MANIFEST))
    ]


def _copy(paths: Sequence[Path], to: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.copytree(path, to / path.name)
        elif path.is_file():
            shutil.copy2(path, to / path.name)
