"""From an instruction to the wording that a family of checkpoints was trained with.

| the instruction            | LISA                               | SESAME                      | LISA++               |
|----------------------------|------------------------------------|-----------------------------|----------------------|
| asks for a mask itself     | as it stands                       | as it stands                | as it stands, suffix |
| noun phrase: "the red mug" | "What is the red mug in this       | "Can you confirm if the red | question, suffix     |
|                            | image? Please output ..."          | mug is present ..."         |                      |
| sentence: "I am thirsty."  | "I am thirsty. Please output ..."  | "I am thirsty. Could ..."   | sentence, suffix     |
| any of them, dialogue      | "... mask and explain why."        | as semantic: it always says | question, suffix     |
|                            |                                    | what it sees                |                      |
| any of them, text          | as it stands                       | as it stands                | as it stands, suffix |

"All the mugs" is asked for as "the mugs" wherever the models were trained with single classes: everywhere but in
LISA++'s instance mode. A suffix follows a full stop or a question mark, the instruction's own if it has one.

The suffixes are LISA++'s own, one per mode. A mode that a family does not know becomes the nearest one that it does:
instance becomes semantic, dialogue_instance becomes dialogue.

Auto takes dialogue where the instruction asks why, or wants something explained or described; instance where it means
several things ("each", "all the", "both", "three mugs"); dialogue_instance where it does both; else semantic.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..options import Family, Mode
from .instruction import (
    as_phrase,
    as_sentence,
    asks_for_each,
    asks_for_mask,
    asks_for_words,
    is_sentence,
    without_mask_request,
)


@dataclass(frozen=True)
class Wording:
    """How a mode is worded: with a noun phrase, with a sentence, with an instruction that asks for a mask itself.

    The noun phrase keeps its "all" or "each" where it is `quantified`.
    """

    phrase: str
    sentence: str
    asking: str = "{}"
    suffix: str = ""
    quantified: bool = False


_WHY = "Please output segmentation mask and explain why."
_AS_IT_STANDS = Wording("{}", "{}")

_LISA = {
    Mode.SEMANTIC: Wording(
        "What is {} in this image? Please output segmentation mask.", "{} Please output segmentation mask."
    ),
    Mode.DIALOGUE: Wording(f"What is {{}} in this image? {_WHY}", f"{{}} {_WHY}", f"{{}} {_WHY}"),
    Mode.TEXT: _AS_IT_STANDS,
}

_SESAME = {
    Mode.SEMANTIC: Wording(
        "Can you confirm if {0} is present in this image? If it is, kindly provide the segmentation map. If it isn't, "
        "please state so and, if appropriate, mention any objects that might be mistaken for {0}.",
        "{} Could you provide a segmentation map for the indicated area if it's present?",
    ),
    Mode.TEXT: _AS_IT_STANDS,
}

_LISA_PLUS = {
    Mode.SEMANTIC: Wording(
        "What is {} in this image? Please output segmentation mask.",
        "{} Please output segmentation mask.",
        suffix=" Generate a mask for semantic segmentation. Focus on identifying the category as a whole; do not "
        "distinguish between individual instances within the same category.",
    ),
    Mode.INSTANCE: Wording(
        "Please segment {} separately in this image.",
        "{} Please output segmentation masks.",
        suffix=" Generate instance segmentation masks. Each countable object within the same category should have a "
        "separate mask. Ignore uncountable categories for individual masking.",
        quantified=True,
    ),
    Mode.DIALOGUE: Wording(
        "What is {} in this image?",
        "{}",
        suffix=" Provide a textual answer and generate a semantic segmentation mask. Focus on categorizing the entire "
        "class without separating individual instances.",
    ),
    Mode.DIALOGUE_INSTANCE: Wording(
        "What is {} in this image?",
        "{}",
        suffix=" Respond with text and provide instance segmentation mask predictions. Different instances within the "
        "same countable category should be identified with separate masks. A single mask suffices for uncountable "
        "categories.",
    ),
    Mode.TEXT: Wording(
        "{}", "{}", suffix=" Respond to the question using text only. Do not generate any segmentation masks."
    ),
}

_WORDINGS = {Family.LISA: _LISA, Family.AUTO: _LISA, Family.SESAME: _SESAME, Family.LISA_PLUS: _LISA_PLUS}

_NEAREST = {
    Mode.INSTANCE: Mode.SEMANTIC,
    Mode.DIALOGUE_INSTANCE: Mode.DIALOGUE,
    Mode.DIALOGUE: Mode.SEMANTIC,
}

_AUTO = {
    (False, False): Mode.SEMANTIC,
    (False, True): Mode.INSTANCE,
    (True, False): Mode.DIALOGUE,
    (True, True): Mode.DIALOGUE_INSTANCE,
}


def mode_for(instruction: str, mode: Mode, family: Family) -> Mode:
    """The mode that an instruction is asked in: auto resolved, and one that the family knows."""
    if mode is Mode.AUTO:
        mode = _AUTO[asks_for_words(instruction), asks_for_each(instruction)]
    while mode not in _WORDINGS[family]:
        mode = _NEAREST[mode]
    return mode


def prompt_for(instruction: str, mode: Mode, family: Family) -> str:
    """What the model is asked.

    Args:
        instruction: what the person said.
        mode: what is asked of the model.
        family: whose wordings to use; auto uses LISA's.
    """
    mode = mode_for(instruction, mode, family)
    wording = _WORDINGS[family][mode]
    suffix = "" if wording.suffix.strip() in instruction else wording.suffix
    if mode is Mode.TEXT or not instruction.strip():
        return _ended(instruction, suffix)
    if asks_for_mask(instruction):
        if wording.asking == "{}" or asks_for_words(instruction):
            return _ended(instruction, suffix)
        return wording.asking.format(as_sentence(without_mask_request(instruction))) + suffix
    if is_sentence(instruction):
        return wording.sentence.format(as_sentence(instruction)) + suffix
    return wording.phrase.format(as_phrase(instruction, wording.quantified)) + suffix


def _ended(instruction: str, suffix: str) -> str:
    """The instruction and the suffix, or the instruction alone as it stands where there is none."""
    return as_sentence(instruction) + suffix if suffix else instruction
