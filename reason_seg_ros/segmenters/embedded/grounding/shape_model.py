"""From measurements of form to probabilities of shapes: a small network fitted on simulated frames.

`simulation/shape_training.py` makes the weights anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from ..knowledge.kinds import Shape
from .shape import Form

SHAPES: tuple[Shape, ...] = tuple(Shape)
WEIGHTS_FILE = "shape_model.npz"
_DOUBT = 0.12
"""Share of the prior mixed into every answer: real things are odder than simulated ones."""
_LIMIT = 3.0
"""Measurements are taken to lie within this many standard deviations of the simulated ones."""


@dataclass(frozen=True, eq=False)
class ShapeModel:
    """One hidden layer between standardised measurements and the log odds of the shapes.

    Attributes:
        mean, deviation: (F,) of the measurements in the order of `Form`.
        hidden: (F + 1, H) weights into the hidden layer, the last row its bias.
        output: (H + 1, S) weights into the log odds, the last row their bias.
        prior: (S,) share of each shape among the examples, as weighted.
    """

    mean: np.ndarray
    deviation: np.ndarray
    hidden: np.ndarray
    output: np.ndarray
    prior: np.ndarray

    def probabilities(self, measurements: np.ndarray) -> np.ndarray:
        """(S,) probability of each shape for (F,) measurements, or (N, S) for (N, F)."""
        x = np.clip((measurements - self.mean) / self.deviation, -_LIMIT, _LIMIT)
        layer = np.tanh(x @ self.hidden[:-1] + self.hidden[-1])
        odds = layer @ self.output[:-1] + self.output[-1]
        odds = np.exp(odds - odds.max(axis=-1, keepdims=True))
        return (1 - _DOUBT) * odds / odds.sum(axis=-1, keepdims=True) + _DOUBT * self.prior


@lru_cache(maxsize=1)
def shape_model() -> ShapeModel:
    """The packaged model."""
    with resources.files(__package__).joinpath(WEIGHTS_FILE).open("rb") as file:
        weights = np.load(file)
        return ShapeModel(**{name: weights[name] for name in ("mean", "deviation", "hidden", "output", "prior")})


def shape_probabilities(form: Form) -> np.ndarray:
    """(len(SHAPES),) probability of each shape."""
    return shape_model().probabilities(form.vector())
