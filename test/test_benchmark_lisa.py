"""The benchmark of LISA: what it counts, that the official way agrees with this package, and what it prints."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the benchmarks are no part of the package

from benchmarks import lisa, lisa_counts, lisa_tables
from benchmarks.lisa_floor import Floor, Rates, Work
from benchmarks.lisa_official import Official
from benchmarks.lisa_ours import Answer, Ours
from benchmarks.lisa_shapes import SHAPES, build, bytes_needed, frames, prompts, shared
from reason_seg_ros.segmenters.lisa.images.sam_input import SamGeometry
from reason_seg_ros.segmenters.lisa.memory.budget import Budget, Parameters
from reason_seg_ros.segmenters.lisa.network.frame_encoder import EncodedFrame, EncodedImage
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa
from reason_seg_ros.segmenters.lisa.options import Precision

TINY = SHAPES["tiny"]
TOKENS = 5
PROMPT = 35 + 256 + 20  # system prompt, image, question
QUICK = ["--models", "tiny", "--device", "cpu", "--sizes", "64x48", "--tokens", str(TOKENS), "--repeats", "1"]


@pytest.fixture(scope="module")
def network() -> Lisa:
    return build(TINY, torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def compared() -> lisa_counts.Comparison:
    return lisa_counts.compare(TOKENS)


@pytest.fixture
def compared_before(monkeypatch: pytest.MonkeyPatch, compared: lisa_counts.Comparison) -> None:
    monkeypatch.setattr(lisa, "compare", lambda tokens: compared)


def test_each_encoder_runs_once_per_frame_and_each_token_is_read_once(compared: lisa_counts.Comparison) -> None:
    first, second = compared.ours
    assert compared.prompt == PROMPT
    assert (first.clip, first.sam, first.tokens) == (1, 1, PROMPT + TOKENS - 1)
    assert (second.clip, second.sam, second.tokens) == (0, 0, 20 + TOKENS - 1)


def test_the_official_way_reads_everything_again_for_each_token(compared: lisa_counts.Comparison) -> None:
    for counts in compared.official:
        assert (counts.clip, counts.sam) == (TOKENS, 1)
        assert counts.tokens == sum(PROMPT + index for index in range(TOKENS))


def test_the_official_way_gives_the_same_answers(network: Lisa, compared: lisa_counts.Comparison) -> None:
    assert compared.same_tokens == 2 * TOKENS
    assert compared.same_pixels == 1.0
    answer = Ours(network, TOKENS).answer(frames(64, 48)[0], prompts(TINY)[0])
    assert len(set(answer.ids)) > 2, "an answer of one word would agree with anything like it"
    assert 0.02 < answer.mask.mean() < 0.98, "so would a mask of all or nothing"


def test_the_official_way_follows_tokens_but_chooses_its_own(network: Lisa) -> None:
    prompt, pixels = prompts(TINY)[0], torch.zeros(1, 3, 224, 224)
    with torch.inference_mode():
        official = Official(network, TINY)
        own, states = official.generate(pixels, prompt, 4)
        followed, same = official.generate(pixels, prompt, 4, follow=own)
        led, others = official.generate(pixels, prompt, 4, follow=[(token + 7) % TINY.vocabulary for token in own])
    assert own == followed
    assert torch.equal(states, same)
    assert led[0] == own[0]
    assert led != own
    assert torch.equal(states[:, :PROMPT], others[:, :PROMPT])
    assert not torch.equal(states[:, PROMPT:], others[:, PROMPT:])


def test_the_official_way_holds_no_second_copy_of_the_weights(network: Lisa) -> None:
    mine = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    official = Official(network, TINY)
    for part in (official.language_model, official.image_encoder):
        assert all(weight.untyped_storage().data_ptr() in mine for weight in part.parameters())


def test_questions_share_system_prompt_and_image_whatever_their_length() -> None:
    asked = [*prompts(TINY), *prompts(TINY, 3)]
    assert [len(prompt) for prompt in asked] == [56, 56, 59, 59]
    assert all(shared((asked[0], prompt)) == 36 for prompt in asked[1:])


def test_the_floor_of_reading_counts_matrices_attention_and_bytes(network: Lisa) -> None:
    hidden, inner, layers, vocabulary = TINY.hidden, TINY.inner, TINY.layers, TINY.vocabulary
    matrices = layers * (4 * hidden**2 + 3 * hidden * inner)
    work = Floor(network, TINY, (64, 48)).read(10, 100)
    pairs = sum(100 + index + 1 for index in range(10))  # a token sees those before it and itself
    assert work.operations == 2 * 10 * matrices + 4 * layers * pairs * hidden + 2 * hidden * vocabulary
    norms = 2 * layers * hidden
    assert work.bytes == 4 * (matrices + norms + hidden * vocabulary + 2 * 100 * hidden * layers)


def test_no_floor_is_above_what_runs(network: Lisa) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    floor, ours = Floor(network, TINY, (64, 48)), Ours(network, TOKENS)
    model, state = ours.model, torch.zeros(1, TINY.hidden)
    with torch.inference_mode():
        image = torch.zeros(1, 3, 1024, 1024)
        encoded = EncodedFrame(
            EncodedImage(torch.zeros(256, 64)), SamGeometry.of((48, 64)), lambda: torch.zeros(1, 256, 64, 64)
        )
        stages = {
            "clip": (lambda: network.image_tokens(image[:, :, :224, :224]), floor.clip()),
            "sam": (lambda: network.visual_model.encode_image(image), floor.sam()),
            "mask": (lambda: model.mask_logits(encoded, state), floor.mask()),
        }
        _ = encoded.embedding
        for name, (stage, work) in stages.items():
            with FlopCounterMode(display=False) as counter:
                stage()
            assert 0.9 * counter.get_total_flops() < work.operations <= counter.get_total_flops(), name


def test_a_floor_is_the_slower_of_operations_and_bytes() -> None:
    rates = Rates(bandwidth=1000.0, operations=100.0)
    assert Work(operations=50.0, bytes=100.0).milliseconds(rates) == 500.0
    assert (Work(10.0, 200.0) + Work(0.0, 300.0)).milliseconds(rates) == 500.0


@pytest.mark.parametrize(("model", "sizes"), [("7b", (4096, 11008, 32, 32004)), ("13b", (5120, 13824, 40, 32003))])
def test_the_full_shapes_take_what_the_budget_says(model: str, sizes: tuple[int, int, int, int]) -> None:
    hidden, inner, layers, _ = sizes
    budget = Budget.of_sizes(hidden, inner, layers, Parameters.of_sizes(*sizes), Precision.BF16)
    cache = budget.parts["cache of 2048 tokens"]
    # The benchmark's network is without the layer of CLIP that nothing reads.
    assert bytes_needed(SHAPES[model], torch.bfloat16) == pytest.approx(budget.weights + cache, rel=0.002)


def test_the_table_is_complete_without_a_gpu(capsys: pytest.CaptureFixture[str], compared_before: None) -> None:
    lisa.main([*QUICK, "--growth", "2", "--load"])
    printed = capsys.readouterr().out
    rows = dict(re.findall(r"^\| (.+?) \| (.*) \|$", printed, re.MULTILINE))
    for title in lisa_tables.ROWS.values():
        cells = [cell.strip() for cell in rows[title].split("|")]
        filled = [float(cell) > 0 for cell in cells if cell and title != lisa_tables.ROWS["decode"]]
        assert all(filled)
        assert all(cells) or title == lisa_tables.ROWS["memory"], title
    assert f"chooses the same next one in {TOKENS} of {TOKENS} cases; 100.000 %" in printed
    assert re.search(r"Memory before and after 2 questions: [\d.]+ GB, [\d.]+ GB", printed)
    assert re.search(r"Loaded from files that were just written: [\d.]+ s", printed)


def test_without_a_gpu_and_models_it_says_that_the_table_is_empty(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, compared_before: None
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    lisa.main([])
    printed = capsys.readouterr().out
    assert "No CUDA GPU is here, so the table of LISA-7B and LISA-13B is empty" in printed
    assert f"| first question on a frame, here | 1 | 1 | {PROMPT + TOKENS - 1} |" in printed
    assert "floor" not in printed


def test_a_lack_of_memory_leaves_a_column_empty(network: Lisa, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise torch.cuda.OutOfMemoryError("too much")

    monkeypatch.setattr(Official, "measure", fail)
    answer = Answer([1] * TOKENS, np.zeros((48, 64), bool), 1.0, 2.0)
    options = argparse.Namespace(skip_official=False, tokens=TOKENS, repeats=1)
    figures, told = lisa._measure_official(network, TINY, (64, 48), answer, options)
    assert told == "The official way ran out of memory."
    assert "| **first mask**, ms | 1.00 | 0.50 |  |" in lisa_tables.figures_table(
        {"first": 1.0}, {"first": 0.5}, figures
    )


def test_a_model_that_does_not_fit_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, compared_before: None
) -> None:
    monkeypatch.setattr(lisa, "free_memory", lambda device: 20e9)
    lisa.main(["--models", "13b", "--device", "cpu", "--precision", "bf16"])
    assert "Left out: it takes about 30 GB, and 20 GB are free." in capsys.readouterr().out


def test_aims_are_named_where_there_are_some() -> None:
    here = {"first": 100.0, "whole": 210.0, "second": 140.0, "memory": 17.9}
    official = {"whole": 1050.0}
    small = "\n".join(lisa_tables.aims(SHAPES["7b"], (640, 480), torch.bfloat16, here, official))
    assert "first mask: 100.0 ms, aim on an H200 110 ms: met" in small
    assert "whole answer: 210.0 ms, aim on an H200 200 ms: missed" in small
    assert "second question on the frame: 140.0 ms, aim on an H200 140 ms: met" in small
    assert "5.0 times, aim 5 times: met" in small
    large = "\n".join(lisa_tables.aims(SHAPES["7b"], (1280, 720), torch.bfloat16, here, {}))
    assert "peak memory: 17.9 GB, aim 18 GB: met" in large
    assert not lisa_tables.aims(SHAPES["13b"], (640, 480), torch.bfloat16, here, official)
