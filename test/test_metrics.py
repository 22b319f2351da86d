"""The figures of evaluation, by hand and against published code."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shared_data import SHARED

from reason_seg_ros.evaluation.metrics import overlap, score

GOLDEN = SHARED / "golden" / "metrics"


def row(text: str) -> np.ndarray:
    """A mask of one row, "x" is true."""
    return np.array([[letter == "x" for letter in text]])


def test_overlap_by_hand():
    half = overlap(row("xxx..."), row(".xxx.."))
    assert (half.intersection, half.union, half.absent) == (2, 4, False)
    assert half.iou == 0.5
    assert overlap(row("xx"), row("xx")).iou == 1
    assert overlap(row(".."), row("xx")).iou == 0


def test_absent_targets():
    right = overlap(row("...."), row("...."))
    assert right.absent and right.iou == 1
    wrong = overlap(row("...x"), row("...."))
    assert wrong.absent and wrong.iou == 0


def test_ignored_pixels_are_left_out():
    assert overlap(row("xxxx"), row("xx.."), ignore=row("..xx")).iou == 1
    assert overlap(row("xx.."), row("xxxx"), ignore=row("..xx")).iou == 1
    assert overlap(row("..xx"), row("...."), ignore=row("..xx")).iou == 1


def test_scores_by_hand():
    scores = score(
        [
            overlap(row("xxxx"), row("xxxx")),  # IoU 1, 4 of 4
            overlap(row("x..."), row("xx..")),  # IoU 0.5, 1 of 2: not above 0.5
            overlap(row("...."), row("....")),  # absent and right
            overlap(row("xx.."), row("....")),  # absent and wrong, 0 of 2
        ]
    )
    assert scores.giou == pytest.approx((1 + 0.5 + 1 + 0) / 4, abs=1e-6)
    assert scores.ciou == pytest.approx(5 / 8, abs=1e-6)
    assert scores.acc_0_5 == pytest.approx(2 / 4)
    assert scores.absent_accuracy == pytest.approx(1 / 2)
    assert scores.queries == 4


def test_absent_accuracy_needs_absent_queries():
    assert score([overlap(row("x"), row("x"))]).absent_accuracy is None


def test_only_absent_and_right():
    scores = score([overlap(row("."), row("."))])
    assert (scores.giou, scores.ciou, scores.acc_0_5, scores.absent_accuracy) == (1, 0, 1, 1)


def test_no_queries():
    assert score([]).queries == 0


@pytest.mark.skipif(not GOLDEN.exists(), reason="needs ../shared/golden/metrics")
def test_golden_figures():
    golden = json.loads((GOLDEN / "golden.json").read_text())
    masks = np.load(GOLDEN / "masks.npz")
    pairs = zip(masks["prediction"], masks["target"], strict=True)
    overlaps = [overlap(predicted == 1, target == 1, target == 255) for predicted, target in pairs]
    assert np.allclose([item.iou for item in overlaps], golden["per_mask_iou"], atol=1e-6)
    scores = score(overlaps)
    assert scores.giou == pytest.approx(golden["gIoU"], abs=1e-6)
    assert scores.ciou == pytest.approx(golden["cIoU"], abs=1e-6)
