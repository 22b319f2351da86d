from __future__ import annotations

import numpy as np
import pytest
from grounding_scene import BOWL, TIN, thing

from reason_seg_ros.segmenters.embedded.grounding.relations import Pairs


def degree(kind: str, *things) -> np.ndarray:
    return Pairs(tuple(things)).degree(kind)


def test_left_and_right_are_from_the_camera() -> None:
    left, right = thing((-0.2, 0.8)), thing((0.2, 0.8))
    assert degree("left", left, right)[0, 1] > 0.8
    assert degree("left", left, right)[1, 0] < 0.1
    assert degree("right", left, right)[1, 0] > 0.8


def test_front_is_nearer_and_behind_is_farther() -> None:
    near, far = thing((0.0, 0.6)), thing((0.02, 1.0))
    assert degree("front", near, far)[0, 1] > 0.8
    assert degree("behind", near, far)[1, 0] > 0.8
    assert degree("behind", near, far)[0, 1] < 0.1


def test_sideways_neighbours_are_hardly_in_front_of_each_other() -> None:
    one, other = thing((-0.2, 0.78)), thing((0.2, 0.82))
    assert degree("front", one, other)[0, 1] < 0.5


def test_on_needs_contact_and_overlap() -> None:
    box = thing((0.0, 0.8), (0.15, 0.10, 0.06))
    stacked, beside = thing((0.0, 0.8), (0.06, 0.06, 0.1), base=0.06), thing((0.3, 0.8), (0.06, 0.06, 0.1), base=0.06)
    on = degree("on", box, stacked, beside)
    assert on[1, 0] > 0.7
    assert on[0, 1] < 0.1
    assert on[2, 0] < 0.1
    assert degree("under", box, stacked, beside)[0, 1] > 0.7


def test_in_needs_an_opening() -> None:
    inside = {"at": (0.0, 0.8), "size": (0.04, 0.04, 0.07), "base": 0.015}
    bowl, block = thing((0.0, 0.8), **BOWL), thing((0.0, 0.8), (0.15, 0.15, 0.06))
    assert degree("in", thing(**inside), bowl)[0, 1] > 0.6
    assert degree("in", thing(**inside), block)[0, 1] < 0.3
    assert degree("containing", thing(**inside), bowl)[1, 0] > 0.6


def test_what_lies_in_a_bowl_is_not_also_on_it() -> None:
    things = thing((0.0, 0.8), (0.04, 0.04, 0.07), base=0.015), thing((0.0, 0.8), **BOWL)
    assert degree("on", *things)[0, 1] < 0.3


def test_near_falls_with_the_gap() -> None:
    anchor, close, away = thing((0.0, 0.8)), thing((0.11, 0.8)), thing((0.6, 0.8))
    near = degree("near", anchor, close, away)
    assert near[1, 0] > 0.7 > 0.2 > near[2, 0]


def test_stacked_things_are_not_beside_each_other() -> None:
    box, tin = thing((0.0, 0.8), (0.15, 0.10, 0.06)), thing((0.0, 0.8), **TIN, base=0.06)
    assert degree("beside", box, tin)[1, 0] < 0.5


def test_with_holds_for_contents_both_ways() -> None:
    things = thing((0.0, 0.8), (0.04, 0.04, 0.07), base=0.015), thing((0.0, 0.8), **BOWL)
    together = degree("with", *things)
    assert min(together[0, 1], together[1, 0]) > 0.6


def test_between_wants_the_thing_on_the_line() -> None:
    things = thing((-0.3, 0.8)), thing((0.3, 0.8)), thing((0.0, 0.82)), thing((0.0, 1.4))
    anchors = np.eye(4)
    between = Pairs(things).between(anchors[0], anchors[1])
    assert between[2] > 0.8
    assert between[3] < 0.3
    assert between[0] == between[1] == 0


def test_nothing_relates_to_itself() -> None:
    for kind in ("left", "on", "in", "near", "beside", "with"):
        assert degree(kind, thing((0.0, 0.8)), thing((0.1, 0.8)))[0, 0] == 0


def test_an_unknown_relation_is_an_error() -> None:
    with pytest.raises(KeyError):
        degree("above", thing((0.0, 0.8)))
