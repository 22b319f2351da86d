"""A small data set in the tabletop format, made for tests: two boxes before a wall."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.frame_folder import save_frame

QUERIES = [
    {"id": "q1", "instruction": "nearer than 1.1", "kind": "explicit", "target_ids": [1]},
    {"id": "q2", "instruction": "nearer than 1.4", "kind": "multi", "target_ids": [1, 2]},
    {"id": "q3", "instruction": "nearer than 0.5", "kind": "absent", "target_ids": []},
    {"id": "q4", "instruction": "nearer than 1.2 <b>", "kind": "absent", "target_ids": []},
]


def write_frame(folder: Path) -> np.ndarray:
    """Write an annotated frame folder; returns the id map."""
    depth = np.full((120, 160), 2.0, np.float32)
    ids = np.zeros(depth.shape, np.uint8)
    for identity, (rows, columns, z) in enumerate([((20, 60), (20, 60), 1.0), ((50, 90), (90, 140), 1.3)], 1):
        depth[rows[0] : rows[1], columns[0] : columns[1]] = z
        ids[rows[0] : rows[1], columns[0] : columns[1]] = identity
    color = np.full((*depth.shape, 3), 120, np.uint8)
    color[ids == 1] = (200, 40, 30)
    save_frame(Frame(color, depth, Camera(160, 120, 150.0, 150.0, 80.0, 60.0)), folder)
    cv2.imwrite(str(folder / "instances.png"), ids)
    (folder / "queries.json").write_text(json.dumps(QUERIES))
    (folder / "instances.json").write_text(json.dumps([{"id": 1, "category": "red box"}]))
    return ids
