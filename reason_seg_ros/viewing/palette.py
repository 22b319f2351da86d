"""One color for each instance id, the same in every picture."""

from __future__ import annotations

import colorsys

# Steps of the golden angle around the hue circle keep neighbouring ids far apart, however many there are.
_GOLDEN_ANGLE = 0.381966


def color_of(identity: int) -> tuple[int, int, int]:
    """RGB of an instance id, each 0 to 255."""
    hue = (0.58 + identity * _GOLDEN_ANGLE) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
