"""The files that hold a checkpoint's weights: safetensors or pickles, whole or in shards."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ...errors import SegmenterError
from .config import PICKLE, SAFETENSORS, WEIGHTS


def weight_files(folder: Path) -> list[Path]:
    """A folder's weight files, safetensors if there are both kinds.

    Raises:
        SegmenterError: if there are none, or the index names files that are missing.
    """
    for index, single in WEIGHTS:
        if (folder / index).is_file():
            return _shards(folder, index)
        if (folder / single).is_file():
            return [folder / single]
    raise SegmenterError(
        f"{folder} has no weights ({SAFETENSORS} or {PICKLE}, or their *.index.json with the shards): "
        "download the checkpoint again, 'reason-seg weights verify' tells what is missing"
    )


def _shards(folder: Path, index: str) -> list[Path]:
    try:
        names = sorted(set(json.loads((folder / index).read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise SegmenterError(f"{folder / index} cannot be read ({error}): download the checkpoint again") from error
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise SegmenterError(f"{folder} lacks {', '.join(missing)}, which {index} names: download the checkpoint again")
    return [folder / name for name in names]


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in a file, without reading the tensors.

    Raises:
        SegmenterError: if the file cannot be read.
    """
    if path.suffix == ".safetensors":
        with _safe_open(path) as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no mapping)
    return {name: tuple(tensor.shape) for name, tensor in _unpickled(path, "meta").items()}


def read_tensors(path: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor in a file, on the CPU, one at a time.

    Raises:
        SegmenterError: if the file cannot be read.
    """
    if path.suffix == ".safetensors":
        with _safe_open(path) as file:
            for name in file.keys():  # noqa: SIM118 (no mapping)
                yield name, file.get_tensor(name)
        return
    tensors = _unpickled(path, "cpu")
    for name in list(tensors):
        yield name, tensors.pop(name)


def _safe_open(path: Path) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(str(path), framework="pt")
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error


def _unpickled(path: Path, device: str) -> dict[str, torch.Tensor]:
    """A pickle's tensors. Never anything but tensors: a pickle can hold programs."""
    try:
        try:
            tensors = torch.load(path, map_location=device, weights_only=True, mmap=True)
        except RuntimeError as error:
            if "mmap" not in str(error):  # files from before PyTorch 1.6 cannot be mapped
                raise
            tensors = torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        if not _is_pickle(path):
            raise _unreadable(path, ValueError("no file of PyTorch")) from error
        raise SegmenterError(
            f"{path} holds more than tensors, which is not read because it could run programs: "
            "get the checkpoint from its publisher, as safetensors if there are any"
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, IndexError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(tensors, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
        raise SegmenterError(f"{path} is no state dict of tensors: name a checkpoint in the published layout")
    return tensors


def _is_pickle(path: Path) -> bool:
    """Whether a file begins as torch.save writes: with a ZIP archive or, of old, a pickle."""
    with path.open("rb") as file:
        return file.read(4).startswith((b"PK\x03\x04", b"\x80"))


def _unreadable(path: Path, error: Exception) -> SegmenterError:
    # PyTorch's first sentence has the reason, those behind it guesses about who damaged the file.
    told = (isinstance(error, OSError) and error.strerror) or str(error)
    reason = told.partition("\n")[0].partition(". ")[0].rstrip(".") or type(error).__name__
    return SegmenterError(f"{path} cannot be read ({reason}): it is damaged or incomplete, download it again")
