"""Names of colours as graded regions of CIELab, and how much of a thing each name covers.

A pixel can carry several names to a degree ("blue" and "navy", "teal" and "green"), as it does for people. Membership
is a product of soft intervals in hue, chroma and lightness (CIE 1976 L*C*h).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

_ANY_HUE = (0.0, 360.0)

# name: hue interval (degrees, may pass 360), lightness interval, chroma interval
_REGIONS: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "red": ((-10, 46), (12, 64), (27, 200)),
    "orange": ((40, 76), (34, 86), (40, 200)),
    "yellow": ((78, 112), (46, 101), (32, 200)),
    "green": ((106, 180), (12, 96), (16, 200)),
    "blue": ((214, 308), (10, 92), (15, 200)),
    "purple": ((300, 346), (10, 75), (14, 200)),
    "pink": ((326, 394), (58, 96), (14, 200)),
    "brown": ((36, 86), (14, 56), (12, 52)),
    "black": (_ANY_HUE, (-1, 36), (-1, 12)),
    "white": (_ANY_HUE, (68, 101), (-1, 15)),
    "grey": (_ANY_HUE, (34, 75), (-1, 13)),
    "maroon": ((0, 48), (8, 36), (14, 60)),
    "beige": ((56, 108), (60, 94), (8, 34)),
    "gold": ((68, 98), (36, 84), (20, 62)),
    "silver": (_ANY_HUE, (45, 92), (-1, 8)),
    "teal": ((158, 228), (18, 80), (10, 200)),
    "turquoise": ((160, 228), (48, 94), (14, 200)),
    "cyan": ((180, 240), (55, 96), (18, 200)),
    "navy": ((232, 312), (3, 34), (8, 60)),
    "magenta": ((318, 364), (30, 75), (35, 200)),
    "violet": ((296, 332), (14, 85), (14, 200)),
    "lavender": ((280, 330), (58, 94), (8, 45)),
    "lime": ((104, 138), (62, 98), (36, 200)),
    "olive": ((86, 118), (26, 60), (14, 60)),
    "copper": ((42, 76), (32, 70), (18, 52)),
    "dark": (_ANY_HUE, (-1, 32), (-1, 200)),
    "light": (_ANY_HUE, (68, 101), (-1, 45)),
    "colorful": (_ANY_HUE, (25, 101), (40, 200)),
}
NAMES: tuple[str, ...] = tuple(_REGIONS)
BASIC: tuple[str, ...] = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black",
    "white", "grey",
)  # fmt: skip
PALETTE: tuple[str, ...] = (*BASIC, "teal", "navy", "beige", "silver", "gold")
"""The main colours of the knowledge base."""
_ALIKE = (
    {"yellow", "gold"}, {"red", "orange"}, {"red", "pink"}, {"navy", "blue"}, {"grey", "white"}, {"beige", "white"},
    {"beige", "yellow"}, {"brown", "orange"}, {"teal", "green"}, {"teal", "blue"}, {"brown", "gold"}, {"beige", "gold"},
)  # fmt: skip
"""Neighbours of which one word will do."""
_NEUTRAL = ("black", "white", "grey", "silver", "dark", "light")
_SYNONYMS = {
    "gray": "grey", "burgundy": "maroon", "crimson": "red", "scarlet": "red", "aqua": "turquoise",
    "cream": "beige", "tan": "beige", "ivory": "beige", "khaki": "beige", "golden": "gold", "bronze": "copper",
    "blue-green": "teal", "green-blue": "teal", "indigo": "violet", "lilac": "lavender", "chrome": "silver",
    "mint": "turquoise", "azure": "blue", "amber": "orange", "metallic": "silver", "peach": "beige",
    "multicolored": "colorful", "bright": "colorful", "charcoal": "black", "fuchsia": "magenta", "mustard": "yellow",
}  # fmt: skip
_NEUTRAL_B = -4.0
"""Where people and cameras put neutral on the blue-yellow axis: white and black things look bluish under daylight."""
_TINGED = 0.6
"""Chroma that black may have per unit of lightness below 30: black things take on the hue of what is around them."""
_VIVID = 25.0
"""Chroma of pixels that tell of their own colour more than of the light."""
_NORM, _ADAPTED = 12, 0.75
"""Minkowski norm of the estimate of the illuminant, and the share of its cast that is taken out; chosen for colour
names on simulated and real frames."""
_NEARLY_WHITE = 230
"""8-bit lightness that the brightest fiftieth of a picture is raised to, by a quarter at most."""
_STEP = 3
"""The look-up table has 2 ** _STEP values of 8-bit Lab per cell."""


def canonical(name: str) -> tuple[str, str]:
    """A colour name as (tone, colour): "light blue" is ("light", "blue"), "navy" is ("", "navy")."""
    tone, _, rest = name.strip().lower().replace("_", " ").replace("light-", "light ").partition(" ")
    if rest and tone in ("light", "dark", "bright", "pale", "deep"):
        tone = {"pale": "light", "deep": "dark"}.get(tone, tone)
        return ("" if tone == "bright" else tone), _SYNONYMS.get(rest, rest)
    whole = name.strip().lower()
    return "", _SYNONYMS.get(whole, whole)


def to_lab(color: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB to 8-bit Lab (L scaled to 255, a and b offset by 128) as an adapted eye would see it.

    The illuminant is estimated by shades of grey (Finlayson and Trezzi, 2004) over what has little colour, with a high
    Minkowski norm, so that the brightest parts decide. Most of its cast is taken out: a wooden table must not turn
    blue, nor a green one all else pink. Dark pictures are raised until their brightest parts are nearly white.
    """
    sample = color[::4, ::4]
    chroma = np.linalg.norm(cv2.cvtColor(sample, cv2.COLOR_RGB2LAB)[..., 1:] - np.float32(128), axis=-1)
    dull = sample[chroma < _VIVID].astype(np.float32) / 255
    light = np.mean(dull**_NORM, axis=0) ** (1 / _NORM) + 1e-3 if len(dull) > 0.05 * chroma.size else np.ones(3)
    gains = np.clip((light.mean() / light) ** _ADAPTED, 0.8, 1.25)
    table = np.clip(np.arange(256)[:, None] * gains, 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(cv2.LUT(color, table[None]), cv2.COLOR_RGB2LAB)
    brightest = max(float(np.quantile(lab[::4, ::4, 0], 0.98)), 1.0)
    raised = np.clip(np.arange(256) * np.clip(_NEARLY_WHITE / brightest, 1.0, 1.25), 0, 255).astype(np.uint8)
    lab[..., 0] = cv2.LUT(lab[..., 0], raised)
    return lab


class Graded:
    """Pixels of one thing with the degree to which each carries each colour name.

    Highlights (the brightest pixels of a glossy coloured thing) and deep shadows count little.

    Args:
        lab: (N, 3) uint8 of `to_lab`.
    """

    def __init__(self, lab: np.ndarray) -> None:
        lab = _lit(lab)
        cells = (lab >> _STEP).astype(np.int32)
        flat = (cells[:, 0] << 2 * (8 - _STEP)) | (cells[:, 1] << (8 - _STEP)) | cells[:, 2]
        self._member = membership_table().reshape(-1, len(NAMES))[flat]
        self._weight = _trust(lab)

    def shares(self, chosen: np.ndarray | None = None) -> np.ndarray:
        """How much of the pixels, or of those chosen by (N,) bool, each name covers.

        Returns:
            (len(NAMES),) float32 in [0, 1]; names overlap, so the sum may pass 1.
        """
        weight = self._weight if chosen is None else self._weight * chosen
        total = weight.sum()
        return weight @ self._member / total if total else np.zeros(len(NAMES), np.float32)


def shares(lab: np.ndarray) -> np.ndarray:
    """`Graded.shares` of all of some pixels, (N, 3) uint8 of `to_lab`."""
    return Graded(lab).shares()


def _lit(lab: np.ndarray) -> np.ndarray:
    """Colourless pixels without their shading: whether a thing is white is judged by its better lit parts."""
    neutral = np.hypot(lab[:, 1] - 128.0, lab[:, 2] - 128.0 - _NEUTRAL_B) < 13
    if np.count_nonzero(neutral) < 8:
        return lab
    lightness = lab[neutral, 0].astype(np.float32)
    top, middle = np.quantile(lightness, [0.9, 0.5])
    shaded = lightness > 0.5 * top
    lightness[shaded] += 0.5 * max(top - middle, 0) * (1 - lightness[shaded] / max(top, 1.0)) * 2
    result = lab.copy()
    result[neutral, 0] = np.clip(lightness, 0, 255).astype(np.uint8)
    return result


def _trust(lab: np.ndarray) -> np.ndarray:
    """(N,) weight of each pixel: neutral pixels much brighter than a coloured thing are highlights."""
    lightness = lab[:, 0].astype(np.float32)
    chroma = np.hypot(lab[:, 1] - 128.0, lab[:, 2] - 128.0).astype(np.float32)
    weight = np.ones(len(lab), np.float32)
    colored = chroma > 20
    if np.count_nonzero(colored) > 0.3 * len(lab):
        typical = np.median(lightness[colored])
        weight[(~colored) & (lightness > typical + 50) & (lightness > 215)] = 0.3
        weight[(~colored) & (lightness < 0.35 * typical)] = 0.4
    return weight


@lru_cache(maxsize=1)
def membership_table() -> np.ndarray:
    """(32, 32, 32, len(NAMES)) float32: membership of each cell of 8-bit Lab in each name."""
    axis = (np.arange(256 >> _STEP) + 0.5) * (1 << _STEP)
    lightness, a, b = np.meshgrid(axis * 100 / 255, axis - 128, axis - 128, indexing="ij")
    return np.stack([_membership(name, lightness, a, b) for name in NAMES], axis=-1).astype(np.float32)


def _membership(name: str, lightness: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    hues, lights, chromas = _REGIONS[name]
    member = _soft(lightness, *lights, 5.0)
    if hues == _ANY_HUE:
        tinge = _TINGED * np.clip(30 - lightness, 0, 30) if name == "black" else 0.0
        return member * _soft(np.maximum(np.hypot(a, b - _NEUTRAL_B) - tinge, 0), *chromas, 3.5)
    chroma, hue = np.hypot(a, b), np.rad2deg(np.arctan2(b, a)) % 360
    member = member * _soft(chroma, *chromas, 3.5)
    middle, half = sum(hues) / 2, (hues[1] - hues[0]) / 2
    away = np.abs((hue - middle + 180) % 360 - 180)
    return member * _soft(away, -1e3, half, 6.0)


def _soft(value: np.ndarray, low: float, high: float, width: float) -> np.ndarray:
    """Product of two logistic edges: 1 inside of [low, high], 0.5 at its ends."""
    return (
        1
        / (1 + np.exp(np.clip((low - value) / width * 2, -60, 60)))
        / (1 + np.exp(np.clip((value - high) / width * 2, -60, 60)))
    )


def match(share: np.ndarray, name: str) -> float:
    """Degree in [0, 1] to which people would call a thing with these shares by a colour name.

    A thing is "blue" if blue covers much of it or is the colour that stands out on it.
    """
    tone, color = canonical(name)
    if color not in NAMES:
        return 0.5
    covered = float(share[NAMES.index(color)])
    if color not in _NEUTRAL:
        hues = share[[NAMES.index(basic) for basic in BASIC[:8]]]
        salient = covered / max(float(hues.max()), 0.25)
        covered = max(covered, min(0.8 * salient, 1.6 * covered))
    degree = float(_smoothstep(covered, 0.08, 0.5))
    if tone:
        degree *= 0.35 + 0.65 * float(_smoothstep(share[NAMES.index(tone)], 0.1, 0.5))
    return degree


def palette(share: np.ndarray) -> np.ndarray:
    """(len(PALETTE),) float: the shares as a distribution over the main colours, finer names taking their part."""
    weight = share[[NAMES.index(name) for name in PALETTE]] ** 1.5 + 1e-4
    for fine, coarse in (("teal", ("green", "blue")), ("navy", ("blue", "black")), ("beige", ("white", "yellow"))):
        for name in coarse:
            weight[PALETTE.index(name)] *= 1 - 0.7 * share[NAMES.index(fine)]
    return weight / weight.sum()


def describe(share: np.ndarray) -> str:
    """The words for a thing's colours: "red", "blue and red", "white"; "" if no colour says it."""
    weight = palette(share)
    weight[PALETTE.index("silver")] = 0.0  # grey says it without a claim about the surface
    second, first = np.argsort(weight)[-2:]
    if share[NAMES.index(PALETTE[first])] < 0.2:
        return ""
    one, two = PALETTE[first], PALETTE[second]
    if {one, two} in _ALIKE:  # the basic word, unless it hardly applies
        plainer = one not in BASIC and two in BASIC and share[NAMES.index(two)] > 0.5 * share[NAMES.index(one)]
        return two if plainer else one
    both = weight[second] > 0.28 and share[NAMES.index(two)] > 0.2
    return f"{one} and {two}" if both else one


def _smoothstep(value: float | np.ndarray, low: float, high: float) -> float | np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
