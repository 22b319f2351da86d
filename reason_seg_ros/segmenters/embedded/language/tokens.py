"""From text to words: sentences of lower-case words, commas kept, everything else a parser does not need gone."""

from __future__ import annotations

import re
import unicodedata

COMMA = ","

_WORD = re.compile(r"[^\W_]+(?:['&./-][^\W_]+)*")
_TOKEN = re.compile(rf"{_WORD.pattern}|[.!?;…]+|[,:()–—]|\n")
_SENTENCE_END = re.compile(r"[.!?;…\n]")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": " ", "”": " ", '"': " ", "‐": "-", "‑": "-"})

_CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "let's": "let us",
    "gimme": "give me",
    "lemme": "let me",
    "wanna": "want to",
    "gonna": "going to",
    "whats": "what is",
    "wheres": "where is",
    "im": "i am",
    "dont": "do not",
    "pls": "please",
    "plz": "please",
    "thx": "thanks",
    "teh": "the",
    "adn": "and",
    "smth": "something",
    "sth": "something",
    "u": "you",
    "ur": "your",
}
_ENDINGS = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
_IS_BEFORE_S = {
    "what",
    "whatever",
    "where",
    "who",
    "that",
    "it",
    "there",
    "here",
    "he",
    "she",
    "how",
    "when",
    "which",
    "everything",
}


def sentences(text: str) -> tuple[tuple[str, ...], ...]:
    """Split a text into sentences of words.

    Words are lower case, contractions are written out ("I'd" is "i would"), quotes, emoji and other signs are dropped;
    a comma, colon, bracket or dash becomes a comma.
    """
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN).lower()
    found: list[tuple[str, ...]] = []
    current: list[str] = []
    for token in _TOKEN.findall(text):
        if _SENTENCE_END.match(token):
            found.append(_trimmed(current))
            current = []
        elif token in ",:()–—":
            current.append(COMMA)
        else:
            current.extend(_written_out(token))
    found.append(_trimmed(current))
    return tuple(sentence for sentence in found if sentence)


def _written_out(word: str) -> list[str]:
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word].split()
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return [word.removesuffix(ending), full]
    if word.startswith("non-"):
        return ["not", word[4:]]
    if word.endswith("-less"):
        return [word.replace("-", "")]
    if "-and-" in word or word.endswith("-ish"):  # "black-and-white", "square-ish"
        return word.removesuffix("-ish").replace("-and-", " and ").split()
    if word.endswith("'s") and word[:-2] in _IS_BEFORE_S:
        return [word[:-2], "is"]
    return [word]


def _trimmed(words: list[str]) -> tuple[str, ...]:
    """Without commas at either end or doubled ones."""
    kept: list[str] = []
    for word in words:
        if word != COMMA or (kept and kept[-1] != COMMA):
            kept.append(word)
    while kept and kept[-1] == COMMA:
        kept.pop()
    return tuple(kept)
