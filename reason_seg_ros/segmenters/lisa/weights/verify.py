"""Whether a checkpoint on disk is complete and what its publisher uploaded. Reads shapes and checksums, no weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ....errors import SegmenterError
from ..tower_config import TowerConfig
from .cache import PART, Manifest, resolve_tower
from .checksums import matches
from .known import find

_WEIGHTS = (".bin", ".safetensors", ".index.json")


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        good: nothing to mend.
        text: a sentence.
    """

    good: bool
    text: str


def verify(folder: Path, checksums: bool = True, cache: Path | str | None = None) -> Iterator[Finding]:
    """Check a checkpoint, or a vision tower, one thing after another.

    Args:
        folder: to check.
        checksums: also read every file through; minutes for a large checkpoint.
        cache: folder of downloads, where the vision tower may lie.

    Yields:
        What each check found, as it is found.
    """
    for part in sorted(folder.glob(f"*{PART}")):
        yield Finding(False, f"{part.name} is a download that was broken off: run it again")
    if _is_tower(folder):
        yield from _checked("vision tower", lambda: _check_tower(folder))
    else:
        yield from _verify_checkpoint(folder, cache)
    if checksums:
        yield from _checksums(folder)


def _verify_checkpoint(folder: Path, cache: Path | str | None) -> Iterator[Finding]:
    from ..checkpoint.load import Checkpoint

    opened: list[Checkpoint] = []

    def open_checkpoint() -> str:
        opened.append(Checkpoint.open(folder))
        checkpoint = opened[0]
        return (
            f"all {len(checkpoint.shapes)} tensors in the shapes that config.json promises "
            f"({checkpoint.config.family.value}); weight files: {len(checkpoint.files)}"
        )

    yield from _checked("weights", open_checkpoint)
    config = opened[0].config if opened else None
    yield from _checked("tokenizer", lambda: _check_tokenizer(folder, config.vocabulary if config else None))
    if config:
        yield from _checked(
            "vision tower", lambda: _check_tower(resolve_tower(config.vision_tower, folder, cache), config.vision_width)
        )


def _checked(what: str, check: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding(True, f"{what}: {check()}")
    except SegmenterError as error:
        yield Finding(False, f"{what}: {error}")


def _check_tokenizer(folder: Path, vocabulary: int | None) -> str:
    from ..prompts.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(folder)
    if vocabulary is not None:
        tokenizer.check_fits(vocabulary)
    return f"[SEG] is token {tokenizer.seg_id}"


def _check_tower(folder: Path, width: int | None = None) -> str:
    """See that a tower's tensors have the shapes that its config promises."""
    from ..files import read_shapes, weight_files

    config = TowerConfig.read(folder)
    # transformers 5 saves the vision half alone without the beginning of its names.
    shapes = {
        name.removeprefix("vision_model."): shape
        for file in weight_files(folder)
        for name, shape in read_shapes(file).items()
    }
    hidden, patch = config.width, config.patch_size
    wanted: dict[str, tuple[int, ...]] = {
        "embeddings.patch_embedding.weight": (hidden, 3, patch, patch),
        "embeddings.position_embedding.weight": (config.patches + 1, hidden),
    }
    for layer in range(config.layers):
        prefix = f"encoder.layers.{layer}."
        wanted |= {f"{prefix}self_attn.{name}_proj.weight": (hidden, hidden) for name in ("q", "k", "v", "out")}
        wanted |= {f"{prefix}mlp.fc1.weight": (config.intermediate_size, hidden)}
    wrong = [
        f"{name} is {list(shapes[name]) if name in shapes else 'missing'} instead of {list(shape)}"
        for name, shape in wanted.items()
        if shapes.get(name) != shape
    ]
    if wrong:
        raise SegmenterError(f"{folder} does not fit its config.json: {'; '.join(wrong[:6])}: download it again")
    if width is not None:
        config.check_width(width, folder)
    return f"{folder.name}, {config.image_size} px, {config.patches} image tokens"


def _checksums(folder: Path) -> Iterator[Finding]:
    manifest = Manifest.read(folder)
    published = dict(manifest.files) if manifest is not None else {}
    known = find(manifest.repository if manifest is not None else "/".join(folder.parts[-2:]))
    for name, sha256 in known.sha256.items() if known is not None else ():
        published[name] = {**published.get(name, {}), "sha256": sha256}
    if not published:
        yield Finding(True, "checksums: none to compare with, since it was not downloaded by 'reason-seg weights'")
    for name, checksum in sorted(published.items()):
        path = folder / name
        if not path.is_file():
            # After a conversion the pickles may be deleted; what must be there has been checked above.
            if not name.endswith(_WEIGHTS):
                yield Finding(False, f"{name}: is missing: download the checkpoint again")
        elif path.stat().st_size != checksum.get("size", path.stat().st_size):
            size = path.stat().st_size
            yield Finding(False, f"{name}: has {size} bytes instead of {checksum['size']}: download it again")
        elif not matches(path, checksum):
            yield Finding(False, f"{name}: has another checksum than the publisher's: delete it and download it again")
        else:
            yield Finding(True, f"{name}: checksum is the publisher's")


def _is_tower(folder: Path) -> bool:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return str(config.get("model_type", "")).startswith("clip")
    except (OSError, ValueError, AttributeError):
        return False
