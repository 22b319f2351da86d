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

_WHOLE = {"bias": -8.0, "pixels": 1.2, "contrast": 0.016, "solidity": 5.0, "gap": -20.0}
"""Log odds of being whole per unit (log10 pixels, CIELab, share, metres), fitted on simulated frames."""
_DOUBTFUL = 0.45
"""Probability of being whole below which a proposal counts less."""
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
        scores = np.array([max(c.proposal.score, 0.05) for c in self.candidates])
        main = np.array([c.proposal.support == 0 or not self.has_planes for c in self.candidates])
        return scores * np.where(main, 1.0, _ELSEWHERE) * np.minimum(self.whole / _DOUBTFUL, 1.0)

    @cached_property
    def whole(self) -> np.ndarray:
        """(N,) in (0, 1): probability that a proposal is a whole thing, not a piece of one or of the background.

        Pieces hover above the table with nothing below them, are small, ragged, or coloured like what is around them.
        """
        if not self.candidates:
            return np.zeros(0)
        held = np.maximum(self.pairs.degree("on"), self.pairs.degree("in")).max(axis=1, initial=0)
        gaps = np.clip(np.nan_to_num([c.measured.gap for c in self.candidates]), 0, 0.15) * (1 - held)
        odds = [
            _WHOLE["bias"]
            + _WHOLE["pixels"] * c.form.pixels
            + _WHOLE["contrast"] * min(c.contrast, 60.0)
            + _WHOLE["solidity"] * c.form.solidity
            + _WHOLE["gap"] * gap
            for c, gap in zip(self.candidates, gaps, strict=True)
        ]
        return 1 / (1 + np.exp(-np.array(odds)))

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
