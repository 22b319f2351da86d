"""Prompts become the ids that the checkpoints were trained with, whichever files a tokenizer comes in."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import SHARED
from tiny_tokenizer import LLAMA_2_LAYOUT, VICUNA_LAYOUT, layout, make_fast_tokenizer, make_tokenizer, trained

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.segmenters.lisa.options import ConversationStyle
from reason_seg_ros.segmenters.lisa.prompts.conversation import render
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import IMAGE_TOKEN, Ids, Piece, Special, Tokenizer

GOLDEN = SHARED / "golden"
CHECKPOINTS = ("lisa_7b_tiny", "lisa_llama2_tiny")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer.load(make_tokenizer(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """The tiny tokenizer from a tokenizer.json."""
    folder = make_fast_tokenizer(tmp_path_factory.mktemp("fast"), trained(), layout(*LLAMA_2_LAYOUT))
    return Tokenizer.load(folder)


@pytest.fixture(scope="module")
def pieces() -> list[str]:
    return _sentencepiece(trained()).id_to_piece(list(range(len(_sentencepiece(trained())))))


@cache
def _sentencepiece(model: bytes):
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_proto=model)


def _golden(name: str) -> Path:
    folder = GOLDEN / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


def _text(ids: list[int], pieces: list[str]) -> list[str | int]:
    return [pieces[place] if 0 <= place < len(pieces) else place for place in ids]


# What the rules are, on a vocabulary made here.


def test_a_text_begins_with_the_start_and_a_space_of_its_own(tiny: Tokenizer, pieces: list[str]) -> None:
    assert _text(tiny.encode(["the mug"]), pieces) == ["<s>", "▁the", "▁mug"]


def test_texts_that_follow_each_other_are_one_text(tiny: Tokenizer) -> None:
    assert tiny.encode(["What is ", "the m", "", "ug in this image?"]) == tiny.encode(
        ["What is the mug in this image?"]
    )


def test_white_space_is_lost_next_to_image_marks_and_seg(tiny: Tokenizer, pieces: list[str]) -> None:
    ids = tiny.encode(["the ", Special.IM_START, Special.IMAGE, Special.IM_END, "\n the \n", Special.SEG, " mug "])
    start, end, seg = tiny.im_start_id, tiny.im_end_id, tiny.seg_id
    assert _text(ids, pieces) == ["<s>", "▁the", start, IMAGE_TOKEN, end, "▁the", seg, "▁mug", "▁"]


def test_white_space_is_kept_next_to_an_image_that_stands_alone(tiny: Tokenizer, pieces: list[str]) -> None:
    ids = tiny.encode(["USER: ", Special.IMAGE, "\n mug"])
    assert _text(ids, pieces) == ["<s>", "▁USER", ":", "▁", IMAGE_TOKEN, "▁", "<0x0A>", "▁mug"]


def test_a_text_after_the_end_keeps_its_white_space_and_has_a_space_of_its_own(
    tiny: Tokenizer, pieces: list[str]
) -> None:
    ids = tiny.encode(["the ", Special.EOS, "USER: the", Special.EOS, " the"])
    assert _text(ids, pieces) == ["<s>", "▁the", "▁", "</s>", "▁USER", ":", "▁the", "</s>", "▁", "▁the"]


def test_ids_go_in_as_they_are(tiny: Tokenizer) -> None:
    answer = (17, tiny.seg_id, 300, 1, 2)
    assert tiny.encode([Ids(answer), Special.EOS]) == [tiny.bos_id, *answer, tiny.eos_id]


TYPED = ["<image>", "[SEG]", "</s>", "<s>", "<unk>", "<im_start>", "<im_end>", "<0x41>", *" \n<[/▁e.é茶🙂"]


@given(typed=st.lists(st.sampled_from(TYPED), max_size=12))
def test_what_a_user_types_is_never_a_special_token(typed: list[str], tiny: Tokenizer, fast: Tokenizer) -> None:
    text = "".join(typed)
    for tokenizer in (tiny, fast):
        ids = tokenizer.encode([text])
        assert ids[0] == tokenizer.bos_id
        assert not tokenizer.markers & set(ids[1:])
        assert all(0 < place < tokenizer.size for place in ids)
        assert tokenizer.decode(ids[1:]) == text.replace("▁", " ")


WORDS = ["USER: ", " ASSISTANT:", "\n", "  ", "It is", "mug", "é茶", "\t", "3 cups", "I'm", "🙂", "▁", "a b", "\u00a0z"]
PIECE = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(list(Special)), st.builds(Ids, st.tuples(st.integers(0, 640)))
)


@given(prompt=st.lists(PIECE, max_size=12))
def test_either_file_gives_the_same_ids(prompt: list[Piece], tiny: Tokenizer, fast: Tokenizer) -> None:
    assert tiny.encode(prompt) == fast.encode(prompt)


@given(ids=st.lists(st.integers(-300, 700), max_size=30))
def test_any_ids_have_words(ids: list[int], tiny: Tokenizer, fast: Tokenizer) -> None:
    assert tiny.decode(ids) == fast.decode(ids)


@given(ids=st.lists(st.integers(3, 639), min_size=1, max_size=30))
def test_words_are_those_of_sentencepiece(ids: list[int], tiny: Tokenizer) -> None:
    assert tiny.decode(ids) == _sentencepiece(trained()).decode(ids)


def test_added_tokens_stand_between_spaces(tiny: Tokenizer) -> None:
    ids = tiny.encode(["It is", Special.SEG, Special.SEG, ".", Special.EOS])[1:]
    assert tiny.decode(ids, skip={tiny.eos_id}) == "It is [SEG] [SEG] ."
    assert tiny.decode(ids, skip=tiny.markers) == "It is ."


def test_surrogates_do_not_raise(tiny: Tokenizer) -> None:
    assert tiny.encode(["the \udc80 mug"]) == tiny.encode(["the ? mug"])


# Where the files differ.


@pytest.mark.parametrize("names", [LLAMA_2_LAYOUT, VICUNA_LAYOUT])
def test_ids_of_added_tokens_come_from_the_checkpoint(names: tuple[str, ...], tmp_path: Path) -> None:
    added = layout(*names)
    tokenizer = Tokenizer.load(make_tokenizer(tmp_path, added))
    assert tokenizer.seg_id == added["[SEG]"]
    assert (tokenizer.im_start_id, tokenizer.im_end_id) == (added["<im_start>"], added["<im_end>"])
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.size) == (1, 2, 640 + len(names))


def test_a_network_that_knows_fewer_tokens_is_told(tiny: Tokenizer) -> None:
    tiny.check_fits(tiny.size)
    with pytest.raises(SegmenterError, match="take the tokenizer's files from the same checkpoint"):
        tiny.check_fits(tiny.size - 1)


def test_added_tokens_that_are_never_asked_for_need_no_embedding(tmp_path: Path) -> None:
    added = layout(*LLAMA_2_LAYOUT)
    plain, more = (Tokenizer.load(make_tokenizer(tmp_path, each)) for each in (added, added | {"<later>": 9999}))
    assert more.size == plain.size


def test_files_that_leave_their_added_tokens_open_are_read(tmp_path: Path, tiny: Tokenizer) -> None:
    make_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": None}))
    assert Tokenizer.load(tmp_path).seg_id == tiny.seg_id


def test_added_tokens_are_found_where_later_tools_keep_them(tmp_path: Path, tiny: Tokenizer) -> None:
    make_tokenizer(tmp_path)
    (tmp_path / "added_tokens.json").unlink()
    tokens = {**layout(*LLAMA_2_LAYOUT), "<unk>": 0, "<s>": 1, "</s>": 2}
    decoder = {str(place): {"content": name, "special": True} for name, place in tokens.items()}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": decoder}))
    prompt = ["It is", Special.SEG, ".", Special.EOS, Special.IM_START]
    later = Tokenizer.load(tmp_path)
    assert later.encode(prompt) == tiny.encode(prompt)
    assert later.decode(later.encode(prompt)) == tiny.decode(later.encode(prompt))


def test_runs_of_spaces_are_joined_last_wherever_their_merges_stand(tmp_path: Path, pieces: list[str]) -> None:
    path = make_fast_tokenizer(tmp_path, trained(), layout(*LLAMA_2_LAYOUT)) / "tokenizer.json"
    document = json.loads(path.read_text())
    document["model"]["vocab"]["▁▁"] = 700
    document["model"]["merges"].insert(0, "▁ ▁")
    path.write_text(json.dumps(document))
    ids = Tokenizer.load(tmp_path).encode(["the  mug   mug"])
    assert _text(ids, pieces) == ["<s>", "▁the", "▁", "▁mug", 700, "▁mug"]


def test_a_folder_without_a_tokenizer_is_told_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match=r"tokenizer\.model.*tokenizer\.json.*option tokenizer"):
        Tokenizer.load(tmp_path)


def test_a_checkpoint_without_seg_is_not_of_this_family(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match="not a checkpoint of the LISA family"):
        Tokenizer.load(make_tokenizer(tmp_path, layout("<im_start>", "<im_end>")))


def test_image_marks_that_are_missing_are_named(tmp_path: Path) -> None:
    tokenizer = Tokenizer.load(make_tokenizer(tmp_path, layout("[SEG]")))
    assert tokenizer.im_start_id is None
    with pytest.raises(SegmenterError, match=r"<im_start>.*mm_use_im_start_end"):
        tokenizer.encode([Special.IM_START])


@pytest.mark.parametrize("name", ["tokenizer.model", "added_tokens.json"])
@pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1\n", b"[]", b"\xff\xfe"])
def test_a_broken_file_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    make_tokenizer(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SegmenterError, match=name):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize("content", ["{}", '{"model": {"type": "BPE"}}', '{"model": {"vocab": {}}}', "{"])
def test_a_broken_tokenizer_json_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(SegmenterError, match="tokenizer"):
        Tokenizer.load(tmp_path)


# The published vocabulary, with what the official code made of it.


@pytest.fixture(scope="module", params=CHECKPOINTS)
def checkpoint(request: pytest.FixtureRequest) -> Path:
    return _golden(request.param)


def _save_merges_by_id(path: Path) -> None:
    """Write the merges as pairs, in the order of the ids that they make, as transformers 5 saves them."""
    document = json.loads(path.read_text())
    model = document["model"]
    pairs = [merge.split(" ") for merge in model["merges"]]
    model["merges"] = sorted(pairs, key=lambda pair: model["vocab"]["".join(pair)])
    path.write_text(json.dumps(document))


@pytest.fixture(scope="module", params=["tokenizer.model", "tokenizer.json", "tokenizer.json of later tools"])
def published(
    request: pytest.FixtureRequest, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Tokenizer]:
    if request.param == "tokenizer.model":
        return checkpoint, Tokenizer.load(checkpoint)
    added = json.loads((checkpoint / "added_tokens.json").read_text())
    model = (checkpoint / "tokenizer.model").read_bytes()
    folder = make_fast_tokenizer(tmp_path_factory.mktemp("fast"), model, added)
    if request.param != "tokenizer.json":
        _save_merges_by_id(folder / "tokenizer.json")
    return checkpoint, Tokenizer.load(folder)


def test_golden_ids(published: tuple[Path, Tokenizer]) -> None:
    folder, tokenizer = published
    cases = json.loads((folder / "golden.json").read_text())
    assert cases
    for case in cases:
        prompt = render(ConversationStyle(case["conversation"]), [], case["text"])
        assert tokenizer.encode(prompt) == case["input_ids"]


def test_golden_words(published: tuple[Path, Tokenizer]) -> None:
    folder, tokenizer = published
    for case in json.loads((folder / "golden.json").read_text()):
        assert tokenizer.decode(case["new_ids"]) == case["decoded"]


IMAGE = [Special.IM_START, Special.IMAGE, Special.IM_END]

# Measured with the slow LlamaTokenizer of transformers 4.31 and the added tokens of lisa_llama2_tiny.
MEASURED: list[tuple[list[Piece], list[int]]] = [
    (
        ["USER: ", Special.IMAGE, "\nthe mug ASSISTANT:"],
        [1, 3148, 1001, 29901, 29871, -200, 29871, 13, 1552, 286, 688, 319, 1799, 9047, 13566, 29901],
    ),
    (
        [*IMAGE, "\nthe mug It is ", Special.SEG, " .", Special.EOS, "USER: why?"],
        [1, 32001, -200, 32002, 278, 286, 688, 739, 338, 32000, 869, 2, 3148, 1001, 29901, 2020, 29973],
    ),
    (
        [">\n\n", *IMAGE, "\nthe mug It is ", Special.SEG, ".  ", Special.EOS, Special.BOS, "[INST] why?"],
        [1, 1405, 32001, -200, 32002, 278, 286, 688, 739, 338, 32000, 869, 259, 2, 1, 518, 25580, 29962, 2020, 29973],
    ),
    (
        ["a  \n", Special.IM_END, "  b  ", Special.EOS, "  c  ", Special.SEG, "  d"],
        [1, 263, 32002, 289, 259, 2, 259, 274, 32000, 270],
    ),
]


@pytest.mark.parametrize(("prompt", "ids"), MEASURED)
def test_ids_next_to_every_kind_of_token(prompt: list[Piece], ids: list[int]) -> None:
    assert Tokenizer.load(_golden("lisa_llama2_tiny")).encode(prompt) == ids


def test_words_of_an_answer_are_spaced_as_in_the_official_code() -> None:
    tokenizer = Tokenizer.load(_golden("lisa_llama2_tiny"))
    ids = tokenizer.encode(["It is", Special.SEG, ".", Special.EOS])[1:]
    assert tokenizer.decode(ids) == "It is [SEG]  .</s>"
    assert tokenizer.decode(ids, skip={tokenizer.eos_id}) == "It is [SEG] ."


def test_runs_of_spaces_have_the_ids_of_sentencepiece(published: tuple[Path, Tokenizer]) -> None:
    folder, tokenizer = published
    reference = _sentencepiece((folder / "tokenizer.model").read_bytes())
    for count in range(1, 40):
        text = "the" + " " * count + "mug" + "\n" * count + "\t " * count + "don't"
        assert tokenizer.encode([text])[1:] == reference.encode(text)


def test_words_of_random_ids_are_those_of_sentencepiece(published: tuple[Path, Tokenizer]) -> None:
    folder, tokenizer = published
    reference = _sentencepiece((folder / "tokenizer.model").read_bytes())
    chance = random.Random(5)
    for _ in range(200):
        ids = [chance.choice((chance.randrange(3, 259), 29871, chance.randrange(259, 32000))) for _ in range(12)]
        assert tokenizer.decode(ids) == reference.decode(ids)
