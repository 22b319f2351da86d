"""The segmenter 'lisa' on tiny checkpoints whose real weights say what a test wants to hear."""

from __future__ import annotations

import gc
import logging
import time
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from lisa_parts import Work
from tiny_lisa import make_checkpoint, tiny_frame

from reason_seg_ros.errors import Cancelled, InstructionError, OutOfMemoryError, SegmenterError
from reason_seg_ros.frame import Frame
from reason_seg_ros.pipeline import Pipeline
from reason_seg_ros.reply import Conversation, Reply, Segment, Status
from reason_seg_ros.segmenters.base import Listener
from reason_seg_ros.segmenters.lisa.segmenter import LisaSegmenter
from reason_seg_ros.segmenters.registry import create

MUG = "Sure, it is [SEG]."
LONG = "The mug [SEG] is on the table, so you can drink from it."


_LOADED: dict[str, LisaSegmenter] = {}


class Hearing(Listener):
    """Keeps what it hears, in order; gives up after some texts."""

    def __init__(self, patience: int = 10**6) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._patience = patience

    def stage(self, name: str) -> None:
        self.heard.append(("stage", name))

    def text(self, partial: str) -> None:
        self.heard.append(("text", partial))

    def segment(self, segment: Segment) -> None:
        self.heard.append(("segment", segment))

    def all(self, kind: str) -> list[Any]:
        return [value for what, value in self.heard if what == kind]

    @property
    def cancelled(self) -> bool:
        return len(self.all("text")) >= self._patience


@pytest.fixture(scope="module")
def frame() -> Frame:
    return tiny_frame()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


def segmenter(folder: Path, script: Any, mask: str = "some", **options: Any) -> LisaSegmenter:
    """A segmenter that answers by a script; loaded once for all tests, and with nothing on its mind."""
    made = _LOADED.get(key := str((folder, script, mask, options)))
    if made is None:
        path = folder / f"LISA-{len(_LOADED)}"
        made = _LOADED[key] = LisaSegmenter(checkpoint=str(make_checkpoint(path, script=script, mask=mask)), **options)
    made.load()
    made._model.forget()
    return made


def ask(lisa: LisaSegmenter, frame: Frame, instruction: str = "the red mug", **more: Any) -> Reply:
    return lisa.ask(frame, instruction, **more)


class TestAnswers:
    def test_a_mask_is_found(self, folder: Path, frame: Frame) -> None:
        reply = ask(segmenter(folder, MUG), frame)
        assert reply.status is Status.FOUND
        assert reply.text == "Sure, it is this."
        [segment] = reply.segments
        assert segment.mask.shape == frame.shape
        assert segment.mask.dtype == bool
        assert 0 < segment.pixels < segment.mask.size
        assert segment.label == "red mug"
        assert 0 <= segment.score <= 1

    @pytest.mark.parametrize(
        ("script", "count"),
        [
            ("[SEG] is what you want.", 1),
            ("You want the mug [SEG]", 1),
            ("They are [SEG], [SEG], and [SEG].", 3),
            ("[SEG] [SEG]", 2),
        ],
        ids=["first", "last", "several", "repeated"],
    )
    def test_a_mask_for_each_seg_wherever_it_stands(self, folder: Path, frame: Frame, script: str, count: int) -> None:
        reply = ask(segmenter(folder, script), frame)
        assert reply.status is Status.FOUND
        assert len(reply.segments) == count
        for segment in reply.segments:
            assert segment.span is not None
            begin, end = segment.span
            assert 0 <= begin < end <= len(reply.text)

    def test_no_seg_is_absent_with_the_models_words(self, folder: Path, frame: Frame) -> None:
        reply = ask(segmenter(folder, "There is no mug, but there is a bowl."), frame)
        assert reply.status is Status.ABSENT
        assert reply.segments == ()
        assert reply.text == "There is no mug, but there is a bowl."

    def test_an_empty_mask_is_another_answer(self, folder: Path, frame: Frame) -> None:
        hearing = Hearing()
        reply = ask(segmenter(folder, MUG, mask="empty"), frame, listener=hearing)
        assert reply.status is Status.EMPTY
        assert reply.segments == ()
        assert "no pixel" in reply.text
        assert hearing.all("segment") == []

    def test_instances_have_masks_of_their_own(self, folder: Path, frame: Frame) -> None:
        reply = ask(segmenter(folder, "The mug [SEG] and the bowl [SEG] are here.", mask="each"), frame)
        first, second = reply.segments
        assert not (first.mask & second.mask).any()
        assert (first.label, second.label) == ("mug", "bowl")
        assert [reply.text[slice(*segment.span)] for segment in reply.segments] == ["The mug", "the bowl"]

    def test_an_image_that_is_not_square_and_odd(self, folder: Path) -> None:
        for size in ((333, 517), (500, 300), (64, 64)):
            reply = ask(segmenter(folder, MUG), tiny_frame(size=size))
            assert reply.segments[0].mask.shape == size

    def test_it_is_lifted(self, folder: Path, frame: Frame) -> None:
        answer = Pipeline(segmenter(folder, MUG)).answer(frame, "the red mug")
        assert len(answer.instances[0].points) > 100


class TestStreaming:
    def test_words_come_as_they_are_said(self, folder: Path, frame: Frame) -> None:
        hearing = Hearing()
        reply = ask(segmenter(folder, LONG), frame, listener=hearing)
        texts = hearing.all("text")
        assert texts[-1] == reply.text
        assert len(texts) > 8
        assert all(later.startswith(earlier[:-1]) for earlier, later in pairwise(texts))

    def test_what_the_listener_does_counts_for_no_stage(self, folder: Path, frame: Frame) -> None:
        class Slow(Listener):
            def text(self, partial: str) -> None:
                time.sleep(0.05)

        lisa = segmenter(folder, LONG)
        start = time.perf_counter()
        reply = ask(lisa, frame, listener=Slow())
        told = len(reply.record.answer) * 50
        assert sum(reply.latency_ms.values()) <= 1000 * (time.perf_counter() - start) - told

    def test_a_segment_comes_before_the_explanation_ends(self, folder: Path, frame: Frame) -> None:
        hearing = Hearing()
        reply = ask(segmenter(folder, LONG), frame, listener=hearing)
        kinds = [kind for kind, _ in hearing.heard]
        after = kinds[kinds.index("segment") :]
        assert after.count("text") > 5
        assert hearing.all("segment")[0] is reply.segments[0]

    def test_stop_after_mask_ends_the_answer_there(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, LONG, stop_after_mask=True)
        with Work(lisa._model.network) as work:
            reply = ask(lisa, frame)
        whole = segmenter(folder, LONG)
        with Work(whole._model.network) as more:
            full = ask(whole, frame)
        assert len(reply.segments) == 1
        assert np.array_equal(reply.segments[0].mask, full.segments[0].mask)
        assert full.text.startswith(reply.text)
        assert work["passes"] < more["passes"] - 5

    def test_cancelling_ends_it_within_one_token(self, folder: Path, frame: Frame) -> None:
        lisa, hearing = segmenter(folder, LONG), Hearing(patience=2)
        with Work(lisa._model.network) as work, pytest.raises(Cancelled):
            ask(lisa, frame, listener=hearing)
        assert work["passes"] == 3
        assert ask(lisa, frame).status is Status.FOUND

    def test_the_longest_answer_is_an_option(self, folder: Path, frame: Frame) -> None:
        reply = ask(segmenter(folder, LONG, max_new_tokens=3), frame)
        assert len(reply.record.answer) == 3
        assert reply.steps[-1].name == "cut"
        assert "max_new_tokens" in reply.steps[-1].text
        assert "cut" not in [step.name for step in ask(segmenter(folder, LONG), frame).steps]


class TestWork:
    def test_a_frame_is_encoded_once_whatever_is_asked_about_it(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, MUG)
        with Work(lisa._model.network) as work:
            for instruction in ("the red mug", "I am thirsty.", "the bowl"):
                ask(lisa, frame, instruction)
        assert (work["tower"], work["encoder"]) == (1, 1)

    def test_another_frame_is_encoded_anew(self, folder: Path, frame: Frame) -> None:
        lisa, other = segmenter(folder, MUG), tiny_frame(seed=1)
        with Work(lisa._model.network) as work:
            ask(lisa, frame), ask(lisa, other)
        assert (work["tower"], work["encoder"]) == (2, 2)

    def test_an_answer_without_a_mask_needs_no_mask_encoder(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, "There is no mug.")
        with Work(lisa._model.network) as work:
            ask(lisa, frame)
        assert work["encoder"] == 0

    def test_questions_leave_nothing_behind(self, folder: Path) -> None:
        lisa = segmenter(folder, MUG)
        held = []
        for number in range(12):
            ask(lisa, tiny_frame(seed=number, size=(48, 64)), "the mug" if number % 2 else "I am thirsty.")
            gc.collect()
            held.append(sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()))
        assert max(held[4:]) <= max(held[:4])

    def test_a_frame_that_is_gone_is_not_kept(self, folder: Path) -> None:
        lisa = segmenter(folder, MUG)
        ask(lisa, tiny_frame(seed=2))
        assert lisa._model._frame() is None


class TestConversation:
    # By the keyword that was said last; an answer says none, which would count as well.
    SCRIPT: ClassVar = {"mug": "Sure, it is [SEG].", "bowl": "Here they are [SEG].", "": "No."}

    def talk(self, lisa: LisaSegmenter, frame: Frame, *instructions: str) -> tuple[Conversation, list[Reply]]:
        conversation, replies = Conversation(), []
        for instruction in instructions:
            replies.append(ask(lisa, frame, instruction, conversation=conversation))
            conversation.add(instruction, replies[-1])
        return conversation, replies

    def test_only_new_segs_become_masks(self, folder: Path, frame: Frame) -> None:
        _, replies = self.talk(segmenter(folder, self.SCRIPT), frame, "the mug", "the bowl")
        assert [len(reply.segments) for reply in replies] == [1, 1]
        assert [reply.segments[0].label for reply in replies] == ["mug", "bowl"]

    def test_earlier_turns_stay_in_the_prompt(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, self.SCRIPT)
        conversation, _ = self.talk(lisa, frame, "the mug")
        later = ask(lisa, frame, "And what is next to it?", conversation=conversation)
        alone = ask(lisa, frame, "And what is next to it?")
        assert later.text == "Sure, it is this."
        assert alone.text == "No."

    def test_the_image_is_not_read_again(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, self.SCRIPT)
        conversation, _ = self.talk(lisa, frame, "the mug")
        with Work(lisa._model.network) as work:
            ask(lisa, frame, "the bowl", conversation=conversation)
        assert work["tokens"] < 80
        assert (work["tower"], work["encoder"]) == (0, 0)

    def test_oldest_turns_are_left_out_whole_and_it_is_said(
        self, folder: Path, frame: Frame, caplog: pytest.LogCaptureFixture
    ) -> None:
        lisa = segmenter(folder, self.SCRIPT, context=480, max_new_tokens=16)
        with caplog.at_level(logging.WARNING):
            _, replies = self.talk(lisa, frame, *["the mug", "the bowl"] * 6)
        assert all(reply.status is Status.FOUND for reply in replies)
        assert "oldest turns are left out" in caplog.text
        assert replies[-1].steps[0].name == "forgot"

    def test_an_instruction_that_is_too_long_is_refused(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, MUG, context=600)
        with pytest.raises(InstructionError, match="fewer words"):
            ask(lisa, frame, "a mug " * 300)
        assert ask(lisa, frame).status is Status.FOUND

    def test_a_context_without_room_for_an_image_is_told_before_anything_is_asked(self, folder: Path) -> None:
        lisa = LisaSegmenter(checkpoint=str(make_checkpoint(folder / "LISA-narrow")), context=200)
        with pytest.raises(SegmenterError, match="with the image's 256: raise it"):
            lisa.load()

    def test_a_context_beyond_the_models_is_told(
        self, folder: Path, frame: Frame, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            lisa = segmenter(folder, MUG, context=99_999)
        assert "the model was trained for 4096" in caplog.text
        assert lisa._model.decoder.capacity == 4096

    def test_turns_of_another_segmenter_are_told_in_words(self, folder: Path, frame: Frame) -> None:
        conversation = Conversation()
        conversation.add("the mug", Reply(Status.FOUND, "Here is the mug."))
        reply = ask(segmenter(folder, self.SCRIPT), frame, "And now?", conversation=conversation)
        assert reply.text == "Sure, it is this."


class TestFailures:
    def test_without_a_checkpoint_it_says_what_to_name(self) -> None:
        with pytest.raises(SegmenterError, match="needs a checkpoint"):
            create("lisa")

    def test_an_unknown_option_is_told(self) -> None:
        with pytest.raises(SegmenterError, match="beam"):
            create("lisa", checkpoint="x", beam=4)

    def test_a_wrong_value_lists_the_right_ones(self) -> None:
        with pytest.raises(SegmenterError, match="semantic, instance, dialogue"):
            create("lisa", checkpoint="x", mode="everything")

    @pytest.mark.parametrize("device", ["gpu", "meta", "mps"])
    def test_a_device_of_another_kind(self, folder: Path, device: str) -> None:
        with pytest.raises(SegmenterError, match="must be auto, cpu, cuda or cuda:N"):
            LisaSegmenter(checkpoint=str(folder), device=device).load()

    def test_a_frame_that_must_not_be_written_is_read(self, folder: Path) -> None:
        frame = tiny_frame()
        frame.color.setflags(write=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert ask(segmenter(folder, MUG), frame).status is Status.FOUND

    def test_a_device_that_is_not_there(self, folder: Path) -> None:
        lisa = segmenter(folder, MUG)
        lisa = LisaSegmenter(checkpoint=lisa.options.checkpoint, device="cuda:99")
        with pytest.raises(SegmenterError, match="cuda:99"):
            lisa.load()

    def test_running_out_of_memory_names_a_remedy_and_it_recovers(
        self, folder: Path, frame: Frame, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lisa = segmenter(folder, MUG)
        visual = lisa._model.network.visual_model
        with monkeypatch.context() as change:
            change.setattr(visual, "decode_masks", lambda *_: torch.empty(1 << 50))  # the allocator itself refuses
            with pytest.raises(OutOfMemoryError, match="precision"):
                ask(lisa, frame)
        assert lisa._model._encoded is None
        assert ask(lisa, frame).status is Status.FOUND

    def test_other_errors_stay_what_they_are(self, folder: Path, frame: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
        lisa = segmenter(folder, MUG)
        monkeypatch.setattr(
            lisa._model.network.visual_model, "decode_masks", lambda *_: torch.zeros(2) + torch.zeros(3)
        )
        with pytest.raises(RuntimeError, match="size"):
            ask(lisa, frame)

    def test_it_can_be_closed_and_loaded_again(self, folder: Path, frame: Frame) -> None:
        lisa = segmenter(folder, MUG)
        lisa.close()
        assert ask(lisa, frame).status is Status.FOUND


def test_creating_it_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from reason_seg_ros.segmenters.registry import create; create('lisa', checkpoint='x'); "
        "sys.exit(' '.join({'torch', 'transformers', 'sentencepiece'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_sams_input_has_the_size_that_its_weights_are_made_for(folder: Path, frame: Frame) -> None:
    path = make_checkpoint(folder / "LISA-512")
    state = torch.load(path / "pytorch_model.bin", weights_only=True)
    encoder = "model.visual_model.image_encoder"
    state[f"{encoder}.pos_embed"] = state[f"{encoder}.pos_embed"][:, :32, :32].clone()
    for axis in "hw":
        name = f"{encoder}.blocks.1.attn.rel_pos_{axis}"  # of the block whose attention spans the image
        state[name] = state[name][:63].clone()
    torch.save(state, path / "pytorch_model.bin")
    lisa = LisaSegmenter(checkpoint=str(path))
    lisa.load()
    encoded = lisa._model.look(frame)
    assert encoded.embedding.shape == (1, 256, 32, 32)
    [mask] = lisa._model.masks(encoded, torch.ones(1, 64))
    assert mask.pixels.shape == frame.color.shape[:2]
