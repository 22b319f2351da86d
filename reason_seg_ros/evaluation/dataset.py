"""Data sets in the tabletop format: a folder of frame folders with masks and instructions.

Beside color.png, depth.png and camera.json (see `frame_folder`) a frame folder holds

- instances.png: 8- or 16-bit id map of the visible pixels, 0 = background;
- queries.json: a list of {"id", "instruction", "kind", "target_ids"}; no target means that the thing is absent;
- instances.json (optional): a list of {"id", "category", ...}, names for the report;
- ignore.png (optional): pixels that are not 0 are left out of scoring.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import DatasetError
from ..frame import Frame
from ..frame_folder import find_frames, load_frame


@dataclass(frozen=True)
class Query:
    """One instruction with its answer.

    Attributes:
        id: unique in the data set.
        instruction: as a person would say it.
        kind: "explicit", "spatial", "absent", ...; figures are given per kind.
        target_ids: ids of the instances that are meant; none if the right answer is that it is absent.
    """

    id: str
    instruction: str
    kind: str
    target_ids: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Truth:
    """A frame with its annotation.

    Attributes:
        frame: the capture.
        ids: (H, W) integer id map, 0 = background.
        ignore: (H, W) bool, pixels to leave out of scoring.
    """

    frame: Frame
    ids: np.ndarray
    ignore: np.ndarray

    def target(self, query: Query) -> np.ndarray:
        """(H, W) bool, union of the query's targets."""
        return np.isin(self.ids, query.target_ids)


@dataclass(frozen=True)
class AnnotatedFrame:
    """One frame folder: its questions in memory, its images on disk.

    Attributes:
        folder: where it is.
        queries: in the order of the file.
        categories: name of each instance by id, as far as the data set tells.
    """

    folder: Path
    queries: tuple[Query, ...]
    categories: Mapping[int, str]

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.name

    def load(self) -> Truth:
        """Read the images.

        Raises:
            DatasetError: if one is missing, unreadable or of another size.
        """
        frame = load_frame(self.folder)
        ids = _read_map(self.folder / "instances.png", frame.shape)
        ignore_file = self.folder / "ignore.png"
        ignore = _read_map(ignore_file, frame.shape) != 0 if ignore_file.is_file() else np.zeros(frame.shape, bool)
        unknown = {i for query in self.queries for i in query.target_ids} - set(np.unique(ids).tolist())
        if unknown:
            raise DatasetError(
                f"{self.folder / 'queries.json'} asks for the instances {sorted(unknown)}, which instances.png lacks"
            )
        return Truth(frame, ids, ignore)


def read_dataset(folder: str | Path) -> tuple[AnnotatedFrame, ...]:
    """The annotated frames at or directly below a folder, sorted by name.

    Raises:
        DatasetError: if there are none, or the annotation of one cannot be used.
    """
    return tuple(_read_annotation(path) for path in find_frames(folder))


def _read_annotation(folder: Path) -> AnnotatedFrame:
    missing = [name for name in ("instances.png", "queries.json") if not (folder / name).is_file()]
    if missing:
        raise DatasetError(f"{folder} is a frame without annotation: it lacks {', '.join(missing)}")
    queries = tuple(_query(record, folder / "queries.json") for record in _read_list(folder / "queries.json"))
    names_file = folder / "instances.json"
    names = _read_list(names_file) if names_file.is_file() else []
    try:
        categories = {int(record["id"]): str(record.get("category", "")) for record in names}
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise DatasetError(f"{names_file} must hold records with an integer 'id': {error!r}") from error
    return AnnotatedFrame(folder, queries, categories)


def _query(record: Any, path: Path) -> Query:
    try:
        targets = tuple(int(i) for i in record["target_ids"])
        return Query(str(record["id"]), str(record["instruction"]), str(record["kind"]), targets)
    except (KeyError, ValueError, TypeError) as error:
        raise DatasetError(
            f"{path}: each query needs 'id', 'instruction', 'kind' and 'target_ids' (a list of integers); "
            f"this one does not have them: {record}"
        ) from error


def _read_list(path: Path) -> list:
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DatasetError(f"{path} is not JSON that can be read: {error}") from error
    if not isinstance(records, list):
        raise DatasetError(f"{path} must hold a list of records")
    return records


def _read_map(path: Path, shape: tuple[int, int]) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if image is None or image.ndim != 2:
        raise DatasetError(f"{path} must be an image with one channel")
    if image.shape != shape:
        raise DatasetError(f"{path} is {image.shape[1]}x{image.shape[0]}, but the frame is {shape[1]}x{shape[0]}")
    return image
