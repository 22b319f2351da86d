from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from grounding_scene import BOWL, CARTON, MUG, TIN, read, scene, thing

from reason_seg_ros.segmenters.embedded.grounding.likelihood import WEIGHTS
from reason_seg_ros.segmenters.embedded.language.intent import Description, Naming
from reason_seg_ros.simulation.evidence_training import Example, Question, fit_weights, fit_whole, mean_log_probability


def example(*answers: tuple[str, int | None]) -> Example:
    things = thing((-0.3, 0.8), **MUG), thing((0.0, 0.8), **CARTON), thing((0.3, 0.8), **TIN), thing((0.0, 1.1), **BOWL)
    questions = tuple(Question(Description(Naming.NAMED, noun=noun), read, answer) for noun, answer in answers)
    return Example(scene(*things), np.ones(4), questions)


@pytest.fixture
def asked() -> Example:
    return example(("mug", 0), ("carton", 1), ("tin", 2), ("bowl", 3), ("pen", None), ("bottle", None))


def test_whole_things_are_told_from_pieces() -> None:
    item = thing((0.0, 0.8))
    pieces = [replace(item, form=replace(item.form, pixels=2.0 + 0.1 * i, rough=0.05)) for i in range(5)]
    wholes = [replace(item, form=replace(item.form, pixels=3.4 + 0.1 * i, rough=0.01)) for i in range(5)]
    fitted = fit_whole([Example(scene(*pieces, *wholes), np.array([0.1] * 5 + [0.9] * 5))])
    assert fitted["pixels"] > 0 > fitted["rough"]


def test_overlaps_in_between_are_left_out() -> None:
    item = thing((0.0, 0.8))
    things = [replace(item, form=replace(item.form, pixels=pixels)) for pixels in (2.0, 3.0, 4.0)]
    clear = fit_whole([Example(scene(things[0], things[2]), np.array([0.1, 0.9]))])
    with_doubt = fit_whole([Example(scene(*things), np.array([0.1, 0.4, 0.9]))])
    assert with_doubt == pytest.approx(clear)


def test_evidence_makes_right_answers_more_probable(asked: Example) -> None:
    none, usual = np.zeros(len(WEIGHTS)), np.array(list(WEIGHTS.values()))
    assert mean_log_probability([asked], usual, 0.3) > mean_log_probability([asked], none, 0.3) + 0.3


def test_trying_weights_leaves_the_evidence_as_it_was(asked: Example) -> None:
    before = asked.evidence.likelihoods.copy()
    mean_log_probability([asked], 2 * np.array(list(WEIGHTS.values())), 0.3)
    assert np.array_equal(asked.evidence.likelihoods, before)


def test_fitted_weights_are_no_worse(asked: Example) -> None:
    weights, absent = fit_weights([asked])
    start = mean_log_probability([asked], np.array(list(WEIGHTS.values())), 0.3)
    assert mean_log_probability([asked], np.array(list(weights.values())), absent) >= start
    assert list(weights) == list(WEIGHTS)
    assert 0 < absent < 1
