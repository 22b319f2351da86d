"""gIoU, cIoU, Acc@0.5 and absent accuracy of reasoning segmentation.

gIoU and cIoU are those of Lai et al., "LISA: Reasoning Segmentation via Large Language Model" (CVPR 2024), with the
convention for empty targets of Liu et al., "GRES: Generalized Referring Expression Segmentation" (CVPR 2023). The
published code adds 1e-5 to some denominators; that is left out here and changes no figure by more than 1e-6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Overlap:
    """What a predicted mask and its target share, in pixels that count.

    Attributes:
        intersection: pixels in both.
        union: pixels in either.
        absent: the target is empty: the right answer is an empty mask.
    """

    intersection: int
    union: int
    absent: bool

    @property
    def iou(self) -> float:
        """Intersection over union; 1 for an empty prediction on an empty target, 0 for any other on it."""
        return self.intersection / self.union if self.union else 1.0


def overlap(prediction: np.ndarray, target: np.ndarray, ignore: np.ndarray | None = None) -> Overlap:
    """Compare a prediction with its target.

    Args:
        prediction, target: (H, W) bool.
        ignore: (H, W) bool, pixels to leave out of both, or None.
    """
    counted = np.ones(target.shape, bool) if ignore is None else ~np.asarray(ignore, bool)
    prediction, target = prediction.astype(bool) & counted, target.astype(bool) & counted
    return Overlap(
        intersection=int(np.count_nonzero(prediction & target)),
        union=int(np.count_nonzero(prediction | target)),
        absent=not target.any(),
    )


@dataclass(frozen=True)
class Scores:
    """Figures over a set of queries, each in [0, 1].

    Attributes:
        giou: mean of the queries' IoU.
        ciou: sum of the intersections over sum of the unions (0 if all unions are empty).
        acc_0_5: share of the queries with an IoU above 0.5; an absent one counts if its answer is empty.
        absent_accuracy: share of the absent queries with an empty answer, None if there are none.
        queries: number of queries.
    """

    giou: float
    ciou: float
    acc_0_5: float
    absent_accuracy: float | None
    queries: int


def score(overlaps: Iterable[Overlap]) -> Scores:
    """Figures over queries; zeros where there are none."""
    overlaps = list(overlaps)
    if not overlaps:
        return Scores(0.0, 0.0, 0.0, None, 0)
    ious = np.array([item.iou for item in overlaps])
    union = sum(item.union for item in overlaps)
    absent = np.array([item.absent for item in overlaps])
    return Scores(
        giou=float(ious.mean()),
        ciou=sum(item.intersection for item in overlaps) / union if union else 0.0,
        acc_0_5=float((ious > 0.5).mean()),
        absent_accuracy=float((ious[absent] == 1).mean()) if absent.any() else None,
        queries=len(overlaps),
    )
