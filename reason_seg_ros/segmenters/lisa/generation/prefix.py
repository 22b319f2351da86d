"""What the language model has read last, so that what a new prompt shares with it is not read again."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

from ..prompts.tokenizer import IMAGE_TOKEN


class PrefixMemory:
    """The token ids whose keys and values lie in a cache of one row, and the image that stood for the image's token."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._image: weakref.ref[object] | None = None

    def shared(self, ids: Sequence[int], image: object) -> int:
        """How many of a prompt's first ids have been read already.

        Args:
            ids: the prompt.
            image: what IMAGE_TOKEN stands for; only the same object is the same image.
        """
        same_image = self._image is not None and self._image() is image
        for index, (mine, wanted) in enumerate(zip(self._ids, ids, strict=False)):
            if mine != wanted or (mine == IMAGE_TOKEN and not same_image):
                return index
        return min(len(self._ids), len(ids))

    def set(self, ids: Sequence[int], image: object) -> None:
        """Remember that these are in the cache, and nothing else."""
        self._ids, self._image = list(ids), weakref.ref(image)

    def add(self, token: int) -> None:
        """Remember one more token."""
        self._ids.append(token)

    def forget(self) -> None:
        """The cache holds nothing that could be relied upon."""
        self._ids, self._image = [], None


def common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """How many first ids all prompts share, at least one of each left over."""
    shortest = min(len(prompt) for prompt in prompts) - 1
    for index in range(shortest):
        if any(prompt[index] != prompts[0][index] for prompt in prompts):
            return index
    return shortest
