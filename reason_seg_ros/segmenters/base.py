"""What every segmenter family offers, and what it tells while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..errors import Cancelled
from ..frame import Frame
from ..reply import Conversation, Reply, Segment

if TYPE_CHECKING:
    from ..lifting.instance import Instance


class Listener:
    """Hears how an answer comes about. This one hears nothing and never cancels; subclass it to listen."""

    def stage(self, name: str) -> None:
        """A stage of the work begins."""

    def text(self, partial: str) -> None:
        """The answer's text so far."""

    def segment(self, segment: Segment) -> None:
        """A segment is ready before the whole answer is.

        Segmenters tell it on the thread of `ask`, once. The same mask object in the reply's segments says that it is
        the same one, whose words and score may have changed since.
        """

    def instance(self, instance: Instance) -> None:
        """A segment that was told early is lifted to 3D and has its lasting id; told by the pipeline alone."""

    @property
    def cancelled(self) -> bool:
        """True once the answer is no longer wanted."""
        return False

    def check(self) -> None:
        """Raise `Cancelled` if the answer is no longer wanted; segmenters call this between pieces of work."""
        if self.cancelled:
            raise Cancelled("the question was cancelled")


class Segmenter(Protocol):
    """Answers an instruction on a frame. Families differ in how they reason, not in how they are called.

    A segmenter may keep what it computed for the last frame, keyed by the frame object, and nothing else:
    whatever a later answer may depend on is in the conversation.
    """

    name: str

    def load(self, listener: Listener | None = None) -> None:
        """Load models and data; costly, called once before the first question."""

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        """Answer an instruction.

        Raises:
            InstructionError: if the instruction cannot be answered as it stands.
            NoDepthError: if the segmenter needs depth and the frame has none.
            SegmenterError: if the segmenter fails; its message says what to change.
            Cancelled: if the listener says that the answer is no longer wanted.
        """

    def close(self) -> None:
        """Release models and memory."""
