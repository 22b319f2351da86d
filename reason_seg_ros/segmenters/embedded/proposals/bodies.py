"""What patches are like as wholes, and which of them are the support after all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....geometry.cells import moments_of
from .borders import Borders
from .patches import GROUND
from .relief import Relief

_FLAT = 0.3
"""Share of risen pixels below which a patch is flat: colour alone speaks for it."""
_SOFT = 10.0
_HARDNESS = 0.6
"""A flat thing's outline is sharp: so large a colour difference (delta E), and share of the patch's whole difference
from the support, appear within the few pixels of the border. Reflections and shadows fade over more."""
_BEYOND = 0.2
"""A flat patch along the end of the support is its edge or side."""
_FREE = 0.25
"""Share of a patch's outline that must run along the ground for it to tell anything."""
_FAINT = 8.0
_TOLD = 0.1
"""Colour difference towards the support below which even a risen patch has no outline there, and the least share of
its outline that must tell so: sensors spread the depth of near things over what lies beside them."""
_DENSE = 0.9
"""Share of depth readings from which a large patch that rises is believed without any outline in colour."""
_DOUBTFUL = 10.0
_SEEN = 0.8
"""Deviations in colour up to which a patch may be the support in another light, and share of depth readings below
which a flat one lies in the shadow that a near thing casts on the sensor."""
_BLIND = 0.3
_STANDING = 0.6
"""Share of depth readings below which a small patch is not believed, and of risen ones below which a small patch at
the end of its support is not."""
_PLAIN = 3.0
_MINOR = 1500.0
"""A small patch (pixels of an image 640 wide) of the support's own colour is a flaw in the depth."""
BINS = 6
"""Steps of L, of a and of b in a histogram of colours."""
_ODDEST = 20.0


@dataclass(frozen=True, eq=False)
class Bodies:
    """Sums over the pixels of each patch, one row a label; rows of patches that are joined are added.

    Attributes:
        area: (L,) pixels of an image 640 wide.
        palette: (L, 216) histogram of colours.
        moments: (L, 10) sums that fix the plane of best fit, as in `geometry.cells`, of inverse depths in deviations of
            the sensor.
        surface: (L,) square metres across the line of sight.
        risen, known: (L,) pixels that rise over the support beyond doubt; pixels with depth.
        over, cut: (L,) pixels with a support below; pixels at the border of the image.
        odd, difference: (L,) sums of what `surface.Oddness` calls color and difference.
        color, color_square: (L, 3) sums of CIE L*a*b*; (L,) sums of its squared length.
    """

    area: np.ndarray
    palette: np.ndarray
    moments: np.ndarray
    surface: np.ndarray
    risen: np.ndarray
    known: np.ndarray
    over: np.ndarray
    cut: np.ndarray
    odd: np.ndarray
    difference: np.ndarray
    color: np.ndarray
    color_square: np.ndarray

    @property
    def texture(self) -> np.ndarray:
        """(L,) mean square of the colour differences (delta E) to the mean colour of each."""
        area = np.maximum(self.area, 1e-6)
        return np.maximum(self.color_square / area - ((self.color / area[:, None]) ** 2).sum(axis=1), 0.0)

    def join(self, kept: np.ndarray, gone: np.ndarray) -> None:
        """Add the bodies of some labels (N,) to those of others (N,), each label given once; their own become empty."""
        for column in vars(self).values():
            column[kept] += column[gone]
            column[gone] = 0.0


def bodies_of(labels: np.ndarray, relief: Relief) -> Bodies:
    """The body of every patch of (H, W) int32 labels; the ground's row is 0."""
    count, unit = int(labels.max()) + 1, relief.scale**2
    pixels = np.flatnonzero(labels > GROUND)
    owner, lab = labels.ravel()[pixels], relief.lab.reshape(-1, 3)[pixels]

    def summed(values: np.ndarray) -> np.ndarray:
        """Per label, the sum over its pixels."""
        return np.bincount(owner, values, count) / unit

    def read(image: np.ndarray) -> np.ndarray:
        """An image at the pixels of things."""
        return image.ravel()[pixels]

    palette = np.bincount(owner * BINS**3 + color_bins(lab), minlength=count * BINS**3)
    rim = np.ones(labels.shape, bool)
    rim[1:-1, 1:-1] = False
    firm = read(relief.known & relief.calm)
    inverse, beneath = read(relief.inverse)[firm], owner[firm]
    terms = moments_of(relief.rays.reshape(-1, 3)[pixels[firm]], inverse / relief.gain)
    solid = float(np.prod(relief.rays[1, 1, :2] - relief.rays[0, 0, :2])) * inverse**-2.0
    return Bodies(
        area=np.bincount(owner, minlength=count) / unit,
        palette=palette.reshape(count, BINS**3) / unit,
        moments=np.stack([np.bincount(beneath, column, count) for column in terms.T], axis=-1),
        surface=np.bincount(beneath, solid, count),
        risen=summed(read(relief.high)),
        known=summed(read(relief.known)),
        over=summed(read(relief.over)),
        cut=summed(read(rim)) * relief.scale,
        odd=summed(np.minimum(read(relief.odd.color), _ODDEST)),
        difference=summed(read(relief.odd.difference)),
        color=np.stack([summed(column) for column in lab.T], axis=-1),
        color_square=summed((lab * lab).sum(axis=1)),
    )


def color_bins(lab: np.ndarray) -> np.ndarray:
    """(N,) index in a histogram of L in [0, 100], a and b in [-60, 60] of colours (N, 3)."""
    scaled = (lab + np.array([0, 60, 60], np.float32)) * (BINS / np.array([100, 120, 120], np.float32))
    steps = np.clip(scaled, 0, BINS - 1).astype(np.int64)
    return (steps[:, 0] * BINS + steps[:, 1]) * BINS + steps[:, 2]


def ground_like(bodies: Bodies, borders: Borders, whole: bool) -> np.ndarray:
    """(L,) bool: patches that are no things: reflections, shadows, the support's own edge, flaws in the depth.

    Flaws are told by being small and alone, so they are looked for only if the patches are whole things.
    """
    count = len(bodies.area)
    outline = borders.around(borders.length, count)
    along = np.zeros((5, count))
    rows = borders.pairs[:, 0] == GROUND
    sums = (borders.length, borders.contrast, borders.beyond, borders.inner_contrast)
    along[:4, borders.pairs[rows, 1]] = [column[rows] for column in sums]
    length, contrast, beyond, inner_contrast, _ = along
    inner, free = length - beyond, length > _FREE * outline
    area = np.maximum(bodies.area, 1e-6)
    doubtful = bodies.odd < _DOUBTFUL * area
    with np.errstate(divide="ignore", invalid="ignore"):
        faint = (inner > _TOLD * outline) & (inner_contrast < _FAINT * inner)
        soft = (contrast < _SOFT * length) | (contrast * area < _HARDNESS * length * bodies.difference)
    edge = beyond > _BEYOND * length
    shadow = (bodies.known < _SEEN * area) & doubtful
    flaw = free & (bodies.odd < _PLAIN * area) & (area < _MINOR)
    flat = bodies.risen < _FLAT * area
    minor = area < _MINOR
    faint &= minor | (bodies.known < _DENSE * area)
    shadow |= minor & (bodies.known < _BLIND * area)
    flaw = whole & (flaw | (minor & edge & (bodies.risen < _STANDING * area)))
    return (length > 0) & np.where(flat, shadow | (free & (soft | edge)), flaw | (faint & doubtful))
