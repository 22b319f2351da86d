"""What was measured of LISA, as Markdown."""

from __future__ import annotations

import torch

from .lisa_counts import Comparison
from .lisa_ours import Figures
from .lisa_shapes import SHAPES, Shape

ROWS = {
    "clip": "CLIP, ms",
    "sam": "SAM encoder, ms",
    "prefill": "prefill, ms",
    "decode": "a token behind the first, ms",
    "mask": "mask decoder, ms",
    "first": "**first mask**, ms",
    "whole": "**whole answer**, ms",
    "second": "**second question on the frame**, ms",
    "memory": "**peak memory**, GB",
}
# Of LISA-7B in bf16 on an H200: milliseconds at 640x480, GB at 1280x720.
_TIMES_AIMED_AT = {"first": 110.0, "whole": 200.0, "second": 140.0}
_AHEAD_AIMED_AT, _MEMORY_AIMED_AT = 5.0, 18.0


def figures_table(here: Figures, floor: Figures, official: Figures) -> str:
    """A row for each figure; what was not measured stays empty."""
    lines = ["| | here | floor | official way |\n|---|---:|---:|---:|"]
    for row, title in ROWS.items():
        cells = (_cell(figures, row) for figures in (here, floor, official))
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def aims(shape: Shape, size: tuple[int, int], dtype: torch.dtype, here: Figures, official: Figures) -> list[str]:
    """What was aimed at for an H200 beside what was measured; nothing where there is no aim."""
    if shape is not SHAPES["7b"] or dtype != torch.bfloat16:
        return []
    lines = []
    if size == (640, 480):
        for row, aim in _TIMES_AIMED_AT.items():
            name = ROWS[row].partition(",")[0].strip("*")
            lines.append(f"- {name}: {here[row]:.1f} ms, aim on an H200 {aim:.0f} ms: {_met(here[row] <= aim)}")
        if official:
            ahead = official["whole"] / here["whole"]
            lines.append(
                f"- ahead of the official way: {ahead:.1f} times, aim 5 times: {_met(ahead >= _AHEAD_AIMED_AT)}"
            )
    if size == (1280, 720):
        memory = here["memory"]
        lines.append(
            f"- peak memory: {memory:.1f} GB, aim {_MEMORY_AIMED_AT:.0f} GB: {_met(memory <= _MEMORY_AIMED_AT)}"
        )
    return ["", *lines] if lines else []


def counts_table(found: Comparison) -> str:
    """How often the encoders ran and how many tokens the language model read."""
    lines = [
        f"Counted on a tiny network in fp32, a prompt of {found.prompt} tokens, answers of {found.tokens}: "
        f"{found.same_tokens} of {2 * found.tokens} tokens and {100 * found.same_pixels:.3f} % of the masks' pixels "
        "are those of the official way.\n",
        "| | CLIP runs | SAM encoder runs | tokens through the language model |\n|---|---:|---:|---:|",
    ]
    for way, both in {"here": found.ours, "official way": found.official}.items():
        for question, counts in zip(("first question on a frame", "second question on it"), both, strict=True):
            lines.append(f"| {question}, {way} | {counts.clip} | {counts.sam} | {counts.tokens} |")
    return "\n".join(lines)


def _cell(figures: Figures, row: str) -> str:
    value = figures.get(row)
    if value is None:
        return ""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def _met(met: bool) -> str:
    return "met" if met else "missed"
