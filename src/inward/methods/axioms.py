"""What an attribution must satisfy, and by how much it does not."""

import numpy as np

from inward.arrays import Array

_FLOOR = 0.001  # share of Σ|values| below which a score difference no longer sets the scale


def completeness_gap(values: Array, difference: Array) -> Array:
    """By how much an attribution's sum misses the change of the score.

        gap = Σ values - (s(x) - s(x0))

    Args:
        values: (n, ...), attributions in units of the score.
        difference: (n,), s(x) - s(x0), in units of the score.

    Returns:
        (n,), signed, in units of the score, float64.

    Paper: Sundararajan, Taly, Yan. Axiomatic Attribution for Deep Networks, 2017, proposition 1. arXiv:1703.01365
    """
    gap: Array = _flat(values).sum(axis=1) - np.asarray(difference, dtype=np.float64)
    return gap


def relative_gap(values: Array, difference: Array) -> Array:
    """The completeness gap as a share of the score's change.

        |gap| / max(|s(x) - s(x0)|, 0.001 Σ|values|),   and 0 where both are 0

    The second term keeps it finite where the scores at both ends are equal.

    Args:
        values: (n, ...), attributions in units of the score.
        difference: (n,), s(x) - s(x0), in units of the score.

    Returns:
        (n,), 0 or more, without unit, float64.
    """
    gap, scale = np.abs(completeness_gap(values, difference)), gap_scale(values, difference)
    relative: Array = np.divide(gap, scale, out=np.zeros_like(gap), where=scale != 0)
    return relative


def gap_scale(values: Array, difference: Array) -> Array:
    """What a gap is held against: max(|s(x) - s(x0)|, 0.001 Σ|values|), (n,), in units of the score."""
    scale: Array = np.maximum(np.abs(difference), _FLOOR * np.abs(_flat(values)).sum(axis=1))
    return scale


def _flat(values: Array) -> Array:
    return values.reshape(len(values), -1).astype(np.float64)
