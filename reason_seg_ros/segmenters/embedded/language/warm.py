"""Fill the embedding cache ahead of the first question: `python -m ...embedded.language.warm [OBJECTS_FILE]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from ....errors import ReasonSegError
from ..knowledge.base import load_knowledge
from .embedding_cache import EmbeddingCache
from .encoder import SentenceEncoder
from .meaning import Meaning


def main(arguments: Sequence[str] | None = None) -> int:
    """Embed the knowledge base and say where the embeddings lie; the exit status."""
    parser = argparse.ArgumentParser(prog="warm", description="Embed the knowledge base ahead of the first question.")
    parser.add_argument("objects", nargs="?", help="YAML file with objects of your own (docs/objects.md)")
    objects = parser.parse_args(arguments).objects
    start = time.perf_counter()
    try:
        kinds = load_knowledge(objects).kinds
        cache = EmbeddingCache(SentenceEncoder())
        Meaning(kinds, cache.encoder, cache, progress=_show if sys.stderr.isatty() else None)
    except ReasonSegError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{len(kinds)} kinds of object embedded in {time.perf_counter() - start:.1f} s: {cache.file}")
    return 0


def _show(done: int, total: int) -> None:
    print(f"\rembedding the knowledge base: {done}/{total}", end="\n" if done == total else "", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
