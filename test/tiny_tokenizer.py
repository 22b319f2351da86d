"""A LLaMA tokenizer in small: trained here on a few sentences, written in the layout of the published checkpoints."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

LLAMA_2_LAYOUT = ("[SEG]", "<im_start>", "<im_end>")
VICUNA_LAYOUT = ("<im_patch>", "<im_start>", "<im_end>", "[SEG]")
VOCABULARY = 640

CORPUS = """
A chat between a curious human and an artificial intelligence assistant.
A chat between a curious user and an artificial intelligence assistant.
The assistant gives helpful, detailed, and polite answers to the human's questions.
The assistant gives helpful, detailed, and polite answers to the user's questions.
You are a helpful language and vision assistant. You are able to understand the visual content that the user provides.
USER: What is the mug in this image? Please respond with segmentation mask. ASSISTANT: It is this. Sure, it is this.
USER: I am thirsty. Please output segmentation mask. ASSISTANT: Sure, the segmentation result is the red mug.
USER: Who made 3 cups of tea?  Please output segmentation mask and explain why. ASSISTANT: They are the two people.
USER: Please segment the red umbrella in this image. ASSISTANT: The man on the left holds a red umbrella over the dog.
USER: Can you confirm if the drill is present in this image? If it is, kindly provide the segmentation map.
USER: Is there a drill in the image? If so, segment it. ASSISTANT: No presence of drill detected in this image.
[INST] <<SYS>> Generate a mask for semantic segmentation. <</SYS>> Something I can stir my tea with [/INST] The spoon.
Generate instance segmentation masks. Each countable object should have a separate mask: mug, bowl, spoon, plate; box!
"""


@cache
def trained(vocabulary: int = VOCABULARY) -> bytes:
    """A SentencePiece model with LLaMA's settings: BPE with byte fallback, nothing normalised, a dummy prefix."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.strip().splitlines()),
        model_writer=model,
        model_type="bpe",
        vocab_size=vocabulary,
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=True,
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def layout(*names: str) -> dict[str, int]:
    """Ids for added tokens: one after another behind the vocabulary, in this order."""
    return {name: VOCABULARY + place for place, name in enumerate(names)}


def make_tokenizer(folder: Path, added: dict[str, int] | None = None) -> Path:
    """Write a tokenizer's files as a published checkpoint has them.

    Args:
        folder: where to; made if it is not there.
        added: added tokens with their ids; without it, those of the checkpoints on LLaMA 2.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    added = layout(*LLAMA_2_LAYOUT) if added is None else added
    (folder / "tokenizer.model").write_bytes(trained())
    special = {f"{name}_token": _token(text) for name, text in (("bos", "<s>"), ("eos", "</s>"), ("unk", "<unk>"))}
    _write(folder / "added_tokens.json", added)
    _write(folder / "special_tokens_map.json", {**special, "pad_token": "<unk>"})
    settings = {"legacy": True, "model_max_length": 512, "padding_side": "right", "tokenizer_class": "LlamaTokenizer"}
    kept = {name: {"__type": "AddedToken", **token} for name, token in special.items()}
    _write(folder / "tokenizer_config.json", {"add_bos_token": True, "add_eos_token": False, **settings, **kept})
    return folder


def make_fast_tokenizer(folder: Path, model: bytes, added: dict[str, int]) -> Path:
    """Write the same vocabulary as the one file that later tools save: tokenizer.json.

    Args:
        folder: where to; made if it is not there.
        model: a SentencePiece BPE model, as `trained` or a tokenizer.model has it.
        added: added tokens with their ids.

    Returns:
        The folder.
    """
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    vocabulary = {pieces.id_to_piece(place): place for place in range(len(pieces))}
    plain = {
        p for p, i in vocabulary.items() if not (pieces.is_control(i) or pieces.is_unknown(i) or pieces.is_byte(i))
    }
    merges = [
        (-pieces.get_score(vocabulary[whole]), vocabulary[whole[:cut]], whole[:cut], whole[cut:])
        for whole in plain
        for cut in range(1, len(whole))
        if whole[:cut] in plain and whole[cut:] in plain
    ]
    special = {"<unk>": 0, "<s>": 1, "</s>": 2}
    document = {
        "version": "1.0",
        "added_tokens": [_added(text, place, text in special) for text, place in {**special, **added}.items()],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": vocabulary,
            "merges": [f"{left} {right}" for _, _, left, right in sorted(merges)],
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "tokenizer.json", document)
    return folder


def _token(text: str) -> dict[str, object]:
    return {"content": text, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}


def _added(text: str, place: int, special: bool) -> dict[str, object]:
    return {"id": place, **_token(text), "normalized": False, "special": special}


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
