"""Decoding: the cache, batches and shared prefixes change what is computed and never what comes out."""

from __future__ import annotations

import pytest
import torch
from lisa_parts import CAPACITY, Parts, Work
from tiny_lisa import tiny_frame

from reason_seg_ros.segmenters.lisa.generation.decoder import Token
from reason_seg_ros.segmenters.lisa.generation.prefix import PrefixMemory, common_prefix
from reason_seg_ros.segmenters.lisa.network.frame_encoder import EncodedImage
from reason_seg_ros.segmenters.lisa.prompts.conversation import Said
from reason_seg_ros.segmenters.lisa.prompts.tokenizer import IMAGE_TOKEN

NEW = 24
QUESTIONS = (
    "I am thirsty. Please output segmentation mask.",
    "the mug",
    "Which of the things on the table was made by hand, and why do you think so?",
)
LAYOUTS = {
    "7b, linear, 224 px": {"layout": "7b", "projector": "linear", "tower_px": 224},
    "llama2, mlp2x_gelu, 336 px": {"layout": "llama2", "projector": "mlp2x_gelu", "tower_px": 336},
}


@pytest.fixture(scope="module", params=LAYOUTS.values(), ids=LAYOUTS.keys())
def parts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return Parts(tmp_path_factory.mktemp("checkpoint"), seed=3, **request.param)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return Parts(tmp_path_factory.mktemp("checkpoint"), seed=3)


def heard(tokens: list[Token]) -> tuple[list[int], torch.Tensor]:
    return [token.id for token in tokens], torch.stack([token.hidden for token in tokens])


def same(first: list[Token], second: list[Token]) -> bool:
    (ids, states), (other_ids, other_states) = heard(first), heard(second)
    return ids == other_ids and torch.allclose(states, other_states, atol=1e-4)


@torch.inference_mode()
def by_whole_passes(parts: Parts, prompt: list[int], count: int) -> list[Token]:
    """The reference: all tokens in one pass through a fresh cache, for each new token."""
    ids, tokens = list(prompt), []
    for _ in range(count):
        embedded = parts.network.embed(ids, parts.image.tokens)[None]
        positions = torch.arange(embedded.shape[1])[None]
        cache = parts.network.language_model.reserve_cache(1, embedded.shape[1])
        state = parts.network.language_model(embedded, positions, cache)[:, -1]
        ids.append(int(parts.network.next_tokens(state)))
        tokens.append(Token(0, ids[-1], state[0]))
    return tokens


@pytest.mark.parametrize(("kv_cache", "run_ahead"), [(True, False), (False, False), (True, True), (False, True)])
def test_tokens_and_states_are_those_of_whole_passes(parts: Parts, kv_cache: bool, run_ahead: bool) -> None:
    for question in QUESTIONS:
        prompt = parts.prompt(question)
        got = list(parts.decoder(kv_cache, eos_id=-1, run_ahead=run_ahead).answer(prompt, parts.image, NEW))
        assert same(got, by_whole_passes(parts, prompt, NEW))


def test_layers_agree_with_transformers(small: Parts) -> None:
    from transformers import LlamaModel

    model = small.network.language_model
    with torch.device("meta"):
        reference = LlamaModel(model._llama)
    state = model.state_dict()
    reference.load_state_dict(state, assign=True)
    reference.rotary_emb = type(reference.rotary_emb)(config=model._llama)
    embeddings = torch.randn(1, 40, model._llama.hidden_size)
    with torch.inference_mode():
        wanted = reference(inputs_embeds=embeddings).last_hidden_state
        got = model(embeddings, torch.arange(40)[None], model.reserve_cache(1, 64))
    assert torch.allclose(got, wanted, atol=1e-4)


@pytest.mark.parametrize("kv_cache", [True, False])
def test_questions_of_different_lengths_in_one_batch(parts: Parts, kv_cache: bool) -> None:
    prompts = [parts.prompt(question) for question in QUESTIONS]
    rows: list[list[Token]] = [[] for _ in prompts]
    for token in parts.decoder(kv_cache, eos_id=-1).answer_all(prompts, parts.image, NEW):
        rows[token.row].append(token)
    for prompt, row in zip(prompts, rows, strict=True):
        assert same(row, list(parts.decoder(eos_id=-1).answer(prompt, parts.image, NEW)))


def test_rows_of_a_batch_end_on_their_own(small: Parts) -> None:
    prompts = [small.prompt(question) for question in QUESTIONS]
    alone = [[token.id for token in small.decoder(eos_id=-1).answer(p, small.image, NEW)] for p in prompts]
    end = alone[1][4]
    wanted = [ids[: ids.index(end) + 1] if end in ids else ids for ids in alone]
    rows: list[list[int]] = [[] for _ in prompts]
    for token in small.decoder(eos_id=end).answer_all(prompts, small.image, NEW):
        rows[token.row].append(token.id)
    assert rows == wanted
    assert len(rows[1]) <= 5


def test_a_batch_reads_what_its_questions_share_once(small: Parts) -> None:
    prompts = [small.prompt(question) for question in QUESTIONS]
    shared = common_prefix(prompts)
    with Work(small.network) as work:
        list(small.decoder(eos_id=-1).answer_all(prompts, small.image, 4))
    prefix = shared - 1 + len(small.image.tokens)
    longest = max(len(prompt) for prompt in prompts) - shared
    assert work["tokens"] == prefix + len(prompts) * (longest + 3)


def test_an_answer_reads_its_prompt_once_and_each_new_token_once(small: Parts) -> None:
    prompt = small.prompt(QUESTIONS[0])
    with Work(small.network) as work:
        list(small.decoder(eos_id=-1).answer(prompt, small.image, NEW))
    length = len(prompt) - 1 + len(small.image.tokens)
    assert work["tokens"] == length + NEW - 1  # nothing follows the last token
    assert work["passes"] == NEW


def test_a_second_question_reads_only_what_is_new(small: Parts) -> None:
    decoder = small.decoder(eos_id=-1)
    first, second = small.prompt(QUESTIONS[0]), small.prompt(QUESTIONS[1])
    list(decoder.answer(first, small.image, 4))
    with Work(small.network) as work:
        got = list(decoder.answer(second, small.image, 4))
    new = len(second) - common_prefix([first, second])
    assert new < 20
    assert work["tokens"] == new + 3
    assert same(got, list(small.decoder(eos_id=-1).answer(second, small.image, 4)))


def test_the_same_question_again_reads_one_token(small: Parts) -> None:
    decoder = small.decoder(eos_id=-1)
    prompt = small.prompt(QUESTIONS[0])
    before = list(decoder.answer(prompt, small.image, 4))
    with Work(small.network) as work:
        again = list(decoder.answer(prompt, small.image, 4))
    assert work["tokens"] == 4
    assert same(before, again)


def test_a_later_turn_reads_neither_image_nor_earlier_turns_again(small: Parts) -> None:
    decoder = small.decoder(eos_id=-1)
    answer = [token.id for token in decoder.answer(small.prompt(QUESTIONS[0]), small.image, 8)]
    prompt = small.prompt(QUESTIONS[1], Said(QUESTIONS[0], tuple(answer)))
    with Work(small.network) as work:
        got = list(decoder.answer(prompt, small.image, 4))
    known = len(small.prompt(QUESTIONS[0])) + len(answer) - 1  # nothing was read behind the answer's last token
    assert work["tokens"] == len(prompt) - known + 3
    assert same(got, list(small.decoder(eos_id=-1).answer(prompt, small.image, 4)))


def test_another_image_is_read_anew(small: Parts) -> None:
    decoder = small.decoder(eos_id=-1)
    prompt = small.prompt(QUESTIONS[0])
    list(decoder.answer(prompt, small.image, 4))
    other = small.encoder.encode(tiny_frame(seed=1).color).image
    got = list(decoder.answer(prompt, other, 4))
    assert same(got, list(small.decoder(eos_id=-1).answer(prompt, other, 4)))
    assert not same(got, list(decoder.answer(prompt, small.image, 4)))


@pytest.mark.parametrize("run_ahead", [False, True])
def test_an_answer_that_is_given_up_leaves_nothing_wrong_behind(small: Parts, run_ahead: bool) -> None:
    decoder = small.decoder(eos_id=-1, run_ahead=run_ahead)
    unfinished = decoder.answer(small.prompt(QUESTIONS[2]), small.image, NEW)
    next(unfinished), next(unfinished)
    unfinished.close()
    for question in (QUESTIONS[2], QUESTIONS[1]):
        got = list(decoder.answer(small.prompt(question), small.image, 6))
        assert same(got, list(small.decoder(eos_id=-1).answer(small.prompt(question), small.image, 6)))


def test_giving_up_stops_the_work_within_one_token(small: Parts) -> None:
    tokens = small.decoder(eos_id=-1).answer(small.prompt(QUESTIONS[0]), small.image, NEW)
    next(tokens)
    with Work(small.network) as work:
        next(tokens)
        tokens.close()
    assert work["passes"] == 1


def test_running_ahead_reads_a_token_before_it_is_handed_out(small: Parts) -> None:
    tokens = small.decoder(eos_id=-1, run_ahead=True).answer(small.prompt(QUESTIONS[0]), small.image, 3)
    with Work(small.network) as work:
        passes = [work["passes"] for _ in tokens]
    assert passes == [2, 3, 3]  # the prompt and the first token; the second; the last one is not read


def test_an_answer_ends_with_the_capacity(small: Parts) -> None:
    from reason_seg_ros.segmenters.lisa.generation.decoder import Decoder

    prompt = small.prompt(QUESTIONS[1])
    length = len(prompt) - 1 + len(small.image.tokens)
    decoder = Decoder(small.network, -1, length + 5)
    assert len(list(decoder.answer(prompt, small.image, CAPACITY))) == 5


def test_a_failed_read_is_not_relied_upon(small: Parts) -> None:
    decoder = small.decoder(eos_id=-1)
    prompt = small.prompt(QUESTIONS[0])
    wanted = list(decoder.answer(prompt, small.image, 4))
    damaged = EncodedImage(small.image.tokens[:, :3])  # does not fit the embeddings
    with pytest.raises(RuntimeError):
        list(decoder.answer(small.prompt(QUESTIONS[1]), damaged, 4))
    assert same(list(decoder.answer(prompt, small.image, 4)), wanted)


class TestPrefixMemory:
    def test_image_counts_only_if_it_is_the_same_object(self) -> None:
        memory, image, twin = PrefixMemory(), EncodedImage(torch.zeros(2, 2)), EncodedImage(torch.zeros(2, 2))
        memory.set([1, 5, IMAGE_TOKEN, 6], image)
        assert memory.shared([1, 5, IMAGE_TOKEN, 6, 7], image) == 4
        assert memory.shared([1, 5, IMAGE_TOKEN, 6, 7], twin) == 2
        assert memory.shared([1, 5, 6], twin) == 2

    def test_an_image_that_is_gone_is_no_other_image(self) -> None:
        memory, image = PrefixMemory(), EncodedImage(torch.zeros(2, 2))
        memory.set([1, IMAGE_TOKEN], image)
        del image
        assert memory.shared([1, IMAGE_TOKEN], EncodedImage(torch.zeros(2, 2))) == 1

    def test_nothing_is_shared_after_forgetting(self) -> None:
        memory, image = PrefixMemory(), EncodedImage(torch.zeros(2, 2))
        memory.set([1, 2], image)
        memory.add(3)
        assert memory.shared([1, 2, 3, 4], image) == 3
        memory.forget()
        assert memory.shared([1, 2, 3, 4], image) == 0

    def test_common_prefix_leaves_a_token_of_each(self) -> None:
        assert common_prefix([[1, 2, 3], [1, 2, 3]]) == 2
        assert common_prefix([[1, 2, 3], [1, 2]]) == 1
        assert common_prefix([[1, 2], [3, 2]]) == 0
