"""What an instruction is, by its own wording: a noun phrase or a sentence; what it asks for."""

from __future__ import annotations

import re
from functools import lru_cache


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


DETERMINERS = word_set(
    "a an the this that these those my your his her its our their some any each every all both another several many "
    "one two three four five six seven eight nine ten"
)
"""Words that a noun phrase begins with."""

_INDEFINITE = frozenset(f"{some}{thing}" for some in ("some", "any", "every") for thing in ("thing", "one", "body"))
_PRONOUNS = word_set("i i'm i'd i've i'll we you he she it it's they there there's here if")
_QUESTION_WORDS = word_set("what what's which who who's whose where where's when how why")
_QUESTION_VERBS = word_set(
    "is are am was were do does did can could will would shall should may might must has have had"
)
_COMMANDS = word_set(
    "please let let's help give bring find show pass hand get fetch take pick grab point look tell say put choose "
    "select want need describe explain locate identify highlight mark outline detect segment mask output generate"
)
_VERBS_OR_NOUNS = word_set("can will must need help pass hand pick point look mark mask outline segment")
_AFTER_A_VERB = DETERMINERS | _PRONOUNS | _QUESTION_WORDS | word_set("me us him them at for out to up")
_FINITE_VERB = re.compile(r"\b(is|are|was|were|isn't|aren't|has|have|had|does|do|did)\b", re.I)
_RELATIVE_CLAUSE = re.compile(r"\b(that|which|who|whose|where|i|we|you|he|she|they|it)\b", re.I)

_COMMAND = r"(^\s*|[,.:;?!]\s*|\b(please|can you|could you|would you|will you)\s+)"
_CLAUSE = rf"({_COMMAND}|\b(me|you|to|and|then|so|also|now)\s+)"
_MASK_REQUESTS = (
    r"\bsegmentations?\b",
    _CLAUSE + r"segment\b",
    _COMMAND + r"mask( out)?\s+(the|a|an|all|every|each|it|this|that|them)\b",
    r"\b(output|respond with|provide|generate|predict|produce|return|draw)\b(\s+\w+){0,3}\s+masks?\b",
    r"\bmasks?\s+(of|for)\b",
)
_ASKS_FOR_MASK = re.compile("|".join(_MASK_REQUESTS), re.I)
_ASKS_FOR_WORDS = re.compile(r"\b(why|explain|explanation|the reason|describe|description|tell me about)\b", re.I)
_ASKS_FOR_EACH = re.compile(
    r"\b(each|every|both|several|multiple|separately|respectively|individually|one by one|instances?)\b"
    r"|(?<!\bat )(?<!\bafter )\ball\b(?!-)"
    r"|^(the )?(two|three|four|five|six|seven|eight|nine|ten|[2-9]|\d\d+)\s",
    re.I,
)

_PLACE = r"in (this|the) (image|picture|photo|scene)\b"
_ASKED = r"(^|[,;:]\s*|\b(please|can you|could you|would you|will you|want you to|help me|let's|let us)\s+)"
_VERB = (
    r"segment|find|show|give|bring|hand|pass|get|fetch|take|grab|pick( up| out)?|point( out| at| to)?|look (at|for)|see"
    r"|choose|select|locate|identify|detect|highlight|outline|mark|describe"
)
_NAMED_IN = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_ASKED}({_VERB})\s+((me|us)\s+)?(?P<name>.+)",
        rf"^what (is|are)\s+(?P<name>.+?)\s+{_PLACE}",
        r"^where (is|are)\s+(?P<name>.+)",
        r"^(is|are) there\s+(?P<name>.+)",
        r"^(do|can) you see\s+(?P<name>.+)",
        r"^which\s+(?P<name>.+?)\s+(is|are|has|have|does|do|can|could|would|will|should)\b",
        r"^i(('m| am) looking for|( would|'d) like( to have)?| need| want)\s+(?P<name>.+)",
        r"\bma(sk|p)s?\s+(of|for)\s+(?P<name>.+)",
        r"^((and|or|but|then|now|(what|how) about)\s+)*(?P<name>.+)",
    )
)
_ADDRESSED = re.compile(rf"^\w+( \w+)?,\s*(please\s+)?({_VERB})\s+(me|us|the|a|an|my|some|any)\b", re.I)
_NAME_END = re.compile(
    rf"\s*[,;:()].*|\s+({_PLACE}|(that|which|who|whose|where|so|because|if|please|separately|i|you|we|for (me|us))\b).*"
    r"|(?<!next)(?<!close)(?<!closer)(?<!closest)(?<!nearest)(?<!similar)\s+to\b(?! the (left|right)\b).*"
    rf"|\s+(and|then)\s+(also\s+)?({_VERB}|put|tell|say|explain|why|what|how|i|you|it)\b.*",
    re.I,
)
_NO_NAMES = (
    _INDEFINITE
    | _PRONOUNS
    | _QUESTION_WORDS
    | word_set(
        "one ones none help them him me us thing things object objects item items image picture photo scene of to not"
    )
)
_PREPOSITIONS = word_set("of in on at by for from to with without into onto near over under behind beside used")
_MOST_WORDS = 8
_QUANTIFIER = re.compile(
    r"^(all|both|each|every)\s+(of\s+)?(?!(but|except|that|who|which|of|one|them|us|you|it)\b)(?=\w)"
)
_CLOSING_REQUEST = re.compile(r"\s*\bplease (output|respond with) (the )?segmentation masks?\b[^.]*\.?\s*$", re.I)
_MASK_ONLY_REQUEST = re.compile(r"\s*\bplease (output|respond with) (the )?segmentation masks?\s*\.?\s*$", re.I)


def asks_for_mask(instruction: str) -> bool:
    """Whether it asks for a segmentation in words that the models know; "the face mask" does not."""
    return _ASKS_FOR_MASK.search(instruction) is not None


def asks_for_words(instruction: str) -> bool:
    """Whether it wants something explained or described."""
    return _ASKS_FOR_WORDS.search(instruction) is not None


def asks_for_each(instruction: str) -> bool:
    """Whether it means several things, each by itself."""
    return _ASKS_FOR_EACH.search(instruction.strip()) is not None


def is_sentence(instruction: str) -> bool:
    """Whether it is a sentence, or several; else it is a noun phrase, "the red mug" or "something to stir with"."""
    text = instruction.strip()
    words = [word.strip(",") for word in text.lower().split()]
    if not words or text[-1] in "?!" or re.search(r"[.?!]\s", text):
        return True
    if words[0] in _PRONOUNS | _QUESTION_WORDS:
        return True
    if words[0] in _QUESTION_VERBS | _COMMANDS:
        return words[0] not in _VERBS_OR_NOUNS or (len(words) > 1 and words[1] in _AFTER_A_VERB)
    if _FINITE_VERB.search(_RELATIVE_CLAUSE.split(text, maxsplit=1)[0]):
        return True
    return text.endswith(".") and words[0] not in {"the", "a", "an", *_INDEFINITE}


def as_sentence(instruction: str) -> str:
    """The sentence with its end: a full stop or a question mark where a person left it out."""
    text = instruction.strip()
    if not text or text[-1] in ".?!:;":
        return text
    return text + ("?" if text.lower().split()[0] in _QUESTION_WORDS | _QUESTION_VERBS else ".")


def as_phrase(instruction: str, quantified: bool = False) -> str:
    """The noun phrase in lower case, as the models were trained, with an article where it has none.

    Args:
        instruction: the noun phrase.
        quantified: keep "all", "both", "each" or "every", which the models have not seen in "What is ... in this
            image?"; else "all the mugs" becomes "the mugs".
    """
    text = instruction.strip().rstrip(".").lower()
    if not quantified:
        text = _QUANTIFIER.sub("", text)
    first = text.split()[0] if text else ""
    return text if first in DETERMINERS or first in _INDEFINITE or first[:1].isdigit() else f"the {text}"


def without_mask_request(instruction: str) -> str:
    """The instruction without the words "Please output segmentation mask." at its end."""
    return _MASK_ONLY_REQUEST.sub("", instruction)


@lru_cache(maxsize=64)
def thing_named_in(instruction: str) -> str:
    """Short name of what an instruction is about, without its determiner.

    "red mug" of "Please segment the red mug in this image."; all of it if it is a noun phrase; "" of one that only
    points ("this one"), and of a sentence that names nothing which it plainly asks for ("I am thirsty.").
    """
    text = _CLOSING_REQUEST.sub("", instruction).strip()
    if not (is_sentence(text) or asks_for_mask(text) or _ADDRESSED.match(text)):
        name = without_determiners(text.rstrip(".?!,;:"))
        return "" if name.lower() in _NO_NAMES else name
    sentences = [each.rstrip(".?!,;: ") for each in re.split(r"(?<=[.?!])\s+", text)]
    names = (_name_in(pattern, sentence) for pattern in _NAMED_IN for sentence in sentences)
    return next(filter(None, names), "")


def _name_in(pattern: re.Pattern[str], sentence: str) -> str:
    """The noun phrase that a pattern finds in a sentence, "" if there is none."""
    found = pattern.search(sentence)
    if found is None or (found["name"] == sentence and is_sentence(sentence)):
        return ""
    name = without_determiners(_NAME_END.sub("", found["name"]))
    words = name.lower().split()
    fits = 0 < len(words) <= _MOST_WORDS and not _FINITE_VERB.search(name)
    if not fits or words[0] in _NO_NAMES | DETERMINERS | _PREPOSITIONS or words[-1] in _PREPOSITIONS:
        return ""
    return name


def without_determiners(phrase: str) -> str:
    """The phrase from its first word that says which thing: "red mug" of "all the red mugs" and the like."""
    words = phrase.split()
    while len(words) > 1 and words[0].lower() in DETERMINERS:
        words.pop(0)
        if len(words) > 1 and words[0].lower() == "of":
            words.pop(0)
    return " ".join(words)
