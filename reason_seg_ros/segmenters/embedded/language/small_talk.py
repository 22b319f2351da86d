"""What people say to a robot that asks for nothing: greetings, thanks, "yes"."""

from __future__ import annotations

from .phrase_table import PhraseTable, phrase_set
from .tokens import COMMA, sentences
from .word_file import load_words

_WORDS = load_words("small_talk")
_FILLERS = phrase_set(_WORDS["fillers"])
_ANSWERS = PhraseTable.of(_WORDS["answers"])


def small_talk(instruction: str) -> str:
    """What to say in return if nothing in the words asks for a thing; "" if anything else is in them."""
    answer = ""
    for words in sentences(instruction):
        at = 0
        while at < len(words):
            found = _ANSWERS.match(words, at)
            filler = 1 if words[at] == COMMA else (_FILLERS.match(words, at) or (0, True))[0]
            if not found and not filler:
                return ""
            answer = found[1] if found else answer
            at += found[0] if found else filler
    return answer
