"""A page to browse: every question of a data set, its answer over the picture, and how that differs from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

import cv2
import numpy as np

from ..viewing.overlay import DIM, draw_overlay, outline
from .metrics import Scores
from .runner import Result, Summary

HIT, EXTRA, MISSED, IGNORED = (46, 184, 114), (232, 72, 85), (64, 140, 255), (150, 150, 150)
_OPACITY = 0.55


@dataclass(frozen=True)
class _Card:
    """What the page says of one question."""

    result_id: str
    kind: str
    instruction: str
    iou: float
    milliseconds: float
    status: str
    text: str
    steps: tuple[tuple[str, str], ...]
    frame: str
    wanted: str
    pictures: tuple[str, str]
    place: int


class Report:
    """Writes `index.html` and its pictures into a folder; nothing is fetched from elsewhere.

    Args:
        folder: made if need be.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._cards: list[_Card] = []
        (self.folder / "images").mkdir(parents=True, exist_ok=True)

    def add(self, result: Result) -> None:
        """Draw one result; its images need not be kept afterwards."""
        answer, truth = result.answer, result.truth
        place = len(self._cards)
        pictures = (f"images/{place:05d}_answer.jpg", f"images/{place:05d}_truth.jpg")
        self._write(pictures[0], draw_overlay(truth.frame.color, answer.instances))
        target, predicted = truth.target(result.query), answer.reply.mask(truth.frame.shape)
        self._write(pictures[1], draw_difference(truth.frame.color, predicted, target, truth.ignore))
        names = [result.source.categories.get(i) or f"instance {i}" for i in result.query.target_ids]
        self._cards.append(
            _Card(
                result_id=result.query.id,
                kind=result.query.kind,
                instruction=result.query.instruction,
                iou=result.overlap.iou,
                milliseconds=result.milliseconds,
                status=answer.reply.status.value,
                text=answer.reply.text,
                steps=tuple((step.name, step.text) for step in answer.reply.steps),
                frame=result.source.name,
                wanted=", ".join(names) or "nothing: it is absent",
                pictures=pictures,
                place=place,
            )
        )

    def write(self, summary: Summary, title: str, subtitle: str) -> Path:
        """Write the page, worst answers first, and return its path."""
        template = Template((Path(__file__).parent / "report.html").read_text(encoding="utf-8"))
        kinds = [("", "all", summary.overall.queries)]
        kinds += [(kind, kind, scores.queries) for kind, scores in summary.per_kind.items()]
        rows = [_row("overall", summary.overall, "overall")]
        rows += [_row(kind, scores) for kind, scores in summary.per_kind.items()]
        page = template.substitute(
            title=escape(title),
            subtitle=escape(subtitle),
            rows="\n".join(rows),
            median=f"{summary.median:.0f}",
            p95=f"{summary.p95:.0f}",
            filters="\n".join(_filter(*kind) for kind in kinds),
            cards="\n".join(_card(card) for card in sorted(self._cards, key=lambda card: (card.iou, card.place))),
            **{name: "#{:02x}{:02x}{:02x}".format(*color) for name, color in _KEY.items()},
        )
        path = self.folder / "index.html"
        path.write_text(page, encoding="utf-8")
        return path

    def _write(self, name: str, picture: np.ndarray) -> None:
        bgr = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(self.folder / name), bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])


_KEY = {"hit": HIT, "extra": EXTRA, "missed": MISSED, "ignored": IGNORED}


def draw_difference(color: np.ndarray, predicted: np.ndarray, target: np.ndarray, ignore: np.ndarray) -> np.ndarray:
    """The answer against the truth: right, too much, missed and not scored pixels, the target outlined.

    Args:
        color: (H, W, 3) uint8 RGB.
        predicted, target, ignore: (H, W) bool.

    Returns:
        (H, W, 3) uint8 RGB, a new image.
    """
    picture = cv2.convertScaleAbs(color, alpha=DIM)
    parts = {HIT: predicted & target, EXTRA: predicted & ~target, MISSED: target & ~predicted}
    for ink, part in parts.items():
        part = part & ~ignore
        picture[part] = (color[part] * (1 - _OPACITY) + np.array(ink) * _OPACITY).astype(np.uint8)
    picture[ignore] = (picture[ignore] * 0.5 + np.array(IGNORED) * 0.5).astype(np.uint8)
    if target.any():
        outline(picture, target, (255, 255, 255), 1)
    return picture


def _row(name: str, scores: Scores, css: str = "") -> str:
    absent = "" if scores.absent_accuracy is None else f"{scores.absent_accuracy:.3f}"
    figures = [str(scores.queries), f"{scores.giou:.3f}", f"{scores.ciou:.3f}", f"{scores.acc_0_5:.3f}", absent]
    cells = "".join(f"<td>{figure}</td>" for figure in figures)
    return f'<tr class="{css}"><td>{escape(name)}</td>{cells}</tr>'


def _filter(kind: str, label: str, count: int) -> str:
    pressed = "false" if kind else "true"
    return (
        f'<button data-kind="{escape(kind)}" aria-pressed="{pressed}">'
        f'{escape(label)} <span class="small">{count}</span></button>'
    )


def _card(card: _Card) -> str:
    grade = "good" if card.iou > 0.75 else "fair" if card.iou > 0.5 else "bad"
    steps = "".join(f"<li><b>{escape(name)}</b> {escape(text)}</li>" for name, text in card.steps)
    pictures = "".join(
        f'<img loading="lazy" src="{escape(picture)}" alt="{escape(alt)}">'
        for picture, alt in zip(card.pictures, ("the answer", "answer against truth"), strict=True)
    )
    details = f"<details><summary>how it came about</summary><ol>{steps}</ol></details>" if steps else ""
    return (
        f'<article data-kind="{escape(card.kind)}" data-iou="{card.iou:.4f}" data-ms="{card.milliseconds:.1f}" '
        f'data-place="{card.place}"><div class="pair">{pictures}</div><div class="body">'
        f'<div class="head"><h2>{escape(card.instruction)}</h2>'
        f'<span class="iou {grade}" title="IoU">{card.iou:.2f}</span></div>'
        f'<p>{escape(card.text)}</p><span class="tag">{escape(card.kind)}</span>'
        f'<span class="tag">{escape(card.status)}</span><span class="tag">{card.milliseconds:.0f} ms</span>'
        f'<span class="small soft">{escape(card.frame)}, {escape(card.result_id)}. Wanted: {escape(card.wanted)}</span>'
        f"{details}</div></article>"
    )
