"""Fits what joins patches to things, and how sure things are: python -m reason_seg_ros.simulation.merge_training.

Patches of simulated frames are joined as the geometry step does, and every pair of neighbours that comes up on the way
is an example. The first time the ground truth decides what is joined, with random slips; the second time the weights
fitted so far, so that they learn from the situations that they get themselves into (Ross, Gordon and Bagnell, AISTATS
2011). The things that come out are the examples of objectness. The weights are printed: they stand as constants in
`proposals/merge.py` and `proposals/objectness.py`.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ..frame import Frame
from ..segmenters.embedded.proposals.merge import Growth
from ..segmenters.embedded.proposals.objectness import objectness_evidence
from ..segmenters.embedded.proposals.patches import GROUND, patches_of
from ..segmenters.embedded.proposals.relief import relief_of

_SLIPS = 2.0
"""Standard deviation of the log odds with which the ground truth decides."""
_DECAY, _TRUST = 1e-4, 0.02
"""Weight decay of a fresh fit, and of one that starts from known weights."""
_KNOWN = np.array([0.43, 0.74, -0.25, -0.48, 0.71, -4.75, 0.95, 0.0, -1.54, -7.11])
"""Weights of joining from patches of tidy scenes alone, which did well on real frames. Heaps move them only as far as
their examples insist: simulated sensors are not real ones."""
_HARM = 1.5
"""Weight of a wrong join, which spoils two things, beside that of a wrong cut."""
_LARGE = 3000.0
"""Pixels from which a thing counts fully."""
_PURE = 0.2
"""Chance up to which a pair counts as one or two things; patches that lie across an edge are left out."""
_SEEN = 150
"""Pixels of an instance from which it should be found."""

Policy = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(evidence (N, F), chance (N,) of two things) -> (N,) log odds of two things."""
Examples = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(N, F) evidence, (N,) bool event, (N,) weight."""


@dataclass(frozen=True, eq=False)
class Patched:
    """A frame in patches.

    Attributes:
        growth: nothing joined yet.
        count: (L, 256) pixels of each true instance in each patch, the background first.
    """

    growth: Growth
    count: np.ndarray

    def held(self, growth: Growth) -> np.ndarray:
        """(L, 256) pixels of each true instance in each thing."""
        held = np.zeros(self.count.shape)
        np.add.at(held, growth.target, self.count)
        return held


def patched(frame: Frame, ids: np.ndarray) -> Patched:
    """A frame with its true instances (H, W) uint8 in patches."""
    relief = relief_of(frame)
    labels = patches_of(frame.color, relief)
    growth = Growth(labels, relief)
    count = np.bincount(labels.ravel() * 256 + ids.ravel(), minlength=256 * len(growth.target))
    return Patched(growth, count.reshape(-1, 256))


def simulated(seed: int) -> tuple[Frame, np.ndarray]:
    """A frame of a tidy scene or a heap by a good or a poor sensor, and its true instances (H, W) uint8."""
    from .dataset import capture
    from .heaps import sample_heap
    from .render import Renderer
    from .scene import sample_scene

    rng = np.random.default_rng([seed, 1])
    scene = sample_scene(seed) if seed % 4 == 0 else sample_heap(seed)
    subpixel = float(np.exp(rng.uniform(np.log(0.008), np.log(0.08))))
    frame, rendering = capture(Renderer(scene, oversampling=1), rng, subpixel=subpixel)
    if rng.random() < 0.5:
        shift = rng.integers(-3, 4, 2)[::-1]
        frame = Frame(frame.color, np.roll(frame.depth, shift, (0, 1)), frame.camera)
    return frame, rendering.ids


def pairs(frames: Sequence[Patched], policy: Policy) -> Examples:
    """Every pair of neighbours that comes up while a policy joins patches; the event is "two things"."""
    rows = [row for frame in frames for row in _pairs(frame, policy)]
    return _together(rows)


def _pairs(frame: Patched, policy: Policy) -> Iterator[Examples]:
    growth = copy.deepcopy(frame.growth)
    joined = True
    while joined:
        held = frame.held(growth)
        share = held / np.maximum(held.sum(axis=1, keepdims=True), 1.0)
        first, second = growth.pairs.T
        two = 1.0 - (share[first] * share[second]).sum(axis=1)
        smaller = np.minimum(growth.bodies.area[first], growth.bodies.area[second])
        weight = np.minimum(smaller / _LARGE, 1.0) * (1.0 - share[first, 0] * share[second, 0])
        weight *= np.where(two > 0.5, _HARM, 1.0) * (np.abs(two - 0.5) > 0.5 - _PURE)
        evidence = growth.evidence()
        yield evidence, two > 0.5, weight
        joined = growth.join(policy(evidence, two))


def things(frames: Sequence[Patched], weights: np.ndarray) -> tuple[Examples, np.ndarray]:
    """The things that weights make of the patches; the event is "shares more than half of its union with an instance".

    Returns:
        The examples; and (I,) the best intersection over union for each instance large enough to be found.
    """
    rows, best = [], []
    for frame in frames:
        growth = copy.deepcopy(frame.growth)
        while growth.join(growth.evidence() @ weights):
            pass
        labels = np.unique(growth.things())
        labels = labels[labels > GROUND]
        held, whole = frame.held(growth)[labels], frame.count.sum(axis=0)
        iou = (held / np.maximum(held.sum(axis=1, keepdims=True) + whole - held, 1.0))[:, 1:]
        rows.append((objectness_evidence(growth)[labels], iou.max(axis=1, initial=0.0) > 0.5, np.ones(len(labels))))
        best.append(iou.max(axis=0, initial=0.0)[whole[1:] >= _SEEN])
    return _together(rows), np.concatenate(best)


def _together(rows: Sequence[Examples]) -> Examples:
    """Examples one after another."""
    evidence, event, weight = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return evidence, event, weight


def fit(examples: Examples, prior: np.ndarray | None = None) -> np.ndarray:
    """(F,) weights of the logistic regression of an event on evidence whose last column is 1.

    Args:
        examples: what to fit.
        prior: (F,) weights to stay near; None: small weights are preferred.
    """
    evidence, event, weight = examples
    deviation = np.append(evidence[:, :-1].std(axis=0) + 1e-6, 1.0)
    x, weight, sign = evidence / deviation, weight / weight.sum(), np.where(event, 1.0, -1.0)
    start = np.zeros(x.shape[1]) if prior is None else prior * deviation
    decay = np.full(x.shape[1], _DECAY if prior is None else _TRUST)
    decay[-1] = 0.0

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin, moved = sign * (x @ weights), weights - start
        slope = -weight * sign / (1.0 + np.exp(np.minimum(margin, 50.0)))
        value = (weight * np.logaddexp(0.0, -margin)).sum() + decay @ moved**2
        return float(value), x.T @ slope + 2.0 * decay * moved

    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x / deviation


def report(weights: np.ndarray, examples: Examples) -> str:
    """Accuracy, area under the ROC curve, and in five bins of the predicted chance how often the event happened."""
    evidence, event, weight = examples
    odds = evidence @ weights
    right = np.average((odds > 0) == event, weights=weight)
    order = np.argsort(odds)
    y, w = event[order], weight[order]
    area = (w * y * np.cumsum(w * ~y)).sum() / max((w * y).sum() * (w * ~y).sum(), 1e-9)
    bins = np.minimum(5.0 / (1.0 + np.exp(-odds)), 4).astype(int)
    hits = " ".join(f"{event[bins == b].mean():.2f}" for b in range(5) if (bins == b).any())
    return f"{len(event)} examples: accuracy {right:.3f}, AUC {area:.3f}; happened in bins of chance: {hits}"


def main() -> None:
    """Simulate, fit, report on scenes held back, and print the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=166, help="scenes (default 166, as for the weights in use)")
    parser.add_argument("--seed", type=int, default=7000, help="seed of the first scene (default 7000)")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.scenes)
    frames = [patched(*simulated(seed)) for seed in seeds]
    told, held = (
        [f for f, seed in zip(frames, seeds, strict=True) if (seed % 5 == 0) is part] for part in (False, True)
    )
    rng = np.random.default_rng(options.seed)
    examples = pairs(told, lambda _, two: np.log((two + 0.02) / (1.02 - two)) + rng.normal(0.0, _SLIPS, len(two)))
    first = fit(examples, _KNOWN)
    own = pairs(told, lambda evidence, _: evidence @ first)
    weights = fit(_together([examples, own]), _KNOWN)
    print("merge.WEIGHTS", np.round(weights, 3).tolist())
    print("  held back:", report(weights, pairs(held, lambda evidence, _: evidence @ weights)))
    whole, _ = things(told, weights)
    chance = fit(whole)
    print("objectness.WEIGHTS", np.round(chance, 3).tolist())
    found, best = things(held, weights)
    print("  held back:", report(chance, found))
    print(f"instances held back: mean best IoU {best.mean():.3f}, recall at 0.5 {(best > 0.5).mean():.3f}")
    print(f"things held back: precision at 0.5 {found[1].mean():.3f}")


if __name__ == "__main__":
    main()
