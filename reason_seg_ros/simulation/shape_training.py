"""Fits the shape model on simulated frames: python -m reason_seg_ros.simulation.shape_training.

Labels are the first shapes that the knowledge base gives for the simulated kinds. Masks are shifted, grown and shrunk
by a few pixels, because those of the geometry step are not exact either.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..frame import Camera, Frame, clean_depth
from ..geometry.planes import Plane
from ..segmenters.embedded.grounding import shape_model
from ..segmenters.embedded.grounding.describe import describe
from ..segmenters.embedded.grounding.shape_model import SHAPES, WEIGHTS_FILE, ShapeModel
from ..segmenters.embedded.knowledge.base import load_knowledge
from ..segmenters.embedded.proposals.base import Proposal, Scenery

_HIDDEN = 24
_EPOCHS = 400
_SMALLEST = 150
"""Pixels below which a thing is left out."""


def examples(seeds: range) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measure simulated things.

    Returns:
        (N, F) measurements, (N,) index of the shape, (N,) seed of the scene.
    """
    kinds = load_knowledge().by_name
    rows, labels, scenes = [], [], []
    for seed in seeds:
        for measurements, kind in _scene_examples(seed):
            if kind in kinds:
                rows.append(measurements)
                labels.append(SHAPES.index(kinds[kind].shapes[0]))
                scenes.append(seed)
    return np.array(rows), np.array(labels), np.array(scenes)


def _scene_examples(seed: int) -> Iterator[tuple[np.ndarray, str]]:
    from .heaps import sample_heap
    from .render import Renderer
    from .scene import sample_scene
    from .sensor import DepthSensor

    class DepthRenderer(Renderer):
        """Leaves the colours black: shading takes most of the time and form needs none."""

        def _color(self, camera: Camera, pose: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            return np.zeros((camera.height, camera.width, 3), np.float32)

    rng = np.random.default_rng(seed)
    scene = sample_heap(seed) if seed % 2 else sample_scene(seed)
    rendering = DepthRenderer(scene).render(scene.camera, scene.pose)
    depth = DepthSensor.sample(rng).observe(rendering, rng).capture(rng)
    frame = Frame(np.full((*depth.shape, 3), 128, np.uint8), clean_depth(depth / np.float32(1000)), scene.camera)
    up, origin = scene.pose[:3, :3].T @ [0.0, 0.0, 1.0], scene.pose[:3, 3]
    surfaces = scene.surroundings.surfaces
    planes = tuple(Plane(up, float(origin[2] - s.center[2]), np.zeros(depth.shape, bool)) for s in surfaces)
    names = [surface.name for surface in surfaces]
    proposals, kinds = [], {}
    for item in scene.objects:
        mask = _disturbed(rendering.ids == item.id, rng)
        if np.count_nonzero(mask) >= _SMALLEST:
            proposal = Proposal(mask, 1.0, names.index(item.surface))
            proposals.append(proposal)
            kinds[proposal] = item.kind
    described = describe(frame, Scenery(tuple(proposals), planes, up, np.zeros(depth.shape, np.float32)))
    for candidate in described.candidates:
        yield candidate.form.vector(), kinds[candidate.proposal]


def _disturbed(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask grown or shrunk by up to a pixel and shifted by up to two."""
    pixels: np.ndarray = mask.astype(np.uint8)
    change = rng.choice([cv2.MORPH_ERODE, cv2.MORPH_DILATE, -1])
    if change >= 0:
        pixels = cv2.morphologyEx(pixels, int(change), np.ones((3, 3), np.uint8))
    shift = np.array([[1, 0, rng.integers(-2, 3)], [0, 1, rng.integers(-2, 3)]], np.float32)
    return cv2.warpAffine(pixels, shift, mask.shape[::-1]) > 0


def fit(measurements: np.ndarray, labels: np.ndarray, members: int = 6) -> ShapeModel:
    """Fit networks from different starts and average their log odds: side by side they are one wider network.

    Args:
        measurements: (N, F).
        labels: (N,) index into `SHAPES`.
        members: number of networks.
    """
    mean, deviation = measurements.mean(axis=0), measurements.std(axis=0) + 1e-6
    counts = np.bincount(labels, minlength=len(SHAPES)).astype(float)
    weight = 1 / np.sqrt(np.maximum(counts, 1))  # rare shapes count more than their share
    prior = counts * weight / (counts * weight).sum()
    x = np.clip((measurements - mean) / deviation, -3, 3)
    layers = [_network(x, labels, weight / weight.mean(), seed) for seed in range(members)]
    hidden = np.hstack([first for first, _ in layers])
    output = np.vstack([*(last[:-1] for _, last in layers), sum(last[-1:] for _, last in layers)]) / members
    return ShapeModel(*(np.asarray(a, np.float32) for a in (mean, deviation, hidden, output, np.maximum(prior, 1e-3))))


def _network(x: np.ndarray, labels: np.ndarray, weight: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One network by maximum likelihood with weight decay: its two layers, biases in the last rows."""
    import torch

    torch.manual_seed(seed)
    inputs, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(labels)
    network: Any = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], _HIDDEN), torch.nn.Tanh(), torch.nn.Linear(_HIDDEN, len(SHAPES))
    )
    importance = torch.tensor(weight, dtype=torch.float32)
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _EPOCHS)
    for _ in range(_EPOCHS):
        optimizer.zero_grad()
        odds = network(inputs + 0.15 * torch.randn_like(inputs))
        torch.nn.functional.cross_entropy(odds, targets, importance, label_smoothing=0.03).backward()
        optimizer.step()
        schedule.step()
    first, last = (
        np.vstack([layer.weight.detach().numpy().T, layer.bias.detach().numpy()]) for layer in (network[0], network[2])
    )
    return first, last


def report(model: ShapeModel, measurements: np.ndarray, labels: np.ndarray) -> str:
    """Accuracy and mean log likelihood overall, and recall per shape."""
    probabilities = model.probabilities(measurements)
    right = probabilities.argmax(axis=1) == labels
    likelihood = np.log(probabilities[np.arange(len(labels)), labels]).mean()
    recalls = " ".join(
        f"{s.value} {right[labels == i].mean():.2f}" for i, s in enumerate(SHAPES) if (labels == i).any()
    )
    return f"accuracy {right.mean():.3f}, log likelihood {likelihood:.3f}; recall: {recalls}"


def main() -> None:
    """Simulate, fit, report on scenes held back, and write the weights where the model is read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=400, help="simulated scenes, every other a heap (default 400)")
    parser.add_argument("--seed", type=int, default=1000, help="seed of the first scene (default 1000)")
    options = parser.parse_args()
    measurements, labels, scenes = examples(range(options.seed, options.seed + options.scenes))
    print(f"{len(labels)} things in {options.scenes} scenes", flush=True)
    held = scenes % 5 == 0
    print(report(fit(measurements[~held], labels[~held]), measurements[held], labels[held]))
    model = fit(measurements, labels)
    np.savez(Path(shape_model.__file__).with_name(WEIGHTS_FILE), **vars(model))


if __name__ == "__main__":
    main()
