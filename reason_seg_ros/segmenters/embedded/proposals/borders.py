"""What lies between neighbouring patches: sums over the pixel pairs along their common border."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .relief import Relief

_REACH = 5
"""Pixels by which an edge of depth may lie beside the edge of colour that the border follows."""
_DEEPEST = 6.0
"""Slope change beyond which a valley is a step, whatever its size."""


@dataclass
class Border:
    """Sums over a border; borders of patches that were joined add up.

    Attributes:
        length: pixel pairs.
        valley: sum of the deepest valley near each pair.
        open: pairs with no valley near.
        contrast: sum of colour differences (CIE 1976 delta E) across the pairs.
        beyond: pairs one end of which lies beyond every support.
    """

    length: float = 0.0
    valley: float = 0.0
    open: float = 0.0
    contrast: float = 0.0
    beyond: float = 0.0

    def add(self, other: Border) -> None:
        """Lengthen this border by another one."""
        self.length += other.length
        self.valley += other.valley
        self.open += other.open
        self.contrast += other.contrast
        self.beyond += other.beyond


def borders_of(labels: np.ndarray, relief: Relief) -> dict[tuple[int, int], Border]:
    """Borders between all neighbouring patches.

    Args:
        labels: (H, W) int32.
        relief: of the same frame.

    Returns:
        (smaller label, larger label) -> Border.
    """
    reach = max(1, round(_REACH * relief.scale))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    deepest = cv2.dilate(relief.valley, kernel)
    calm = cv2.erode(relief.calm.astype(np.uint8), kernel)
    beyond = relief.supports.index < 0
    table = np.concatenate(
        [_pairs(labels, relief.lab, (deepest, calm), beyond, reach, step) for step in ((0, 1), (1, 0))]
    )
    pairs, which = np.unique(table[:, :2].astype(np.int64), axis=0, return_inverse=True)
    which = which.ravel()
    sums = [np.bincount(which, weights, len(pairs)) for weights in (None, *table[:, 2:].T)]
    return {
        (int(first), int(second)): Border(*(float(column[row]) for column in sums))
        for row, (first, second) in enumerate(pairs)
    }


def _pairs(
    labels: np.ndarray,
    lab: np.ndarray,
    along: tuple[np.ndarray, ...],
    beyond: np.ndarray,
    reach: int,
    step: tuple[int, int],
) -> np.ndarray:
    """(N, 6) rows of smaller label, larger label, valley, open, contrast, beyond: pixel pairs one `step` (y, x) apart.

    `along` holds images read at the border itself; colour and `beyond` are read `reach` pixels to either side of it.
    """
    height, width = labels.shape
    dy, dx = step
    y, x = np.nonzero(labels[: height - dy, : width - dx] != labels[dy:, dx:])
    near, far = (
        (np.clip(y + offset * dy, 0, height - 1), np.clip(x + offset * dx, 0, width - 1))
        for offset in (-reach, reach + 1)
    )
    pair = np.sort(np.stack([labels[y, x], labels[y + dy, x + dx]], axis=-1), axis=-1)
    deepest, calm = (image[y, x] for image in along)
    contrast = np.linalg.norm(lab[near] - lab[far], axis=-1)
    return np.column_stack([pair, np.minimum(deepest, _DEEPEST), calm, contrast, beyond[near] | beyond[far]])
