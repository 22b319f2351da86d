"""The depth camera: an active stereo pair, with its noise, its holes and its ragged edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import ndtri

from .render import Rendering

_CORRELATION = 2.4  # pixels, standard deviation of the blur that correlates the noise as the matching window does
_VARIANTS = 4
_MARGIN = 128  # extra pixels of a noise table, among which a capture picks its crop
_PERSISTENT = 0.85  # share of a hole's randomness that does not change from capture to capture
_NONE = 1e-3  # disparity of "no surface"


@dataclass(frozen=True)
class DepthSensor:
    """A stereo depth camera whose first imager coincides with the colour camera.

    Attributes:
        baseline: metres between the imagers (Intel D415: 0.055, D435: 0.050).
        subpixel: standard deviation of the disparity in pixels. Depth noise follows as
            sigma_z = subpixel z^2 / (f b): Grunnet-Jepsen, Sweetser and Woodfill, "Best-Known-Methods for Tuning
            Intel RealSense D400 Depth Cameras for Best Performance" (Intel white paper); the same law for
            structured light in Khoshelham and Elberink, Sensors 12(2), 2012.
        step: quantisation of the disparity in pixels, 1/32 in the D400 series (Grunnet-Jepsen et al., "Subpixel
            Linearity Improvement for Intel RealSense Depth Camera D400 Series", Intel white paper). Depth from
            quantised disparity as in Barron and Malik, CVPR 2013.
        window: side of the matching window in pixels. Surfaces less than a pixel or so of disparity apart are
            averaged in it; nearer ones grow over farther ones ("foreground fattening": Scharstein and Szeliski,
            IJCV 47, 2002, section 3.2).
        lateral: standard deviation in pixels of the place that a reading really comes from, which makes edges
            ragged (Nguyen, Izadi and Lovell, 3DIMPVT 2012, measured 0.8; applied by random look-ups as in
            Handa et al., ICRA 2014).
        flying: share of pixels at depth edges that lie between foreground and background ("mixed pixels": Tuley,
            Vandapel and Hebert, ICRA 2005).
        grazing_deg: incidence at which half of the readings are lost (Nguyen et al. report loss from 70 to 85).
        darkest: reflectance at which half of the readings are lost (Mallick, Das and Majumdar, IEEE Sensors
            Journal 14(6), 2014, list dark, specular and transparent surfaces among the causes of holes).
        nearest, farthest: limits of the range in metres.
        band: the second imager's view ends inside the colour image, so that a band on the left has no depth.
    """

    baseline: float = 0.055
    subpixel: float = 0.045
    step: float = 1 / 32
    window: int = 9
    lateral: float = 0.8
    flying: float = 0.06
    grazing_deg: float = 82.0
    darkest: float = 0.003
    nearest: float = 0.30
    farthest: float = 8.0
    band: bool = False

    @classmethod
    def sample(cls, rng: np.random.Generator) -> DepthSensor:
        """A camera as one may find it."""
        return cls(
            baseline=float(rng.choice([0.050, 0.055])),
            subpixel=rng.uniform(0.03, 0.08),
            window=int(rng.choice([7, 9, 11])),
            lateral=rng.uniform(0.6, 1.1),
            flying=rng.uniform(0.01, 0.12),
            grazing_deg=rng.uniform(78, 84),
            darkest=rng.uniform(0.0015, 0.006),
            band=bool(rng.random() < 0.4),
        )

    def observe(self, rendering: Rendering, rng: np.random.Generator) -> DepthField:
        """Everything about one view that does not change from capture to capture."""
        scale = rendering.camera.fx * self.baseline
        surface = self._surface(rendering, rng)
        disparity = np.where(np.isfinite(surface), scale / np.maximum(surface, 0.05), _NONE).astype(np.float32)
        chance = self._hole_chance(rendering, surface, disparity)
        smooth = self._matched(disparity)
        variants = tuple(self._ragged(smooth, rng) for _ in range(_VARIANTS))
        shape = disparity.shape
        fixed = correlated_noise(shape, 1.6, rng)
        threshold = ndtri(np.clip(chance, 1e-7, 1 - 1e-7)).astype(np.float32)
        loss = (threshold - np.sqrt(_PERSISTENT) * fixed) / np.sqrt(1 - _PERSISTENT)
        table = (shape[0] + _MARGIN, shape[1] + _MARGIN)
        return DepthField(
            sensor=self,
            scale=scale,
            variants=variants,
            loss=loss.astype(np.float32),
            noise=self.subpixel * correlated_noise(table, _CORRELATION, rng),
            flicker=correlated_noise(table, 1.2, rng),
        )

    def _surface(self, rendering: Rendering, rng: np.random.Generator) -> np.ndarray:
        """Depth of the surface that the matcher locks on: through glass mostly what is behind it."""
        through = ~np.isclose(rendering.depth, rendering.beyond, equal_nan=True)
        patches = correlated_noise(rendering.depth.shape, 5.0, rng)
        surface = np.where(through & (patches > 1.0), rendering.depth, rendering.beyond)
        return np.where(through & (np.abs(patches) < 0.25), np.nan, surface)

    def _hole_chance(self, rendering: Rendering, surface: np.ndarray, disparity: np.ndarray) -> np.ndarray:
        """Chance of no reading per pixel, (H, W)."""
        angle = np.degrees(np.arccos(np.clip(rendering.incidence, 0, 1)))
        kept = 1 - _ramp(angle, self.grazing_deg, 7.0)
        kept *= 1 - _ramp(-np.log(rendering.reflectance + 1e-4), -np.log(self.darkest), 0.7)
        kept *= 1 - rendering.gloss * _ramp(rendering.incidence, 0.97, 0.025)  # the projector's mirror image
        kept *= 1 - 0.10 * (_step(disparity) > 2.0)
        hidden = cv2.GaussianBlur((~rendering.seen_twice).astype(np.float32), (0, 0), 1.2)
        kept *= 1 - _ramp(hidden, 0.5, 0.3)
        kept[~np.isfinite(surface) | (surface < self.nearest) | (surface > self.farthest)] = 0
        if self.band:
            columns = np.arange(disparity.shape[1])[None]
            kept *= columns > disparity
        return 1 - kept

    def _matched(self, disparity: np.ndarray) -> np.ndarray:
        """What block matching makes of the true disparity: rounded reliefs, a slightly fat foreground."""
        fat = np.maximum(
            disparity, np.where(_step(disparity) > 2.0, cv2.dilate(disparity, np.ones((3, 3), np.uint8)), 0)
        )
        return cv2.bilateralFilter(fat.astype(np.float32), self.window, 1.1, self.window / 3)

    def _ragged(self, disparity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Readings from places nearby, and some between foreground and background."""
        height, width = disparity.shape
        v, u = np.mgrid[:height, :width].astype(np.float32)
        u += self.lateral * correlated_noise((height, width), 1.2, rng)
        v += self.lateral * correlated_noise((height, width), 1.2, rng)
        moved = cv2.remap(disparity, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        high, low = cv2.dilate(moved, np.ones((3, 3), np.uint8)), cv2.erode(moved, np.ones((3, 3), np.uint8))
        flies = (high - low > 2.0) & (low > 2 * _NONE) & (rng.random((height, width), np.float32) < self.flying)
        mix = rng.random((height, width), np.float32)
        return np.where(flies, low + mix * (high - low), moved).astype(np.float32)


@dataclass(frozen=True, eq=False)
class DepthField:
    """One view as a depth camera holds it; `capture` draws a reading in a few milliseconds.

    Attributes:
        sensor: the camera.
        scale: focal length x baseline, pixel metres: depth = scale / disparity.
        variants: (H, W) float32 disparities that differ at the edges.
        loss: (H, W) float32, a reading is lost where the flicker is below it.
        noise, flicker: (H + margin, W + margin) float32 tables, disparity pixels and unit variance.
    """

    sensor: DepthSensor
    scale: float
    variants: tuple[np.ndarray, ...]
    loss: np.ndarray
    noise: np.ndarray
    flicker: np.ndarray

    def capture(self, rng: np.random.Generator) -> np.ndarray:
        """One reading, (H, W) uint16 millimetres, 0 = none."""
        disparity = self.variants[rng.integers(len(self.variants))] + crop(self.noise, self.loss.shape, rng)
        disparity *= np.float32(1 / self.sensor.step)
        np.rint(disparity, out=disparity)
        np.maximum(disparity, 1, out=disparity)
        millimetres = np.float32(1000 * self.scale / self.sensor.step) / disparity
        millimetres[crop(self.flicker, self.loss.shape, rng) < self.loss] = 0
        np.minimum(millimetres, 65535, out=millimetres)
        return np.rint(millimetres, out=millimetres).astype(np.uint16)


def correlated_noise(shape: tuple[int, int], sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of unit variance, (H, W) float32, correlated over about sigma pixels."""
    white = rng.standard_normal(shape, np.float32)
    # A Gaussian blur of standard deviation s keeps 1 / (4 pi s^2) of white noise's variance.
    return cv2.GaussianBlur(white, (0, 0), sigma) * np.float32(2 * sigma * np.sqrt(np.pi))


def crop(table: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A random (H, W) part of a larger table."""
    top, left = (int(rng.integers(table.shape[i] - shape[i] + 1)) for i in (0, 1))
    return table[top : top + shape[0], left : left + shape[1]]


def _ramp(value: np.ndarray, middle: float, half: float) -> np.ndarray:
    """Smooth step from 0 at middle - half to 1 at middle + half."""
    t = np.clip((value - middle) / (2 * half) + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def _step(disparity: np.ndarray) -> np.ndarray:
    """Largest difference of disparity within a pixel's neighbourhood."""
    kernel = np.ones((3, 3), np.uint8)
    return cv2.dilate(disparity, kernel) - cv2.erode(disparity, kernel)
