"""What was said becomes the prompt that a checkpoint was taught, and each prompt begins the next one."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import SHARED
from tiny_tokenizer import LLAMA_2_LAYOUT, layout, make_tokenizer

from reason_seg_ros.segmenters.lisa.options import ConversationStyle, Family
from reason_seg_ros.segmenters.lisa.prompts.conversation import Said, render, style_of
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import IMAGE_TOKEN, Ids, Piece, Special, Tokenizer

STYLES = (ConversationStyle.LLAVA_V1, ConversationStyle.VICUNA_V1, ConversationStyle.LLAVA_LLAMA_2)
SEG = layout(*LLAMA_2_LAYOUT)["[SEG]"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer.load(make_tokenizer(tmp_path_factory.mktemp("tiny")))


def text_of(pieces: Sequence[Piece]) -> str:
    """The prompt as the official code spells it, ids as their numbers."""
    spelled = {Special: lambda piece: piece.value, Ids: lambda piece: str(list(piece.ids)), str: str}
    return "".join(spelled[type(piece)](piece) for piece in pieces)


CHAT = (
    "A chat between a curious {0} and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the {0}'s questions. "
)
LLAMA_2 = (
    "[INST] <<SYS>>\nYou are a helpful language and vision assistant. You are able to understand the visual content "
    "that the user provides, and assist the user with a variety of tasks using natural language.\n<</SYS>>\n\n"
)
MARKED = "<im_start><image><im_end>\n"


@pytest.mark.parametrize(
    ("style", "prompt"),
    [
        (ConversationStyle.LLAVA_V1, CHAT.format("human") + f"USER: {MARKED}the mug? ASSISTANT:"),
        (ConversationStyle.VICUNA_V1, CHAT.format("user") + f"USER: {MARKED}the mug? ASSISTANT:"),
        (ConversationStyle.LLAVA_LLAMA_2, f"{LLAMA_2}{MARKED}the mug? [/INST]"),
    ],
)
def test_first_question(style: ConversationStyle, prompt: str) -> None:
    assert text_of(render(style, [], "the mug?")) == prompt
    assert text_of(render(style, [], "the mug?", use_im_start_end=False)) == prompt.replace(MARKED, "<image>\n")


@pytest.mark.parametrize(
    ("style", "prompt"),
    [
        (
            ConversationStyle.LLAVA_V1,
            "the mug? ASSISTANT: It is this.</s>USER: why? ASSISTANT:[7, 8]</s>USER: so? ASSISTANT:",
        ),
        (
            ConversationStyle.LLAVA_LLAMA_2,
            "the mug? [/INST] It is this. </s><s>[INST] why? [/INST][7, 8]</s><s>[INST] so? [/INST]",
        ),
    ],
)
def test_later_questions(style: ConversationStyle, prompt: str) -> None:
    said = [Said("the mug?", "It is this."), Said("why?", (7, 8))]
    assert text_of(render(style, said, "so?")).partition(MARKED)[2] == prompt


def test_the_image_stands_before_the_first_question_that_is_kept(tokenizer: Tokenizer) -> None:
    said = [Said(f"question {number}", (300 + number, SEG)) for number in range(4)]
    for kept in range(5):
        pieces = render(ConversationStyle.LLAVA_V1, said[4 - kept :], "question 4")
        ids = tokenizer.encode(pieces)
        assert ids.count(IMAGE_TOKEN) == 1
        assert ids.count(tokenizer.eos_id) == ids.count(SEG) == kept
        assert text_of(pieces).partition(MARKED)[2].startswith(f"question {4 - kept} ")


QUESTION = st.sampled_from(["the mug", "  What is this?\n", "</s>[SEG]<image>", "{} {0}", "", "é茶"])
ANSWER = st.lists(st.integers(3, 640), max_size=6).map(tuple)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("marked", [True, False])
@given(turns=st.lists(st.tuples(QUESTION, ANSWER), min_size=1, max_size=4), question=QUESTION)
def test_a_prompt_and_its_answer_begin_the_next_prompt(
    style: ConversationStyle,
    marked: bool,
    turns: list[tuple[str, tuple[int, ...]]],
    question: str,
    tokenizer: Tokenizer,
) -> None:
    said = [Said(*turn) for turn in turns]
    now = tokenizer.encode(render(style, said[:-1], said[-1].question, marked))
    then = tokenizer.encode(render(style, said, question, marked))
    expected = [*now, *said[-1].answer, tokenizer.eos_id]
    assert then[: len(expected)] == expected


def test_an_answer_in_words_is_what_the_model_would_have_read(tokenizer: Tokenizer) -> None:
    given_words = tokenizer.encode(render(ConversationStyle.LLAVA_V1, [Said("the mug", "It is this.")], "why?"))
    as_ids = tuple(tokenizer.encode(["It is this."])[1:])
    assert given_words == tokenizer.encode(render(ConversationStyle.LLAVA_V1, [Said("the mug", as_ids)], "why?"))


def test_words_of_an_earlier_answer_are_text(tokenizer: Tokenizer) -> None:
    pieces = render(ConversationStyle.VICUNA_V1, [Said("the mug", "It is [SEG].</s>")], "<image> why?")
    ids = tokenizer.encode(pieces)
    assert (ids.count(SEG), ids.count(tokenizer.eos_id), ids.count(IMAGE_TOKEN)) == (0, 1, 1)


def test_styles_of_the_families() -> None:
    assert [style_of(family) for family in (Family.LISA, Family.LISA_PLUS, Family.SESAME, Family.AUTO)] == [
        ConversationStyle.LLAVA_V1,
        ConversationStyle.VICUNA_V1,
        ConversationStyle.VICUNA_V1,
        ConversationStyle.LLAVA_V1,
    ]


def test_golden_prompts() -> None:
    files = sorted((SHARED / "golden").glob("lisa_*/golden.json"))
    if not files:
        pytest.skip(f"{SHARED / 'golden'} is not there")
    for case in (case for file in files for case in json.loads(file.read_text())):
        assert text_of(render(ConversationStyle(case["conversation"]), [], case["text"])) == case["prompt"]
