"""Weights that make a tiny language model of the LISA family say a given text: no training, no mock.

The hidden state has named directions: a constant, one for each token of the script, one for each token that stood 1, 2
or 3 places before, and one for each keyword. The first layer's heads fill them: three look back a fixed distance (their
rotary phases agree only there), one looks for the keyword that was said last. All else adds nothing, and lm_head is
fitted to tell the next token from these directions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

State = dict[str, torch.Tensor]
DISTANCES = (1, 2, 3)
CODES, KEYWORDS, FILLERS = 40, 8, 8
EOS = 2
PROMPT_ENDS = ("ASSISTANT:", "[/INST]")


@dataclass(frozen=True)
class Step:
    """What is said next: `context` holds the tokens before it, the newest last, None where any may stand.

    `place` counts the [SEG]s that the answer has before.
    """

    keyword: int | None
    context: tuple[int | None, ...]
    following: int
    place: int


class Directions:
    """Which component of the hidden state stands for what."""

    def __init__(self, hidden: int, tokens: list[int], context: list[int], keywords: list[int]) -> None:
        first = 1 + len(DISTANCES) * CODES + KEYWORDS
        room = hidden - first - FILLERS
        for what, count, most in (
            ("tokens", len(tokens), room),
            ("tokens before an ambiguous one", len(context), CODES),
            ("keywords", len(keywords), KEYWORDS),
        ):
            if count > most:
                raise ValueError(f"the script has {count} different {what}, and {most} fit: say less")
        self.hidden = hidden
        self.constant = 0
        self.code = {d: {t: 1 + n * CODES + i for i, t in enumerate(context)} for n, d in enumerate(DISTANCES)}
        self.keyword = {t: 1 + len(DISTANCES) * CODES + i for i, t in enumerate(keywords)}
        self.token = {t: first + i for i, t in enumerate(tokens)}
        self.filler = slice(hidden - FILLERS, hidden)

    def state(self, keyword: dict[int, float], context: tuple[int | None, ...]) -> torch.Tensor:
        """The last layer's hidden state: (hidden,)."""
        x = torch.zeros(self.hidden)
        x[self.constant] = 1
        x[self.token[context[-1]]] = 1
        for d in DISTANCES:
            token = context[-1 - d] if d < len(context) else None
            if token in self.code[d]:
                x[self.code[d][token]] = 1
        for token, weight in keyword.items():
            x[self.keyword[token]] = weight
        return x


def write_script(state: State, scripts: Mapping[str, str], folder: Path, heads: int, places: bool = False) -> None:
    """Change the language model's weights in `state` so that it answers with the script.

    Args:
        state: of a checkpoint with a linear or mlp2x_gelu projector; changed in place.
        scripts: keyword in the conversation to answer; "" for none.
        folder: with the tokenizer's files.
        heads: of the language model.
        places: make text_hidden_fcs tell the first [SEG] of an answer from the second and so on: component N of the
            embedding is large for [SEG] number N and the others are 0.

    Raises:
        ValueError: if a keyword is not one token, the script is too long, or the same three tokens go on differently.
    """
    words = Words(folder)
    keywords = {word: words.keyword(word) for word in scripts if word}
    steps = [s for word, text in scripts.items() for s in _steps(words, keywords.get(word), text)]
    # A token whose successor is always the same needs no context.
    context = sorted({t for s in steps if _ambiguous(s, steps) for t in s.context[-4:-1] if t is not None})
    tokens = sorted({s.context[-1] for s in steps if s.context[-1] is not None} | set(context) | set(keywords.values()))
    directions = Directions(state["model.norm.weight"].numel(), tokens, context, sorted(keywords.values()))
    _embed(state, directions)
    _silence(state, directions)
    _look_back(state, directions, heads)
    state["lm_head.weight"] = _fit(directions, steps, len(state["lm_head.weight"]))
    if places:
        _tell_places(state, directions, [s for s in steps if s.following == words.ids("[SEG]")[0]])


class Words:
    """Text to ids as the official tokenizer does it: added tokens stand alone, each piece between them is stripped."""

    def __init__(self, folder: Path) -> None:
        import sentencepiece

        self._model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        self._added: dict[str, int] = json.loads((folder / "added_tokens.json").read_text(encoding="utf-8"))

    def ids(self, text: str) -> list[int]:
        """Token ids, without <s>."""
        pieces = re.split(f"({'|'.join(map(re.escape, self._added))})", text)
        found: list[int] = []
        for piece in pieces:
            found += [self._added[piece]] if piece in self._added else self._model.encode(piece.strip())
        return found

    def keyword(self, word: str) -> int:
        """The one token of a keyword."""
        ids = self.ids(word)
        if len(ids) != 1:
            raise ValueError(f"the keyword '{word}' has {len(ids)} tokens: take a word of tiny_tokenizer.CORPUS")
        return ids[0]


def _steps(words: Words, keyword: int | None, text: str) -> list[Step]:
    answer = [*words.ids(text), EOS]
    starts = [words.ids(end)[-2:] for end in PROMPT_ENDS]
    steps = []
    for start in starts:
        line = [None, None, *start, *answer]
        seg = words.ids("[SEG]")[0]
        steps += [Step(keyword, tuple(line[:n]), line[n], line[:n].count(seg)) for n in range(4, len(line))]
    return steps


def _ambiguous(step: Step, steps: list[Step]) -> bool:
    return len({other.following for other in steps if other.context[-1] == step.context[-1]}) > 1


def _embed(state: State, directions: Directions) -> None:
    rows = state["model.embed_tokens.weight"]
    filler = torch.nn.functional.normalize(rows[:, directions.filler], dim=1)
    rows.zero_()
    rows[:, directions.constant] = 1
    rows[:, directions.filler] = filler
    for token, direction in directions.token.items():
        rows[token, directions.filler] = 0
        rows[token, direction] = 1


def _silence(state: State, directions: Directions) -> None:
    """Only the heads of the first layer add to the hidden state; the image reaches the fillers alone."""
    keep = torch.zeros(directions.hidden)
    keep[directions.filler] = 1
    for name, value in state.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            value.zero_()
        elif name.startswith(("model.mm_projector.weight", "model.mm_projector.2.weight")):
            value.mul_(keep[:, None])
        elif name.startswith(("model.mm_projector.bias", "model.mm_projector.2.bias")):
            value.mul_(keep)


def _look_back(state: State, directions: Directions, heads: int) -> None:
    hidden = directions.hidden
    size = hidden // heads
    turn = 10000.0 ** (-torch.arange(0, size, 2) / size)  # rotary angle per position of each pair (i, i + size/2)
    # An embedding has two components of 1, so that the first norm makes each of them this large.
    scale = (hidden / 2) ** 0.5
    q, k, v, o = (state[f"model.layers.0.self_attn.{name}_proj.weight"].zero_() for name in "qkvo")
    for head, distance in enumerate(DISTANCES):
        first = head * size
        gain = (40 * size**0.5) ** 0.5 / scale
        for pair in range(0, size // 2, size // 16):
            angle = turn[pair] * distance
            q[first + pair, directions.constant] = gain * torch.cos(angle)
            q[first + pair + size // 2, directions.constant] = -gain * torch.sin(angle)
            k[first + pair, directions.constant] = gain
        for row, (token, code) in enumerate(directions.code[distance].items(), first):
            v[row, directions.token[token]] = 1 / scale
            o[code, row] = 1
    # The keyword's score falls with its distance, slowly enough not to come round within a conversation.
    first = len(DISTANCES) * size
    pair = first + 5 * size // 16
    gain = (100 * size**0.5) ** 0.5 / scale
    q[pair, directions.constant] = gain
    for row, (token, code) in enumerate(directions.keyword.items(), first):
        k[pair, directions.token[token]] = gain
        v[row, directions.token[token]] = 1 / scale
        o[code, row] = 1


def _fit(directions: Directions, steps: list[Step], vocabulary: int) -> torch.Tensor:
    """lm_head by logistic regression: (vocabulary, hidden)."""
    said = sorted({s.following for s in steps})
    x, targets = _states(directions, steps)
    y = torch.tensor([said.index(s.following) for s in targets])
    rows = torch.zeros(len(said), directions.hidden, requires_grad=True)
    optimizer = torch.optim.Adam([rows], lr=0.2)
    for _ in range(200):
        # The last column stands for all tokens that are never said.
        logits = torch.nn.functional.pad(x @ rows.T, (0, 1))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, y).backward()
        optimizer.step()
    rows, logits = rows.detach(), logits.detach()
    right = logits[torch.arange(len(y)), y]
    logits[torch.arange(len(y)), y] = -torch.inf
    if (right - logits.max(1).values).min() < 1:
        raise ValueError("the same three tokens go on in two ways in this script: word it in another way")
    head = torch.zeros(vocabulary, directions.hidden)
    head[said] = rows
    return head


def _tell_places(state: State, directions: Directions, steps: list[Step]) -> None:
    x, targets = _states(directions, steps)
    x = x * (directions.hidden**0.5 / x.norm(dim=1, keepdim=True))  # the last norm
    wanted = torch.nn.functional.one_hot(torch.tensor([s.place for s in targets])).float()
    first, second = (state[f"model.text_hidden_fcs.0.{n}.weight"].zero_() for n in (0, 2))
    for n in (0, 2):
        state[f"model.text_hidden_fcs.0.{n}.bias"].zero_()
    count = wanted.shape[1]
    first[:count] = torch.linalg.lstsq(x, wanted, driver="gelsd").solution.T
    second[:count, :count] = 30 * torch.eye(count)


def _states(directions: Directions, steps: list[Step]) -> tuple[torch.Tensor, list[Step]]:
    """The hidden states in which each step may be met, (N, hidden), and the step of each."""
    found = [
        (directions.state(weights, context), step)
        for step in steps
        for weights in _keyword_weights(directions, step.keyword)
        for context in _fillings(directions, step.context)
    ]
    return torch.stack([state for state, _ in found]), [step for _, step in found]


def _keyword_weights(directions: Directions, keyword: int | None) -> list[dict[int, float]]:
    """What the keyword's head may find: the keyword alone, or with an earlier other one."""
    if keyword is None:
        return [{}]
    return [{keyword: 1.0}] + [{keyword: 0.7, other: 0.3} for other in directions.keyword if other != keyword]


def _fillings(directions: Directions, context: tuple[int | None, ...]) -> list[tuple[int | None, ...]]:
    """The contexts that may be met: where any token may stand, none that is known or each of them."""
    if None not in context[-4:]:
        return [context]
    return [
        tuple(token if known is None else known for known in context)
        for token in (None, *directions.code[DISTANCES[0]])
    ]
