from __future__ import annotations

from dataclasses import replace

import numpy as np

from reason_seg_ros.segmenters.embedded.knowledge.base import load_knowledge
from reason_seg_ros.simulation.catalogue import catalogue
from reason_seg_ros.simulation.materials import PALETTE
from reason_seg_ros.simulation.purposes import PurposeQuestioner, sample_queries
from reason_seg_ros.simulation.questions import Questioner
from reason_seg_ros.simulation.truth import SeenObject

KINDS = ("explicit", "attribute", "spatial", "affordance", "knowledge", "multi", "absent")


def _seen(identity: int, kind: str, color: str, u: float = 0.0, distance: float = 1.0, **more: object) -> SeenObject:
    values: dict = {
        "id": identity, "kind": kind, "group": catalogue()[kind].group, "color": color, "accent": "", "accent_on": "",
        "pose": "upright", "on": None, "inside": None, "surface": "table", "pixels": 3000, "share": 1.0, "cut": False,
        "box": (0, 0, 10, 10), "middle": (u, 400 - 200 * distance), "distance": distance,
        "center": np.array([u / 600, 0.0, distance]), "size": np.array([0.1, 0.08, 0.08]),
    }  # fmt: skip
    return SeenObject(**{**values, **more})


def _asked(seen: list[SeenObject], rule: str) -> dict[str, tuple[int, ...]]:
    asker = PurposeQuestioner(seen, load_knowledge(), np.random.default_rng(0))
    return {query.instruction.lower(): query.target_ids for query in getattr(asker, rule)()}


def _targets(asked: dict[str, tuple[int, ...]], *words: str) -> set[tuple[int, ...]]:
    return {targets for text, targets in asked.items() if all(word in text for word in words)}


TWO_MUGS = [_seen(1, "mug", "red", 100, 0.7), _seen(2, "mug", "blue", 300, 1.0), _seen(3, "hammer", "brown", 500, 0.9)]


def test_a_name_is_asked_for_only_if_it_means_one_object() -> None:
    assert set(_asked(TWO_MUGS, "explicit").values()) == {(3,)}


def test_a_color_tells_two_of_a_kind_apart() -> None:
    asked = _asked(TWO_MUGS, "attribute")
    assert _targets(asked, "red mug") == {(1,)}
    assert _targets(asked, "blue mug") == {(2,)}
    similar = [TWO_MUGS[0], replace(TWO_MUGS[1], color="orange")]
    assert not _targets(_asked(similar, "attribute"), "red mug")


def test_places_are_told_from_the_camera() -> None:
    asked = _asked(TWO_MUGS, "spatial")
    assert _targets(asked, "mug on the left") == {(1,)}
    assert _targets(asked, "mug on the right") == {(2,)}
    assert _targets(asked, "mug that is closer") == {(1,)}
    assert _targets(asked, "mug nearest to the hammer") == {(2,)}
    level = [TWO_MUGS[0], replace(TWO_MUGS[1], middle=(110.0, 100.0))]
    assert not _targets(_asked(level, "spatial"), "left")


def test_what_is_in_the_bowl() -> None:
    seen = [_seen(1, "bowl", "white"), _seen(2, "apple", "red", inside=1), _seen(3, "book", "blue")]
    asked = _asked(seen, "spatial")
    assert _targets(asked, "in", "bowl") == {(2,)}
    assert _targets(asked, "apple") == {(1,)}
    crowded = [*seen, _seen(4, "lemon", "yellow", inside=1)]
    assert not _targets(_asked(crowded, "spatial"), "in the bowl")


def test_sizes_are_compared_only_if_they_differ_plainly() -> None:
    big = _seen(4, "cereal box", "red", size=np.array([0.3, 0.2, 0.07]))
    asked = _asked([*TWO_MUGS, big], "attribute")
    assert _targets(asked, "largest") | _targets(asked, "biggest") == {(4,)}
    rival = _seen(5, "cracker box", "blue", size=np.array([0.29, 0.2, 0.07]))
    asked = _asked([*TWO_MUGS, big, rival], "attribute")
    assert not _targets(asked, "largest") | _targets(asked, "biggest")


def test_many_are_asked_for_together() -> None:
    asked = _asked(TWO_MUGS, "multi")
    assert _targets(asked, "both mugs") == {(1, 2)}
    vessels = [_seen(1, "mug", "red"), _seen(2, "cup", "blue"), _seen(3, "hammer", "brown")]
    assert _targets(_asked(vessels, "multi"), "drinking vessels") == {(1, 2)}
    assert not _targets(_asked([*vessels, _seen(4, "soda can", "red")], "multi"), "drinking vessels")


def test_needs_are_asked_for_only_without_a_rival() -> None:
    drill = [_seen(1, "power drill", "red"), _seen(2, "banana", "yellow"), _seen(3, "book", "blue")]
    assert (1,) in set(_asked(drill, "affordance").values())
    rivalled = [*drill, _seen(4, "screwdriver", "red")]
    assert (1,) not in set(_asked(rivalled, "affordance").values())
    assert all(
        "drill" not in text.split("?")[0] or targets == (1,) for text, targets in _asked(drill, "affordance").items()
    )


def test_absent_requests_name_nothing_that_is_there() -> None:
    seen = [_seen(1, "mug", "red"), _seen(2, "pen", "blue"), _seen(3, "hammer", "brown")]
    knowledge = load_knowledge()
    for seed in range(20):
        asker = PurposeQuestioner(seen, knowledge, np.random.default_rng(seed))
        for query in asker.absent():
            assert query.target_ids == ()
            text = query.instruction.lower().rstrip(".?")
            named = [o for o in seen if text.endswith(o.kind)]
            assert all(o.color not in text for o in named)
            assert named == [] or any(color in text for color in PALETTE)
            assert not text.endswith((" cup", " mug", " ballpoint", " marker")) or named


def test_hidden_objects_are_no_targets_but_count_as_rivals() -> None:
    hidden = replace(TWO_MUGS[1], pixels=60, share=0.1)
    asker = Questioner([TWO_MUGS[0], hidden, TWO_MUGS[2]], load_knowledge(), np.random.default_rng(0))
    rules = [*asker.explicit(), *asker.attribute(), *asker.spatial(), *asker.multi()]
    assert all(2 not in query.target_ids for query in rules)
    assert all(query.target_ids != (1,) for query in asker.explicit())


def test_questions_are_spread_over_the_targets() -> None:
    queries = sample_queries(TWO_MUGS, load_knowledge(), np.random.default_rng(1), dict.fromkeys(KINDS, 2))
    spatial = [query.target_ids for query in queries if query.kind == "spatial"]
    assert len(set(spatial)) == len(spatial) == 2


def test_questions_are_good_english() -> None:
    fruit = [_seen(1, "apple", "red", 100), _seen(2, "lemon", "yellow", 300), _seen(3, "bowl", "white", 500)]
    asked = [
        query.instruction
        for seed in range(60)
        for asker in [PurposeQuestioner(fruit, load_knowledge(), np.random.default_rng(seed))]
        for query in (*asker.multi(), *asker.knowing())
    ]
    assert "Where is every piece of fruit?" in asked
    assert "Which of these is the one that muesli is eaten from at breakfast?" in asked
    assert "Point at the one that muesli is eaten from at breakfast." in asked
    assert not [text for text in asked if "are every" in text or " is what " in text]
