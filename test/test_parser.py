"""What people say to a robot, and how the parser understands it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reason_seg_ros.errors import InstructionError
from reason_seg_ros.segmenters.embedded.language.inflection import edit_distance, is_plural, singular
from reason_seg_ros.segmenters.embedded.language.intent import Description, Intent, Naming, Superlative
from reason_seg_ros.segmenters.embedded.language.lexicon import Lexicon
from reason_seg_ros.segmenters.embedded.language.parser import MAX_LENGTH, parse
from reason_seg_ros.segmenters.embedded.language.tokens import sentences
from reason_seg_ros.segmenters.embedded.language.vocabulary import ADJECTIVES, SUPERLATIVES

DATA = yaml.safe_load((Path(__file__).parent / "data" / "instructions.yaml").read_text(encoding="utf-8"))
CORPUS = DATA["instructions"]
SAID = {Naming.NEEDED: "something", Naming.ANY: "anything", Naming.REFERRED: "it"}

lexicon = Lexicon(DATA["nouns"], frozenset(DATA["english"]))


def understood(text: str) -> Intent:
    return parse(text, lexicon)


def target(text: str) -> Description:
    (only,) = understood(text).targets
    return only


def no(negated: bool) -> str:
    return "not " if negated else ""


def extreme(superlative: Superlative) -> str:
    rank = superlative.rank if superlative.rank > 1 else ""
    return f"^{superlative.axis}{rank}" + (f">({told(superlative.than)})" if superlative.than else "")


def told(description: Description) -> str:
    """A description in the notation of instructions.yaml."""
    parts = [SAID.get(description.naming, description.noun)]
    if description.surface:
        parts[0] = f"surface {description.noun}".strip()
    if description.purpose:
        parts.append(f"<{description.purpose}>")
    parts += [f"[{no(each.negated)}{each.value}{' ' + each.on if each.on else ''}]" for each in description.attributes]
    parts += [extreme(each) for each in description.superlatives]
    parts += [f"{no(each.negated)}{each.kind}({', '.join(map(told, each.anchors))})" for each in description.relations]
    parts += [f"but({told(excluded)})" for excluded in description.excluded]
    return " ".join(parts)


def written(intent: Intent) -> str:
    count = {1: "", None: " all"}.get(intent.count, f" {intent.count}")
    joiner = " or " if intent.alternatives else " and "
    return f"{'the' if intent.definite else 'a'}{count}: {joiner.join(map(told, intent.targets))}"


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["say"][:60])
def test_instruction_is_understood(entry: dict[str, str]) -> None:
    assert written(understood(entry["say"])) == entry["want"]


def test_corpus_is_large() -> None:
    assert len(CORPUS) >= 300


@pytest.mark.parametrize("text", ["", "   ", "?!", "\n\t", "🤖", "please", "Hello!", "...", "\u200b"])
def test_nothing_said_is_an_error_that_tells_what_to_say(text: str) -> None:
    with pytest.raises(InstructionError, match="say what you want"):
        understood(text)


def test_too_long_is_an_error_that_names_the_limit() -> None:
    with pytest.raises(InstructionError, match=str(MAX_LENGTH)):
        understood("the red mug " * MAX_LENGTH)


def test_attributes_carry_family_and_part() -> None:
    lid, part, body = target("the jar with the dark red lid and a round body").attributes
    assert (lid.family, lid.value, lid.on) == ("color", "dark red", "lid")
    assert (part.family, part.value, part.on) == ("part", "lid", "")
    assert (body.family, body.value, body.on) == ("shape", "round", "body")


def test_right_before_a_place_is_no_side() -> None:
    assert told(target("the pen right behind the cup")) == "pen behind(cup)"
    assert told(target("the pen right of the cup")) == "pen right(cup)"
    assert told(target("the pen on the right")) == "pen ^right"


def test_relations_nest_to_the_right() -> None:
    description = target("the key in the cup on the book next to the lamp behind the box")
    assert told(description) == "key in(cup on(book beside(lamp behind(box))))"


def test_table_is_a_support_and_a_table_lamp_is_not() -> None:
    (relation,) = target("the key on the table").relations
    assert relation.anchors == (Description(Naming.ANY, surface=True),)
    assert target("the key on the table lamp").relations[0].anchors[0].noun == "table lamp"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("hammr", "hammer"),
        ("sceissors", "scissors"),
        ("spatlua", "spatula"),
        ("screwdrivr", "screwdriver"),
        ("kettel", "kettle"),
    ],
)
def test_typing_errors_in_nouns_are_mended(said: str, meant: str) -> None:
    assert target(f"give me the {said}").noun == meant


@pytest.mark.parametrize("noun", ["plane", "house", "dax", "grumblewumble", "flux capacitor"])
def test_unknown_nouns_survive(noun: str) -> None:
    assert target(f"give me the red {noun} next to the mug").noun == noun


def test_plural_of_an_unknown_noun_is_made_singular() -> None:
    intent = understood("show me all grumblewumbles")
    assert intent.count is None
    assert intent.targets[0].noun == "grumblewumble"


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("the grey box", "the gray box"),
        ("the multicoloured ball", "the multicolored ball"),
        ("the aluminium can", "the aluminum can"),
        ("the pen in the centre", "the pen in the center"),
        ("the furthest cup", "the farthest cup"),
    ],
)
def test_british_and_american_spelling_mean_the_same(british: str, american: str) -> None:
    assert understood(british).targets == understood(american).targets


def test_case_quotes_and_signs_do_not_matter() -> None:
    plain = understood("bring me the soup can").targets
    for variant in ("BRING ME THE SOUP CAN!!!", "Bring me the “soup can”.", "🙏 bring me — please — the soup can 🥫"):
        assert understood(variant).targets == plain


@pytest.mark.parametrize(
    "wrapper", ["{}", "Please, {}", "{}, please", "hey robot, could you {} for me?", "Now {} thanks"]
)
def test_politeness_does_not_matter(wrapper: str) -> None:
    assert understood(wrapper.format("pick up the blue cup")).targets == understood("the blue cup").targets


def test_a_situation_explains_an_open_question_only() -> None:
    assert "thirsty" in target("I'm thirsty. What should I take?").purpose
    assert target("I'm thirsty. Bring me the red mug.").purpose == ""
    assert target("I'm thirsty, which cup is best?").purpose == "i am thirsty"


def test_sentences_are_split_and_contractions_written_out() -> None:
    assert sentences("I'd like tea. Where's the mug?") == (
        ("i", "would", "like", "tea"),
        ("where", "is", "the", "mug"),
    )


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("mugs", "mug"), ("boxes", "box"), ("knives", "knife"), ("batteries", "battery"), ("glasses", "glass"),
        ("brushes", "brush"), ("vases", "vase"), ("potatoes", "potato"), ("shelves", "shelf"), ("matches", "matches"),
    ],
)  # fmt: skip
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one
    assert singular(one) == one
    assert is_plural(plural) == (plural != one)


def test_edit_distance_counts_a_swap_once_and_stops_at_its_limit() -> None:
    assert edit_distance("spatula", "spatlua", 2) == 1
    assert edit_distance("cup", "cups", 1) == 1
    assert edit_distance("hammer", "stapler", 2) == 3


def test_shaded_colors_split() -> None:
    assert ADJECTIVES.match(["light", "green"]) == (2, ("color", "light green"))
    assert ADJECTIVES.match(["dark-blue"]) == (1, ("color", "navy"))


WORDS = sorted(
    {word for entry in CORPUS for word in entry["say"].split()}
    | {",", "not", "of", "between", "and", "with", "that", "no"}
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join))
def test_any_order_of_words_gives_an_intent(text: str) -> None:
    try:
        intent = understood(text)
    except InstructionError:
        return
    assert intent.targets
    assert intent.instruction == text
    assert intent.count is None or intent.count >= 1
    for description in intent.targets:
        assert (description.naming is Naming.NAMED) == bool(description.noun)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=MAX_LENGTH + 50))
def test_any_text_gives_an_intent_or_an_instruction_error(text: str) -> None:
    try:
        assert understood(text).targets
    except InstructionError as error:
        assert "say" in str(error)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["red", "dark blue", "turquoise"]),
    st.sampled_from(["mug", "cracker box", "drinking vessel"]),
    st.sampled_from(["behind", "on top of", "to the left of", "right in front of", "next to"]),
    st.sampled_from(["", "please ", "could you get me ", "where is "]),
)
def test_grammar_composes(color: str, noun: str, place: str, opening: str) -> None:
    description = target(f"{opening}the {color} {noun} {place} the {color} {noun}")
    (relation,) = description.relations
    assert relation.anchors[0].noun == description.noun == noun
    assert relation.anchors[0].attributes == description.attributes
    assert len(description.attributes) == 1


def test_every_extreme_is_one_of_the_contract() -> None:
    axes = set(
        "near far left right high low large small tall short long thin wide narrow light dark middle".split()  # noqa: SIM905 (readable)
    )
    for phrase in ("closest", "backmost", "top left", "second", "biggest", "tiniest", "central", "broadest", "palest"):
        found = SUPERLATIVES.match(phrase.split())
        assert found is None or {extreme.axis for extreme in found[1]} <= axes
