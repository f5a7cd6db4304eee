"""Weights: how each layer's are distributed, before and after training."""

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, SupportsIndex

import numpy as np

from inward.arrays import Array
from inward.errors import ArgumentError, ShapeError
from inward.methods.wasserstein import wasserstein_distance
from inward.model import Model

MOST_BINS = 200
"""More bins than this a picture cannot show."""


@dataclass(frozen=True)
class WeightStatistics:
    """count of all weights, and of the non-finite ones; the rest is of the finite ones, NaN if there are none."""

    count: int
    non_finite: int
    mean: float
    standard_deviation: float
    minimum: float
    maximum: float


@dataclass(frozen=True, eq=False)
class LayerHistogram:
    """One layer's weights: after (bins,) and before (bins,) count the finite ones between edges (bins + 1,).

    distance is Wasserstein's, from before to after, in units of the weights: the mean distance that a
    weight must move to turn one distribution into the other. It is NaN where either has no finite
    weight, and None without a before, as are before and before_statistics.
    """

    name: str
    edges: Array
    after: Array
    before: Array | None
    after_statistics: WeightStatistics
    before_statistics: WeightStatistics | None
    distance: float | None


@dataclass(frozen=True, eq=False)
class WeightHistograms:
    """layers: one `LayerHistogram` for each named array of weights, in the model's order."""

    layers: tuple[LayerHistogram, ...]


def weight_histograms(
    model: Model, before: Model | Mapping[str, Array] | None = None, bins: SupportsIndex | Literal["auto"] = "auto"
) -> WeightHistograms:
    """Histograms and statistics of each layer's weights, beside those before training.

    Args:
        model: anything with the port `Model`.
        before: the same model before training, or its weights by name, in the same shapes.
        bins: how many, or "auto": the more of Sturges' and Freedman-Diaconis', at most 200. The edges
            span before and after together.

    Returns:
        `WeightHistograms`, in units of the weights.

    Raises:
        ArgumentError: for bins that make no sense, or other names in before.
        ShapeError: for other shapes in before.
    """
    wanted = _checked_bins(bins)
    after = model.weights()
    if before is None:
        return WeightHistograms(tuple(_histogram(name, array, None, wanted) for name, array in after.items()))
    earlier = before if isinstance(before, Mapping) else before.weights()
    _check_same(after, earlier)
    return WeightHistograms(tuple(_histogram(name, array, earlier[name], wanted) for name, array in after.items()))


def _histogram(name: str, after: Array, before: Array | None, bins: int | None) -> LayerHistogram:
    later = _finite(after)
    if before is None:
        edges = _edges(later, bins)
        return LayerHistogram(name, edges, _counts(later, edges), None, _statistics(after), None, None)
    earlier = _finite(before)
    edges = _edges(np.concatenate([earlier, later]), bins)
    return LayerHistogram(
        name,
        edges,
        _counts(later, edges),
        _counts(earlier, edges),
        _statistics(after),
        _statistics(before),
        wasserstein_distance(earlier, later),
    )


def _statistics(array: Array) -> WeightStatistics:
    finite = _finite(array)
    found = (finite.mean(), finite.std(), finite.min(), finite.max()) if finite.size else (math.nan,) * 4
    return WeightStatistics(array.size, array.size - finite.size, *map(float, found))


def _finite(array: Array) -> Array:
    return array[np.isfinite(array)].astype(np.float64)


def _counts(finite: Array, edges: Array) -> Array:
    return np.histogram(finite, edges)[0]


def _edges(finite: Array, bins: int | None) -> Array:
    count = _auto_bins(finite) if bins is None else bins
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    largest = max(abs(low), abs(high))
    if high - low <= count * np.spacing(largest):  # too narrow to divide: all but constant
        low, high = low - max(1, largest) / 2, high + max(1, largest) / 2
    return np.linspace(low, high, count + 1)


def _auto_bins(finite: Array) -> int:
    """NumPy's own "auto" asks for memory without bound where an outlier stretches the range."""
    if not finite.size or not (spread := np.ptp(finite)):
        return 1
    sturges = math.log2(finite.size) + 1
    lower, upper = np.percentile(finite, [25, 75])
    freedman_diaconis = spread * finite.size ** (1 / 3) / (2 * (upper - lower)) if upper > lower else 0.0
    return math.ceil(min(max(sturges, freedman_diaconis), MOST_BINS))


def _checked_bins(bins: SupportsIndex | Literal["auto"]) -> int | None:
    """The number of bins, or None for "auto"."""
    if isinstance(bins, str) and bins == "auto":
        return None
    try:
        count = operator.index(bins)
    except TypeError:
        count = 0
    if count < 1:
        raise ArgumentError("bins", '"auto" or a whole number, 1 or more', repr(bins), 'pass "auto"')
    return count


def _check_same(after: Mapping[str, Array], before: Mapping[str, Array]) -> None:
    if odd := sorted(after.keys() ^ before.keys()):
        got = f"{', '.join(odd[:5])} in only one of them"
        raise ArgumentError("before", "weights of the same names", got, "pass the same network before training")
    for name, array in after.items():
        if before[name].shape != array.shape:
            got = str(before[name].shape)
            raise ShapeError(f"before[{name!r}]", str(array.shape), got, "pass the same network before training")
