"""One kind of object as the knowledge base describes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Shape(str, Enum):
    """Coarse shape of the whole object in its usual state."""

    BOX = "box"  # cuboid with flat faces: carton, book, brick
    CYLINDER = "cylinder"  # tin, jar, roll
    SPHERE = "sphere"  # ball, orange
    BOTTLE = "bottle"  # tall body of revolution that narrows upwards
    CUP = "cup"  # open, deeper than wide or about as deep
    BOWL = "bowl"  # open, clearly wider than deep
    PLATE = "plate"  # thin and wide disc or sheet with area: plate, lid, paper, tablet
    ROD = "rod"  # long and thin: pen, spoon, screwdriver
    RING = "ring"  # disc or band with a hole: tape roll, bracelet
    BAG = "bag"  # soft pack or cloth that holds no exact shape
    IRREGULAR = "irregular"  # none of these: drill, plush toy, plant


@dataclass(frozen=True)
class ObjectKind:
    """A kind of object: what it is called, what it is for and how it looks.

    Attributes:
        name: the commonest English name, singular, lower case: "mug".
        synonyms: other names, brand names used as nouns included: ("coffee cup", "teacup").
        categories: what people call the wider class, from narrow to wide: ("drinking vessel", "tableware").
        affords: what it does, as verb phrases: ("drink hot tea or coffee from", "hold a hot drink").
        needs: what people say when they need it, without naming it: ("I'm thirsty", "I'd like some hot tea").
        facts: what people know about it: ("is filled with coffee every morning"); may be empty.
        colors: (colour name, share of such objects that show mostly this colour); shares sum to at most 1,
            the rest is any colour.
        size_cm: ((min, max), (min, max), (min, max)) of the three extents in centimetres, longest extent first.
        shapes: shapes that it takes, the most usual first.
        parts: visible parts from {"handle", "lid", "cap", "opening", "spout", "blade", "label", "screen", "keys",
            "wheels", "strap", "cable", "bristles", "trigger", "lens", "hole", "legs", "pages", "buttons"}.
        materials: from {"plastic", "metal", "glass", "ceramic", "wood", "paper", "cardboard", "fabric", "rubber",
            "leather", "foam", "food", "plant", "wax", "stone", "foil"}.
        places: where it is found: from {"kitchen", "dining table", "office", "workshop", "bathroom", "bedroom",
            "living room", "garden", "shop", "children's room", "hall", "laundry", "garage", "school", "outdoors"}.
    """

    name: str
    synonyms: tuple[str, ...]
    categories: tuple[str, ...]
    affords: tuple[str, ...]
    needs: tuple[str, ...]
    facts: tuple[str, ...]
    colors: tuple[tuple[str, float], ...]
    size_cm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    shapes: tuple[Shape, ...]
    parts: tuple[str, ...]
    materials: tuple[str, ...]
    places: tuple[str, ...]
