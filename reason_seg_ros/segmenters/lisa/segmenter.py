"""LISA and its relatives behind the interface of all segmenters."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import InstructionError, SegmenterError
from ...frame import Frame
from ...reply import Conversation, Reply, Segment, Status, Step, Turn
from ..base import Listener
from .answer import Phrase, Words, words_of
from .options import Options
from .prompts.conversation import Said
from .prompts.modes import prompt_for

if TYPE_CHECKING:
    from .generation.decoder import Token
    from .model import LisaModel, Mask
    from .network.frame_encoder import EncodedFrame

_log = logging.getLogger(__name__)
_EMPTY = "(It is said to be there, but no pixel of it could be told.)"
_NO_WORDS = "The model gave no answer."
# A model that repeats itself names one thing after another until its answer is cut.
_MOST_MASKS = 64


@dataclass(frozen=True)
class Record:
    """What a reply keeps of the turn for later ones.

    Attributes:
        question: as it was put to the model.
        answer: token ids that it answered, without the end.
    """

    question: str
    answer: tuple[int, ...]


class LisaSegmenter:
    """Answers with a checkpoint of LISA, LISA++ or SESAME.

    Args:
        options: those of `options.Options`, as plain values.

    Raises:
        SegmenterError: if an option's value is not allowed.
    """

    name = "lisa"

    def __init__(self, **options: Any) -> None:
        self.options = Options.of(**options)
        if not self.options.checkpoint:
            raise SegmenterError(
                "the segmenter 'lisa' needs a checkpoint: name a folder or a hub id, for example xinlai/LISA-7B-v1 "
                "('reason-seg weights list' shows which there are)"
            )
        self._model: LisaModel | None = None

    def load(self, listener: Listener | None = None) -> None:
        """Load the checkpoint onto the device; minutes for a large one.

        Raises:
            SegmenterError: if something is missing, does not fit together, or needs more memory than there is.
            Cancelled: if the listener no longer wants it.
        """
        from .loading import load_model
        from .memory.exhaustion import mending_memory

        if self._model is None:
            with mending_memory(self.options, lambda: None):
                self._model = load_model(self.options, listener)

    def close(self) -> None:
        """Release the network and its memory."""
        from .memory.exhaustion import release

        self._model = None
        release()

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        """Answer an instruction on a frame; see `base.Segmenter.ask`.

        Segments come to the listener as soon as they are decoded, and words as they come.
        """
        from .memory.exhaustion import mending_memory

        listener = listener or Listener()
        if not instruction.strip():
            raise InstructionError("the instruction is empty: say what you want, for example 'the red mug'")
        self.load(listener)
        model = self._model
        assert model is not None
        turns = conversation.turns if conversation is not None else []
        with mending_memory(self.options, model.forget):
            return _Answer(model, self.options, instruction, listener).given(frame, turns)


class _Answer:
    """One answer while it comes about."""

    def __init__(self, model: LisaModel, options: Options, instruction: str, listener: Listener) -> None:
        self._model = model
        self._options = options
        self._instruction = instruction
        self._listener = listener
        self._question = prompt_for(instruction, options.mode, model.family)
        self._milliseconds: dict[str, float] = {}
        self._told = 0.0  # milliseconds that the listener took
        self._ended = False  # by the model, not by an option
        self._ids: list[int] = []
        self._masks: list[Mask] = []
        self._segments: dict[int, Segment] = {}  # by the index of their [SEG]; those with an empty mask are left out

    def given(self, frame: Frame, turns: Sequence[Turn]) -> Reply:
        """The whole answer."""
        with self._timed("look"):
            encoded = self._model.look(frame)
        ids, dropped = self._model.context.fit([_said(turn) for turn in turns], self._question)
        if dropped:
            _log.warning("the conversation is too long for the model: its %d oldest turns are left out", dropped)
        with self._timed("reason"):
            for token in self._model.generate(ids, encoded, self._options.max_new_tokens):
                self._listener.check()
                if not self._hear(token, encoded):
                    break
        return self._reply(dropped)

    def _hear(self, token: Token, encoded: EncodedFrame) -> bool:
        """Take in the newest token; false if the answer ends with it."""
        if token.id == self._model.tokenizer.eos_id:
            self._ended = True
            return False
        self._ids.append(token.id)
        words = self._words()
        self._tell(self._listener.text, words.text)
        if token.id != self._model.tokenizer.seg_id:
            return True
        self._outline(encoded, token, words)
        if len(self._masks) == _MOST_MASKS:
            _log.warning("the model goes on naming things after %d masks: its answer is cut there", _MOST_MASKS)
            return False
        self._ended = self._options.stop_after_mask
        return not self._options.stop_after_mask

    def _outline(self, encoded: EncodedFrame, token: Token, words: Words) -> None:
        """Make the mask of the newest [SEG] and tell it."""
        with self._timed("mask"):
            [mask] = self._model.masks(encoded, token.hidden[None])
        self._listener.stage("reason")
        index = len(self._masks)
        self._masks.append(mask)
        if mask.pixels.any():
            self._segments[index] = _segment(mask, words.phrases[index])
            self._tell(self._listener.segment, self._segments[index])

    def _reply(self, dropped: int) -> Reply:
        words = self._words()
        for index, segment in self._segments.items():
            self._segments[index] = _with_phrase(segment, words.phrases[index])
        status = Status.FOUND if self._segments else Status.EMPTY if self._masks else Status.ABSENT
        text = words.text or _NO_WORDS
        steps = [Step("asked", self._question), Step("said", words.raw)]
        if dropped:
            steps.insert(0, Step("forgot", f"for want of room, the oldest {_counted(dropped, 'turn')}"))
        if not self._ended:
            steps.append(Step("cut", f"after {_counted(len(self._ids), 'token')}: {self._why_cut()}"))
        if empty := len(self._masks) - len(self._segments):
            steps.append(Step("empty", f"masks without a pixel: {empty} of {len(self._masks)}"))
        return Reply(
            status=status,
            text=f"{text} {_EMPTY}" if status is Status.EMPTY else text,
            segments=tuple(self._segments.values()),
            steps=tuple(steps),
            latency_ms=self._milliseconds,
            record=Record(self._question, tuple(self._ids)),
        )

    def _why_cut(self) -> str:
        if len(self._masks) == _MOST_MASKS:
            return f"it goes on naming things after {_MOST_MASKS} masks"
        option = "max_new_tokens" if len(self._ids) == self._options.max_new_tokens else "context"
        return f"the option {option} allows more"

    def _words(self) -> Words:
        return words_of(self._ids, self._model.tokenizer, self._instruction)

    def _tell(self, tell: Callable[[Any], None], what: Any) -> None:
        """Tell the listener; what it makes of it, a lifted instance perhaps, counts for no stage of ours."""
        start = time.perf_counter()
        tell(what)
        self._told += 1000 * (time.perf_counter() - start)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        """Time a stage and tell the listener; time spent in a stage within another counts for the inner one alone."""
        self._listener.check()
        self._listener.stage(stage)
        self._milliseconds.setdefault(stage, 0.0)
        start, counted = time.perf_counter(), self._counted()
        yield
        spent = 1000 * (time.perf_counter() - start)
        self._milliseconds[stage] += spent - (self._counted() - counted)

    def _counted(self) -> float:
        return sum(self._milliseconds.values()) + self._told


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _said(turn: Turn) -> Said:
    """An earlier turn as the model put it, or in words if another segmenter answered it."""
    if isinstance(turn.reply.record, Record):
        return Said(turn.reply.record.question, turn.reply.record.answer)
    return Said(turn.instruction, turn.reply.text)


def _segment(mask: Mask, phrase: Phrase) -> Segment:
    return Segment(mask.pixels, phrase.label, phrase.text, mask.score, (phrase.start, phrase.end))


def _with_phrase(segment: Segment, phrase: Phrase) -> Segment:
    """The segment with the phrase of the whole answer; the same object where nothing has changed."""
    span = phrase.start, phrase.end
    if (segment.label, segment.description, segment.span) == (phrase.label, phrase.text, span):
        return segment
    return replace(segment, label=phrase.label, description=phrase.text, span=span)
