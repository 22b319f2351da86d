from __future__ import annotations

from dataclasses import replace

import numpy as np
from grounding_scene import IMAGE, KINDS, kind, scene, thing

from reason_seg_ros.segmenters.embedded.grounding.evidence import Evidence, wholeness
from reason_seg_ros.segmenters.embedded.grounding.likelihood import WEIGHTS
from reason_seg_ros.segmenters.embedded.knowledge.kinds import Shape


def wholes(*things) -> list[float]:
    return scene(*things).whole.tolist()


def test_pieces_are_less_probably_whole() -> None:
    item = thing((0.0, 0.8))
    small = replace(item, form=replace(item.form, pixels=2.0))
    ragged = replace(item, form=replace(item.form, rough=0.2))
    cut = replace(item, cut=2)
    doubtful = thing((0.0, 0.8), score=0.3)
    plain, *pieces = wholes(item, small, ragged, cut, doubtful)
    assert all(1 - piece > 1.5 * (1 - plain) for piece in pieces)


def test_furniture_is_hardly_a_thing() -> None:
    cup, wall = wholes(thing((0.0, 0.8)), thing((0.0, 1.5), (1.2, 0.1, 0.8)))
    assert wall < 0.3 * cup


def test_what_lies_at_the_margin_is_less_probably_meant() -> None:
    item = thing((0.0, 0.8))
    height, width = IMAGE
    pixels = np.array([width / 2, height / 2]), np.array([5.0, 5.0])
    middle, aside = wholes(*(replace(item, pixel=pixel) for pixel in pixels))
    assert 1 - aside > 2 * (1 - middle)


def test_wholeness_does_not_depend_on_resolution() -> None:
    evidence = scene(thing((0.0, 0.8)))
    larger = replace(evidence.described, shape=tuple(2 * size for size in evidence.described.shape))
    finer = evidence.candidates[0]
    finer = replace(finer, form=replace(finer.form, pixels=finer.form.pixels + np.log10(4)), pixel=2 * finer.pixel)
    assert np.allclose(wholeness(evidence.described), wholeness(replace(larger, candidates=(finer,))))


def test_print_speaks_for_packages() -> None:
    box = kind("block", (22, 15, 6), Shape.BOX)
    packed = replace(box, name="package", materials=("cardboard",))
    item = thing((0.0, 0.8), (0.15, 0.06, 0.22))
    printed = replace(item, parts=replace(item.parts, label=0.95))
    evidence = scene(item, printed, kinds=(*KINDS, box, packed))
    plain, package = (evidence.table.index[name] for name in ("block", "package"))
    assert evidence.likelihoods[0, plain] > evidence.likelihoods[0, package]
    assert evidence.likelihoods[1, plain] < evidence.likelihoods[1, package]


def test_terms_come_in_the_order_of_their_weights() -> None:
    evidence = scene(thing((0.0, 0.8)), thing((0.2, 0.8)))
    assert evidence.terms.shape == (len(WEIGHTS), 2, len(KINDS))
    assert np.allclose(evidence.likelihoods, np.tensordot(list(WEIGHTS.values()), evidence.terms, axes=1))


def test_an_empty_frame_has_no_evidence() -> None:
    empty: Evidence = scene()
    assert empty.whole.shape == empty.prior.shape == (0,)
    assert empty.likelihoods.shape == (0, len(KINDS))
