"""Greedy decoding, token by token, with the states from which masks are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from ..network.cache import KeyValueCache
from ..network.cuda_graph import Graphed
from ..network.frame_encoder import EncodedImage
from ..network.lisa import Lisa
from ..prompts.tokenizer import IMAGE_TOKEN
from .prefix import PrefixMemory, common_prefix

# A step's attention goes over as many positions as its graph was captured for: a graph for each multiple of this.
_GRAPH_LENGTH = 256


@dataclass(frozen=True, eq=False)
class Token:
    """One generated token.

    Attributes:
        row: index of the prompt that it answers.
        id: token id.
        hidden: (H,) the normalised state of the last layer from which it was predicted. For [SEG] this, the state
            before the token and not its own, is what becomes a mask; the published models were trained so.
    """

    row: int
    id: int
    hidden: torch.Tensor


class Decoder:
    """Answers prompts with a network.

    With one prompt, what it shares with the last one (system prompt, image, earlier turns) is not read again. Several
    prompts about one image are answered together: what they share is read once.

    Args:
        network: on its device.
        eos_id: the token that ends an answer.
        capacity: tokens that a prompt with its answer may have, the image's included.
        kv_cache: False reads the whole prompt and answer again for each token; slow, to check results by.
        run_ahead: begin to read a token before it is handed out, so that the device works while the listener does; one
            step too many when the listener stops. None where the device works by itself: on CUDA.
    """

    def __init__(
        self, network: Lisa, eos_id: int, capacity: int, kv_cache: bool = True, run_ahead: bool | None = None
    ) -> None:
        self.network = network
        self.capacity = capacity
        self._eos_id = eos_id
        self._kv_cache = kv_cache
        self._run_ahead = network.device.type == "cuda" if run_ahead is None else run_ahead
        self._memory = PrefixMemory()
        self._cache = network.language_model.reserve_cache(1, capacity)
        self._steps: dict[int, Graphed] = {}

    def forget(self) -> None:
        """Rely on nothing that was read before."""
        self._memory.forget()

    @torch.inference_mode()
    def warm_up(self) -> None:
        """Run a step over each length of the cache, so that none is captured while somebody waits."""
        self._memory.forget()
        token = torch.zeros(1, dtype=torch.long, device=self.network.device)
        for length in range(_GRAPH_LENGTH, self.capacity + _GRAPH_LENGTH, _GRAPH_LENGTH):
            length = min(length, self.capacity)
            self._step_of(length, self._cache)(token, torch.full_like(token, length - 1)[:, None])

    @torch.inference_mode()
    def answer(self, prompt: Sequence[int], image: EncodedImage, max_new_tokens: int) -> Iterator[Token]:
        """Answer one prompt; each token is there as soon as it is decoded, and to stop listening stops the work.

        Args:
            prompt: token ids with IMAGE_TOKEN for the image.
            image: the image.
            max_new_tokens: the answer is cut there, and where the capacity ends.
        """
        yield from self._tokens([list(prompt)], self._cache, self._read(prompt, image), image, max_new_tokens)

    @torch.inference_mode()
    def answer_all(self, prompts: Sequence[Sequence[int]], image: EncodedImage, max_new_tokens: int) -> Iterator[Token]:
        """Answer several prompts about one image together; tokens of all rows come interleaved.

        For whoever has many questions at once, a data set's for example; the segmenter, which is asked one at a time,
        does not.
        """
        if not prompts:
            return
        shared = common_prefix(prompts)
        if shared:
            self._read(prompts[0][:shared], image)
        cache = self.network.language_model.reserve_cache(len(prompts), self.capacity)
        begin = self._length(prompts[0][:shared], image)
        cache.copy_prefix(self._cache, begin)
        hidden = self._read_rows([prompt[shared:] for prompt in prompts], begin, cache, image)
        yield from self._tokens([list(prompt) for prompt in prompts], cache, hidden, image, max_new_tokens)

    def _read(self, prompt: Sequence[int], image: EncodedImage) -> torch.Tensor:
        """Read what is new of a prompt; (1, H), the state that predicts the next token."""
        known = min(self._memory.shared(prompt, image), len(prompt) - 1) if self._kv_cache else 0
        begin = self._length(prompt[:known], image)
        self._memory.forget()  # until it is done
        hidden = self._read_rows([prompt[known:]], begin, self._cache, image)
        self._memory.set(prompt, image)
        return hidden

    def _read_rows(
        self, rows: Sequence[Sequence[int]], begin: int, cache: KeyValueCache, image: EncodedImage
    ) -> torch.Tensor:
        """Read one piece per row from position `begin`; (B, H) states of their last tokens.

        Shorter rows are padded behind their end. What the padding leaves in the cache lies ahead of the row's newest
        token, where nothing looks before it is overwritten.
        """
        pieces = [self.network.embed(row, image.tokens) for row in rows]
        lengths = [len(piece) for piece in pieces]
        embeddings = torch.nn.utils.rnn.pad_sequence(pieces, batch_first=True)
        end = begin + max(lengths)
        positions = torch.arange(begin, end, device=embeddings.device).expand(len(rows), -1)
        hidden = self.network.language_model(embeddings, positions, cache.view(_rounded(end, 64, cache.capacity)))
        last = torch.tensor(lengths).to(hidden.device, non_blocking=True) - 1
        return hidden[torch.arange(len(rows), device=hidden.device), last]

    def _tokens(
        self,
        rows: list[list[int]],
        cache: KeyValueCache,
        hidden: torch.Tensor,
        image: EncodedImage,
        max_new_tokens: int,
    ) -> Iterator[Token]:
        """Decode all rows in step until each has ended."""
        lengths = [self._length(row, image) for row in rows]
        room = [min(max_new_tokens, self.capacity - length) for length in lengths]
        active = [space > 0 for space in room]
        ends = torch.tensor(lengths).to(hidden.device, non_blocking=True)[:, None]
        chosen = self.network.next_tokens(hidden)
        for count in range(max(room)):
            tokens = []
            for row, token in enumerate(chosen.tolist()):
                if active[row]:
                    rows[row].append(token)
                    active[row] = token != self._eos_id and count + 1 < room[row]
                    tokens.append(Token(row, token, hidden[row].clone()))
            if any(active) and self._run_ahead:
                hidden, chosen = self._next(rows, chosen, ends + count, max(lengths) + count, cache, image)
            yield from tokens
            if not any(active):
                return
            if not self._run_ahead:
                hidden, chosen = self._next(rows, chosen, ends + count, max(lengths) + count, cache, image)

    def _next(
        self,
        rows: list[list[int]],
        chosen: torch.Tensor,
        positions: torch.Tensor,
        farthest: int,
        cache: KeyValueCache,
        image: EncodedImage,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Read the tokens that were chosen last; (B, H) states, and (B,) the tokens that they predict."""
        if not self._kv_cache:
            hidden = self._read_rows(rows, 0, cache, image)
            return hidden, self.network.next_tokens(hidden)
        farthest = min(farthest, self.capacity - 1)  # rows that have ended go on with the others, and nobody listens
        step = self._step_of(_rounded(farthest + 1, _GRAPH_LENGTH, self.capacity), cache)
        hidden, chosen = step(chosen, positions.clamp(max=farthest))
        if cache is self._cache:
            self._memory.add(rows[0][-1])
        return hidden, chosen

    def _step_of(self, length: int, cache: KeyValueCache) -> Graphed:
        """The step over the first positions of a cache; (B,) tokens and (B, 1) positions to what `_run_step` gives."""
        if cache is not self._cache:
            return Graphed(partial(self._run_step, cache.view(length)), capturable=False)
        if length not in self._steps:
            step = partial(self._run_step, cache.view(length))
            self._steps[length] = Graphed(step, self.network.language_model.capturable)
        return self._steps[length]

    def _run_step(
        self, cache: KeyValueCache, tokens: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        model = self.network.language_model
        hidden = model(model.embed_tokens(tokens[:, None]), positions, cache)[:, 0]
        return hidden, self.network.next_tokens(hidden)

    def _length(self, ids: Sequence[int], image: EncodedImage) -> int:
        """Positions that ids take, the image's tokens counted."""
        return len(ids) + sum(token == IMAGE_TOKEN for token in ids) * (len(image.tokens) - 1)


def _rounded(length: int, unit: int, most: int) -> int:
    """The next multiple of `unit`, `most` at most."""
    return min(-(-length // unit) * unit, most)
