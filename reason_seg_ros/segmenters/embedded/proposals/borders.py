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

_CLEAR_VALLEY = 1.5
_CLEAR_CONTRAST = 20.0
"""Slope change, and colour difference (delta E), at which a border is two thirds sure."""


@dataclass(frozen=True, eq=False)
class Borders:
    """Sums over each border, one row a pair of patches; rows of patches that are joined are added.

    Attributes:
        pairs: (P, 2) int64, labels, the smaller first.
        sums: (P, 6) float64: pixel pairs (`length`); the deepest valley near each; pairs with no valley near
            (`open`); colour difference (CIE 1976 delta E) across each (`contrast`); pairs one end of which lies
            beyond every support (`beyond`); the contrast of the other ones (`inner_contrast`).
    """

    pairs: np.ndarray
    sums: np.ndarray

    def relabeled(self, target: np.ndarray) -> Borders:
        """The borders that are left when every label is replaced by `target[label]`."""
        pairs = np.sort(target[self.pairs], axis=1)
        apart = pairs[:, 0] != pairs[:, 1]
        return _summed(pairs[apart], self.sums[apart])

    @property
    def length(self) -> np.ndarray:
        """(P,) pixel pairs."""
        return self.sums[:, 0]

    @property
    def contrast(self) -> np.ndarray:
        """(P,) sum of colour differences."""
        return self.sums[:, 3]

    @property
    def beyond(self) -> np.ndarray:
        """(P,) pixel pairs at the end of the supports."""
        return self.sums[:, 4]

    @property
    def inner_contrast(self) -> np.ndarray:
        """(P,) sum of colour differences elsewhere."""
        return self.sums[:, 5]


def clearness(borders: Borders) -> dict[int, float]:
    """How sure each patch's outline is, in [0, 1]: the mean over its border of what valley and colour tell."""
    length = borders.length
    told = borders.sums[:, 1] / length / _CLEAR_VALLEY + borders.contrast / length / _CLEAR_CONTRAST
    sure = length * (1.0 - np.exp(-told))
    labels, place = np.unique(borders.pairs, return_inverse=True)
    place = place.reshape(borders.pairs.shape)
    ends = place.ravel()
    total, certain = (np.bincount(ends, np.repeat(weight, 2), len(labels)) for weight in (length, sure))
    return dict(zip(labels.tolist(), (certain / total).tolist(), strict=True))


def borders_of(labels: np.ndarray, relief: Relief) -> Borders:
    """Borders between all neighbouring patches of (H, W) int32 labels."""
    reach = max(1, round(_REACH * relief.scale))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    deepest = np.minimum(cv2.dilate(relief.valley, kernel), np.float32(_DEEPEST))
    calm = cv2.erode(relief.calm.astype(np.uint8), kernel)
    samples = [_samples(labels, deepest, calm, relief, reach, step) for step in ((0, 1), (1, 0))]
    pairs, values = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    return _summed(pairs, values)


def _summed(pairs: np.ndarray, values: np.ndarray) -> Borders:
    """Borders from rows (N, 2) of labels, the smaller first, and (N, 6) of terms, in any order and number a pair."""
    count = int(pairs.max(initial=0)) + 1
    keys, which = np.unique(pairs[:, 0] * count + pairs[:, 1], return_inverse=True)
    sums = np.stack([np.bincount(which.ravel(), column, len(keys)) for column in values.T], axis=-1)
    return Borders(np.stack([keys // count, keys % count], axis=-1), sums)


def _samples(
    labels: np.ndarray, deepest: np.ndarray, calm: np.ndarray, relief: Relief, reach: int, step: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) labels and (N, 6) terms of `Borders.sums` of all pixel pairs one `step` (y, x) apart.

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
    terms = np.ones_like(contrast), deepest[y, x], calm[y, x], contrast, ~inner, contrast * inner
    return pairs, np.stack(terms, axis=-1).astype(np.float64)
