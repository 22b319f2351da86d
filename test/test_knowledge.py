"""The object knowledge base: its data, its look-ups, a user's own file and what is said about mistakes in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reason_seg_ros.errors import KnowledgeError
from reason_seg_ros.segmenters.embedded.knowledge import entry
from reason_seg_ros.segmenters.embedded.knowledge.base import Knowledge, load_knowledge, noun_key
from reason_seg_ros.segmenters.embedded.knowledge.kinds import ObjectKind, Shape

DOC = Path(__file__).resolve().parents[1] / "docs" / "objects.md"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def write(tmp_path: Path):
    def write_file(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


# The packaged data


def test_there_are_enough_kinds_and_each_says_enough(knowledge: Knowledge) -> None:
    assert len(knowledge.kinds) >= 340
    thin = [k.name for k in knowledge.kinds if len(k.affords) < 3 or len(k.needs) < 3 or not k.facts]
    assert not thin
    assert not [k.name for k in knowledge.kinds if not (k.categories and k.colors and k.materials and k.places)]


def test_sizes_are_those_of_things_that_a_robot_meets(knowledge: Knowledge) -> None:
    for kind in knowledge.kinds:
        (_, longest), (_, middle), (thinnest, shortest) = kind.size_cm
        assert longest >= middle >= shortest, kind.name
        assert longest > 1.0, f"{kind.name}: too small to be seen"
        assert thinnest >= 0.02, f"{kind.name}: thinner than a sheet of paper"
        for low, high in kind.size_cm[:2]:
            assert high / low <= 16.0, f"{kind.name}: the range says nothing"


@pytest.mark.parametrize(
    ("name", "specimen"),
    [
        ("soda can", (12.2, 6.6, 6.6)),  # 330 ml
        ("soda can", (14.5, 5.8, 5.8)),  # 330 ml, sleek
        ("paper", (29.7, 21.0, 0.1)),  # A4
        ("business card", (8.56, 5.4, 0.08)),  # ISO/IEC 7810 ID-1
        ("golf ball", (4.27, 4.27, 4.27)),
        ("tennis ball", (6.7, 6.7, 6.7)),
        ("baseball", (7.4, 7.4, 7.4)),
        ("soccer ball", (22.0, 22.0, 22.0)),  # size 5
        ("rubik's cube", (5.7, 5.7, 5.7)),
        ("battery", (5.05, 1.45, 1.45)),  # AA
        ("card deck", (8.9, 6.4, 1.8)),
        ("sticky notes", (7.6, 7.6, 1.0)),
        ("cracker box", (21.3, 16.4, 7.2)),
        ("sugar box", (17.5, 8.9, 4.5)),
        ("soup can", (10.2, 6.8, 6.8)),
        ("mustard bottle", (19.1, 9.6, 5.8)),
        ("tuna can", (8.5, 8.5, 3.3)),
        ("luncheon meat can", (10.1, 8.3, 5.8)),
        ("gelatin box", (8.9, 7.3, 2.9)),
        ("mug", (11.7, 9.3, 8.1)),
        ("bowl", (16.1, 16.1, 5.5)),
        ("pitcher", (24.2, 18.7, 14.5)),
        ("bleach cleanser", (25.0, 10.2, 6.7)),
        ("power drill", (18.7, 18.4, 5.7)),
        ("scissors", (20.2, 9.6, 1.6)),
        ("marker", (12.1, 1.9, 1.9)),
        ("wood block", (20.6, 9.0, 8.9)),
        ("foam brick", (7.8, 5.3, 5.1)),
        ("banana", (19.5, 10.0, 3.8)),
        ("milk carton", (23.5, 7.0, 7.0)),
        ("wine bottle", (30.0, 7.6, 7.6)),
        ("smartphone", (14.7, 7.15, 0.78)),
    ],
)
def test_size_ranges_hold_real_specimens(knowledge: Knowledge, name: str, specimen: tuple[float, ...]) -> None:
    for (low, high), extent in zip(knowledge.by_name[name].size_cm, specimen, strict=True):
        assert low <= extent <= high


def test_round_and_long_shapes_agree_with_the_sizes(knowledge: Knowledge) -> None:
    for kind in knowledge.kinds:
        if kind.shapes == (Shape.SPHERE,):
            assert kind.size_cm[0][1] <= 1.9 * kind.size_cm[2][1], kind.name
        if kind.shapes == (Shape.ROD,):
            assert kind.size_cm[0][1] >= 1.5 * kind.size_cm[1][1], kind.name


def test_color_shares_leave_no_more_than_one(knowledge: Knowledge) -> None:
    for kind in knowledge.kinds:
        assert sum(share for _, share in kind.colors) <= 1.0 + 1e-6, kind.name
        assert len({color for color, _ in kind.colors}) == len(kind.colors), kind.name


def test_a_synonym_is_nobody_elses_name_and_belongs_to_one_kind(knowledge: Knowledge) -> None:
    names = {noun_key(kind.name): kind.name for kind in knowledge.kinds}
    assert len(names) == len(knowledge.kinds)
    owners: dict[str, str] = {}
    for kind in knowledge.kinds:
        for synonym in kind.synonyms:
            key = noun_key(synonym)
            assert key not in names, f"'{synonym}' of {kind.name} is the name of {names[key]}"
            assert owners.setdefault(key, kind.name) == kind.name, f"'{synonym}': {owners[key]} and {kind.name}"


def test_needs_do_not_name_the_object(knowledge: Knowledge) -> None:
    for kind in knowledge.kinds:
        for need in kind.needs:
            assert not re.search(rf"\b{re.escape(kind.name)}\b", need.lower()), f"{kind.name}: {need}"


def test_nothing_is_said_twice_about_a_kind(knowledge: Knowledge) -> None:
    for kind in knowledge.kinds:
        for texts in (kind.synonyms, kind.categories, kind.affords, kind.needs, kind.facts):
            assert len(set(texts)) == len(texts), kind.name


@pytest.mark.parametrize(
    ("noun", "name"),
    [
        ("mug", "mug"),
        ("Coffee Cup", "mug"),
        ("spam", "luncheon meat can"),
        ("Post-it", "sticky notes"),
        ("post it", "sticky notes"),
        ("rubiks cube", "rubik's cube"),
        ("Rubik’s Cube", "rubik's cube"),
        ("kleenex", "tissue box"),
        ("spanner", "wrench"),
        ("aubergine", "eggplant"),
        ("torch", "flashlight"),
        ("sharpie", "marker"),
        ("cheez-it box", "cracker box"),
        ("t shirt", "t-shirt"),
    ],
)
def test_things_are_found_by_what_people_call_them(knowledge: Knowledge, noun: str, name: str) -> None:
    assert knowledge.called(noun)[0].name == name


@pytest.mark.parametrize(
    ("category", "members", "stranger"),
    [
        ("drinking vessel", {"mug", "glass", "wine glass", "paper cup"}, "fork"),
        ("cutlery", {"fork", "spoon", "table knife"}, "pen"),
        ("canned food", {"soup can", "tuna can", "luncheon meat can"}, "soda can"),
        ("fruit", {"banana", "apple", "lemon", "strawberry", "plum"}, "carrot"),
        ("writing instrument", {"pen", "pencil", "marker"}, "eraser"),
        ("tool", {"hammer", "power drill", "scissors", "screwdriver"}, "mug"),
        ("toy", {"toy car", "teddy bear", "rubik's cube", "lego brick"}, "stapler"),
        ("ball", {"tennis ball", "baseball", "soccer ball", "golf ball"}, "orange"),
        ("light source", {"flashlight", "desk lamp", "candle"}, "monitor"),
        ("measuring tool", {"ruler", "tape measure", "kitchen scale"}, "pliers"),
    ],
)
def test_wider_words_find_their_members(knowledge: Knowledge, category: str, members: set[str], stranger: str) -> None:
    found = {kind.name for kind in knowledge.in_category(category)}
    assert members <= found
    assert stranger not in found


def test_every_fruit_is_food_and_every_canned_food_a_can(knowledge: Knowledge) -> None:
    for narrow, wide in (("fruit", "food"), ("canned food", "can"), ("power tool", "tool"), ("cutlery", "tableware")):
        for kind in knowledge.in_category(narrow):
            assert wide in kind.categories, f"{kind.name} is {narrow} and lacks {wide}"


def test_a_noun_that_is_name_and_category_finds_both(knowledge: Knowledge) -> None:
    found = [kind.name for kind in knowledge.find("bottle")]
    assert found[0] == "bottle"
    assert {"water bottle", "mustard bottle", "shampoo"} <= set(found)
    assert len(found) == len(set(found))


def test_an_unknown_noun_finds_nothing(knowledge: Knowledge) -> None:
    assert knowledge.find("flux capacitor") == ()
    assert "flux capacitor" not in knowledge.nouns
    assert {"mug", "drinking vessel", "spam"} <= knowledge.nouns


# A user's file


def test_a_new_kind_needs_only_name_and_size(write) -> None:
    knowledge = load_knowledge(write("name: gearbox cover\nsize_cm: [20, [8, 9], 4]\n"))
    kind = knowledge.by_name["gearbox cover"]
    assert kind.size_cm[0] == pytest.approx((18.0, 22.0))
    assert kind.size_cm[1] == (8.0, 9.0)
    assert kind.shapes == (Shape.IRREGULAR,)
    assert kind.needs == kind.synonyms == kind.colors == ()
    assert len(knowledge.kinds) == len(load_knowledge().kinds) + 1


@pytest.mark.parametrize(
    ("size", "shape"), [("[20, 2, 2]", Shape.ROD), ("[20, 15, 1]", Shape.PLATE), ("[9, 8, 8]", Shape.IRREGULAR)]
)
def test_a_missing_shape_follows_from_the_size(write, size: str, shape: Shape) -> None:
    assert load_knowledge(write(f"[{{name: thing, size_cm: {size}}}]")).by_name["thing"].shapes == (shape,)


def test_a_known_name_changes_only_what_is_given(write, knowledge: Knowledge) -> None:
    mine = load_knowledge(write("- name: Mug\n  colors: {orange: 1.0}\n")).by_name["mug"]
    packaged = knowledge.by_name["mug"]
    assert mine.colors == (("orange", 1.0),)
    assert mine.needs == packaged.needs
    assert mine.size_cm == packaged.size_cm
    assert load_knowledge().by_name["mug"] == packaged, "the packaged kinds must not change"


def test_several_documents_and_an_empty_field_are_read(write) -> None:
    text = "name: one thing\nsize_cm: [3, 2, 1]\nneeds:\n---\n- {name: 7up, size_cm: [12, 6, 6], parts: }\n"
    by_name = load_knowledge(write(text)).by_name
    assert by_name["one thing"].needs == ()
    assert by_name["7up"].parts == ()


def test_a_users_synonym_finds_users_kind_beside_the_packaged_one(write) -> None:
    knowledge = load_knowledge(write("{name: company mug, synonyms: mug, size_cm: [12, 9, 9]}"))
    assert [kind.name for kind in knowledge.called("mug")] == ["mug", "company mug"]


GOOD = "size_cm: [3, 2, 1]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {name: thing}", ["entry 1 ('thing')", "'size_cm'", "missing", "longest first"]),
        (f"- {{{GOOD}}}", ["entry 1", "'name'"]),
        (f"- {{name: '', {GOOD}}}", ["entry 1", "'name'"]),
        ("- just words", ["entry 1", "name:"]),
        (f"- {{name: a, {GOOD}}}\n- {{name: A, {GOOD}}}", ["entry 2 ('a')", "'name'", "twice"]),
        (f"- {{name: a, {GOOD}, colours: {{red: 1}}}}", ["'a'", "'colours'", "did you mean 'colors'"]),
        (f"- {{name: a, {GOOD}, colors: {{gray: 1}}}}", ["'colors'", "gray", "did you mean 'grey'"]),
        (f"- {{name: a, {GOOD}, colors: {{red: 0.7, blue: 0.5}}}}", ["'colors'", "1.20", "at most 1"]),
        (f"- {{name: a, {GOOD}, colors: {{red: -0.1}}}}", ["'colors'", "red", "above 0"]),
        (f"- {{name: a, {GOOD}, colors: {{red: lots}}}}", ["'colors'", "red", "number", "lots"]),
        (f"- {{name: a, {GOOD}, colors: red}}", ["'colors'", "shares"]),
        (f"- {{name: a, {GOOD}, shapes: [cuboid]}}", ["'shapes'", "cuboid", "box"]),
        (f"- {{name: a, {GOOD}, shapes: []}}", ["'shapes'", "at least one"]),
        (f"- {{name: a, {GOOD}, parts: [handel]}}", ["'parts'", "did you mean 'handle'"]),
        (f"- {{name: a, {GOOD}, materials: [steel]}}", ["'materials'", "steel", "metal"]),
        (f"- {{name: a, {GOOD}, places: [the moon]}}", ["'places'", "the moon", "garden"]),
        (f"- {{name: a, {GOOD}, needs: {{x: y}}}}", ["'needs'", "list of texts"]),
        (f"- {{name: a, {GOOD}, needs: [[x]]}}", ["'needs'", "some text"]),
        ("- {name: a, size_cm: [1, 2, 3]}", ["'size_cm'", "longest extent must come first"]),
        ("- {name: a, size_cm: [[5, 3], 2, 1]}", ["'size_cm'", "[5, 3]", "smaller number first"]),
        ("- {name: a, size_cm: [5, 3]}", ["'size_cm'", "three extents"]),
        ("- {name: a, size_cm: [5, 3, 0]}", ["'size_cm'", "centimetres"]),
        ("- {name: a, size_cm: [5000, 3, 1]}", ["'size_cm'", "centimetres"]),
        ("- {name: a, size_cm: [5, [3, 4, 5], 1]}", ["'size_cm'", "[min, max]"]),
        ("- {name: a, size_cm: [5, nan, 1]}", ["'size_cm'", "number", "nan"]),
        ("- {name: mug, size_cm: [1, 2, 3]}", ["'mug'", "'size_cm'"]),
        ("", ["no objects"]),
        ("- {name: [", ["YAML", "quote"]),
    ],
)
def test_a_mistake_is_told_with_file_entry_and_field(write, text: str, words: list[str]) -> None:
    with pytest.raises(KnowledgeError) as error:
        load_knowledge(write(text))
    message = str(error.value)
    for word in ["mine.yaml", *words]:
        assert word in message, message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"nowhere\.yaml.*--objects"):
        load_knowledge(tmp_path / "nowhere.yaml")


# The documentation


def test_the_documented_example_works_as_described(write, knowledge: Knowledge) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOC.read_text(encoding="utf-8"), flags=re.DOTALL)
    mine = load_knowledge(write(example))
    dish, cover, mug = (mine.by_name[name] for name in ("petri dish", "gearbox cover", "mug"))
    assert dish.needs[1] == "where do I put the sample, once it is stained?"
    assert dish in mine.in_category("lab equipment")
    assert cover.size_cm[0] == pytest.approx((14.2 * 0.9, 14.2 * 1.1))
    assert mug.colors == (("orange", 1.0),)
    assert mug.affords == knowledge.by_name["mug"].affords
    assert mug.synonyms == ("coffee mug", "lab mug")


def test_the_documented_fields_and_words_are_those_of_the_code() -> None:
    text = DOC.read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert documented == set(entry.FIELDS) == set(ObjectKind.__dataclass_fields__)
    vocabularies = {
        "colors": entry.COLORS,
        "shapes": entry.SHAPES,
        "parts": entry.PARTS,
        "materials": entry.MATERIALS,
        "places": entry.PLACES,
    }
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", text, flags=re.MULTILINE))
    for field, words in vocabularies.items():
        assert rows[field].split(", ") == sorted(words)
    for documented_word in ("objects_file", "--objects"):
        assert documented_word in text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- nam: petri dish\n  size_cm: [9, 9, 2]\n", "unknown field 'nam'; did you mean 'name'"),
        ("- size_cm: [9, 9, 2]\n", "field 'name' is missing"),
        ("- name: petri dish\n  size_cm: [9, 9, -1]\n", "-1 lies outside 0 to 300"),
    ],
)
def test_a_mistake_is_told_by_what_was_written(write, text: str, complaint: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(complaint)):
        load_knowledge(write(text))
