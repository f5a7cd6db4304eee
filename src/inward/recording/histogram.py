"""How values were spread at one point in time."""

from typing import Literal, NamedTuple

import numpy as np

from inward.arrays import Array

Part = Literal["weights", "gradients", "activations"]
"""Of a `Formation`."""
BINS = 64


class Histogram(NamedTuple):
    """edges (bins + 1,), counts (bins,) and norm of one layer's values, as in `Spread`.

    total and squares: the sum of the values, and of their squares. What is not finite is in the norm alone.
    """

    edges: Array
    counts: Array
    norm: float
    total: float
    squares: float


Histograms = dict[Part, dict[str, Histogram]]
"""Part -> layer's or weight's name -> its histogram."""


def histogram(array: Array, part: Part) -> Histogram:
    """One layer's values at one point in time; of activations, the first axis is the images'."""
    finite = array[np.isfinite(array)]
    edges = _edges(finite)
    counts = np.histogram(finite, edges)[0]
    each = array.reshape(len(array), -1) if part == "activations" else array.reshape(1, -1)
    norm = np.linalg.norm(each.astype(np.float64), axis=1).mean()
    whole = finite.astype(np.float64)
    return Histogram(edges, counts, float(norm), float(whole.sum()), float(whole @ whole))


def _edges(finite: Array) -> Array:
    """Even steps of arsinh(value / mean |value|): narrow about zero, where values crowd, and wide in the tails."""
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    largest = max(abs(low), abs(high))
    if high - low <= BINS * np.spacing(np.float32(largest)):  # a dead layer's values are all but one
        return np.linspace(low - max(1.0, largest) / 2, high + max(1.0, largest) / 2, BINS + 1)
    unit = float(np.abs(finite).mean(dtype=np.float64))
    edges: Array = unit * np.sinh(np.linspace(np.arcsinh(low / unit), np.arcsinh(high / unit), BINS + 1))
    edges[[0, -1]] = low, high
    return edges
