"""Errors of the package: each message is a sentence that tells the user what to change."""

from __future__ import annotations


class ReasonSegError(Exception):
    """Base of every error that a user of the package can cause and mend."""


class FrameError(ReasonSegError):
    """A colour image, depth image or camera model that cannot form a `Frame`."""


class NoDepthError(FrameError):
    """A frame without any depth that could be used, where depth is needed."""


class InstructionError(ReasonSegError):
    """An instruction that cannot be answered as it stands (empty, too long)."""


class KnowledgeError(ReasonSegError):
    """An object file that the knowledge base cannot read."""


class DatasetError(ReasonSegError):
    """A data set or frame folder whose files are missing or disagree."""


class SegmenterError(ReasonSegError):
    """A segmenter that is unknown, lacks what it needs, or failed while answering."""


class OutOfMemoryError(SegmenterError):
    """A question, or a model, for which there is not enough memory; the message names the remedy."""


class Cancelled(ReasonSegError):  # noqa: N818 (an outcome that the user asked for, not a fault)
    """The question was cancelled while it was being answered."""


_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of any library says that memory could not be had.

    True for a `MemoryError`, an error whose type is called OutOfMemoryError, as torch's is, and a RuntimeError with the
    words of PyTorch's allocator on the CPU, of CUDA or of cuBLAS, which have no type of their own.
    """
    if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__:
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
