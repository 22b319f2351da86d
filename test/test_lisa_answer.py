"""Generated ids become words for a person, and every [SEG] has its phrase."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_tokenizer import make_tokenizer

from reason_seg_ros.segmenters.lisa.answer import LABEL_LENGTH, words_of
from reason_seg_ros.segmenters.lisa.noun_phrase import noun_phrase_at_end
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import Piece, Special, Tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer.load(make_tokenizer(tmp_path_factory.mktemp("tiny")))


def ids_of(tokenizer: Tokenizer, answer: str) -> list[int]:
    """An answer as a model would generate it, [SEG] being the token."""
    first, *others = answer.split("[SEG]")
    pieces: list[Piece] = [first]
    for other in others:
        pieces += [Special.SEG, other]
    return [*tokenizer.encode(pieces)[1:], tokenizer.eos_id]


CASES = [
    # the model's answer, its words, and for each [SEG] the phrase and the label
    ("It is [SEG].", "It is this.", [("this", "red mug")]),
    ("Sure, [SEG].", "Sure, this.", [("this", "red mug")]),
    ("Sure, it is [SEG].", "Sure, it is this.", [("this", "red mug")]),
    (
        "Sure, the segmentation result is [SEG].",
        "Sure, the segmentation result is this.",
        [("this", "red mug")],
    ),
    ("[SEG].", "This.", [("This", "red mug")]),
    ("[SEG]", "This", [("This", "red mug")]),
    ("Yes, mug is detected: [SEG].", "Yes, mug is detected: this.", [("this", "red mug")]),
    ("No presence of mug detected in this image.", "No presence of mug detected in this image.", []),
    ("", "", []),
    (
        "It is [SEG]. The mug can hold tea.",
        "It is this. The mug can hold tea.",
        [("this", "red mug")],
    ),
    ("They are [SEG], [SEG], and [SEG].", "They are this, this, and this.", [("this", "red mug")] * 3),
    ("They are [SEG] [SEG][SEG].", "They are this.", [("this", "red mug")] * 3),
    (
        "A man [ [SEG] ] holds a red umbrella [ [SEG] ] over the dog [ [SEG] ].",
        "A man holds a red umbrella over the dog.",
        [("A man", "man"), ("a red umbrella", "red umbrella"), ("the dog", "dog")],
    ),
    (
        "There are two people [ [SEG], [SEG] ] and a dog [SEG] .",
        "There are two people and a dog.",
        [("two people", "people"), ("two people", "people"), ("a dog", "dog")],
    ),
    (
        "These are wooden spoons [SEG] and all the mugs [SEG] and [SEG].",
        "These are wooden spoons and all the mugs.",
        [("wooden spoons", "wooden spoons"), ("all the mugs", "mugs"), ("all the mugs", "mugs")],
    ),
    (
        "Use the mug that is red [SEG], not the bowl.",
        "Use the mug that is red, not the bowl.",
        [("the mug that is red", "mug that is red")],
    ),
    ("The man on the left [SEG] waves.", "The man on the left waves.", [("The man on the left", "man on the left")]),
    ("The man [SEG] with hats [SEG]", "The man with hats", [("The man", "man"), ("hats", "hats")]),
    ('It is called "the mug" [SEG].', 'It is called "the mug".', [("the mug", "mug")]),
    ("The mug [SEG]'s handle", "The mug's handle", [("The mug", "mug")]),
    ("It [SEG] is red.", "It is red.", [("It", "red mug")]),
    ("A dog beside the man [SEG] is", "A dog beside the man is", [("the man", "man")]),
]


@pytest.mark.parametrize(("answer", "text", "phrases"), CASES)
def test_words(answer: str, text: str, phrases: list[tuple[str, str]], tokenizer: Tokenizer) -> None:
    words = words_of(ids_of(tokenizer, answer), tokenizer, "the red mug")
    assert words.text == text
    assert [(phrase.text, phrase.label) for phrase in words.phrases] == phrases
    assert all(words.text[phrase.start : phrase.end] == phrase.text for phrase in words.phrases)


def test_phrases_that_read_alike_are_different_places(tokenizer: Tokenizer) -> None:
    words = words_of(ids_of(tokenizer, "It is [SEG], [SEG]. The mug [SEG] and the mug [SEG]."), tokenizer, "mugs")
    assert words.text == "It is this, this. The mug and the mug."
    assert [phrase.start for phrase in words.phrases] == [6, 12, 18, 30]


def test_raw_words_have_seg_in_place_and_no_other_marks(tokenizer: Tokenizer) -> None:
    assert words_of(ids_of(tokenizer, "It is [SEG]."), tokenizer, "mug").raw == "It is [SEG] ."


def test_what_reads_like_seg_is_not_one(tokenizer: Tokenizer) -> None:
    ids = [*tokenizer.encode(["It is [SEG]."])[1:], tokenizer.eos_id]
    words = words_of(ids, tokenizer, "mug")
    assert (words.text, words.phrases) == ("It is [SEG].", ())


@pytest.mark.parametrize(
    ("instruction", "label"),
    [
        ("the red mug", "red mug"),
        ("Please segment the red mug in this image.", "red mug"),
        ("Can you pass me the scissors?", "scissors"),
        ("I want to stir my tea, it is much too hot to drink", "object"),
        ("I am thirsty.", "object"),
        ("why?", "object"),
        ("x" * 60, "x" * LABEL_LENGTH),
        ("the largest of the wooden spoons on the round table", "largest of the wooden spoons on the"),
        ("", "object"),
    ],
)
def test_a_segment_without_a_phrase_is_named_by_the_instruction(
    instruction: str, label: str, tokenizer: Tokenizer
) -> None:
    (phrase,) = words_of(ids_of(tokenizer, "It is [SEG]."), tokenizer, instruction).phrases
    assert phrase.label == label


def test_words_that_are_still_coming(tokenizer: Tokenizer) -> None:
    ids = ids_of(tokenizer, "A man [ [SEG] ] with a 茶 [ [SEG] ].")
    seen = [words_of(ids[:count], tokenizer, "the man") for count in range(len(ids) + 1)]
    assert seen[-1].text == "A man with a 茶."
    for words in seen:
        assert "\ufffd" not in words.text and "[" not in words.text and "]" not in words.text
        assert seen[-1].text.startswith(words.text)


WORD = st.sampled_from(
    [*'[]().,:-"茶a', "[SEG]", "[SEG]", "the", "red", "mug", "and", "is", "that", "left", "'s", "this"]
)


@given(words=st.lists(WORD, max_size=25), instruction=st.text(max_size=60))
def test_what_a_phrase_was_found_in_never_changes(words: list[str], instruction: str, tokenizer: Tokenizer) -> None:
    ids = ids_of(tokenizer, " ".join(words))
    whole = words_of(ids, tokenizer, instruction)
    for count in range(len(ids)):
        part = words_of(ids[:count], tokenizer, instruction)
        assert part.phrases == whole.phrases[: len(part.phrases)]


@given(ids=st.lists(st.one_of(st.integers(-5, 660), st.just(640)), max_size=60), instruction=st.text(max_size=80))
def test_any_ids_have_words(ids: Sequence[int], instruction: str, tokenizer: Tokenizer) -> None:
    words = words_of(ids, tokenizer, instruction)
    assert len(words.phrases) == ids.count(tokenizer.seg_id) == words.raw.count("[SEG]")
    assert words.text == words.text.strip()
    for phrase in words.phrases:
        assert 0 <= phrase.start < phrase.end <= len(words.text)
        assert words.text[phrase.start : phrase.end] == phrase.text
        assert phrase.label and len(phrase.label) <= LABEL_LENGTH


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("the mug", "the mug"),
        ("You can use the wooden spoon", "the wooden spoon"),
        ("a cup of tea", "a cup of tea"),
        ("on top of refrigerators", "top of refrigerators"),
        ("I see people", "see people"),
        ("the one on the left", "the one on the left"),
        ("it is", None),
        ("look at", None),
        ("the mug,", None),
        ("", None),
    ],
)
def test_noun_phrase_at_the_end(text: str, phrase: str | None) -> None:
    span = noun_phrase_at_end(text)
    assert (span and text[slice(*span)]) == phrase
