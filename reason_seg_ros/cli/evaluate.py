"""`reason-seg eval`: figures of a segmenter over a data set."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..nodes.wording import counted
from .arguments import add_command, add_segmenter, make_segmenter, segmenter_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..evaluation.dataset import AnnotatedFrame
    from ..evaluation.metrics import Scores
    from ..evaluation.proposal_quality import ProposalQuality
    from ..evaluation.runner import Summary

_COLUMNS = "{:<14}{:>10}{:>8}{:>8}{:>9}{:>8}"


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "eval",
        run,
        "measure a segmenter on a data set",
        "Ask a segmenter every question of a data set and print gIoU, cIoU, Acc@0.5 and absent accuracy, over all and "
        "per kind of question, and the latency per question. A data set is a folder of frame folders with "
        "instances.png and queries.json, as 'reason-seg simulate' writes them.",
    )
    parser.add_argument("dataset", type=Path, metavar="DATASET_DIR", help="folder of annotated frame folders")
    add_segmenter(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures as JSON")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="also write a page with every answer, worst first: DIR/index.html"
    )
    parser.add_argument(
        "--proposals", action="store_true", help="also measure the proposals of 'embedded' against all instances"
    )


def run(arguments: argparse.Namespace) -> None:
    """Evaluate, print and write."""
    from ..evaluation.dataset import read_dataset
    from ..evaluation.report import Report

    frames = read_dataset(arguments.dataset)
    report = Report(arguments.report) if arguments.report else None
    summary = _evaluate(frames, arguments, report)
    figures = summary.as_dict()
    _print(summary)
    if arguments.proposals:
        from ..evaluation.proposal_quality import measure_proposals

        quality = measure_proposals(frames)
        figures["proposals"] = asdict(quality)
        _print_proposals(quality)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if report:
        title = f"{arguments.segmenter} on {arguments.dataset.resolve().name}"
        print(f"report: {report.write(summary, title, _subtitle(arguments, len(frames)))}")


def _subtitle(arguments: argparse.Namespace, frames: int) -> str:
    """How many frames, and with which options."""
    given = [f"{name} {value}" for name, value in segmenter_parameters(arguments).items() if name != "segmenter"]
    return ", ".join([counted(frames, "frame"), *given])


def _evaluate(frames: Sequence[AnnotatedFrame], arguments: argparse.Namespace, report: Any) -> Summary:
    from ..evaluation import runner
    from .status_line import StatusLine
    from .terminal import Progress

    outcomes = []
    progress = Progress(sum(len(frame.queries) for frame in frames), "questions")
    try:
        with StatusLine() as status:
            for result in runner.run(make_segmenter(arguments), frames, status):
                outcomes.append(runner.outcome(result))
                if report:
                    report.add(result)
                progress.show(len(outcomes))
    finally:
        progress.end()
    return runner.summarize(outcomes)


def _print(summary: Summary) -> None:
    print(_COLUMNS.format("kind", "questions", "gIoU", "cIoU", "Acc@0.5", "absent"))
    for kind, scores in {"overall": summary.overall, **summary.per_kind}.items():
        print(_row(kind, scores))
    print(f"latency per question: median {summary.median:.0f} ms, 95th percentile {summary.p95:.0f} ms")


def _row(kind: str, scores: Scores) -> str:
    absent = "" if scores.absent_accuracy is None else f"{scores.absent_accuracy:.3f}"
    figures = (f"{figure:.3f}" for figure in (scores.giou, scores.ciou, scores.acc_0_5))
    return _COLUMNS.format(kind, scores.queries, *figures, absent).rstrip()


def _print_proposals(quality: ProposalQuality) -> None:
    print(
        f"proposals: mean best IoU {quality.mean_best_iou:.3f}, recall {quality.recall_0_5:.3f} at 0.5 and "
        f"{quality.recall_0_75:.3f} at 0.75, precision {quality.precision_0_5:.3f} at 0.5, "
        f"{quality.per_frame:.1f} a frame, {quality.instances} instances"
    )
