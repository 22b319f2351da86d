"""An instruction reaches a checkpoint in the wording that its family was trained with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reason_seg_ros.segmenters.lisa.options import Family, Mode
from reason_seg_ros.segmenters.lisa.prompts.instruction import as_phrase, thing_named_in
from reason_seg_ros.segmenters.lisa.prompts.modes import mode_for, prompt_for

ASKING = [
    "I am thirsty. Please output segmentation mask.",
    "What is the mug in this image? Please respond with segmentation mask.",
    "Who made 3 cups of tea?  Please output segmentation mask and explain why.",
    "Please segment the red mug in this image.",
    "Is there a drill in the image? If so, segment it.",
    "Can you segment the drill in this image?",
    "segment the mug",
    "Provide a binary mask of the mug",
    "Could you provide a segmentation map for the mug?  ",
]
NOT_ASKING = [
    "the face mask",
    "an orange segment",
    "I need a mask against the dust.",
    "something to mask the smell",
    "the mug",
]
PHRASES = {
    "the red mug": "the red mug",
    "red mug": "the red mug",
    "The Red Mug.": "the red mug",
    " my tea ": "my tea",
    "two mugs": "two mugs",
    "3 cups of tea": "3 cups of tea",
    "the can of cola": "the can of cola",
    "can opener": "the can opener",
    "hand cream": "the hand cream",
    "something I can stir my tea with": "something i can stir my tea with",
    "the mug that is left of the bowl": "the mug that is left of the bowl",
    "people wearing hats": "the people wearing hats",
}
SENTENCES = {
    "I want to stir my tea.": "I want to stir my tea.",
    "I want to stir my tea": "I want to stir my tea.",
    "My tea needs stirring.": "My tea needs stirring.",
    "the tea is cold": "the tea is cold.",
    "which of them cuts": "which of them cuts?",
    "can you see a mug": "can you see a mug?",
    "Give me the mug": "Give me the mug.",
    "Hand me the mug": "Hand me the mug.",
    "and the bowl?": "and the bowl?",
    "  Tea is hot. What now?  ": "Tea is hot. What now?",
}
MASK_MODES = [Mode.SEMANTIC, Mode.INSTANCE, Mode.AUTO]


@pytest.mark.parametrize("family", [Family.LISA, Family.SESAME])
@pytest.mark.parametrize("mode", MASK_MODES)
@pytest.mark.parametrize("instruction", ASKING)
def test_an_instruction_that_asks_for_a_mask_stays_as_it_is(instruction: str, mode: Mode, family: Family) -> None:
    assert prompt_for(instruction, mode, family) == instruction


@pytest.mark.parametrize("instruction", NOT_ASKING)
def test_masks_and_segments_that_are_things_are_asked_for(instruction: str) -> None:
    assert "Please output segmentation mask." in prompt_for(instruction, Mode.SEMANTIC, Family.LISA)


@pytest.mark.parametrize(("instruction", "phrase"), PHRASES.items())
def test_a_noun_phrase_becomes_a_question(instruction: str, phrase: str) -> None:
    prompts = [prompt_for(instruction, Mode.SEMANTIC, family) for family in (Family.LISA, Family.AUTO, Family.SESAME)]
    lisa = f"What is {phrase} in this image? Please output segmentation mask."
    sesame = (
        f"Can you confirm if {phrase} is present in this image? If it is, kindly provide the segmentation map. "
        "If it isn't, please state so and, if appropriate, mention any objects that might be mistaken for "
        f"{phrase}."
    )
    assert prompts == [lisa, lisa, sesame]
    assert prompt_for(instruction, Mode.DIALOGUE, Family.LISA) == (
        f"What is {phrase} in this image? Please output segmentation mask and explain why."
    )


@pytest.mark.parametrize(("instruction", "sentence"), SENTENCES.items())
def test_a_sentence_is_kept_and_a_request_follows(instruction: str, sentence: str) -> None:
    assert prompt_for(instruction, Mode.SEMANTIC, Family.LISA) == f"{sentence} Please output segmentation mask."
    assert prompt_for(instruction, Mode.SEMANTIC, Family.SESAME) == (
        f"{sentence} Could you provide a segmentation map for the indicated area if it's present?"
    )
    assert prompt_for(instruction, Mode.DIALOGUE, Family.LISA) == (
        f"{sentence} Please output segmentation mask and explain why."
    )


@pytest.mark.parametrize(
    ("instruction", "prompt"),
    [
        (
            "I am thirsty. Please output segmentation mask.",
            "I am thirsty. Please output segmentation mask and explain why.",
        ),
        ("Segment the mug.", "Segment the mug. Please output segmentation mask and explain why."),
        ("Segment the mug and explain why.", "Segment the mug and explain why."),
    ],
)
def test_dialogue_asks_for_an_explanation_once(instruction: str, prompt: str) -> None:
    assert prompt_for(instruction, Mode.DIALOGUE, Family.LISA) == prompt
    assert prompt_for(instruction, Mode.DIALOGUE_INSTANCE, Family.LISA) == prompt


SUFFIXES = {
    Mode.SEMANTIC: " Generate a mask for semantic segmentation. Focus on identifying the category as a whole; do not "
    "distinguish between individual instances within the same category.",
    Mode.INSTANCE: " Generate instance segmentation masks. Each countable object within the same category should have "
    "a separate mask. Ignore uncountable categories for individual masking.",
    Mode.DIALOGUE: " Provide a textual answer and generate a semantic segmentation mask. Focus on categorizing the "
    "entire class without separating individual instances.",
    Mode.DIALOGUE_INSTANCE: " Respond with text and provide instance segmentation mask predictions. Different "
    "instances within the same countable category should be identified with separate masks. A single mask suffices "
    "for uncountable categories.",
    Mode.TEXT: " Respond to the question using text only. Do not generate any segmentation masks.",
}


@pytest.mark.parametrize(("mode", "suffix"), SUFFIXES.items())
def test_lisa_plus_modes_are_suffixes(mode: Mode, suffix: str) -> None:
    for instruction in ("the red mugs", "I am thirsty.", *ASKING):
        prompt = prompt_for(instruction, mode, Family.LISA_PLUS)
        assert prompt.endswith(suffix)
        assert prompt.count(suffix.strip()) == 1
    assert prompt_for(ASKING[0], mode, Family.LISA_PLUS) == ASKING[0] + suffix


@pytest.mark.parametrize(("mode", "suffix"), SUFFIXES.items())
def test_a_suffix_that_the_person_gave_is_not_given_again(mode: Mode, suffix: str) -> None:
    instruction = f"Describe this image.{suffix}"
    assert prompt_for(instruction, mode, Family.LISA_PLUS).count(suffix.strip()) == 1


def test_lisa_plus_questions() -> None:
    questions = {
        mode: prompt_for("the mugs", mode, Family.LISA_PLUS).removesuffix(suffix) for mode, suffix in SUFFIXES.items()
    }
    assert questions == {
        Mode.SEMANTIC: "What is the mugs in this image? Please output segmentation mask.",
        Mode.INSTANCE: "Please segment the mugs separately in this image.",
        Mode.DIALOGUE: "What is the mugs in this image?",
        Mode.DIALOGUE_INSTANCE: "What is the mugs in this image?",
        Mode.TEXT: "the mugs.",
    }


@pytest.mark.parametrize(
    ("instruction", "ended"),
    [("cup", "cup."), ("cup.", "cup."), ("what is this", "what is this?"), (" why? ", "why?"), ("", "")],
)
def test_a_suffix_follows_the_end_of_a_sentence(instruction: str, ended: str) -> None:
    assert prompt_for(instruction, Mode.TEXT, Family.LISA_PLUS) == ended + SUFFIXES[Mode.TEXT]


def test_a_request_follows_the_end_of_a_sentence() -> None:
    asking = "segment the mug"
    assert prompt_for(asking, Mode.SEMANTIC, Family.LISA_PLUS) == f"{asking}.{SUFFIXES[Mode.SEMANTIC]}"
    assert prompt_for(asking, Mode.DIALOGUE, Family.LISA) == (
        f"{asking}. Please output segmentation mask and explain why."
    )


QUANTIFIED = {
    "all the mugs": "the mugs",
    "All mugs": "the mugs",
    "all of the mugs": "the mugs",
    "all these mugs": "these mugs",
    "all three mugs": "three mugs",
    "both my mugs": "my mugs",
    "each mug": "the mug",
    "every mug": "the mug",
    # Where the rest means something else, or nothing, by itself.
    "all": "all",
    "all but the mug": "all but the mug",
    "all that is red": "all that is red",
    "every one of them": "every one of them",
    "all of them": "all of them",
    "everything": "everything",
    "all-purpose glue": "the all-purpose glue",
}


@pytest.mark.parametrize(("instruction", "phrase"), QUANTIFIED.items())
def test_questions_are_about_classes_without_a_quantifier(instruction: str, phrase: str) -> None:
    question = f"What is {phrase} in this image?"
    lisa = prompt_for(instruction, Mode.SEMANTIC, Family.LISA)
    assert lisa == f"{question} Please output segmentation mask."
    assert prompt_for(instruction, Mode.SEMANTIC, Family.LISA_PLUS) == lisa + SUFFIXES[Mode.SEMANTIC]
    assert prompt_for(instruction, Mode.DIALOGUE, Family.LISA_PLUS) == question + SUFFIXES[Mode.DIALOGUE]
    sesame = prompt_for(instruction, Mode.AUTO, Family.SESAME)
    assert sesame.startswith(f"Can you confirm if {phrase} is present") and sesame.endswith(f"mistaken for {phrase}.")
    assert f"segment {as_phrase(instruction, True)} separately" in prompt_for(
        instruction, Mode.INSTANCE, Family.LISA_PLUS
    )


def test_instances_are_asked_for_with_the_quantifier() -> None:
    prompt = prompt_for("all the mugs", Mode.AUTO, Family.LISA_PLUS)
    assert prompt.startswith("Please segment all the mugs separately in this image.")


@pytest.mark.parametrize("family", [Family.LISA, Family.SESAME])
def test_text_goes_to_the_model_as_it_stands(family: Family) -> None:
    for instruction in (" What is this?  ", "the mug", ""):
        assert prompt_for(instruction, Mode.TEXT, family) == instruction


@pytest.mark.parametrize(
    ("instruction", "mode"),
    [
        ("the red mug", Mode.SEMANTIC),
        ("I want to stir my tea.", Mode.SEMANTIC),
        ("something all-purpose, if there is anything at all", Mode.SEMANTIC),
        ("Why is the tea cold?", Mode.DIALOGUE),
        ("Describe the mug.", Mode.DIALOGUE),
        ("Which tool cuts? Explain.", Mode.DIALOGUE),
        ("each mug", Mode.INSTANCE),
        ("all the mugs", Mode.INSTANCE),
        ("three mugs", Mode.INSTANCE),
        ("Segment the mugs separately.", Mode.INSTANCE),
        ("Describe every mug on the table.", Mode.DIALOGUE_INSTANCE),
    ],
)
def test_auto_goes_by_the_instruction(instruction: str, mode: Mode) -> None:
    assert mode_for(instruction, Mode.AUTO, Family.LISA_PLUS) is mode
    nearest = {Mode.INSTANCE: Mode.SEMANTIC, Mode.DIALOGUE_INSTANCE: Mode.DIALOGUE}
    assert mode_for(instruction, Mode.AUTO, Family.LISA) is nearest.get(mode, mode)
    assert mode_for(instruction, Mode.AUTO, Family.SESAME) is Mode.SEMANTIC
    for family in Family:
        resolved = mode_for(instruction, Mode.AUTO, family)
        assert prompt_for(instruction, Mode.AUTO, family) == prompt_for(instruction, resolved, family)


@given(instruction=st.text(), mode=st.sampled_from(Mode), family=st.sampled_from(Family))
def test_any_instruction_has_a_prompt(instruction: str, mode: Mode, family: Family) -> None:
    prompt = prompt_for(instruction, mode, family)
    stem = instruction.strip().rstrip(".")
    assert stem in prompt or stem.lower() in prompt or instruction in prompt
    assert thing_named_in(instruction) is not None


@pytest.mark.parametrize(
    ("instruction", "thing"),
    [
        ("the red mug", "red mug"),
        ("all the red mugs", "red mugs"),
        ("Please segment the red mug in this image.", "red mug"),
        ("Can you segment the mugs separately in this image?", "mugs"),
        ("What is the mug in this image? Please respond with segmentation mask.", "mug"),
        ("Is there a drill in the image? If so, segment it.", "drill"),
        ("Give me the mug left of the bowl.", "mug left of the bowl"),
        ("I am thirsty. Please output segmentation mask and explain why.", ""),
        ("the", "the"),
        ("", ""),
        ("all of the mugs", "mugs"),
        ("hand cream", "hand cream"),
        ("the red, round mug", "red, round mug"),
        ("something I can stir my tea with", "something I can stir my tea with"),
        # Sentences that name it.
        ("Where is the red mug?", "red mug"),
        ("Can you pass me the scissors?", "scissors"),
        ("Robot, hand me the scissors, please", "scissors"),
        ("Pick up the mug and bring it to me", "mug"),
        ("Segment the mug and the bowl.", "mug and the bowl"),
        ("Give me the mug that is on the table", "mug"),
        ("Give me the mug closest to the bowl", "mug closest to the bowl"),
        ("Find a tool to cut the paper", "tool"),
        ("I have to cut this paper in half. Pick a tool", "tool"),
        ("Hello there. Segment the mug and explain why.", "mug"),
        ("Are there any mugs on the table?", "mugs on the table"),
        ("I need a knife to cut the bread", "knife"),
        ("Which mug is mine?", "mug"),
        ("Provide a binary mask of the mug", "mug"),
        ("the red mug?", "red mug"),
        ("and the bowl?", "bowl"),
        ("this one", ""),
        ("all of them", ""),
        ("something", ""),
        # Sentences that do not, or only as something or other.
        ("why?", ""),
        ("I want to stir my tea.", ""),
        ("the tea is cold", ""),
        ("Which of these is the one that muesli is eaten from?", ""),
        ("What can I use to stir tea?", ""),
        ("What is this? Segment it.", ""),
        ("Find something to drink from", ""),
        ("Give me the one behind the bowl", ""),
        ("Show me how to open it", ""),
        ("Describe this image", ""),
        ("I need help", ""),
    ],
)
def test_what_an_instruction_is_about(instruction: str, thing: str) -> None:
    assert thing_named_in(instruction) == thing
