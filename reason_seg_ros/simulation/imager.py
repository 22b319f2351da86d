"""The colour camera: exposure, lens, white balance and noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .materials import srgb

_HIGHLIGHTS = 0.85


@dataclass(frozen=True)
class ColorSensor:
    """One colour camera with its present settings.

    Attributes:
        exposure: brightness that the automatic exposure aims at, mean sRGB.
        balance: gains of red, green and blue: an imperfect white balance.
        vignetting: loss of light in the corners, share.
        blur: standard deviation of the point spread in pixels.
        shot, read: noise in 8-bit steps: a part that grows with the root of the signal (full scale: `shot`), and
            a constant part (Healey and Kondepudy, PAMI 1994).
    """

    exposure: float = 0.50
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignetting: float = 0.12
    blur: float = 0.65
    shot: float = 2.6
    read: float = 1.1

    @classmethod
    def sample(cls, rng: np.random.Generator) -> ColorSensor:
        """A camera as one may find it."""
        return cls(
            exposure=rng.uniform(0.45, 0.57),
            balance=(rng.uniform(0.94, 1.06), 1.0, rng.uniform(0.92, 1.07)),
            vignetting=rng.uniform(0.05, 0.2),
            blur=rng.uniform(0.5, 0.85),
            shot=rng.uniform(1.8, 3.6),
            read=rng.uniform(0.7, 1.6),
        )

    def develop(self, light: np.ndarray) -> np.ndarray:
        """Light (H, W, 3) linear to a picture (H, W, 3) float32 in 0 to 255, without noise."""
        height, width = light.shape[:2]
        y, x = np.mgrid[:height, :width].astype(np.float32)
        radius = ((x - width / 2) ** 2 + (y - height / 2) ** 2) / (width**2 + height**2) * 4
        picture = light * (1 - self.vignetting * radius)[..., None] * np.array(self.balance, np.float32)
        sample = picture[::4, ::4]
        gain = 1.0
        for _ in range(4):  # the mean after the tone curve is what the automatic exposure holds
            gain *= (self.exposure / max(float(srgb(_shoulder(gain * sample)).mean()), 1e-3)) ** 1.6
        gain = min(gain, _HIGHLIGHTS / max(float(np.quantile(sample, 0.97)), 1e-3))  # ... unless highlights burn out
        picture = srgb(_shoulder(gain * picture)) * 255
        soft = cv2.GaussianBlur(picture, (0, 0), self.blur)
        return soft + 0.35 * (soft - cv2.GaussianBlur(soft, (0, 0), 1.4))  # the driver's sharpening

    def noise(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Noise (H, W, 3) float32 for a picture in 0 to 255: mostly brightness, a little softened by demosaicing."""
        return self.grain_size(picture) * self.grain(picture.shape[:2], rng)

    def grain_size(self, picture: np.ndarray) -> np.ndarray:
        """Standard deviation of the noise per pixel, (H, W, 3) float32, in 8-bit steps."""
        return np.sqrt(self.read**2 + self.shot**2 * np.clip(picture, 0, 255) / 255).astype(np.float32)

    @staticmethod
    def grain(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """Noise (H, W, 3) float32 of unit variance."""
        height, width = shape
        grain = rng.standard_normal((height, width, 1), np.float32)
        chroma = cv2.GaussianBlur(rng.standard_normal((height, width, 3), np.float32), (0, 0), 0.8)
        chroma *= np.float32(1.6 * np.sqrt(np.pi))  # what the blur takes away: see sensor.correlated_noise
        return 0.8 * grain + 0.6 * chroma


def _shoulder(light: np.ndarray) -> np.ndarray:
    """Linear up to 0.7, then a soft approach to 1."""
    above = np.maximum(light - 0.7, 0)
    return np.minimum(light, 0.7) + 0.3 * (1 - np.exp(-above / 0.3))
