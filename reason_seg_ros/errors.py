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
