"""Embeddings kept on disk, sentence by sentence, so that a start costs only what is new."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .encoder import MODEL_NAME, WIDTH, SentenceEncoder

_LARGEST = 50_000  # sentences; 40 MB of half precision, beyond which what is not in use is dropped
_KEY_BYTES = 16


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/reason_seg_ros, by default under ~/.cache (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "reason_seg_ros"


class EmbeddingCache:
    """Embeds sentences, looking up those that were embedded before.

    A folder that cannot be written costs a warning and the time to embed again, nothing else.

    Args:
        encoder: for sentences that are not in the cache.
        folder: where the file lies; by default `cache_folder()`.
    """

    def __init__(self, encoder: SentenceEncoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self._warned = False
        self.file = (folder or cache_folder()) / f"{MODEL_NAME}.npz"

    def encode(self, sentences: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """Embed sentences: (N, 384) float32 of unit length.

        Args:
            sentences: any number of them.
            progress: called with the number done and the number in all of those that must be embedded.
        """
        keys = [_key(sentence) for sentence in sentences]
        known = self._read()
        missing = {key: sentence for key, sentence in zip(keys, sentences, strict=True) if key not in known}
        if missing:
            fresh = self.encoder.encode(list(missing.values()), progress).astype(np.float16)
            kept = known if len(known) + len(missing) <= _LARGEST else {key: known[key] for key in keys if key in known}
            known = {**kept, **dict(zip(missing, fresh, strict=True))}
            self._write(known)
        found = np.array([known[key] for key in keys], np.float32).reshape(len(keys), WIDTH)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), np.float32(1e-6))

    def _read(self) -> dict[bytes, np.ndarray]:
        try:
            with np.load(self.file, allow_pickle=False) as stored:
                keys, embeddings = stored["keys"], stored["embeddings"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return {}
        if keys.ndim != 2 or embeddings.shape != (len(keys), WIDTH):
            return {}
        return {key.tobytes(): embedding for key, embedding in zip(keys, embeddings, strict=True)}

    def _write(self, known: dict[bytes, np.ndarray]) -> None:
        """Replace the file in one step, so that another process never reads half of it."""
        keys = np.frombuffer(b"".join(known), np.uint8).reshape(-1, _KEY_BYTES)
        temporary = ""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.file.parent, suffix=".npz", delete=False) as file:
                temporary = file.name
                np.savez(file, keys=keys, embeddings=np.array(list(known.values())))
            os.replace(temporary, self.file)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            if self._warned:
                return
            self._warned = True
            warnings.warn(
                f"embeddings cannot be kept in {self.file.parent} ({error}): every start will compute them again; "
                "set XDG_CACHE_HOME to a folder that can be written",
                RuntimeWarning,
                stacklevel=2,
            )


def _key(sentence: str) -> bytes:
    return hashlib.blake2b(sentence.encode(), digest_size=_KEY_BYTES).digest()
