"""Point clouds as PLY files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_TYPES = {"<f4": "float", "|u1": "uchar", "<i4": "int"}


def write_ply(path: str | Path, points: np.ndarray, colors: np.ndarray, ids: np.ndarray | None = None) -> None:
    """Write a cloud as binary little-endian PLY; without points the file is valid and empty.

    Args:
        path: file to write.
        points: (N, 3), metres, optical frame.
        colors: (N, 3) uint8 RGB.
        ids: (N,) instance id of each point, written as the property `instance_id`, or None.
    """
    fields = [(name, "<f4") for name in ("x", "y", "z")] + [(name, "|u1") for name in ("red", "green", "blue")]
    columns = [*points.T, *colors.T]
    if ids is not None:
        fields.append(("instance_id", "<i4"))
        columns.append(ids)
    vertices = np.empty(len(points), fields)
    for (name, _), column in zip(fields, columns, strict=True):
        vertices[name] = column
    header = ["ply", "format binary_little_endian 1.0", "comment metres, optical frame: x right, y down, z forward"]
    header += [f"element vertex {len(vertices)}", *(f"property {_TYPES[kind]} {name}" for name, kind in fields)]
    Path(path).write_bytes("\n".join([*header, "end_header", ""]).encode() + vertices.tobytes())
