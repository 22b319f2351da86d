"""`reason-seg segment`: one instruction on one frame."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .arguments import add_command, add_frame, add_segmenter, make_segmenter


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "segment",
        run,
        "answer one instruction on one RGB-D frame",
        "Answer one instruction on one RGB-D frame. Writes reply.json, mask_K.png (one per segment), instances.ply "
        "and overlay.png.",
    )
    add_frame(parser)
    parser.add_argument("--instruction", required=True, metavar="TEXT", help='what you want: "the red mug"')
    add_segmenter(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the answer's files")


def run(arguments: argparse.Namespace) -> None:
    """Answer, print and save."""
    from ..frame_folder import load_frame
    from ..pipeline import Pipeline
    from .answer_files import save_answer
    from .status_line import StatusLine
    from .terminal import show_answer

    frame = load_frame(arguments.frame)
    segmenter = make_segmenter(arguments)
    pipeline = Pipeline(segmenter)
    instruction = pipeline.checked(arguments.instruction)
    with StatusLine() as status:
        status.stage("load")
        segmenter.load(status)
        answer = pipeline.answer(frame, instruction, listener=status)
    save_answer(answer, frame, instruction, arguments.out)
    show_answer(answer)
    print(f"written to {arguments.out}")
