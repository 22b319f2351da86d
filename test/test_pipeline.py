"""From question to instances: segments that are told before the answer ends are lifted once and keep their ids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from analytic_scenes import Box, Plane, capture, render, standing, up_of

import reason_seg_ros.pipeline as pipeline_module
from reason_seg_ros.errors import Cancelled, SegmenterError
from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.lifting.instance import Instance
from reason_seg_ros.pipeline import Answer, Pipeline
from reason_seg_ros.reply import Conversation, Reply, Segment, Status
from reason_seg_ros.segmenters.base import Listener

SHAPE = (60, 80)
LEFT, RIGHT = (slice(10, 30), slice(5, 25)), (slice(30, 50), slice(50, 70))


def frame() -> Frame:
    depth = np.full(SHAPE, 2.0, np.float32)
    depth[LEFT], depth[RIGHT] = 1.0, 1.2
    return Frame(np.full((*SHAPE, 3), 90, np.uint8), depth, Camera(80, 60, 70.0, 70.0, 40.0, 30.0))


def segment(place: tuple[slice, slice] | None) -> Segment:
    mask = np.zeros(SHAPE, bool)
    if place is not None:
        mask[place] = True
    return Segment(mask, "mug")


class Scripted:
    """Answers as a function says, which gets the listener."""

    name = "scripted"

    def __init__(self, script: Callable[[Listener], Reply]) -> None:
        self._script = script

    def load(self, listener: Listener | None = None) -> None:
        pass

    def close(self) -> None:
        pass

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        return self._script(listener or Listener())


class Recorder(Listener):
    """Keeps all that it hears, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []
        self.instances: list[Instance] = []
        self.unwanted = False

    def stage(self, name: str) -> None:
        self.heard.append(("stage", name))

    def text(self, partial: str) -> None:
        self.heard.append(("text", partial))

    def segment(self, segment: Segment) -> None:
        self.heard.append(("segment", segment))

    def instance(self, instance: Instance) -> None:
        self.heard.append(("instance", instance.id))
        self.instances.append(instance)

    @property
    def cancelled(self) -> bool:
        return self.unwanted


def ask(script: Callable[[Listener], Reply], listener: Listener | None = None) -> Answer:
    return Pipeline(Scripted(script)).answer(frame(), "the mugs", listener=listener)


def ids(answer: Answer) -> list[int]:
    return [instance.id for instance in answer.instances]


def test_all_that_the_segmenter_tells_reaches_the_listener_in_order() -> None:
    early = segment(LEFT)

    def script(listener: Listener) -> Reply:
        listener.stage("generate")
        listener.text("It is")
        listener.segment(early)
        listener.text("It is the left one.")
        return Reply(Status.FOUND, "It is the left one.", (early,))

    listener = Recorder()
    ask(script, listener)
    assert listener.heard == [
        ("stage", "generate"),
        ("text", "It is"),
        ("segment", early),
        ("instance", 1),
        ("text", "It is the left one."),
        ("stage", "lift"),
    ]


def test_what_was_lifted_early_is_in_the_answer_and_is_lifted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    early, late = segment(LEFT), segment(RIGHT)
    lifted: list[Segment] = []
    lift = pipeline_module.lift

    def counting(frame: Frame, segments, up=None):
        lifted.extend(segments)
        return lift(frame, segments, up)

    monkeypatch.setattr(pipeline_module, "lift", counting)

    def script(listener: Listener) -> Reply:
        listener.segment(early)
        listener.segment(early)
        return Reply(Status.FOUND, "Both.", (late, early))

    listener = Recorder()
    answer = ask(script, listener)
    assert lifted == [early, late]
    assert len(listener.instances) == 1
    assert [instance.segment for instance in answer.instances] == [late, early]
    assert answer.instances[1] is listener.instances[0]
    assert ids(answer) == [2, 1]


def test_words_that_come_later_are_taken_over_by_the_mask() -> None:
    early = segment(LEFT)
    final = Segment(early.mask, "mug", "the white mug", 0.7, (4, 13))

    def script(listener: Listener) -> Reply:
        listener.segment(early)
        return Reply(Status.FOUND, "It's the white mug.", (final,))

    listener = Recorder()
    (instance,) = ask(script, listener).instances
    assert instance.segment is final
    assert instance.id == listener.instances[0].id
    assert instance.points is listener.instances[0].points


@pytest.mark.parametrize("told", [0, 1, 2])
def test_two_masks_of_one_thing_never_share_an_id(told: int) -> None:
    """Neither within an answer, nor with the thing as it was seen before."""
    pipeline = Pipeline(Scripted(lambda listener: Reply(Status.FOUND, "", (segment(LEFT),))))
    assert ids(pipeline.answer(frame(), "the mugs")) == [1]
    twice = (segment(LEFT), segment(LEFT))

    def script(listener: Listener) -> Reply:
        for each in twice[:told]:
            listener.segment(each)
        return Reply(Status.FOUND, "", twice)

    pipeline.segmenter = Scripted(script)
    assert ids(pipeline.answer(frame(), "the mugs")) == [1, 2]


def test_one_mask_twice_in_a_reply_is_two_instances() -> None:
    early = segment(LEFT)

    def script(listener: Listener) -> Reply:
        listener.segment(early)
        return Reply(Status.FOUND, "", (early, early))

    assert ids(ask(script)) == [1, 2]


def test_a_mask_without_a_pixel_is_no_news() -> None:
    empty = segment(None)

    def script(listener: Listener) -> Reply:
        listener.segment(empty)
        return Reply(Status.EMPTY, "There it is.", (empty,))

    listener = Recorder()
    answer = ask(script, listener)
    assert listener.instances == []
    assert [len(instance.points) for instance in answer.instances] == [0]


@pytest.mark.parametrize("error", [Cancelled("no longer wanted"), SegmenterError("the weights are gone")])
def test_an_answer_that_breaks_off_leaves_what_it_saw_to_the_next(error: Exception) -> None:
    def breaking(listener: Listener) -> Reply:
        listener.segment(segment(LEFT))
        raise error

    pipeline = Pipeline(Scripted(breaking))
    conversation = Conversation()
    with pytest.raises(type(error)):
        pipeline.answer(frame(), "the mugs", conversation)
    assert conversation.turns == []
    pipeline.segmenter = Scripted(lambda listener: Reply(Status.FOUND, "", (segment(RIGHT), segment(LEFT))))
    assert ids(pipeline.answer(frame(), "the mugs")) == [2, 1]


def test_the_segmenter_hears_that_the_answer_is_no_longer_wanted() -> None:
    listener = Recorder()

    def script(heard: Listener) -> Reply:
        assert not heard.cancelled
        heard.check()
        listener.unwanted = True
        heard.check()
        raise AssertionError("goes on")

    with pytest.raises(Cancelled):
        ask(script, listener)


@pytest.mark.parametrize(
    ("status", "pixels"), [(Status.FOUND, 800), (Status.AMBIGUOUS, 400), (Status.ABSENT, 0), (Status.EMPTY, 0)]
)
def test_the_mask_of_an_answer(status: Status, pixels: int) -> None:
    assert Reply(status, "", (segment(LEFT), segment(RIGHT))).mask(SHAPE).sum() == pixels


@pytest.mark.parametrize("early", [True, False])
def test_boxes_stand_upright_where_a_table_is_seen(early: bool) -> None:
    """Also if neither camera nor segmenter knows which way is up."""
    up = up_of(35.0)
    table = np.array([0.0, 0.2, 1.0])
    rotation = standing(up, 20.0)
    thing = Box(table + 0.05 * up, rotation, np.array([0.16, 0.08, 0.1]))
    depth, shown = render([Plane(table, up), thing])
    mug = Segment(shown == 1, "mug")

    def answer(listener: Listener) -> Reply:
        if early:
            listener.segment(mug)
        return Reply(Status.FOUND, "The mug.", (mug,))

    [instance] = Pipeline(Scripted(answer)).answer(capture(depth), "the mug").instances
    assert instance.box.rotation[:, 2] @ up > np.cos(np.deg2rad(1.0))
