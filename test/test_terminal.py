"""Answers in the terminal: long ones, ones in strange signs, and ones that are cancelled."""

from __future__ import annotations

import io
import signal

import numpy as np
import pytest
from tiny_segmenter import NearerThan

from reason_seg_ros.cli.chat import Chat
from reason_seg_ros.cli.terminal import instance_table, show_answer
from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.lifting.boxes import OrientedBox
from reason_seg_ros.lifting.instance import Instance
from reason_seg_ros.nodes.wording import clipped
from reason_seg_ros.pipeline import Answer, Pipeline
from reason_seg_ros.reply import Reply, Segment, Status, Step

NEAR = "nearer than 1.4"
NONSENSE = "siehe \x1b[2Jpolicy\x03\tcyl " * 40


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class InterruptedOnce(NearerThan):
    """Somebody presses Ctrl-C during the first answer."""

    interrupts = 1

    def ask(self, frame, instruction, conversation=None, listener=None):
        while self.interrupts:
            self.interrupts -= 1
            signal.raise_signal(signal.SIGINT)
        listener.check()
        return super().ask(frame, instruction, conversation, listener)


@pytest.fixture
def frame() -> Frame:
    color = np.zeros((30, 40, 3), np.uint8)
    return Frame(color, np.ones((30, 40), np.float32), Camera(40, 30, 30.0, 30.0, 20.0, 15.0), 0, "camera")


def answer_of(text: str) -> Answer:
    return Answer(Reply(Status.ABSENT, text, steps=(Step("said", text),)), (), {"reason": 1.0})


def test_a_long_answer_is_wrapped_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    show_answer(answer_of(NONSENSE), stream)
    lines = stream.getvalue().splitlines()
    assert len(lines) > 30 and max(map(len, lines)) < 60
    assert lines[1].startswith("    ") and any(line.startswith("  said: siehe") for line in lines)


def test_elsewhere_each_part_of_an_answer_is_one_line() -> None:
    stream = io.StringIO()
    show_answer(answer_of(NONSENSE), stream)
    assert len(stream.getvalue().splitlines()) == 3


def test_words_of_a_model_do_not_steer_the_terminal() -> None:
    stream = io.StringIO()
    show_answer(answer_of(NONSENSE), stream)
    shown = stream.getvalue() + clipped(NONSENSE, 2000)
    assert "\ufffd[2Jpolicy\ufffd cyl" in shown
    assert all(sign.isprintable() for sign in shown.replace("\n", ""))


def test_columns_stand_below_each_other_in_any_script() -> None:
    points = np.zeros((0, 3), np.float32)
    things = [
        Instance(
            1, Segment(np.ones((2, 2), bool), label), points, points.astype(np.uint8), OrientedBox.empty(), True, 0.0
        )
        for label in ("red mug", "\u8336\u676f", "cafe\u0301")
    ]
    _, mug, tea, cafe = instance_table(things)
    assert mug.index("no depth") == tea.index("no depth") + 2 == cafe.index("no depth") - 1


def test_an_interrupt_cancels_the_answer_and_the_conversation_goes_on(frame: Frame, capsys) -> None:
    chat = Chat(Pipeline(InterruptedOnce()), frame)
    handler = signal.getsignal(signal.SIGINT)
    chat.hear(NEAR)
    chat.hear(NEAR)
    shown = capsys.readouterr().out
    assert shown.index("! the question was cancelled") < shown.index("+ 1 things are nearer")
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_interrupt_leaves(frame: Frame) -> None:
    segmenter = InterruptedOnce()
    segmenter.interrupts = 2
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Chat(Pipeline(segmenter), frame).hear(NEAR)
    assert signal.getsignal(signal.SIGINT) is handler
