"""Pictures of answers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFont

from reason_seg_ros.lifting.boxes import OrientedBox
from reason_seg_ros.lifting.instance import Instance
from reason_seg_ros.reply import Segment
from reason_seg_ros.viewing.overlay import draw_overlay, paint
from reason_seg_ros.viewing.palette import color_of
from reason_seg_ros.viewing.ply import write_ply
from reason_seg_ros.viewing.tags import Rectangle, font, ink_on, place_tags, shortened, text_size, wrap

IMAGE = np.full((240, 320, 3), 128, np.uint8)


def instance(identity: int, rows: slice, columns: slice, label: str = "mug") -> Instance:
    mask = np.zeros(IMAGE.shape[:2], bool)
    mask[rows, columns] = True
    points = np.zeros((0, 3), np.float32)
    return Instance(identity, Segment(mask, label), points, points.astype(np.uint8), OrientedBox.empty(), False, 0.0)


def test_thing_takes_its_color_and_the_rest_is_dimmed():
    picture = draw_overlay(IMAGE, [instance(3, slice(80, 160), slice(80, 200))])
    assert picture.shape == IMAGE.shape and picture.dtype == np.uint8
    expected = 0.55 * 128 + 0.45 * np.array(color_of(3))
    assert np.abs(picture[130, 140].astype(int) - expected).max() <= 2
    assert (picture[235, 5] < 128).all()
    assert (IMAGE == 128).all()


def test_contour_is_drawn_in_the_full_color():
    mask = np.zeros((480, 640), bool)
    mask[160:320, 160:400] = True
    picture = paint([(mask, color_of(3))], np.full((480, 640, 3), 128, np.uint8))
    row = picture[240, 150:172].astype(int)
    assert np.abs(row - color_of(3)).sum(axis=1).min() < 30


def test_without_instances_the_picture_is_the_image():
    picture = draw_overlay(IMAGE, [])
    assert np.array_equal(picture, IMAGE) and picture is not IMAGE
    empty = instance(1, slice(0, 0), slice(0, 0))
    assert np.array_equal(draw_overlay(IMAGE, [empty]), IMAGE)
    assert np.array_equal(paint([(empty.segment.mask, (1, 2, 3))], IMAGE), IMAGE)


def test_words_go_on_a_strip_below():
    short = draw_overlay(IMAGE, [], "the red mug", "It is here.")
    long = draw_overlay(IMAGE, [], "the red mug", "It is here, " + "and here " * 30)
    assert short.shape[1:] == IMAGE.shape[1:] and short.shape[0] > 240
    assert long.shape[0] > short.shape[0]
    assert np.array_equal(short[:240], IMAGE)
    assert short[240:].max() > 200


def test_tags_of_many_things_are_inside_and_apart():
    things = [Rectangle(x, y, x + 20, y + 20) for x in range(0, 300, 60) for y in range(0, 220, 55)]
    sizes = [(58, 18)] * len(things)
    tags = place_tags(sizes, things, (320, 240))
    for i, tag in enumerate(tags):
        assert tag.x0 >= 0 and tag.x1 <= 320 and tag.y0 >= 0 and tag.y1 <= 240
        assert (tag.x1 - tag.x0, tag.y1 - tag.y0) == (58, 18)
        assert not any(tag.overlaps(other) for other in tags[:i])


def test_tags_of_one_spot_are_apart():
    things = [Rectangle(100, 100, 140, 140)] * 8
    tags = place_tags([(70, 18)] * 8, things, (320, 240))
    assert not any(a.overlaps(b) for i, a in enumerate(tags) for b in tags[:i])


def test_a_tag_stands_above_its_thing_where_there_is_room():
    (tag,) = place_tags([(60, 20)], [Rectangle(100, 100, 200, 180)], (320, 240))
    assert tag.y1 <= 100 and tag.center[0] == 150
    (tag,) = place_tags([(60, 20)], [Rectangle(140, 0, 160, 15)], (320, 240))
    assert not tag.overlaps(Rectangle(140, 0, 160, 15))


def test_more_tags_than_room_still_stay_inside():
    tags = place_tags([(80, 30)] * 9, [Rectangle(10, 10, 30, 30)] * 9, (100, 60))
    assert all(tag.x0 >= 0 and tag.x1 <= 100 and tag.y0 >= 0 and tag.y1 <= 60 for tag in tags)


@pytest.mark.parametrize("shape", [(24, 32), (120, 160), (1080, 1920)])
def test_any_size_of_image(shape):
    image = np.zeros((*shape, 3), np.uint8)
    mask = np.zeros(shape, bool)
    mask[: shape[0] // 2, : shape[1] // 2] = True
    points = np.zeros((0, 3), np.float32)
    thing = Instance(1, Segment(mask, "a long name"), points, points.astype(np.uint8), OrientedBox.empty(), True, 0.0)
    assert draw_overlay(image, [thing], "what", "that").shape[1] == shape[1]


def test_lines_are_wrapped_to_the_width():
    text = "one two three four five six seven"
    lines = wrap(text, 90, 14)
    assert " ".join(lines) == text and len(lines) > 1
    assert all(text_size(line, 14)[0] <= 90 for line in lines)
    assert wrap("", 90, 14) == []


def test_a_word_longer_than_the_width_is_broken():
    word = "Donaudampfschiff" * 5
    lines = wrap(f"the {word}.", 90, 14)
    assert "".join(lines) == f"the{word}." and lines[0] == "the"
    assert all(text_size(line, 14)[0] <= 90 for line in lines)


def test_a_name_wider_than_the_picture_is_shortened():
    name = "1 the box of crackers on the left"
    assert shortened(name, 2000, 14) == name
    short = shortened(name, 90, 14)
    assert short.startswith("1 the") and short.endswith("...") and text_size(short, 14)[0] <= 90


def test_letters_with_accents_are_drawn():
    try:
        ImageFont.truetype("DejaVuSans.ttf", 20)
    except OSError:
        pytest.skip("DejaVu Sans is not installed")
    drawn = [bytes(font(text, 20).getmask(text)) for text in ("\u00fc", "\u00e9", "\u0436")]
    assert len(set(drawn)) == 3, "all are the box that stands for a letter that the font lacks"


def test_ink_contrasts_with_its_ground():
    assert sum(ink_on((255, 255, 0))) < 100
    assert ink_on((20, 20, 120)) == (255, 255, 255)


def test_ply_is_read_by_others(tmp_path):
    o3d = pytest.importorskip("open3d")
    rng = np.random.default_rng(0)
    points, colors = rng.normal(size=(50, 3)).astype(np.float32), rng.integers(0, 256, (50, 3)).astype(np.uint8)
    write_ply(tmp_path / "cloud.ply", points, colors, np.repeat([1, 7], 25))
    cloud = o3d.t.io.read_point_cloud(str(tmp_path / "cloud.ply"))
    assert np.array_equal(cloud.point.positions.numpy(), points)
    assert np.array_equal(cloud.point.colors.numpy(), colors)
    assert np.array_equal(cloud.point.instance_id.numpy().ravel(), np.repeat([1, 7], 25))
    write_ply(tmp_path / "plain.ply", points, colors)
    assert len(o3d.io.read_point_cloud(str(tmp_path / "plain.ply")).points) == 50
    write_ply(tmp_path / "empty.ply", points[:0], colors[:0])
    assert b"element vertex 0" in (tmp_path / "empty.ply").read_bytes()
