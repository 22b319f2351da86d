"""Instructions with readings written by hand, understood with the nouns of the packaged knowledge base."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from test_parser import written

from reason_seg_ros.segmenters.embedded.knowledge.base import load_knowledge
from reason_seg_ros.segmenters.embedded.language.encoder import MODEL_PACKAGE, SentenceEncoder
from reason_seg_ros.segmenters.embedded.language.lexicon import Lexicon
from reason_seg_ros.segmenters.embedded.language.parser import parse

pytest.importorskip(MODEL_PACKAGE.replace("-", "_"), reason="the sentence model is not installed")

CORPUS = yaml.safe_load((Path(__file__).parent / "data" / "instructions_by_hand.yaml").read_text(encoding="utf-8"))
PURPOSE = re.compile(r"<([^>]*)>")


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.of(load_knowledge().kinds, SentenceEncoder().words)


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["say"][:60])
def test_instruction_is_understood(entry: dict[str, str], lexicon: Lexicon) -> None:
    got, want = written(parse(entry["say"], lexicon)), entry["want"]
    if want.startswith("*"):
        got = "*" + got[got.index(":") :]
    assert PURPOSE.sub("<>", got) == PURPOSE.sub("<>", want), got
    for said, needed in zip(PURPOSE.findall(got), PURPOSE.findall(want), strict=True):
        assert set(needed.split()) <= set(said.split())
