"""How well the embedded segmenter answers: on simulated tables, and on the real frames where they are at hand.

python -m benchmarks.embedded [--scenes N] [--seed S] [DATASET_DIR ...]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from reason_seg_ros.evaluation.dataset import read_dataset
from reason_seg_ros.evaluation.proposal_quality import measure_proposals
from reason_seg_ros.evaluation.runner import Summary, outcome, run, summarize
from reason_seg_ros.segmenters.registry import create
from reason_seg_ros.simulation.dataset import simulate

from .machine import describe

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "tabletop"


def show(title: str, folder: Path) -> None:
    """Evaluate one data set and print its tables."""
    frames = read_dataset(folder)
    summary = summarize(outcome(result) for result in run(create("embedded"), frames))
    print(f"\n### {title}: {len(frames)} frames, {summary.overall.queries} questions\n")
    print("| kind | questions | gIoU | cIoU | Acc@0.5 | absent accuracy |\n|---|---:|---:|---:|---:|---:|")
    for name, scores in _rows(summary):
        absent = "" if scores.absent_accuracy is None else f"{scores.absent_accuracy:.2f}"
        print(
            f"| {name} | {scores.queries} | {scores.giou:.3f} | {scores.ciou:.3f} | {scores.acc_0_5:.3f} | {absent} |"
        )
    print(f"\nLatency per question: median {summary.median:.0f} ms, 95 % {summary.p95:.0f} ms.")
    quality = measure_proposals(frames)
    print(
        f"Proposals: mean best IoU {quality.mean_best_iou:.2f}, recall {quality.recall_0_5:.2f} at IoU 0.5 and "
        f"{quality.recall_0_75:.2f} at 0.75, precision {quality.precision_0_5:.2f} at 0.5."
    )


def _rows(summary: Summary) -> list[tuple[str, object]]:
    return [*summary.per_kind.items(), ("**all**", summary.overall)]


def main() -> None:
    """Evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=30, help="simulated scenes")
    parser.add_argument("--seed", type=int, default=90_000, help="of the first scene; not a seed used for calibration")
    parser.add_argument("datasets", nargs="*", type=Path, default=[REAL], metavar="DATASET_DIR")
    arguments = parser.parse_args()
    print(describe())
    for folder in arguments.datasets:
        if folder.is_dir():
            show(f"Real frames ({folder.name})", folder)
        else:
            print(f"\nReal frames: there are none at {folder.name}/, left out.")
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), arguments.scenes, arguments.seed)
        show(f"Simulated tables (seed {arguments.seed})", Path(folder))


if __name__ == "__main__":
    main()
