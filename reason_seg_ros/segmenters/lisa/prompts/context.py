"""A conversation within the length that a model can read."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import InstructionError, SegmenterError
from ..options import ConversationStyle
from .conversation import Said, render
from .tokenizer import IMAGE_TOKEN, Tokenizer

SHORTEST = "it"
"""A question for which there is always room."""


class Context:
    """Turns a question and what was said before into token ids that leave room for an answer.

    Args:
        tokenizer: the checkpoint's.
        style: template of the conversation.
        use_im_start_end: wrap the image in its own tokens.
        image_tokens: how many the image becomes.
        capacity: tokens that the prompt and its answer may have.
        answer_room: tokens that are kept free for the answer.

    Raises:
        SegmenterError: if there is no room for a question about an image.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        style: ConversationStyle,
        use_im_start_end: bool,
        image_tokens: int,
        capacity: int,
        answer_room: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._style = style
        self._use_im_start_end = use_im_start_end
        self._image_tokens = image_tokens
        self._room = capacity - min(answer_room, capacity // 4)
        needed = self._length(self.ids((), SHORTEST))
        if needed > self._room:
            raise SegmenterError(
                f"the option context leaves {self._room} tokens for a question, and the shortest takes {needed} with "
                f"the image's {image_tokens}: raise it"
            )

    def fit(self, earlier: Sequence[Said], question: str) -> tuple[list[int], int]:
        """The prompt's ids, and how many of the oldest turns had to be left out, each as a whole.

        Raises:
            InstructionError: if the question alone is too long.
        """
        for dropped in range(len(earlier) + 1):
            ids = self.ids(earlier[dropped:], question)
            if self._length(ids) <= self._room:
                return ids, dropped
        raise InstructionError(
            f"the instruction takes {self._length(ids)} tokens with the image, {self._room} are there: say it in fewer "
            "words, or raise the option context if the model was trained for more"
        )

    def ids(self, earlier: Sequence[Said], question: str) -> list[int]:
        """The prompt's ids, however long."""
        return self._tokenizer.encode(render(self._style, earlier, question, self._use_im_start_end))

    def _length(self, ids: Sequence[int]) -> int:
        return len(ids) + ids.count(IMAGE_TOKEN) * (self._image_tokens - 1)
