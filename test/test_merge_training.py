from __future__ import annotations

import numpy as np
import pytest
from rgbd_scenes import Box, Can, render, table

from reason_seg_ros.frame import Camera
from reason_seg_ros.segmenters.embedded.proposals.merge import WEIGHTS
from reason_seg_ros.simulation.merge_training import fit, pairs, patched, report, things

RED, BLUE = (190, 40, 40), (40, 70, 180)
LARGE = Camera(width=640, height=480, fx=600.0, fy=600.0, cx=319.5, cy=239.5)


@pytest.fixture(scope="module")
def stack():
    solids = [
        Box(0, 0, (0.16, 0.14, 0.1), BLUE, yaw=0.4),
        Can(0, 0, 0.04, 0.11, RED, z=0.1),
        Can(0.22, 0, 0.07, 0.06, RED, open=True),
    ]
    frame, instances = render(solids, [table()], camera=LARGE)
    return patched(frame, instances.astype(np.uint8))


def test_the_fit_finds_the_weights_that_made_the_events():
    rng = np.random.default_rng(0)
    evidence = np.column_stack([rng.normal(size=(20000, 2)) * [1.0, 5.0], np.ones(20000)])
    weights = np.array([2.0, -0.3, 0.5])
    event = rng.random(20000) < 1 / (1 + np.exp(-evidence @ weights))
    examples = evidence, event, np.ones(20000)
    assert fit(examples) == pytest.approx(weights, abs=0.12)
    assert "AUC 0.8" in report(fit(examples), examples) or "AUC 0.9" in report(fit(examples), examples)


def test_weights_of_examples_count():
    evidence = np.array([[-1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    event = np.array([False, True, False])
    assert (fit((evidence, event, np.array([1.0, 1.0, 0.0]))) @ [1.0, 1.0]) > 2.0


def test_pairs_across_a_seam_are_two_things_and_pairs_within_a_thing_are_not(stack):
    evidence, two, weight = pairs([stack], lambda _, chance: chance - 0.5)
    assert evidence.shape == (len(two), len(WEIGHTS))
    assert two.any() and not two.all() and (weight >= 0).all()
    valley = evidence[:, 0]
    assert valley[two & (weight > 0)].min() > 0.5


def test_things_are_scored_against_the_instances(stack):
    (evidence, whole, _), best = things([stack], WEIGHTS)  # what is seen in the open can comes to it later
    assert len(best) == 3 and (best > 0.6).all()
    assert whole.sum() == 3 and len(evidence) == len(whole)
    everything = np.append(np.zeros(len(WEIGHTS) - 1), -1.0)
    (_, whole, _), best = things([stack], everything)
    assert len(whole) < 3 and best.min() < 0.5
