from __future__ import annotations

import numpy as np
import pytest
from rgbd_scenes import Box, Can, floor, render, table
from shared_data import SHARED

from reason_seg_ros.evaluation.proposal_quality import quality, summarize
from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.frame_folder import find_frames, load_frame
from reason_seg_ros.segmenters.embedded.proposals.propose import propose

RED, BLUE, GREEN, YELLOW, WHITE = (190, 40, 40), (40, 70, 180), (40, 150, 60), (210, 180, 40), (225, 225, 225)
LARGE = Camera(width=640, height=480, fx=600.0, fy=600.0, cx=319.5, cy=239.5)


def best(scenery, instances):
    return quality([proposal.mask for proposal in scenery.proposals], instances).best_iou


def test_things_apart_on_a_table_are_found_whole():
    things = [Box(-0.2, 0, (0.1, 0.06, 0.15), RED), Can(0.05, 0.1, 0.04, 0.12, BLUE), Can(0.2, -0.1, 0.05, 0.05, GREEN)]
    frame, instances = render(things, [table(), floor()], camera=LARGE)
    scenery = propose(frame)
    assert len(scenery.proposals) == 3
    assert (best(scenery, instances) > 0.85).all()
    assert all(proposal.support == 0 and 0 < proposal.score <= 1 for proposal in scenery.proposals)


def test_a_wall_beside_the_table_scores_less_than_a_thing_on_it():
    things = [Box(0, 0, (0.09, 0.07, 0.16), RED), Box(0.55, 0, (0.05, 1.5, 1.2), WHITE, z=-0.7)]
    frame, instances = render(things, [table(1.0, 1.0), floor()], camera=LARGE)
    scores = np.zeros(3)
    for proposal in propose(frame).proposals:
        owner = np.bincount(instances[proposal.mask], minlength=3).argmax()
        scores[owner] = max(scores[owner], proposal.score)
    assert scores[1] > 0.8
    assert scores[2] < 0.3


def test_proposals_do_not_overlap_and_repeat():
    things = [Box(-0.06, 0, (0.1, 0.1, 0.15), RED), Can(0.05, 0.1, 0.04, 0.12, BLUE), Can(0.1, -0.1, 0.05, 0.05, GREEN)]
    frame, _ = render(things, [table()], camera=LARGE)
    scenery = propose(frame)
    assert np.sum([proposal.mask for proposal in scenery.proposals], axis=0).max() == 1
    again = propose(Frame(frame.color, frame.depth, frame.camera))
    assert [proposal.mask.sum() for proposal in again.proposals] == [p.mask.sum() for p in scenery.proposals]


def test_touching_boxes_of_different_heights_are_apart():
    things = [Box(-0.05, 0, (0.1, 0.1, 0.15), RED), Box(0.05, 0, (0.1, 0.12, 0.08), BLUE)]
    frame, instances = render(things, [table()], camera=LARGE)
    assert (best(propose(frame), instances) > 0.8).all()


def test_touching_things_of_one_color_are_apart_by_shape_alone():
    things = [Can(-0.05, 0, 0.05, 0.14, RED), Can(0.05, 0, 0.05, 0.14, RED)]
    frame, instances = render(things, [table()], camera=LARGE)
    assert (best(propose(frame), instances) > 0.8).all()


def test_stacked_things_are_apart():
    things = [Box(0, 0, (0.16, 0.14, 0.1), BLUE, yaw=0.4), Can(0, 0, 0.04, 0.11, YELLOW, z=0.1)]
    frame, instances = render(things, [table()], camera=LARGE)
    assert (best(propose(frame), instances) > 0.8).all()


def test_a_printed_box_stays_one():
    frame, instances = render([Box(0, 0, (0.14, 0.06, 0.2), RED, yaw=0.3)], [table()], camera=LARGE)
    color = frame.color.copy()
    rows, columns = np.nonzero(instances == 1)
    label = (instances == 1) & (np.arange(len(color))[:, None] > np.percentile(rows, 45))
    label &= np.arange(color.shape[1])[None] > np.percentile(columns, 30)
    color[label] = WHITE
    scenery = propose(Frame(color, frame.depth, frame.camera))
    assert len(scenery.proposals) == 1
    assert best(scenery, instances)[0] > 0.85


@pytest.mark.parametrize(("radius", "height"), [(0.045, 0.1), (0.09, 0.07)])
def test_the_inside_of_a_cup_or_bowl_belongs_to_it(radius, height):
    frame, instances = render([Can(0, 0, radius, height, GREEN, open=True)], [table()], camera=LARGE)
    scenery = propose(frame)
    assert best(scenery, instances)[0] > 0.85
    assert len(scenery.proposals) == 1


def test_what_stands_in_a_bowl_is_a_thing_of_its_own():
    things = [Can(0, 0, 0.1, 0.06, GREEN, open=True), Can(0, 0.01, 0.03, 0.1, WHITE, z=0.004)]
    frame, instances = render(things, [table()], camera=LARGE)
    assert (best(propose(frame), instances) > 0.7).all()


def test_flat_things_are_told_by_color():
    things = [Box(-0.15, 0, (0.13, 0.016, 0.012), BLUE, yaw=0.5), Box(0.12, 0, (0.15, 0.11, 0.002), WHITE)]
    frame, instances = render(things, [table()], camera=LARGE)
    scenery = propose(frame)
    assert (best(scenery, instances) > 0.75).all()
    assert len(scenery.proposals) == 2


def printed(frame, instances, size):
    """The frame with light disks in place of what is not a thing, `size` pixels apart."""
    row, column = np.indices(instances.shape) % size - size / 2
    color = frame.color.copy()
    color[(np.hypot(row, column) < size / 3.5) & (instances == 0)] = WHITE
    return Frame(color, frame.depth, frame.camera)


@pytest.mark.parametrize("size", [40, 60])
def test_the_pattern_of_a_tablecloth_is_no_thing_but_a_card_on_it_is(size):
    things = [Can(-0.1, 0, 0.04, 0.1, BLUE), Box(0.12, 0, (0.15, 0.11, 0.002), YELLOW)]
    frame, instances = render(things, [table(2, 2)], camera=LARGE)
    scenery = propose(printed(frame, instances, size))
    assert len(scenery.proposals) <= 4
    assert (best(scenery, instances) > 0.75).all()


def test_a_few_flat_cards_of_one_color_are_no_pattern():
    things = [Box(x, y, (0.09, 0.06, 0.002), WHITE) for x in (-0.2, 0.0, 0.2) for y in (-0.1, 0.1)]
    frame, instances = render(things, [table(2, 2)], camera=LARGE)
    assert (best(propose(frame), instances) > 0.75).all()


def test_a_shadow_on_the_table_is_no_thing():
    frame, instances = render([Can(0, 0, 0.05, 0.12, BLUE)], [table()], camera=LARGE)
    row, column = np.indices(instances.shape)
    shadow = (np.hypot((row - 330) / 40, (column - 450) / 80) < 1) & (instances == 0)
    color = frame.color.copy()
    color[shadow] = (color[shadow] * 0.5).astype(np.uint8)
    scenery = propose(Frame(color, frame.depth, frame.camera))
    assert len(scenery.proposals) == 1


def test_pixels_without_depth_go_where_their_color_belongs():
    frame, instances = render([Box(0, 0, (0.15, 0.1, 0.12), RED)], [table()], camera=LARGE)
    columns = np.nonzero(instances == 1)[1]
    depth = frame.depth.copy()
    depth[:, columns.min() - 25 : columns.min() + 12] = np.nan
    assert best(propose(Frame(frame.color, depth, frame.camera)), instances)[0] > 0.9


def test_things_on_both_boards_of_a_shelf_are_found():
    lower, upper = table(1.2, 0.4, z=-0.35), Box(0.0, 0.15, (1.2, 0.4, 0.03), (170, 130, 90), z=-0.03)
    things = [Can(-0.2, 0.15, 0.04, 0.1, RED), Can(0.2, -0.15, 0.04, 0.12, BLUE, z=-0.35)]
    frame, instances = render(things, [lower, upper], eye=(0, -0.9, 0.5), target=(0, 0, -0.15), camera=LARGE)
    scenery = propose(frame)
    assert (best(scenery, instances) > 0.8).all()
    assert len({proposal.support for proposal in scenery.proposals}) == 2


def test_what_lies_on_the_floor_beside_a_table_is_left_out():
    things = [Can(0, 0, 0.04, 0.12, RED)]
    clutter = Box(0.9, 0.5, (0.3, 0.3, 0.3), BLUE, z=-0.7)
    frame, instances = render(things, [table(0.9, 0.6), floor(), clutter], eye=(0, -1.0, 0.9), camera=LARGE)
    scenery = propose(frame)
    assert len(scenery.proposals) == 1
    assert best(scenery, instances)[0] > 0.8


def test_things_in_the_air_need_no_plane():
    things = [Can(-0.15, 0, 0.06, 0.15, RED), Can(0.12, 0.05, 0.05, 0.2, BLUE)]
    frame, instances = render(things, [], camera=LARGE)
    scenery = propose(frame)
    assert (best(scenery, instances) > 0.8).all()
    assert all(proposal.support is None for proposal in scenery.proposals)
    assert np.isnan(scenery.height).all()


def test_a_thing_cut_by_the_border_counts():
    frame, instances = render([Box(-0.42, 0, (0.2, 0.12, 0.15), RED)], [table()], camera=LARGE)
    assert (instances[:, 0] == 1).any()
    assert best(propose(frame), instances)[0] > 0.85


@pytest.mark.parametrize("tilt", [30, 60, 85])
def test_steep_and_flat_views_work(tilt):
    eye = (0.0, -0.9 * np.cos(np.radians(tilt)), 0.9 * np.sin(np.radians(tilt)))
    things = [Box(-0.1, 0, (0.1, 0.1, 0.1), RED), Can(0.12, 0.05, 0.045, 0.12, BLUE)]
    frame, instances = render(things, [table()], eye=eye, camera=LARGE)
    assert (best(propose(frame), instances) > 0.8).all()


def test_large_images_are_answered_at_their_own_size():
    camera = Camera(width=1280, height=720, fx=1000.0, fy=1000.0, cx=639.5, cy=359.5)
    things = [Box(-0.1, 0, (0.1, 0.1, 0.1), RED), Can(0.12, 0.05, 0.045, 0.12, BLUE)]
    frame, instances = render(things, [table()], camera=camera)
    scenery = propose(frame)
    assert scenery.height.shape == frame.shape == scenery.planes[0].mask.shape
    assert (best(scenery, instances) > 0.9).all()


def test_specks_without_depth_do_no_harm():
    things = [Box(-0.1, 0, (0.1, 0.1, 0.1), RED), Can(0.12, 0.05, 0.045, 0.12, BLUE)]
    frame, instances = render(things, [table()], camera=LARGE)
    depth = frame.depth.copy()
    depth[np.random.default_rng(1).random(depth.shape) < 0.3] = np.nan
    assert (best(propose(Frame(frame.color, depth, frame.camera)), instances) > 0.8).all()


def test_in_the_dark_shape_alone_tells():
    things = [Box(-0.1, 0, (0.1, 0.1, 0.1), RED), Can(0.12, 0.05, 0.045, 0.12, BLUE)]
    frame, instances = render(things, [table()], camera=LARGE)
    scenery = propose(Frame(np.zeros_like(frame.color), frame.depth, frame.camera))
    assert (best(scenery, instances) > 0.6).all()


def test_no_depth_at_all_gives_no_proposals():
    frame, _ = render([Can(0, 0, 0.05, 0.12, BLUE)], [table()])
    scenery = propose(Frame(frame.color, np.full_like(frame.depth, np.nan), frame.camera))
    assert scenery.proposals == () and scenery.planes == () and scenery.up is None
    assert np.isnan(scenery.height).all()


@pytest.mark.parametrize("shape", [(48, 64), (3, 5)])
def test_tiny_images_raise_nothing(shape):
    camera = Camera(width=shape[1], height=shape[0], fx=60.0, fy=60.0, cx=shape[1] / 2, cy=shape[0] / 2)
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.5, 2.0, shape).astype(np.float32)
    propose(Frame(rng.integers(0, 255, (*shape, 3), dtype=np.uint8), depth, camera))


def test_quality_matches_a_case_counted_by_hand():
    instances = np.zeros((4, 6), int)
    instances[:, :2], instances[:2, 4:] = 1, 2
    ignore = np.zeros((4, 6), bool)
    ignore[3] = True
    half, miss = np.zeros((4, 6), bool), np.zeros((4, 6), bool)
    half[:2, :2] = True  # 4 of instance 1's 6 counted pixels
    miss[:3, 3] = True
    only_ignored = ignore & (instances == 0)
    frame = quality([half, miss, only_ignored], instances, ignore)
    assert frame.instances.tolist() == [1, 2]
    assert frame.best_iou == pytest.approx([4 / 6, 0.0])
    assert frame.precise == pytest.approx([4 / 6, 0.0])
    pooled = summarize([frame, quality([], instances)])
    assert pooled.mean_best_iou == pytest.approx(1 / 6)
    assert (pooled.recall_0_5, pooled.recall_0_75, pooled.precision_0_5) == (0.25, 0.0, 0.5)
    assert (pooled.per_frame, pooled.instances) == (1.0, 4)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared real frames are not on this machine")
def test_real_tables():
    cv2 = pytest.importorskip("cv2")
    frames = []
    for folder in find_frames(SHARED / "data" / "tabletop"):
        masks = [proposal.mask for proposal in propose(load_frame(folder)).proposals]
        frames.append(quality(masks, cv2.imread(str(folder / "instances.png"), cv2.IMREAD_UNCHANGED)))
    pooled = summarize(frames)
    assert pooled.recall_0_5 >= 0.85
    assert pooled.precision_0_5 >= 0.8
