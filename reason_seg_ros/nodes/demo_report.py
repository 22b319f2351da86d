"""What the demo shows in the terminal and leaves on disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reason_seg_ros.msg import Reply, SegmentedInstance, SegmentedInstanceArray

from ..viewing.overlay import draw_overlay
from ..viewing.ply import write_ply
from .clouds import points_from_cloud
from .demo_client import Heard
from .messages import STATUS_NAMES
from .wording import clipped, printable

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_STATUS_COLORS = {Reply.FOUND: 32, Reply.ABSENT: 36, Reply.AMBIGUOUS: 33, Reply.EMPTY: 33}


class Terminal:
    """Prints the dialogue; progress on one line that is overwritten, only where somebody looks."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._colored = self._live and "NO_COLOR" not in os.environ
        self._turn = 0

    def say(self, text: str = "", code: int = 0) -> None:
        """Print a line, in an ANSI color if the terminal has them."""
        self.clear()
        print(f"\033[{code}m{text}\033[0m" if code and self._colored else text, flush=True)

    def progress(self, text: str) -> None:
        """Show what is being done."""
        if self._live:
            self._turn += 1
            line = clipped(text, max(shutil.get_terminal_size().columns - 5, 1))
            print(f"\r\033[K  {_SPINNER[self._turn % len(_SPINNER)]} {line}", end="", flush=True)

    def answer(self, array: SegmentedInstanceArray) -> None:
        """Print an answer and its instances."""
        name = STATUS_NAMES[array.status]
        self.say(f"  {name}: {printable(array.text)}", _STATUS_COLORS.get(array.status, 31))
        width = max((len(_name(instance)) for instance in array.instances), default=0)
        for instance in array.instances:
            self.say("    " + instance_line(instance, width))
        stages = ", ".join(f"{latency.stage} {latency.milliseconds:.0f}" for latency in array.latencies)
        self.say(f"    ms: {stages}", 2)

    def clear(self) -> None:
        """Take the progress away."""
        if self._live:
            print("\r\033[K", end="")


def instance_line(instance: SegmentedInstance, width: int = 0) -> str:
    """One instance in one line: label and id in at least `width` characters, position, size, score."""
    head = _name(instance).ljust(max(width, 24))
    if not instance.point_count:
        return f"{head} no depth on it   score {instance.score:.2f}"
    p, e = instance.pose.position, instance.extents
    size = " x ".join(f"{side * 100:.0f}" for side in (e.x, e.y, e.z))
    return f"{head} at ({p.x:+.2f}, {p.y:+.2f}, {p.z:.2f}) m   {size} cm   score {instance.score:.2f}"


def _name(instance: SegmentedInstance) -> str:
    return f"{printable(instance.label)} #{instance.id}"


def remove_results(out: Path) -> None:
    """Remove what an earlier demo wrote to a folder, and nothing else."""
    for pattern in ("[0-9][0-9]_*.png", "[0-9][0-9]_*.ply", "answers.json"):
        for path in out.glob(pattern):
            path.unlink()


def save(heard: Heard, number: int, kind: str, out: Path) -> dict[str, Any]:
    """Write an answer's overlay and clouds; returns what answers.json says about it."""
    array = heard.array
    name = f"{number:02d}_{kind}"
    record: dict[str, Any] = {
        "instruction": array.instruction,
        "kind": kind,
        "status": STATUS_NAMES[array.status],
        "text": array.text,
        "steps": [_step(text) for text in heard.reply.steps],
        "seconds": round(heard.seconds, 3),
        "latency_ms": {latency.stage: round(latency.milliseconds, 2) for latency in array.latencies},
        "instances": [],
    }
    if heard.overlay is not None:
        picture = draw_overlay(heard.overlay, [], array.instruction, array.text)
        record["overlay"] = f"{name}.png"
        cv2.imwrite(str(out / record["overlay"]), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    for instance in array.instances:
        entry = describe(instance)
        if instance.point_count:
            label = re.sub(r"\W+", "_", instance.label)
            entry["cloud"] = f"{name}_{label}_{instance.id}.ply"
            write_ply(out / entry["cloud"], *points_from_cloud(instance.cloud))
        record["instances"].append(entry)
    return record


def describe(instance: SegmentedInstance) -> dict[str, Any]:
    """An instance for JSON, with the keys of `reason-seg segment`; the place is in frame_id, null without depth."""
    position, orientation, extents = instance.pose.position, instance.pose.orientation, instance.extents

    def place(*values: float) -> list[float] | None:
        return [round(value, 5) for value in values] if instance.point_count else None

    return {
        "id": instance.id,
        "label": instance.label,
        "description": instance.description,
        "score": round(instance.score, 4),
        "frame_id": instance.header.frame_id,
        "center": place(position.x, position.y, position.z),
        "orientation": place(orientation.x, orientation.y, orientation.z, orientation.w),
        "extents": place(extents.x, extents.y, extents.z),
        "point_count": instance.point_count,
        "touches_border": instance.touches_border,
        "depth_share": round(instance.depth_share, 3),
    }


def _step(text: str) -> dict[str, str]:
    name, _, rest = text.partition(": ")
    return {"name": name, "text": rest}


def full_mask(instance: SegmentedInstance, shape: tuple[int, int]) -> np.ndarray:
    """An instance's mask in the whole image: (H, W) bool."""
    mask = np.zeros(shape, bool)
    box, crop = instance.box, instance.mask
    pixels = np.frombuffer(crop.data, np.uint8).reshape(crop.height, crop.step)[:, : crop.width]
    mask[box.y_offset : box.y_offset + box.height, box.x_offset : box.x_offset + box.width] = pixels > 0
    return mask


def write_answers(path: Path, records: list[dict[str, Any]], camera_hz: float) -> None:
    """Write answers.json."""
    path.write_text(json.dumps({"camera_hz": round(camera_hz, 2), "answers": records}, indent=1) + "\n")
