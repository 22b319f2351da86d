"""Everything that a question about a frame is answered from: computed once per frame, read by every question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import softmax

from .describe import Candidate, Described
from .kind_table import KindTable
from .likelihood import background, kind_likelihoods
from .relations import Pairs

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
    def likelihoods(self) -> np.ndarray:
        """(N, K) log p(thing | kind) relative to things in general."""
        return kind_likelihoods(self.candidates, self.table)

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
        """(N,) in (0, 1]: how likely each proposal is to be a whole thing that a person would talk about."""
        weights = [
            max(c.proposal.score, 0.05) * (1.0 if c.proposal.support == 0 or not self.has_planes else _ELSEWHERE)
            for c in self.candidates
        ]
        return np.array(weights, float)

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
