"""From the pieces of a prompt to token ids, and back to words, exactly as the checkpoints were trained."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any

from ....errors import SegmenterError

IMAGE_TOKEN = -200
"""Stands among the ids for the whole image; the language model puts the image's vectors in its place."""


class Special(Enum):
    """A token that no text can spell: what a user types is text and nothing else."""

    IMAGE = "<image>"
    IM_START = "<im_start>"
    IM_END = "<im_end>"
    SEG = "[SEG]"
    BOS = "<s>"
    EOS = "</s>"


@dataclass(frozen=True)
class Ids:
    """Token ids that go into the prompt as they are: an earlier answer, as it was generated."""

    ids: tuple[int, ...]


Piece = str | Special | Ids

_BASE = ("<unk>", Special.BOS.value, Special.EOS.value)
_STRIPPED_AROUND = (Special.IM_START, Special.IM_END, Special.SEG)
_SPACE = "▁"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_FILES = "tokenizer.model (SentencePiece) or tokenizer.json"


class Tokenizer:
    """LLaMA's tokenizer with the added tokens of a checkpoint.

    The published checkpoints were trained with a tokenizer that cuts the prompt at its added tokens and gives each text
    between them to SentencePiece on its own. It follows that

    - each such text begins with a space of its own (SentencePiece's dummy prefix);
    - white space is lost where a text touches `<im_start>`, `<im_end>` or `[SEG]`;
    - white space is kept where a text touches `<s>`, `</s>` or an image that stands alone.

    Other tokenizers of the same vocabulary give other ids from the first word on, and other masks with them.

    Attributes:
        seg_id: id of `[SEG]`; differs between checkpoints.
        bos_id: id of `<s>`.
        eos_id: id of `</s>`.
        im_start_id: id of `<im_start>`, None if the checkpoint has none.
        im_end_id: id of `<im_end>`, None if the checkpoint has none.
        markers: ids that are no words: `<unk>`, `<s>`, `</s>` and every added token.
        size: ids that a prompt or a mask needs lie below it.
    """

    def __init__(self, pieces: Sequence[str], added: dict[str, int], encode_text: Callable[[str], list[int]]) -> None:
        """Build from parts; `load` does so from files.

        Args:
            pieces: the vocabulary; a piece's place is its id.
            added: added tokens with their ids.
            encode_text: ids of a text that is not empty, its dummy prefix included.

        Raises:
            SegmenterError: if there is no `[SEG]` among the tokens, or the vocabulary is not LLaMA's.
        """
        known = {piece: place for place, piece in enumerate(pieces) if piece in _BASE}
        if len(known) < len(_BASE):
            raise SegmenterError("this is not a LLaMA tokenizer: it lacks one of " + ", ".join(_BASE))
        if Special.SEG.value not in added:
            raise SegmenterError(
                "the tokenizer has no [SEG] token: this is not a checkpoint of the LISA family (LISA, LISA++, SESAME); "
                "a base model such as LLaVA cannot segment"
            )
        self.seg_id = added[Special.SEG.value]
        self.bos_id = known[Special.BOS.value]
        self.eos_id = known[Special.EOS.value]
        self.im_start_id = added.get(Special.IM_START.value)
        self.im_end_id = added.get(Special.IM_END.value)
        self.markers = frozenset(known.values()) | frozenset(added.values())
        needed = (self.seg_id, self.im_start_id, self.im_end_id)
        self.size = max(len(pieces), *(place + 1 for place in needed if place is not None))
        self._pieces = pieces
        self._base = {place: piece for piece, place in known.items()}
        self._added = {place: name for name, place in added.items()}
        self._encode_text = encode_text

    @classmethod
    def load(cls, folder: str | Path) -> Tokenizer:
        """Read a tokenizer's files.

        Args:
            folder: has `tokenizer.model`, else `tokenizer.json`; and the added tokens in any of `added_tokens.json`,
                `tokenizer_config.json` and `tokenizer.json`, as tools of different years wrote them.

        Raises:
            SegmenterError: if files are missing or broken, or there is no `[SEG]` token.
        """
        folder = Path(folder)
        vocabulary = folder / "tokenizer.model"
        document = _json(folder / "tokenizer.json")
        if vocabulary.is_file():
            pieces, encode_text = _sentencepiece(vocabulary)
        elif document:
            pieces, encode_text = _bpe(document, folder / "tokenizer.json")
        else:
            raise SegmenterError(
                f"no tokenizer in {folder}: it should have {_FILES}, and added_tokens.json; "
                "the option tokenizer names another folder that has them"
            )
        return cls(pieces, _added_tokens(folder, document), encode_text)

    def check_fits(self, vocabulary: int) -> None:
        """See that a network knows all tokens that it may be given.

        Args:
            vocabulary: rows of its embeddings.

        Raises:
            SegmenterError: if it does not.
        """
        if self.size > vocabulary:
            raise SegmenterError(
                f"the tokenizer has tokens up to {self.size - 1}, the checkpoint's embeddings end at {vocabulary - 1}: "
                "take the tokenizer's files from the same checkpoint as the weights"
            )

    def encode(self, pieces: Iterable[Piece]) -> list[int]:
        """Token ids of a prompt.

        Args:
            pieces: texts, special tokens and earlier ids; texts that follow each other are one text.

        Returns:
            The ids: `bos_id` first, `IMAGE_TOKEN` in the image's place.

        Raises:
            SegmenterError: if a special token is asked for that the checkpoint does not have.
        """
        ids = [self.bos_id]
        joined: list[Piece] = list(_joined(pieces))
        for before, piece, after in zip([None, *joined], joined, [*joined[1:], None], strict=False):
            if isinstance(piece, Special):
                ids.append(self._id_of(piece))
            elif isinstance(piece, Ids):
                ids.extend(piece.ids)
            elif text := _trimmed(piece, before, after):
                ids.extend(self._encode_text(text.encode("utf-8", "replace").decode("utf-8")))
        return ids

    def decode(self, ids: Iterable[int], skip: Collection[int] = ()) -> str:
        """Words of token ids, with the spacing of the tokenizer that the checkpoints were trained with.

        Added tokens stand between spaces; bytes that are no UTF-8 and ids that are no tokens never raise.

        Args:
            ids: token ids.
            skip: ids to leave out.
        """
        kept = [place for place in ids if place not in skip]
        words: list[str] = []
        for is_added, run in groupby(kept, key=self._added.__contains__):
            tokens = list(run)
            words += [self._added[token] for token in tokens] if is_added else [self._decode_run(tokens)]
        return " ".join(words)

    def _decode_run(self, ids: list[int]) -> str:
        """Words of ids without added tokens; `<s>`, `</s>`, `<unk>` have their space before the text that they end."""
        text, start = "", 0
        for place, token in enumerate(ids):
            if token in self._base:
                gap = " " if place > 0 and ids[place - 1] not in self._base else ""
                text += gap + self._decode_text(ids[start:place]) + self._base[token]
                start = place + 1
        return text + self._decode_text(ids[start:])

    def _decode_text(self, ids: list[int]) -> str:
        spelled = [self._pieces[token] if 0 <= token < len(self._pieces) else "" for token in ids]
        words = []
        for is_byte, run in groupby(spelled, key=lambda piece: _BYTE.fullmatch(piece) is not None):
            joined = "".join(run)
            words.append(_utf8(bytes.fromhex("".join(_BYTE.findall(joined)))) if is_byte else joined)
        return "".join(words).removeprefix(_SPACE).replace(_SPACE, " ")

    def _id_of(self, special: Special) -> int:
        ids = {
            Special.IMAGE: IMAGE_TOKEN,
            Special.IM_START: self.im_start_id,
            Special.IM_END: self.im_end_id,
            Special.SEG: self.seg_id,
            Special.BOS: self.bos_id,
            Special.EOS: self.eos_id,
        }
        if (found := ids[special]) is None:
            raise SegmenterError(
                f"the tokenizer has no {special.value} token, which mm_use_im_start_end in config.json asks for: "
                "take the tokenizer's files from the same checkpoint as config.json"
            )
        return found


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for is_text, run in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if not is_text:
            yield from run
        elif text := "".join(map(str, run)):
            yield text


def _trimmed(text: str, before: Piece | None, after: Piece | None) -> str:
    text = text.lstrip() if before in _STRIPPED_AROUND else text
    return text.rstrip() if after in _STRIPPED_AROUND else text


def _utf8(raw: bytes) -> str:
    """Text of bytes; like SentencePiece, one U+FFFD for each byte that cannot be read."""
    readable = raw.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", "\ufffd", readable)


def _sentencepiece(path: Path) -> tuple[list[str], Callable[[str], list[int]]]:
    from sentencepiece import SentencePieceProcessor

    try:
        processor = SentencePieceProcessor(model_proto=path.read_bytes())
        return processor.id_to_piece(list(range(len(processor)))), processor.encode
    except (OSError, RuntimeError) as error:
        raise SegmenterError(f"{path} is not a SentencePiece model; download it again ({error})") from None


def _bpe(document: dict[str, Any], path: Path) -> tuple[list[str], Callable[[str], list[int]]]:
    """Vocabulary and encoder of a tokenizer.json: of its model alone, since what is around it differs by year.

    LLaMA joins runs of spaces after everything else, and some tools have saved those merges first.
    """
    from tokenizers import Tokenizer as FastTokenizer

    around = dict.fromkeys(("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"))
    try:
        vocabulary: dict[str, int] = document["model"]["vocab"]
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in document["model"]["merges"]]
        merges.sort(key=lambda merge: set(merge) <= {" ", _SPACE})
        alone = {**document, **around, "added_tokens": [], "model": {**document["model"], "merges": merges}}
        model = FastTokenizer.from_str(json.dumps(alone))
        pieces = [""] * (max(vocabulary.values()) + 1)
    except Exception as error:  # the library raises nothing narrower
        raise SegmenterError(f"{path} is not a LLaMA tokenizer; download it again ({error})") from None
    for piece, place in vocabulary.items():
        pieces[place] = piece

    def encode_text(text: str) -> list[int]:
        return model.encode(_SPACE + text.replace(" ", _SPACE), add_special_tokens=False).ids

    return pieces, encode_text


def _added_tokens(folder: Path, document: dict[str, Any]) -> dict[str, int]:
    declared = {token["content"]: token["id"] for token in document.get("added_tokens") or ()}
    decoder = _json(folder / "tokenizer_config.json").get("added_tokens_decoder") or {}
    declared |= {token["content"]: int(place) for place, token in decoder.items()}
    declared |= _json(folder / "added_tokens.json")
    return {name: place for name, place in declared.items() if name not in _BASE}


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SegmenterError(f"{path} cannot be read; download it again ({error})") from None
    if not isinstance(content, dict):
        raise SegmenterError(f"{path} has no tokens in it; download it again")
    return content
