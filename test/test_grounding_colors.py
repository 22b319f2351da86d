from __future__ import annotations

import cv2
import numpy as np
import pytest

from reason_seg_ros.segmenters.embedded.grounding import colors

NAMED = {
    "red": (190, 25, 30), "orange": (240, 120, 30), "yellow": (235, 205, 40), "green": (40, 140, 50),
    "blue": (40, 90, 200), "navy": (22, 28, 72), "teal": (30, 140, 140), "purple": (120, 50, 150),
    "pink": (240, 150, 180), "brown": (105, 65, 35), "beige": (225, 200, 165), "black": (22, 22, 24),
    "grey": (125, 125, 128), "white": (242, 242, 240), "gold": (195, 155, 75),
}  # fmt: skip


def patch(*parts: tuple[tuple[int, int, int], int]) -> np.ndarray:
    pixels = np.concatenate([np.tile(np.array(rgb, np.uint8), (count, 1)) for rgb, count in parts])
    return cv2.cvtColor(pixels[None], cv2.COLOR_RGB2LAB)[0]


@pytest.mark.parametrize("name", NAMED)
def test_plain_colours_carry_their_name(name: str) -> None:
    share = colors.shares(patch((NAMED[name], 100)))
    assert colors.match(share, name) > 0.7
    others = [other for other in ("red", "green", "blue", "yellow", "white", "black") if other != name]
    related = {"navy": {"blue", "black"}, "teal": {"green", "blue"}, "gold": {"yellow"}, "orange": {"red", "yellow"}}
    for other in others:
        if other not in related.get(name, set()):
            assert colors.match(share, other) < 0.4, other


def test_blue_accepts_navy_more_than_black() -> None:
    navy, black = (colors.shares(patch((NAMED[name], 50))) for name in ("navy", "black"))
    assert colors.match(navy, "blue") > 0.5 > colors.match(black, "blue")


def test_shades_split_a_colour() -> None:
    dark, light = colors.shares(patch(((110, 15, 20), 50))), colors.shares(patch(((170, 215, 250), 50)))
    assert colors.match(dark, "dark red") > colors.match(colors.shares(patch((NAMED["red"], 50))), "dark red")
    assert colors.match(light, "light blue") > 0.6


def test_a_highlight_does_not_make_a_red_thing_white() -> None:
    share = colors.shares(patch((NAMED["red"], 80), ((255, 255, 255), 20)))
    assert colors.match(share, "red") > 0.9
    assert colors.match(share, "white") < 0.3


def test_packaging_carries_both_of_its_colours() -> None:
    share = colors.shares(patch((NAMED["red"], 55), (NAMED["blue"], 45)))
    assert min(colors.match(share, "red"), colors.match(share, "blue")) > 0.6
    assert colors.describe(share) == "red and blue"


def test_white_balance_takes_out_half_of_a_cast() -> None:
    grey = np.full((40, 40, 3), 128, np.uint8)
    warm = np.clip(grey * np.array([1.15, 1.0, 0.85]), 0, 255).astype(np.uint8)
    before = cv2.cvtColor(warm, cv2.COLOR_RGB2LAB)[0, 0].astype(int)
    after = colors.to_lab(warm)[0, 0].astype(int)
    assert abs(after[2] - 128) < 0.8 * abs(before[2] - 128)


def test_palette_is_a_distribution() -> None:
    palette = colors.palette(colors.shares(patch((NAMED["teal"], 10))))
    assert palette.sum() == pytest.approx(1)
    assert colors.PALETTE[int(palette.argmax())] == "teal"


def test_no_pixels_have_no_colour() -> None:
    assert not colors.shares(np.zeros((0, 3), np.uint8)).any()


def test_an_unknown_colour_says_nothing() -> None:
    assert colors.match(colors.shares(patch((NAMED["red"], 10))), "octarine") == 0.5
