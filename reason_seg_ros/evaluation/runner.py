"""Asks a segmenter every question of a data set."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..errors import DatasetError, FrameError
from ..pipeline import Answer, Pipeline
from ..segmenters.base import Listener, Segmenter
from .dataset import AnnotatedFrame, Query, Truth
from .metrics import Overlap, Scores, overlap, score


@dataclass(frozen=True, eq=False)
class Result:
    """One question with its answer.

    Attributes:
        source: the frame folder.
        truth: its images.
        query: the question.
        answer: what the segmenter said, with instances.
        overlap: of the answer's mask and the target.
        milliseconds: from the question to the lifted instances.
    """

    source: AnnotatedFrame
    truth: Truth
    query: Query
    answer: Answer
    overlap: Overlap
    milliseconds: float


@dataclass(frozen=True)
class Outcome:
    """What remains of a result when its images are gone."""

    kind: str
    overlap: Overlap
    milliseconds: float


@dataclass(frozen=True)
class Summary:
    """Figures over a data set.

    Attributes:
        overall: over all queries.
        per_kind: by kind, in the order in which kinds first appear.
        median, p95: milliseconds per question.
    """

    overall: Scores
    per_kind: dict[str, Scores]
    median: float
    p95: float

    def as_dict(self) -> dict:
        """Plain types for JSON."""
        return {
            "overall": asdict(self.overall),
            "per_kind": {kind: asdict(scores) for kind, scores in self.per_kind.items()},
            "latency_ms": {"median": self.median, "p95": self.p95},
        }


def run(segmenter: Segmenter, frames: Sequence[AnnotatedFrame], loading: Listener | None = None) -> Iterator[Result]:
    """Answer every query, each in a conversation of its own; the frames' queries one after the other.

    The segmenter is loaded first, so that loading counts for no question. What it computes once per frame counts for
    the frame's first question.

    Args:
        segmenter: who is asked.
        frames: the data set.
        loading: hears how the segmenter loads.

    Raises:
        DatasetError: if a frame's images cannot be used, or hold nothing to answer from.
        SegmenterError: if the segmenter fails.
    """
    segmenter.load(loading)
    pipeline = Pipeline(segmenter)
    for source in frames:
        truth = source.load()
        pipeline.reset()
        for query in source.queries:
            start = time.perf_counter()
            try:
                answer = pipeline.answer(truth.frame, query.instruction)
            except FrameError as error:
                raise DatasetError(f"{source.folder}: {error}") from error
            milliseconds = 1000 * (time.perf_counter() - start)
            predicted = answer.reply.mask(truth.frame.shape)
            compared = overlap(predicted, truth.target(query), truth.ignore)
            yield Result(source, truth, query, answer, compared, milliseconds)


def outcome(result: Result) -> Outcome:
    """The part of a result that the figures need."""
    return Outcome(result.query.kind, result.overlap, result.milliseconds)


def summarize(outcomes: Iterable[Outcome]) -> Summary:
    """Figures over the outcomes of a data set."""
    outcomes = list(outcomes)
    kinds = dict.fromkeys(item.kind for item in outcomes)
    times = [item.milliseconds for item in outcomes] or [0.0]
    return Summary(
        overall=score(item.overlap for item in outcomes),
        per_kind={kind: score(item.overlap for item in outcomes if item.kind == kind) for kind in kinds},
        median=float(np.median(times)),
        p95=float(np.percentile(times, 95)),
    )
