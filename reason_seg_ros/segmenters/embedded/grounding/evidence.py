"""Everything that a question about a frame is answered from: computed once per frame, read by every question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logit, softmax

from .describe import Candidate, Described
from .kind_table import KindTable
from .likelihood import WEIGHTS, background, kind_terms
from .relations import Pairs

WHOLE = {"bias": -0.9, "score": 1.1, "pixels": 0.65, "long": -6.9, "rough": -9.5, "cut": -0.29, "aside": -1.7}
"""Log odds of being a thing of its own, per unit, as fitted by `simulation/evidence_training.py`. The units: log odds
of the proposal's score, log10 pixels in a 640x480 image, log of metres above `_LONG`, roughness, sides of the image,
share of the image's size by which the middle of the thing lies off the middle of the image."""
_UNSURE = 0.01
"""No score is nearer to 0 or 1 than this."""
_LONG = 0.3
"""Length in metres from which on a thing on a table is rather a piece of furniture."""
_LEAST = 0.03
"""How much the most doubtful proposal still counts."""
_ELSEWHERE = 0.3
"""How likely a thing off the main support plane is to be talked about, compared with one on it."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The things of a frame against the kinds of the knowledge base.

    Attributes:
        described: the N things with their measurements.
        table: the K kinds.
    """

    described: Described
    table: KindTable

    def prepare(self) -> None:
        """Work out what most questions need, so that none of them pays for it."""
        _ = self.background, self.kinds, self.prior

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The N things."""
        return self.described.candidates

    @cached_property
    def terms(self) -> np.ndarray:
        """(len(WEIGHTS), N, K) what size, shape, colour and so on say of each kind, as `likelihood.kind_terms`."""
        return kind_terms(self.candidates, self.table)

    @cached_property
    def likelihoods(self) -> np.ndarray:
        """(N, K) log p(thing | kind) relative to things in general."""
        return np.tensordot(list(WEIGHTS.values()), self.terms, axes=1)

    @cached_property
    def background(self) -> np.ndarray:
        """(N,) log p(thing | whatever it may be), on the same scale."""
        return background(self.likelihoods, self.table.prior)

    @cached_property
    def kinds(self) -> np.ndarray:
        """(N, K) probability of each kind for each thing, before any question."""
        if not len(self.candidates) or not self.table.kinds:
            return np.zeros((len(self.candidates), len(self.table.kinds)))
        return softmax(self.likelihoods + np.log(self.table.prior), axis=1)

    @cached_property
    def prior(self) -> np.ndarray:
        """(N,) in (0, 1]: how likely each proposal is to be a thing that a person would talk about."""
        main = np.array([c.proposal.support == 0 or not self.has_planes for c in self.candidates])
        likely = self.whole * np.where(main, 1.0, _ELSEWHERE)
        return np.maximum(likely, _LEAST)

    @cached_property
    def whole(self) -> np.ndarray:
        """(N,) in (0, 1): probability that a proposal is one whole thing, not a piece of one or of the background."""
        if not self.candidates:
            return np.zeros(0)
        return 1 / (1 + np.exp(-wholeness(self.described) @ np.array(list(WHOLE.values()))))

    @property
    def has_planes(self) -> bool:
        """True if the frame has a support plane."""
        return bool(self.described.scenery.planes)

    @cached_property
    def pairs(self) -> Pairs:
        """How the things stand to each other."""
        return Pairs(self.candidates)

    def share_with(self, holds: np.ndarray) -> np.ndarray:
        """(N,) probability that a thing is of a kind for which `holds` (K,) is true."""
        return self.kinds @ holds.astype(float)


def wholeness(described: Described) -> np.ndarray:
    """(N, len(WHOLE)) what tells things from pieces and background: see `WHOLE`."""
    area = np.log10(np.prod(described.shape) / (640 * 480))
    return np.array(
        [
            (
                1.0,
                float(logit(np.clip(c.proposal.score, _UNSURE, 1 - _UNSURE))),
                c.form.pixels - area,
                max(float(np.log(c.measured.longest / _LONG)), 0.0),
                c.form.rough,
                c.cut,
                float(np.linalg.norm(c.pixel / described.shape[::-1] - 0.5)),
            )
            for c in described.candidates
        ]
    )
