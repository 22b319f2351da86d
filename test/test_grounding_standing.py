from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from grounding_render import Solid, render, scenery_of
from grounding_scene import CARTON, scene, thing

from reason_seg_ros.segmenters.embedded.grounding.describe import describe
from reason_seg_ros.segmenters.embedded.grounding.standing import settle


def test_what_hovers_over_nothing_stands_on_the_support() -> None:
    (alone,) = settle([thing((0.0, 0.8), (0.08, 0.08, 0.02), base=0.15).measured])
    assert alone.base == pytest.approx(0.0)
    assert alone.height == pytest.approx(0.17)


def test_what_lies_on_a_thing_keeps_its_base() -> None:
    lower, upper = thing((0.0, 0.8), **CARTON), thing((0.0, 0.8), (0.05, 0.05, 0.05), base=0.225)
    assert settle([lower.measured, upper.measured])[1].base == pytest.approx(0.225)


def test_a_box_of_which_only_the_top_is_seen_is_as_high_as_its_top() -> None:
    frame, ids = render(Solid((0.0, 0.6), (0.12, 0.10, 0.20), (180, 30, 30)))
    rows = np.flatnonzero((ids == 1).any(axis=1))
    ids[rows[len(rows) // 3] :] = 0
    (box,) = describe(frame, scenery_of(ids)).candidates
    assert box.measured.height == pytest.approx(0.20, abs=0.02)


def test_a_thing_across_two_others_lies_on_both() -> None:
    evidence = scene(
        thing((-0.15, 0.8), (0.1, 0.1, 0.1)),
        thing((0.15, 0.8), (0.1, 0.1, 0.1)),
        thing((0.0, 0.8), (0.40, 0.06, 0.06), base=0.1),
    )
    on = evidence.pairs.degree("on")
    assert min(on[2, 0], on[2, 1]) > 0.3
    assert on[0, 2] < 0.05


def test_nearness_is_judged_along_the_ground() -> None:
    near, far = thing((0.0, 0.7), (0.05, 0.05, 0.02)), thing((0.0, 0.8), (0.05, 0.05, 0.35))
    assert near.distance < far.distance


def test_from_above_what_lies_higher_in_the_image_is_farther() -> None:
    places = [(0.2, -0.2), (0.0, 0.0), (-0.2, 0.2)]
    things = [thing((0.3, 1.0)) for _ in places]
    distances = []
    for item, (right, ahead) in zip(things, places, strict=True):
        low, high = np.array([right - 0.04, ahead - 0.04, -0.9]), np.array([right + 0.04, ahead + 0.04, -0.8])
        distances.append(replace(item, measured=replace(item.measured, low=low, high=high, base=-0.9)).distance)
    assert distances == sorted(distances)
