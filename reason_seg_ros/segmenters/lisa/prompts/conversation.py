"""Conversation templates: what was said, as the pieces of a prompt that ends where the model goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..options import ConversationStyle, Family
from .tokenizer import Ids, Piece, Special


@dataclass(frozen=True)
class Said:
    """An earlier turn.

    Attributes:
        question: what the model was asked, in the wording that it got (`modes.prompt_for`).
        answer: what it answered: token ids as they were generated, without the closing `</s>`; or words.
    """

    question: str
    answer: tuple[int, ...] | str


@dataclass(frozen=True)
class Template:
    """How a model was taught to tell who speaks.

    Attributes:
        opening: before the first question.
        reopening: before each later question.
        asked: between a question and its answer.
        worded: an answer that is given in words.
        closing: after an answer.
    """

    opening: str
    reopening: str
    asked: str
    worded: str
    closing: tuple[Special, ...]


def _vicuna(person: str) -> Template:
    system = (
        f"A chat between a curious {person} and an artificial intelligence assistant. "
        f"The assistant gives helpful, detailed, and polite answers to the {person}'s questions."
    )
    return Template(f"{system} USER: ", "USER: ", " ASSISTANT:", " {}", (Special.EOS,))


def _llama_2() -> Template:
    system = (
        "You are a helpful language and vision assistant. You are able to understand the visual content that the user "
        "provides, and assist the user with a variety of tasks using natural language."
    )
    opening = f"[INST] <<SYS>>\n{system}\n<</SYS>>\n\n"
    return Template(opening, "[INST] ", " [/INST]", " {} ", (Special.EOS, Special.BOS))


_TEMPLATES = {
    ConversationStyle.LLAVA_V1: _vicuna("human"),
    ConversationStyle.VICUNA_V1: _vicuna("user"),
    ConversationStyle.LLAVA_LLAMA_2: _llama_2(),
}

_STYLES = {
    Family.LISA: ConversationStyle.LLAVA_V1,
    Family.LISA_PLUS: ConversationStyle.VICUNA_V1,
    Family.SESAME: ConversationStyle.VICUNA_V1,
}


def style_of(family: Family) -> ConversationStyle:
    """Template that a family's published checkpoints answer with, LISA's where the family is open.

    LISA on LLaMA 2 was trained with the template of the first LISA too. SESAME and LISA++ are asked by a "user", as the
    published code asks SESAME, and as the published examples ask LISA++.
    """
    return _STYLES.get(family, ConversationStyle.LLAVA_V1)


def render(
    style: ConversationStyle, earlier: Sequence[Said], question: str, use_im_start_end: bool = True
) -> list[Piece]:
    """Pieces of the prompt for a question.

    The image stands before the first question that is kept. A prompt, the ids of its answer and `</s>` begin the prompt
    of the next question, so that what was computed for them can be kept.

    Args:
        style: the template; auto is LISA's.
        earlier: turns that are kept, oldest first.
        question: what is asked now.
        use_im_start_end: the image stands between `<im_start>` and `<im_end>`, as `mm_use_im_start_end` in the
            checkpoint's config.json says.
    """
    template = _TEMPLATES.get(style, _TEMPLATES[ConversationStyle.LLAVA_V1])
    image = [Special.IM_START, Special.IMAGE, Special.IM_END] if use_im_start_end else [Special.IMAGE]
    pieces: list[Piece] = [template.opening, *image, "\n"]
    for said in earlier:
        answer = template.worded.format(said.answer) if isinstance(said.answer, str) else Ids(said.answer)
        pieces += [said.question, template.asked, answer, *template.closing, template.reopening]
    return [*pieces, question, template.asked]
