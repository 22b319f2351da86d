from __future__ import annotations

import numpy as np
import pytest
from grounding_render import CAMERA, UP, Solid, render, scenery_of

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.geometry.planes import Plane
from reason_seg_ros.segmenters.embedded.grounding.describe import Candidate, describe
from reason_seg_ros.segmenters.embedded.grounding.shape_model import SHAPES
from reason_seg_ros.segmenters.embedded.grounding.view import view_of
from reason_seg_ros.segmenters.embedded.knowledge.kinds import Shape
from reason_seg_ros.segmenters.embedded.proposals.base import Proposal, Scenery

RED, BLUE, WHITE = (190, 30, 30), (40, 80, 190), (235, 235, 232)


def seen(*solids: Solid, noise: float = 0.0) -> tuple[Candidate, ...]:
    frame, ids = render(*solids, noise=noise)
    return describe(frame, scenery_of(ids)).candidates


def shape(candidate: Candidate, *wanted: Shape) -> float:
    return float(sum(candidate.shapes[SHAPES.index(s)] for s in wanted))


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_box_is_measured(noise: float) -> None:
    (box,) = seen(Solid((0.05, 0.75), (0.16, 0.06, 0.20), RED), noise=noise)
    assert box.measured.height == pytest.approx(0.20, abs=0.008)
    assert box.measured.footprint == pytest.approx((0.16, 0.06), abs=0.012)
    assert box.measured.center == pytest.approx([0.05, 0.75, -0.5], abs=0.012)
    assert box.upright > 0.7


def test_tin_is_measured_and_round() -> None:
    (tin,) = seen(Solid((0.0, 0.7), (0.07, 0.07, 0.10), BLUE, round=True))
    assert tin.measured.height == pytest.approx(0.10, abs=0.006)
    assert tin.measured.width == pytest.approx(0.07, abs=0.006)
    assert shape(tin, Shape.CYLINDER) > 0.5


def test_a_low_thing_is_measured_by_its_outline() -> None:
    (sheet,) = seen(Solid((0.0, 0.8), (0.20, 0.14, 0.008), WHITE), noise=0.004)
    assert sheet.measured.footprint == pytest.approx((0.20, 0.14), abs=0.015)
    assert sheet.upright < 0.1


def test_an_open_vessel_has_an_opening_and_a_block_has_none() -> None:
    bowl, block = seen(
        Solid((-0.15, 0.7), (0.15, 0.15, 0.07), WHITE, round=True, wall=0.006),
        Solid((0.15, 0.7), (0.15, 0.15, 0.07), WHITE, round=True),
    )
    assert bowl.parts.opening > 0.5 > 0.2 > block.parts.opening


def test_colours_are_told_by_region() -> None:
    frame, ids = render(Solid((0.0, 0.7), (0.07, 0.07, 0.12), BLUE, round=True))
    color = frame.color.copy()
    height = view_of(UP).points(frame.points)[..., 2] + 0.6
    color[(ids == 1) & (height > 0.10)] = RED
    (tin,) = describe(Frame(color, frame.depth, CAMERA), scenery_of(ids)).candidates
    from reason_seg_ros.segmenters.embedded.grounding import colors

    assert colors.match(tin.regions.top, "red") > 0.8 > 0.2 > colors.match(tin.regions.top, "blue")
    assert colors.match(tin.regions.body, "blue") > 0.8


def test_hidden_and_cut_sides_are_noticed() -> None:
    front, back = seen(Solid((0.0, 0.6), (0.30, 0.05, 0.10), RED), Solid((0.0, 0.75), (0.10, 0.10, 0.16), BLUE))
    assert not front.measured.sides.any
    assert back.measured.sides.bottom
    (cut,) = seen(Solid((0.42, 0.75), (0.20, 0.1, 0.1), RED))
    assert cut.measured.sides.right


def test_background_depth_inside_a_mask_does_not_count() -> None:
    """Depth outlines are off by some pixels: the mask's rim then shows what is behind."""
    frame, ids = render(Solid((0.0, 0.7), (0.08, 0.08, 0.15), RED))
    shifted = np.roll(ids, 6, axis=1)
    (box,) = describe(frame, scenery_of(shifted)).candidates
    assert box.measured.footprint[0] < 0.11


def test_a_thing_without_depth_stands_where_its_outline_meets_the_table() -> None:
    frame, ids = render(Solid((0.1, 0.7), (0.07, 0.07, 0.10), WHITE, round=True))
    depth = frame.depth.copy()
    depth[ids == 1] = np.nan
    (glass,) = describe(Frame(frame.color, depth, CAMERA), scenery_of(ids)).candidates
    assert not glass.measured.measured
    assert glass.measured.center[:2] == pytest.approx([0.1, 0.68], abs=0.06)
    assert glass.measured.height == pytest.approx(0.10, abs=0.05)


def test_what_cannot_be_measured_is_left_out() -> None:
    frame, ids = render(Solid((0.0, 0.7), (0.1, 0.1, 0.1), RED))
    blind = Frame(frame.color, np.full_like(frame.depth, np.nan), CAMERA)
    nothing = Scenery((Proposal(ids == 1, 1.0, None), Proposal(ids == 9, 1.0, None)), (), None, frame.depth)
    assert describe(blind, nothing).candidates == ()


def test_without_gravity_the_camera_is_taken_to_look_ahead() -> None:
    view = view_of(None)
    assert not view.gravity
    assert np.allclose(view.rotation, [[1, 0, 0], [0, 0, 1], [0, -1, 0]])


def test_straight_down_the_top_of_the_image_is_ahead() -> None:
    view = view_of(np.array([0.0, 0.0, -1.0]))
    assert np.allclose(view.rotation @ [0, -1, 0], [0, 1, 0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(6))
def test_no_mask_or_depth_breaks_it(seed: int) -> None:
    """Slivers, holes, noise, no plane: whatever comes out is finite."""
    rng = np.random.default_rng(seed)
    camera = Camera(96, 72, 90.0, 90.0, 48.0, 36.0)
    depth = rng.uniform(0.3, 3, (72, 96)).astype(np.float32)
    depth[rng.random(depth.shape) < seed / 6] = np.nan
    frame = Frame(rng.integers(0, 256, (72, 96, 3)).astype(np.uint8), depth, camera)
    labels = np.zeros(depth.shape, int)
    for number in range(1, 9):
        row, column, height, width = rng.integers(1, 60, 4)
        labels[row : row + height // 4 + 1, column : column + width // 3 + 1] = number
    planes = (Plane(UP, 0.5, labels == 0),) if seed % 2 else ()
    support = 0 if planes else None
    proposals = tuple(Proposal(labels == number, 1.0, support) for number in range(1, 9) if (labels == number).any())
    for candidate in describe(frame, Scenery(proposals, planes, UP if planes else None, depth)).candidates:
        assert np.isfinite(candidate.form.vector()).all()
        assert np.isfinite(candidate.measured.extents).all()
        assert candidate.shapes.sum() == pytest.approx(1)
