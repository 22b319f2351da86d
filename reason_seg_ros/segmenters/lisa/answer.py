"""From generated ids to words for a person, and to the phrase that each `[SEG]` belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .noun_phrase import POINTING, noun_phrase_at_end
from .prompts.instruction import thing_named_in, without_determiners
from .prompts.tokenizer import Tokenizer

LABEL_LENGTH = 40
"""Longest label, in characters."""


@dataclass(frozen=True)
class Phrase:
    """The words that a `[SEG]` belongs to.

    Attributes:
        text: the words, as they stand in the answer's text.
        label: short name of the thing, "red umbrella".
        start: where the words begin in the answer's text.
        end: where they end, exclusive.
    """

    text: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class Words:
    """An answer in words.

    Attributes:
        text: for a person: without `[SEG]`, "this" in its place where it has no phrase of its own.
        phrases: one for each `[SEG]`, in order.
        raw: the model's own words, with `[SEG]` in place.
    """

    text: str
    phrases: tuple[Phrase, ...]
    raw: str


def words_of(ids: Sequence[int], tokenizer: Tokenizer, instruction: str) -> Words:
    """Words of an answer, complete or as far as it has come.

    Args:
        ids: generated token ids; any ids at all.
        tokenizer: the checkpoint's tokenizer.
        instruction: what the person said: names a segment whose phrase does not.
    """
    answer = _Answer(_label(thing_named_in(instruction)) or "object")
    runs = _runs(ids, tokenizer.seg_id)
    for run in runs[:-1]:
        answer.add_segment(_tidy(tokenizer.decode(run, skip=tokenizer.markers)))
    answer.add_words(_tidy(tokenizer.decode(runs[-1], skip=tokenizer.markers)))
    raw = tokenizer.decode(ids, skip=tokenizer.markers - {tokenizer.seg_id})
    return Words(answer.text, tuple(answer.phrases), raw)


def _runs(ids: Sequence[int], seg_id: int) -> list[list[int]]:
    """The ids before, between and after the `[SEG]`s."""
    runs: list[list[int]] = [[]]
    for token in ids:
        if token == seg_id:
            runs.append([])
        else:
            runs[-1].append(token)
    return runs


_SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")  # a model may say control characters, which no terminal should get
_SPACE_BEFORE_MARK = re.compile(r"\s([.,;:!?)\]](?:\s|$))")
_BRACKETS = re.compile(r"^[\s\]]+|[\s\[]+$")
_UNREADABLE_END = re.compile("[\\s\ufffd]+$")
_CLOSING_MARK = re.compile(r"[.,;:!?)”%]|['’](?:s|re|ll|ve|d)\b")
_LIST_GAP = re.compile(r"(?:[\s,;/&]|\band\b|\bor\b)*", re.I)


def _tidy(run: str) -> str:
    """Words without stray spaces, without LISA++'s brackets around `[SEG]`, without a character that is half there."""
    run = _SPACES.sub(" ", _UNREADABLE_END.sub("", run))
    return _SPACE_BEFORE_MARK.sub(r"\1", _BRACKETS.sub("", run))


class _Answer:
    """Text that grows from left to right: what a phrase has been found in never changes."""

    def __init__(self, label: str) -> None:
        self.text = ""
        self.phrases: list[Phrase] = []
        self._label = label
        self._since = 0  # where the words after the last [SEG] begin

    def add_words(self, words: str) -> None:
        if words and self.text and not _CLOSING_MARK.match(words):
            self.text += " "
        self.text += words

    def add_segment(self, words: str) -> None:
        """Add the words before a `[SEG]`, and the phrase that it belongs to."""
        if self.phrases and self._shares_phrase(words):
            self.phrases.append(self.phrases[-1])
            return
        self.add_words(words)
        span = noun_phrase_at_end(self.text, self._since)
        if span is None:
            opens = not self.text or self.text[-1] in ".!?"
            self.add_words("This" if opens else "this")
            span = len(self.text) - len("this"), len(self.text)
        phrase = self.text[slice(*span)]
        self.phrases.append(Phrase(phrase, _label_of_phrase(phrase) or self._label, *span))
        self._since = len(self.text)

    def _shares_phrase(self, words: str) -> bool:
        """Whether a `[SEG]` after these words is one more of what the last phrase names."""
        return not words or (_LIST_GAP.fullmatch(words) is not None and self.phrases[-1].text.lower() != "this")


def _label_of_phrase(phrase: str) -> str:
    """Short name of what a phrase names; empty if it only points, as "this" does."""
    return "" if phrase.lower() in POINTING else _label(without_determiners(phrase))


@lru_cache(maxsize=64)
def _label(name: str) -> str:
    """The name, shortened at a word's end."""
    name = " ".join(name.split())
    if len(name) <= LABEL_LENGTH:
        return name
    cut = name[: LABEL_LENGTH + 1].rpartition(" ")[0]
    return (cut or name[:LABEL_LENGTH]).rstrip(",;:")
