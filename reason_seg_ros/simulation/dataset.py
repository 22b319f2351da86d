"""Data sets of simulated frames in the format of the tabletop benchmark."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ..frame import Camera, Frame, clean_depth
from ..segmenters.embedded.knowledge.base import load_knowledge
from .imager import ColorSensor
from .purposes import sample_queries
from .questions import Query
from .render import Renderer, Rendering
from .scene import SimulatedScene, sample_scene
from .sensor import DepthSensor
from .truth import HIDDEN_PIXELS, SeenObject, describe, seen_objects

_MIN_QUERIES = 6


@dataclass(frozen=True, eq=False)
class SimulatedFrame:
    """A frame with its ground truth.

    Attributes:
        scene: what was in front of the camera.
        frame: colour and depth with the sensors' noise.
        ids: (H, W) uint8 instance ids of the visible pixels, 0 = background.
        ignore: (H, W) bool, slivers of hidden objects that no score should count.
        seen: the objects in `ids`.
        queries: instructions with their targets.
    """

    scene: SimulatedScene
    frame: Frame
    ids: np.ndarray
    ignore: np.ndarray
    seen: tuple[SeenObject, ...]
    queries: tuple[Query, ...]


def simulate_frame(seed: int) -> SimulatedFrame:
    """One random scene as a random camera sees it."""
    scene = sample_scene(seed)
    rng = np.random.default_rng([seed, 1])
    renderer = Renderer(scene)
    frame, rendering = capture(renderer, rng)
    ids, ignore = rendering.ids.copy(), np.zeros(rendering.ids.shape, bool)
    seen = seen_objects(scene, rendering, renderer.visible_share(scene.camera, scene.pose, ids))
    for item in seen:
        if item.pixels < HIDDEN_PIXELS:
            ignore |= ids == item.id
    ids[ignore] = 0
    queries = sample_queries(seen, load_knowledge(), rng)
    return SimulatedFrame(scene, frame, ids, ignore, tuple(o for o in seen if o.pixels >= HIDDEN_PIXELS), queries)


def capture(renderer: Renderer, rng: np.random.Generator, subpixel: float | None = None) -> tuple[Frame, Rendering]:
    """What random sensors make of a scene from its own camera, and what was to be seen.

    Args:
        renderer: of the scene.
        rng: for the sensors and their noise.
        subpixel: noise of the disparity in pixels; None: random.
    """
    scene = renderer.scene
    depth_sensor, color_sensor = DepthSensor.sample(rng), ColorSensor.sample(rng)
    depth_sensor = depth_sensor if subpixel is None else replace(depth_sensor, subpixel=subpixel)
    rendering = renderer.render(scene.camera, scene.pose, depth_sensor.baseline)
    picture = color_sensor.develop(rendering.color)
    noisy = picture + color_sensor.noise(picture, rng)
    depth = depth_sensor.observe(rendering, rng).capture(rng)
    frame = Frame(
        color=np.clip(np.rint(noisy), 0, 255).astype(np.uint8),
        depth=clean_depth(depth / np.float32(1000)),
        camera=scene.camera,
    )
    return frame, rendering


def simulate(out: Path, scenes: int, seed: int, progress: Callable[[int, int], None] | None = None) -> None:
    """Write a data set: a folder sim_0000, sim_0001, ... per scene, with the files of the tabletop benchmark.

    Args:
        out: folder, made if need be.
        scenes: number of frames.
        seed: the same seed writes the same bytes.
        progress: told (frames written, frames wanted) after each frame.
    """
    out = Path(out)
    attempt = 0
    for number in range(scenes):
        while True:
            simulated = simulate_frame(int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0]))
            attempt += 1
            if len(simulated.queries) >= _MIN_QUERIES and len(simulated.seen) >= 2:
                break
        write_frame(simulated, out / f"sim_{number:04d}")
        if progress:
            progress(number + 1, scenes)


def write_frame(simulated: SimulatedFrame, folder: Path) -> None:
    """Write one frame's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    frame, name = simulated.frame, folder.name
    depth = np.rint(np.nan_to_num(frame.depth) * 1000).clip(0, 65535).astype(np.uint16)
    images = {
        "color.png": cv2.cvtColor(frame.color, cv2.COLOR_RGB2BGR),
        "depth.png": depth,
        "instances.png": simulated.ids,
        "ignore.png": simulated.ignore.astype(np.uint8) * 255,
    }
    for file, image in images.items():
        cv2.imwrite(str(folder / file), image)
    queries = [
        {"id": f"{name}_q{i:02d}", "instruction": q.instruction, "kind": q.kind, "target_ids": list(q.target_ids)}
        for i, q in enumerate(simulated.queries, 1)
    ]
    records = {
        "camera.json": _camera(frame.camera),
        "instances.json": [_instance(item, simulated.seen) for item in simulated.seen],
        "queries.json": queries,
    }
    for file, record in records.items():
        (folder / file).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _camera(camera: Camera) -> dict[str, float]:
    values = {key: getattr(camera, key) for key in ("width", "height", "fx", "fy", "cx", "cy")}
    return {**values, "depth_scale": 1000.0}


def _instance(item: SeenObject, seen: tuple[SeenObject, ...]) -> dict:
    occlusion = "truncated" if item.cut else "none" if item.share > 0.97 else "partial" if item.share > 0.4 else "heavy"
    color = f"{item.color} and {item.accent}" if item.accent and item.accent != item.color else item.color
    return {
        "id": item.id,
        "category": item.kind,
        "color": color,
        "description": describe(item, seen),
        "area_px": item.pixels,
        "bbox": list(item.box),
        "occlusion": occlusion,
    }
