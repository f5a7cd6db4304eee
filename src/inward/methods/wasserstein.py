"""Wasserstein's distance between two samples of numbers."""

import math

import numpy as np

from inward.arrays import Array


def wasserstein_distance(first: Array, second: Array) -> float:
    """The mean distance between two samples' quantiles.

        W₁ = ∫₀¹ |F⁻¹(u) - G⁻¹(u)| du

    Args:
        first, second: (n,) and (m,), finite, in the same units; with n = m it is mean |sort a - sort b|.

    Returns:
        The distance, in the samples' units; NaN where a sample is empty.
    """
    n, m = first.size, second.size
    if not n * m:
        return math.nan
    # both quantile functions are steps: F⁻¹ jumps at multiples of 1/n, G⁻¹ of 1/m; in units of 1/(n m) they are whole
    cuts = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    apart = np.abs(np.sort(first)[(cuts - 1) // m] - np.sort(second)[(cuts - 1) // n])
    return float(apart @ np.diff(cuts, prepend=0) / (n * m))
