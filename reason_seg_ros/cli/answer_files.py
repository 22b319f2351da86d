"""An answer as files: reply.json, mask_K.png, instances.ply and overlay.png."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..frame import Frame
from ..lifting.instance import Instance
from ..pipeline import Answer
from ..viewing.overlay import draw_overlay
from ..viewing.ply import write_ply


def save_answer(answer: Answer, frame: Frame, instruction: str, folder: str | Path) -> None:
    """Write an answer into a folder, made if need be; masks of an earlier answer there are removed.

    - reply.json: see `answer_record`
    - mask_K.png: 8-bit, 255 = thing, of segment K, counted from 0
    - instances.ply: all points with color and instance id, metres, optical frame
    - overlay.png: masks and names over the picture
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if re.fullmatch(r"mask_\d+\.png", path.name):
            path.unlink()
    for k, segment in enumerate(answer.reply.segments):
        _write_image(folder / f"mask_{k}.png", segment.mask.astype(np.uint8) * 255)
    _write_cloud(folder / "instances.ply", answer.instances)
    overlay = draw_overlay(frame.color, answer.instances, instruction, answer.reply.text)
    _write_image(folder / "overlay.png", cv2.cvtColor(overlay, cv2.COLOR_RGB2BGR))
    record = json.dumps(answer_record(answer, instruction), indent=1, ensure_ascii=False)
    (folder / "reply.json").write_text(record + "\n", encoding="utf-8")


def answer_record(answer: Answer, instruction: str) -> dict[str, Any]:
    """An answer in plain types.

    Boxes of segments are [x0, y0, x1, y1] in pixels, the far corner exclusive; `span` is the part of `text` that a
    segment belongs to, [start, end) in characters, or null. Instances are in the optical frame:
    centre and full extents in metres, orientation as quaternion x, y, z, w; one without depth has no place (null).
    """
    return {
        "instruction": instruction,
        "status": answer.reply.status.value,
        "text": answer.reply.text,
        "steps": [{"name": step.name, "text": step.text} for step in answer.reply.steps],
        "segments": [
            {
                "label": segment.label,
                "description": segment.description,
                "score": round(float(segment.score), 4),
                "span": None if segment.span is None else list(segment.span),
                "box": list(segment.box),
                "pixel_count": segment.pixels,
                "mask": f"mask_{k}.png",
            }
            for k, segment in enumerate(answer.reply.segments)
        ],
        "instances": [_instance(instance) for instance in answer.instances],
        "latency_ms": {stage: round(float(value), 2) for stage, value in answer.latency_ms.items()},
    }


def _instance(instance: Instance) -> dict[str, Any]:
    seen = len(instance.points) > 0
    return {
        "id": instance.id,
        "label": instance.segment.label,
        "description": instance.segment.description,
        "score": round(float(instance.segment.score), 4),
        "center": _rounded(instance.box.center) if seen else None,
        "orientation": _rounded(instance.box.quaternion) if seen else None,
        "extents": _rounded(instance.box.extents) if seen else None,
        "point_count": len(instance.points),
        "touches_border": bool(instance.touches_border),
        "depth_share": round(instance.depth_share, 4),
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def _write_cloud(path: Path, instances: Sequence[Instance]) -> None:
    ids = [np.full(len(instance.points), instance.id) for instance in instances]
    write_ply(
        path,
        np.concatenate([np.zeros((0, 3), np.float32), *(instance.points for instance in instances)]),
        np.concatenate([np.zeros((0, 3), np.uint8), *(instance.colors for instance in instances)]),
        np.concatenate([np.zeros(0, int), *ids]),
    )


def _write_image(path: Path, image: np.ndarray) -> None:
    if not cv2.imwrite(str(path), image):
        raise OSError(f"{path} could not be written")
