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


def _column(index: int) -> property:
    """A column (P,) of `Borders.sums`."""
    return property(lambda borders: borders.sums[:, index])


@dataclass(frozen=True, eq=False)
class Borders:
    """Sums over each border, one row a pair of patches; rows of patches that are joined are added.

    Attributes:
        pairs: (P, 2) int64, labels, the smaller first.
        sums: (P, 7) float64, over pixel pairs, for an image 640 wide: their number (`length`); the deepest valley near
            each (`valley`); colour difference (CIE 1976 delta E) across each (`contrast`); pairs one end of which lies
            beyond every support (`beyond`); the contrast of the other ones (`inner_contrast`); x and y of the ray
            through each (`x`, `y`).
    """

    pairs: np.ndarray
    sums: np.ndarray

    length, valley, contrast, beyond, inner_contrast, x, y = (_column(index) for index in range(7))

    def relabeled(self, target: np.ndarray) -> Borders:
        """The borders that are left when every label is replaced by `target[label]`."""
        pairs = np.sort(target[self.pairs], axis=1)
        apart = pairs[:, 0] != pairs[:, 1]
        return _summed(pairs[apart], self.sums[apart])

    def around(self, values: np.ndarray, count: int) -> np.ndarray:
        """(count,) for each label the sum of some values (P,) over its borders."""
        return np.bincount(self.pairs.ravel(), np.repeat(values, 2), count).astype(np.float64)


def borders_of(labels: np.ndarray, relief: Relief) -> Borders:
    """Borders between all neighbouring patches of (H, W) int32 labels."""
    reach = max(1, round(_REACH * relief.scale))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    deepest = np.minimum(cv2.dilate(relief.valley, kernel), np.float32(_DEEPEST))
    samples = [_samples(labels, deepest, relief, reach, step) for step in ((0, 1), (1, 0))]
    pairs, values = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    return _summed(pairs, values)


def _summed(pairs: np.ndarray, values: np.ndarray) -> Borders:
    """Borders from rows (N, 2) of labels, the smaller first, and (N, 7) of terms, in any order and number a pair."""
    count = int(pairs.max(initial=0)) + 1
    keys, which = np.unique(pairs[:, 0] * count + pairs[:, 1], return_inverse=True)
    sums = np.stack([np.bincount(which.ravel(), column, len(keys)) for column in values.T], axis=-1)
    return Borders(np.stack([keys // count, keys % count], axis=-1), sums)


def _samples(
    labels: np.ndarray, deepest: np.ndarray, relief: Relief, reach: int, step: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) labels and (N, 7) terms of `Borders.sums` of all pixel pairs one `step` (y, x) apart.

    Valleys are read at the border itself, colour `reach` pixels to either side of it.
    """
    height, width = labels.shape
    dy, dx = step
    y, x = np.nonzero(labels[: height - dy, : width - dx] != labels[dy:, dx:])
    near, far = (
        (np.clip(y + offset * dy, 0, height - 1), np.clip(x + offset * dx, 0, width - 1))
        for offset in (-reach, reach + 1)
    )
    pairs = np.sort(np.stack([labels[y, x], labels[y + dy, x + dx]], axis=-1), axis=-1).astype(np.int64)
    contrast = np.linalg.norm(relief.lab[near] - relief.lab[far], axis=-1)
    inner = relief.over[near] & relief.over[far]
    ray = relief.rays[y, x]
    terms = np.ones_like(contrast), deepest[y, x], contrast, ~inner, contrast * inner, ray[:, 0], ray[:, 1]
    return pairs, np.stack(terms, axis=-1) / relief.scale
