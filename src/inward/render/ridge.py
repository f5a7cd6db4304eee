"""Histograms of a layer over time, made comparable: densities, and the axes that hold nearly all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from inward.arrays import Array, Indices

TAIL = 0.001
"""Share of the values that may lie beyond either end of an axis."""
MARGIN = 0.02
"""Room beside them, as a share of the axis."""
TALL = 6.0
"""A peak higher than this many times the median peak is cut, so that one point in time does not flatten the rest."""
LAYERS, TIMES = 9, 32
"""More layers and points in time than these a picture does not show."""
_Item = TypeVar("_Item")


@dataclass(frozen=True, eq=False)
class Ridge:
    """One layer over time: edges (t, bins + 1), each point in time over its own range, and counts (t, bins)."""

    name: str
    edges: Array
    counts: Array

    @property
    def densities(self) -> Array:
        """(t, bins): counts / (their sum · width of the bin); zero where there are none."""
        mass = np.diff(self.edges) * self.counts.sum(axis=1, keepdims=True)
        found: Array = np.divide(self.counts, mass, out=np.zeros(self.counts.shape), where=mass > 0)
        return found

    @property
    def limits(self) -> tuple[float, float]:
        """An axis for all points in time together, each counting alike: `TAIL` of the values lies beyond either end,
        and there is a `MARGIN` of room."""
        counted = self.counts.sum(axis=1) > 0
        if not counted.any():
            return 0.0, 1.0
        edges, counts = self.edges[counted].astype(float), self.counts[counted]
        places = np.unique(edges)
        shares = np.hstack([np.zeros((len(counts), 1)), counts.cumsum(axis=1) / counts.sum(axis=1, keepdims=True)])
        below = np.mean([np.interp(places, *pair) for pair in zip(edges, shares, strict=True)], axis=0)
        low, high = np.interp([TAIL, 1 - TAIL], below, places)
        room = MARGIN * (high - low)
        return float(low - room), float(high + room)

    @property
    def peaks(self) -> Array:
        """(t,): the greatest density of each point in time, between the limits."""
        low, high = self.limits
        seen = (self.edges[:, 1:] > low) & (self.edges[:, :-1] < high)
        found: Array = np.where(seen, self.densities, 0.0).max(axis=1)
        return found

    @property
    def ceiling(self) -> float:
        """The density that an axis should reach: the greatest peak, but at most `TALL` times the median one."""
        peaks = self.peaks[self.peaks > 0]
        return float(min(peaks.max(), TALL * np.median(peaks))) if peaks.size else 1.0

    def at(self, times: Indices) -> "Ridge":
        """The same layer at some points in time only."""
        return replace(self, edges=self.edges[times], counts=self.counts[times])

    def outline(self, time: int) -> tuple[Array, Array]:
        """The histogram at one point in time as a line through the middles of its bins, from zero to zero, cut at
        the ceiling: values (bins + 2,) and densities (bins + 2,)."""
        edges = self.edges[time].astype(float)
        x = np.concatenate([edges[:1], (edges[:-1] + edges[1:]) / 2, edges[-1:]])
        return x, np.concatenate([[0.0], np.minimum(self.densities[time], self.ceiling), [0.0]])


def times_shown(times: int) -> Indices:
    """Points in time to draw: all, or of many `TIMES` of them evenly chosen, the first and the last among them."""
    return np.unique(np.linspace(0, times - 1, min(times, TIMES)).round().astype(np.int64))


def layers_shown(layers: Sequence[_Item]) -> list[_Item]:
    """All layers, or of many `LAYERS` of them evenly chosen, the first and the last among them."""
    places = np.linspace(0, len(layers) - 1, min(len(layers), LAYERS)).round().astype(int)
    return [layers[place] for place in places]
