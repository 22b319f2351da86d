"""How well each thing in view fits each kind of the knowledge base.

Everything is a log likelihood ratio against "some thing or other": adding a kind to the knowledge base that nothing
resembles changes no answer.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.special import logsumexp, ndtr

from .describe import Candidate
from .kind_table import KindTable, generic_colors
from .measure import Measure
from .shape_model import shape_model

SIZE_NOISE = 0.2
"""Standard deviation of the log of a measured extent, what the ranges of the knowledge base leave out included."""
_COMPLETIONS = ((1.0, 0.4), (1.25, 0.25), (1.7, 0.2), (2.6, 0.15))
"""How much longer a partly hidden side may be: (factor, probability)."""
_ANY_SIZE = (np.log(0.10), 0.75)
"""Mean and standard deviation of the log of the extents (metres) of things in general."""
_OTHER = 0.15
"""Share of things that no kind of the knowledge base describes."""
_PRINT_SEEN, _PRINT_MISTAKEN = 0.75, 0.25
"""How often print is seen on things that have some, and on others."""
WEIGHTS = {"size": 0.6, "shape": 1.6, "color": 1.0, "print": 1.0}
"""Exponents of the terms, as fitted by `simulation/evidence_training.py`, but size, which would have 0.8: the terms are
not independent, each is more or less sure of itself than it should be, and real things vary more in size."""


def kind_terms(candidates: tuple[Candidate, ...], table: KindTable) -> np.ndarray:
    """(len(WEIGHTS), N, K) log p(thing | kind) - log p(thing | any thing in general) by each term of `WEIGHTS`."""
    if not candidates or not table.kinds:
        return np.zeros((len(WEIGHTS), len(candidates), len(table.kinds)))
    by_term = {
        "size": [log_size(c.measured, table) - _log_any_size(c.measured) for c in candidates],
        "shape": [np.log(table.shapes @ (c.shapes / shape_model().prior)) for c in candidates],
        "color": [log_color(c, table) for c in candidates],
        "print": [log_print(c, table) for c in candidates],
    }
    return np.array([by_term[name] for name in WEIGHTS])


def background(likelihoods: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """(N,) log p(thing | some kind of the knowledge base or none of them), relative to things in general."""
    if not likelihoods.shape[1]:
        return np.zeros(len(likelihoods))
    known = logsumexp(likelihoods + np.log(prior), axis=1)
    return np.logaddexp(np.log(1 - _OTHER) + known, np.log(_OTHER))


def log_size(measured: Measure, table: KindTable) -> np.ndarray:
    """(K,) log density of the measured extents under each kind.

    Only the near side is seen. For bodies of revolution the far side mirrors it; for others a side that is hidden may
    be longer than it looks.
    """
    flat, flat_weight = _completed(measured, round_body=False)
    turned, turned_weight = _completed(measured, round_body=True)
    plain = logsumexp(_log_density(flat, table) + np.log(flat_weight), axis=1)
    revolved = logsumexp(_log_density(turned, table) + np.log(turned_weight), axis=1)
    share = np.clip(table.round, 0.02, 0.98)
    return np.logaddexp(np.log(share) + revolved, np.log(1 - share) + plain)


def _completed(measured: Measure, round_body: bool) -> tuple[np.ndarray, np.ndarray]:
    """Hypotheses of the whole thing's extents: ((J, 3) longest first, (J,) probabilities)."""
    long, short = measured.footprint
    height, sides = measured.height, measured.sides
    if round_body:
        across = min(measured.width, long)
        upright = height > 0.6 * across or long < 1.3 * short
        long, short = (across, across) if upright and long < 2.2 * across else (long, max(short, min(height, long)))
    hidden = (
        sides.left or sides.right,
        not (measured.far_seen or round_body),
        sides.top or sides.bottom,
    )
    choices = [_COMPLETIONS if partly else ((1.0, 1.0),) for partly in hidden]
    extents, weights = [], []
    for (across_factor, p), (deep_factor, q), (high_factor, r) in product(*choices):
        extents.append(sorted((long * across_factor, short * deep_factor, height * high_factor), reverse=True))
        weights.append(p * q * r)
    return np.array(extents), np.array(weights)


def _log_density(extents: np.ndarray, table: KindTable) -> np.ndarray:
    """(K, J) log density of (J, 3) extents: uniform in the kind's log range, blurred by noise, with a broad tail."""
    x = np.log(extents)[None]
    low, high = table.log_low[:, None], table.log_high[:, None]
    # Flat things measure thick: depth noise and edge pixels add about 3 mm, which matters for the thin extents only.
    noise = SIZE_NOISE + 0.004 / extents[None]
    span = np.maximum(high - low, 0.05)
    middle = (low + high) / 2
    inside = (ndtr((x - middle + span / 2) / noise) - ndtr((x - middle - span / 2) / noise)) / span
    return np.log(0.97 * inside + 0.03 * np.exp(-0.5 * ((x - middle) / 0.8) ** 2) * 0.5 + 1e-6).sum(axis=-1)


def _log_any_size(measured: Measure) -> float:
    mean, deviation = _ANY_SIZE
    x = np.log(measured.extents)
    offsets = np.array([0.35, 0.0, -0.45])
    return float((-0.5 * ((x - mean - offsets) / deviation) ** 2 - np.log(deviation * np.sqrt(2 * np.pi))).sum())


def log_color(candidate: Candidate, table: KindTable) -> np.ndarray:
    """(K,) log ratio of the main colours' probability under each kind to that under things in general."""
    palette = candidate.palette
    return np.log(table.colors @ (palette / generic_colors()))


def log_print(candidate: Candidate, table: KindTable) -> np.ndarray:
    """(K,) log ratio for a label or print, seen or not: packages carry some, fruit and crockery do not."""
    seen = candidate.parts.label
    present, missing = (seen * rate + (1 - seen) * (1 - rate) for rate in (_PRINT_SEEN, _PRINT_MISTAKEN))
    share = float(table.printed.mean())
    usual = share * present + (1 - share) * missing
    return np.log(table.printed * present + (1 - table.printed) * missing) - np.log(usual)
