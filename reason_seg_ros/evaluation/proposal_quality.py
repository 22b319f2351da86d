"""How well proposals cover the things that are there, whatever is asked about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..segmenters.embedded.proposals.propose import propose
from .dataset import AnnotatedFrame


@dataclass(frozen=True, eq=False)
class FrameQuality:
    """Proposals of one frame against its instances.

    Attributes:
        instances: (N,) ids, ascending.
        best_iou: (N,) float64, per instance the IoU of the proposal that fits it best.
        precise: (P,) float64, per proposal the IoU with the instance that it fits best.
    """

    instances: np.ndarray
    best_iou: np.ndarray
    precise: np.ndarray


@dataclass(frozen=True)
class ProposalQuality:
    """Figures over all instances and proposals of a data set.

    Attributes:
        mean_best_iou: mean over instances of the best proposal's IoU.
        recall_0_5, recall_0_75: share of instances whose best IoU is above 0.5 and 0.75.
        precision_0_5: share of proposals whose IoU with some instance is above 0.5.
        per_frame: mean number of proposals of a frame.
        instances: number of instances.
    """

    mean_best_iou: float
    recall_0_5: float
    recall_0_75: float
    precision_0_5: float
    per_frame: float
    instances: int


def quality(masks: Sequence[np.ndarray], instances: np.ndarray, ignore: np.ndarray | None = None) -> FrameQuality:
    """Score the proposals of a frame.

    Args:
        masks: (H, W) bool each.
        instances: (H, W) integer id map, 0 = background.
        ignore: (H, W) bool, pixels to leave out; a proposal with no pixel elsewhere is not counted.
    """
    counted = np.ones(instances.shape, bool) if ignore is None else ~ignore
    truth = np.where(counted, instances, 0)
    ids, truth = np.unique(truth, return_inverse=True)
    truth = truth.reshape(instances.shape)
    area = np.bincount(truth.ravel(), minlength=len(ids))
    rows = []
    for mask in masks:
        inside = truth[mask & counted]
        if len(inside):
            common = np.bincount(inside, minlength=len(ids))
            rows.append(common / (len(inside) + area - common))
    iou = np.array(rows).reshape(-1, len(ids))[:, ids != 0]
    return FrameQuality(
        instances=ids[ids != 0],
        best_iou=iou.max(axis=0, initial=0.0),
        precise=iou.max(axis=1, initial=0.0),
    )


def measure_proposals(frames: Iterable[AnnotatedFrame]) -> ProposalQuality:
    """Figures of the embedded segmenter's proposals over a data set."""
    return summarize(_of_frame(frame) for frame in frames)


def _of_frame(frame: AnnotatedFrame) -> FrameQuality:
    truth = frame.load()
    return quality([proposal.mask for proposal in propose(truth.frame).proposals], truth.ids, truth.ignore)


def summarize(frames: Iterable[FrameQuality]) -> ProposalQuality:
    """Pool the frames of a data set: every instance and every proposal counts once."""
    frames = list(frames)
    best = np.concatenate([frame.best_iou for frame in frames] or [np.zeros(0)])
    precise = np.concatenate([frame.precise for frame in frames] or [np.zeros(0)])
    return ProposalQuality(
        mean_best_iou=_mean(best),
        recall_0_5=_mean(best > 0.5),
        recall_0_75=_mean(best > 0.75),
        precision_0_5=_mean(precise > 0.5),
        per_frame=len(precise) / max(len(frames), 1),
        instances=len(best),
    )


def _mean(values: np.ndarray) -> float:
    """Mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")
