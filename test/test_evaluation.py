"""Reading data sets, asking every question, and the page that comes of it."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
from annotated_frames import QUERIES, write_frame
from shared_data import SHARED
from tiny_segmenter import NearerThan

from reason_seg_ros.errors import DatasetError, NoDepthError
from reason_seg_ros.evaluation.dataset import Query, read_dataset
from reason_seg_ros.evaluation.report import EXTRA, HIT, MISSED, Report, draw_difference
from reason_seg_ros.evaluation.runner import outcome, run, summarize

TABLETOP = SHARED / "data" / "tabletop"


@pytest.fixture
def dataset(tmp_path):
    for name in ("a", "b"):
        write_frame(tmp_path / name)
    return tmp_path


def test_reads_frames_queries_and_names(dataset):
    frames = read_dataset(dataset)
    assert [frame.name for frame in frames] == ["a", "b"]
    assert frames[0].queries[1] == Query("q2", "nearer than 1.4", "multi", (1, 2))
    assert frames[0].categories == {1: "red box"}
    truth = frames[0].load()
    assert truth.frame.depth[30, 30] == pytest.approx(1.0)
    assert truth.target(frames[0].queries[1]).sum() == 40 * 40 + 40 * 50
    assert not truth.target(frames[0].queries[2]).any()
    assert not truth.ignore.any()


def test_a_single_frame_is_a_data_set(dataset):
    assert [frame.name for frame in read_dataset(dataset / "b")] == ["b"]


def test_ignore_image_is_read(dataset):
    ignore = np.zeros((120, 160), np.uint8)
    ignore[:10] = 255
    cv2.imwrite(str(dataset / "a" / "ignore.png"), ignore)
    assert read_dataset(dataset)[0].load().ignore.sum() == 1600


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("queries.json", None, "lacks queries.json"),
        ("instances.png", None, "lacks instances.png"),
        ("queries.json", "{nonsense", "not JSON"),
        ("queries.json", "{}", "list"),
        ("queries.json", '[{"id": "q", "instruction": "x"}]', "target_ids"),
        ("queries.json", '[{"id": "q", "instruction": "x", "kind": "k", "target_ids": ["one"]}]', "integers"),
        ("instances.json", '[{"category": "mug"}]', "id"),
    ],
)
def test_broken_annotation_says_what_is_wrong(dataset, file, content, words):
    path = dataset / "a" / file
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError, match=words) as error:
        read_dataset(dataset)
    assert str(dataset / "a") in str(error.value)


def test_images_that_disagree_say_so(dataset):
    cv2.imwrite(str(dataset / "a" / "instances.png"), np.zeros((60, 80), np.uint8))
    with pytest.raises(DatasetError, match="80x60"):
        read_dataset(dataset)[0].load()
    cv2.imwrite(str(dataset / "b" / "instances.png"), np.zeros((120, 160), np.uint8))
    with pytest.raises(DatasetError, match=r"\[1, 2\]"):
        read_dataset(dataset)[1].load()


def test_no_frames_say_so(tmp_path):
    with pytest.raises(DatasetError, match="no frame folder"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="not a folder"):
        read_dataset(tmp_path / "missing")


def test_every_question_is_asked_and_scored(dataset):
    segmenter = NearerThan()
    results = list(run(segmenter, read_dataset(dataset)))
    assert segmenter.loaded
    assert [result.query.id for result in results] == [query["id"] for query in QUERIES] * 2
    assert [round(result.overlap.iou, 3) for result in results[:4]] == [1, 1, 1, 0]
    assert all(result.milliseconds > 0 for result in results)
    assert len(results[1].answer.instances) == 2
    summary = summarize(outcome(result) for result in results)
    assert summary.overall.giou == pytest.approx(0.75)
    assert summary.overall.queries == 8
    assert list(summary.per_kind) == ["explicit", "multi", "absent"]
    assert summary.per_kind["absent"].absent_accuracy == pytest.approx(0.5)
    assert summary.per_kind["explicit"].absent_accuracy is None


def test_a_frame_that_cannot_be_answered_on_is_named(dataset):
    class Blind(NearerThan):
        def ask(self, frame, instruction, conversation, listener):
            raise NoDepthError("no pixel has depth")

    with pytest.raises(DatasetError, match=f"{dataset / 'a'}: no pixel has depth"):
        list(run(Blind(), read_dataset(dataset)))


def test_questions_do_not_hear_of_each_other(dataset):
    """A question that only makes sense after another one fails."""
    queries = [*QUERIES[:1], {"id": "q", "instruction": "again", "kind": "multi", "target_ids": [1]}]
    (dataset / "a" / "queries.json").write_text(json.dumps(queries))
    with pytest.raises(Exception, match="say a distance"):
        list(run(NearerThan(), read_dataset(dataset / "a")))


def test_summary_as_plain_types(dataset):
    summary = summarize(outcome(result) for result in run(NearerThan(), read_dataset(dataset)))
    record = json.loads(json.dumps(summary.as_dict()))
    assert set(record) == {"overall", "per_kind", "latency_ms"}
    assert set(record["overall"]) == {"giou", "ciou", "acc_0_5", "absent_accuracy", "queries"}
    assert record["per_kind"]["explicit"]["absent_accuracy"] is None
    assert 0 < record["latency_ms"]["median"] <= record["latency_ms"]["p95"]


def test_report_lists_worst_first_with_its_pictures(dataset, tmp_path):
    report, outcomes = Report(tmp_path / "out"), []
    for result in run(NearerThan(), read_dataset(dataset)):
        report.add(result)
        outcomes.append(outcome(result))
    page = report.write(summarize(outcomes), "nearer_than on <test>", "2 frames").read_text()
    ious = [float(value) for value in re.findall(r'<article[^>]*data-iou="([\d.]+)"', page)]
    assert len(ious) == 8 and ious == sorted(ious) and ious[0] == 0
    pictures = re.findall(r'src="(images/[^"]+)"', page)
    assert len(pictures) == 16
    for picture in pictures:
        assert cv2.imread(str(tmp_path / "out" / picture)).shape == (120, 160, 3)
    assert "nearer_than on &lt;test&gt;" in page and "1.2 &lt;b&gt;" in page
    assert "http://" not in page and "https://" not in page
    for kind in ("explicit", "multi", "absent"):
        assert f'button data-kind="{kind}"' in page
    assert "$" not in page.replace("${", "")


def test_difference_shows_right_extra_and_missed():
    color = np.full((40, 60, 3), 100, np.uint8)
    predicted, target, ignore = (np.zeros((40, 60), bool) for _ in range(3))
    predicted[5:35, 5:35] = True
    target[5:35, 20:55] = True
    ignore[:, :2] = True
    picture = draw_difference(color, predicted, target, ignore).astype(int)
    for column, ink in ((10, EXTRA), (28, HIT), (45, MISSED)):
        expected = 0.45 * 100 + 0.55 * np.array(ink)
        assert np.abs(picture[20, column] - expected).max() <= 2
    assert (color == 100).all()


@pytest.mark.skipif(not TABLETOP.exists(), reason="needs ../shared/data/tabletop")
def test_reads_the_tabletop_frames():
    frames = read_dataset(TABLETOP)
    assert sum(len(frame.queries) for frame in frames) == 74
    truths = [frame.load() for frame in frames]
    assert sum(len(np.unique(truth.ids)) - 1 for truth in truths) == 27
    assert all(truth.frame.shape == (480, 640) for truth in truths)
