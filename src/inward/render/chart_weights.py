"""How a network's weights are spread, layer by layer, before and after training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inward.arrays import Array
from inward.render.style import SERIES, SOFT, TEXT_POINTS, shortened, styled

LAYERS = 3  # in one panel
_NAME = 1.3  # inches kept for a layer's name
_TAIL = 0.0005  # share of the weights that may lie beyond either edge of the drawing


@dataclass(frozen=True, eq=False)
class Spread:
    """A layer's histogram: edges (bins + 1,) in units of a weight, counts (bins,) after and, where known, before."""

    name: str
    edges: Array
    after: Array
    before: Array | None = None


@styled
def weight_curves(spreads: Sequence[Spread]) -> Figure:
    """Draw histograms as step lines, three layers a panel: before training dashed, after it solid.

    Heights are densities, so that layers of different size can be compared.

    Args:
        spreads: the layers, from input to output.

    Returns:
        A figure of ⌈layers / 3⌉ panels, three side by side, over the same weights.
    """
    panels = max(1, math.ceil(len(spreads) / LAYERS))
    columns = min(panels, 3)
    rows = math.ceil(panels / columns)
    figure = Figure(figsize=(0.6 + 3.4 * columns, 0.3 + 2.7 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for panel, axes in enumerate(grid.flat):
        _draw_panel(axes, spreads[panel * LAYERS : (panel + 1) * LAYERS])
        axes.set_xlim(*_limits(spreads))
    for axes in grid[:, 0]:
        axes.set_ylabel("density")
    if any(spread.before is not None for spread in spreads):
        _explain(figure)
    return figure


def _draw_panel(axes: Axes, spreads: Sequence[Spread]) -> None:
    axes.set_visible(bool(spreads))
    for spread, colour in zip(spreads, SERIES[:LAYERS], strict=False):
        if spread.before is not None:
            axes.stairs(_density(spread.before, spread.edges), spread.edges, color=colour, ls=(0, (2, 1.5)), lw=1.0)
        label = f" {shortened(spread.name, _NAME)}"  # a legend leaves out what begins with an underscore
        axes.stairs(_density(spread.after, spread.edges), spread.edges, color=colour, lw=1.4, label=label)
    if spreads:
        names = [shortened(spread.name, _NAME, TEXT_POINTS + 2) for spread in spreads]
        axes.set_title(names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}")
        axes.legend(loc="upper right")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("weight")


def _density(counts: Array, edges: Array) -> Array:
    density: Array = counts / np.maximum(counts.sum(), 1) / np.diff(edges)
    return density


def _limits(spreads: Sequence[Spread]) -> tuple[float, float]:
    """Weights between which all but the outermost of every histogram lie."""
    found: list[tuple[float, float]] = []
    for spread in spreads:
        for counts in (spread.after, spread.before):
            if counts is not None and counts.sum():
                share = np.cumsum(counts) / counts.sum()
                low = spread.edges[np.searchsorted(share, _TAIL)]
                high = spread.edges[1:][np.searchsorted(share, 1 - _TAIL)]
                found.append((low, high))
    return min((low for low, _ in found), default=-1.0), max((high for _, high in found), default=1.0)


def _explain(figure: Figure) -> None:
    before = Line2D([], [], color=SOFT, ls=(0, (2, 1.5)), lw=1.0, label="before training")
    after = Line2D([], [], color=SOFT, lw=1.4, label="after")
    figure.legend(handles=[before, after], loc="outside upper right", ncols=2)
