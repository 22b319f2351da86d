"""What can keep an instruction from being answered: an error code of msg/Reply.msg and a sentence."""

from __future__ import annotations

from reason_seg_ros.msg import Reply

from ..errors import (
    Cancelled,
    FrameError,
    InstructionError,
    NoDepthError,
    OutOfMemoryError,
    ReasonSegError,
    is_out_of_memory,
)


class Problem(ReasonSegError):  # noqa: N818 (what is told to the person, not only raised)
    """An instruction cannot be answered.

    Args:
        code: error code, a constant of msg/Reply.msg.
        text: a sentence that says what to change.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class ImageError(FrameError):
    """A message that is not an image that can be used: its encoding, size or data."""


CODE_NAMES = {
    value: name
    for name, value in (
        (name, getattr(Reply, name))
        for name in (
            "NONE",
            "NO_COLOR",
            "NO_DEPTH",
            "NO_CAMERA_INFO",
            "STALE_FRAME",
            "UNMATCHED_STAMPS",
            "SIZE_MISMATCH",
            "FRAME_ID_MISMATCH",
            "UNCALIBRATED_CAMERA",
            "BAD_IMAGE",
            "NO_TRANSFORM",
            "BAD_INSTRUCTION",
            "QUEUE_FULL",
            "NOT_ACTIVE",
            "SEGMENTER_FAILED",
            "OUT_OF_MEMORY",
        )
    )
}


def problem_of(error: BaseException) -> Problem:
    """The problem that an exception means to the person who asked.

    What `is_out_of_memory` becomes OUT_OF_MEMORY; whatever else is not the package's own becomes SEGMENTER_FAILED,
    since only the segmenter runs foreign code.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, OutOfMemoryError):
        return Problem(Reply.OUT_OF_MEMORY, str(error))
    if is_out_of_memory(error):
        what = str(error).partition("\n")[0] or "out of memory"
        return Problem(
            Reply.OUT_OF_MEMORY,
            f"there is not enough memory for this question ({what}): "
            "free memory, use smaller images or a smaller segmenter",
        )
    if isinstance(error, InstructionError):
        return Problem(Reply.BAD_INSTRUCTION, str(error))
    if isinstance(error, NoDepthError):
        return Problem(Reply.NO_DEPTH, str(error))
    if isinstance(error, FrameError):
        return Problem(Reply.BAD_IMAGE, str(error))
    if isinstance(error, ReasonSegError) and not isinstance(error, Cancelled):
        return Problem(Reply.SEGMENTER_FAILED, str(error))
    return Problem(
        Reply.SEGMENTER_FAILED,
        f"the segmenter failed with {type(error).__name__}: {error}; see the node's log for where",
    )
