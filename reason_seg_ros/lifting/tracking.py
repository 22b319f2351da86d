"""Ids that last: which of today's instances are things that were seen before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from .boxes import OrientedBox
from .fitting import thin
from .instance import Instance

MAX_POINTS = 200  # kept of a thing, for the overlap
MARGIN = 0.01  # metres by which boxes are grown before overlap is measured: a view's noise
SAME_LABEL_OVERLAP = 0.15  # shares of two observations that must lie in each other's box, on average,
OTHER_LABEL_OVERLAP = 0.4  # and each of them if the labels differ: what is in a bowl is not the bowl
UNMATCHED = 1e6


@dataclass(eq=False)
class _Track:
    """What is remembered of a thing, in the fixed frame."""

    id: int
    label: str
    box: OrientedBox
    points: np.ndarray
    color: np.ndarray
    last_seen: int


class Tracker:
    """Gives instances ids that last from answer to answer.

    Instances and remembered things are matched one to one (Hungarian method) by how much they overlap, how far their
    centres are apart in relation to their size, whether their labels agree, and their colour. Ids start at 1 and are
    never given twice, until `reset`.

    Args:
        forget_after: a thing is forgotten once it was not in this many answers.
    """

    def __init__(self, forget_after: int = 100) -> None:
        self.forget_after = forget_after
        self.reset()

    def reset(self) -> None:
        """Forget every thing; ids start at 1 again."""
        self._tracks: list[_Track] = []
        self._next_id = 1
        self._answers = 0

    def assign(
        self, instances: Sequence[Instance], camera_pose: np.ndarray | None = None, same_answer: bool = False
    ) -> tuple[Instance, ...]:
        """The instances of one answer, or of a part of it, with their ids, in the same order.

        Args:
            instances: as `lift` returns them. One without points has no place: it always gets a new id.
            camera_pose: (4, 4) pose of the optical frame in a fixed frame. Without it the camera is taken to stand
                still.
            same_answer: these are more of the answer that the call before began: other things than it had so far.
        """
        self._answers += not same_answer
        seen = [self._observe(instance, camera_pose) for instance in instances]
        free = [i for i, track in enumerate(self._tracks) if track.last_seen < self._answers]
        for row, column in _match(seen, [self._tracks[i] for i in free]):
            seen[row].id = self._tracks[free[column]].id
            self._tracks[free[column]] = seen[row]
        for track in seen:
            if track.id == 0:
                track.id, self._next_id = self._next_id, self._next_id + 1
                if len(track.points):
                    self._tracks.append(track)
        self._tracks = [track for track in self._tracks if self._answers - track.last_seen < self.forget_after]
        return tuple(replace(instance, id=track.id) for instance, track in zip(instances, seen, strict=True))

    def _observe(self, instance: Instance, pose: np.ndarray | None) -> _Track:
        pose = np.eye(4) if pose is None else np.asarray(pose, float)
        points = thin(instance.points, MAX_POINTS)
        color = thin(instance.colors, MAX_POINTS).mean(axis=0) if len(points) else np.zeros(3)
        return _Track(
            id=0,
            label=instance.segment.label,
            box=instance.box.transformed(pose),
            points=points @ pose[:3, :3].T + pose[:3, 3],
            color=color,
            last_seen=self._answers,
        )


def _match(seen: list[_Track], known: list[_Track]) -> list[tuple[int, int]]:
    """Pairs (index into seen, index into known)."""
    if not seen or not known:
        return []
    costs = np.array([[_cost(new, old) for old in known] for new in seen])
    pairs = zip(*linear_sum_assignment(costs), strict=True)
    return [(int(row), int(column)) for row, column in pairs if costs[row, column] < UNMATCHED]


def _cost(new: _Track, old: _Track) -> float:
    """How unlikely it is that two observations are of one thing: from 0, or UNMATCHED."""
    if not len(new.points):
        return UNMATCHED
    shares = old.box.contains(new.points, MARGIN).mean(), new.box.contains(old.points, MARGIN).mean()
    overlap = sum(shares) / 2
    same_label = new.label == old.label
    if overlap < SAME_LABEL_OVERLAP or (not same_label and min(shares) < OTHER_LABEL_OVERLAP):
        return UNMATCHED
    distance = float(np.linalg.norm(new.box.center - old.box.center)) / max(new.box.diagonal, old.box.diagonal, MARGIN)
    color = float(np.abs(new.color - old.color).mean()) / 255
    return float((1 - overlap) + distance + color + (0 if same_label else 0.5))
