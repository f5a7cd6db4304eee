"""How large a network's weights, gradients and activations were, layer by layer and epoch by epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inward.arrays import Array
from inward.render.ridge import layers_shown
from inward.render.style import DEPTH, SMALL_POINTS, shortened, styled
from inward.render.ticks import PLAIN, plain_logarithms

_DECADE = 10.0  # an axis that spans more than this is logarithmic
_PALEST = 0.35  # of the colours; paler lines are lost on paper
_APART = 0.06  # of the axis' height, from one name to the next
_NAME = 0.8  # inches kept for a layer's name


@styled
def norm_curves(norms: Mapping[str, Mapping[str, Array]]) -> Figure:
    """Draw norms against the epoch, a panel for each quantity and a line for each layer, named at its end.

    Args:
        norms: quantity's name -> layer's name -> norms (t,), time 0 being before training; layers from input to output.

    Returns:
        A figure of panels side by side, lines pale near the input and dark near the output. An axis that spans more
        than a decade is logarithmic; what is not finite, or not positive on such an axis, is left out. Of many layers
        all are drawn and nine named.
    """
    figure = Figure(figsize=(0.4 + 3.6 * max(len(norms), 1), 3.1), layout="constrained")
    for place, (quantity, lines) in enumerate(norms.items(), start=1):
        axes = figure.add_subplot(1, len(norms), place)
        axes.set_title(quantity)
        axes.set_xlabel("epoch (0 is before training)")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        _scale(axes, [norm for line in lines.values() for norm in line])
        _draw(axes, lines)
    return figure


def _scale(axes: Axes, norms: list[float]) -> None:
    """Set the axis so that every finite norm, or every positive one where it is logarithmic, is on it."""
    values = np.array(norms, dtype=float)
    finite = values[np.isfinite(values)]
    positive = finite[finite > 0]
    axes.yaxis.set_major_formatter(PLAIN)
    if positive.size and positive.max() > _DECADE * positive.min():
        axes.set_yscale("log")
        plain_logarithms(axes.yaxis)
        axes.set_ylim(positive.min() / 1.3, positive.max() * 1.3)
    else:
        axes.set_ylim(0, 1.1 * finite.max(initial=0.0) or 1.0)


def _draw(axes: Axes, lines: Mapping[str, Array]) -> None:
    ends = {}
    for place, (name, norms) in enumerate(lines.items()):
        colour = DEPTH(_PALEST + (1 - _PALEST) * place / max(len(lines) - 1, 1))
        marker = "o" if len(norms) == 1 else ""
        seen = np.where(np.isfinite(norms) & ((norms > 0) | (axes.get_yscale() == "linear")), norms, np.nan)
        axes.plot(range(len(norms)), seen, color=colour, marker=marker, markersize=4)
        if np.isfinite(seen).any():
            last = int(np.flatnonzero(np.isfinite(seen))[-1])
            ends[name] = (last, float(seen[last]), colour)
    _name(axes, ends)


def _name(axes: Axes, ends: Mapping[str, tuple[int, float, tuple[float, ...]]]) -> None:
    """Write names to the right, each as near to its line's end as its neighbours let it."""
    in_axes = axes.transScale + axes.transLimits
    heights = {name: float(in_axes.transform((time, norm))[1]) for name, (time, norm, _) in ends.items()}
    names = sorted(layers_shown(list(ends)), key=heights.__getitem__)
    for name, height in zip(names, apart([heights[name] for name in names]), strict=True):
        time, norm, colour = ends[name]
        axes.annotate(
            shortened(name, _NAME),
            xy=(time, norm),
            xytext=(1.05, height),
            textcoords="axes fraction",
            fontsize=SMALL_POINTS,
            va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "relpos": (0, 0.5), "shrinkB": 1},
        )


def apart(heights: Sequence[float], gap: float = _APART) -> list[float]:
    """Rising heights, each at least `gap` above the one before and all in [0, 1], moved as little as can be.

    Least squares, by pooling neighbours that come too near: heights - place · gap must not fall.
    """
    pools: list[tuple[float, int]] = []  # mean of what must not fall, and how many
    for place, height in enumerate(heights):
        pools.append((height - place * gap, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (upper, more), (lower, count) = pools.pop(), pools.pop()
            pools.append(((lower * count + upper * more) / (count + more), count + more))
    highest = max(0.0, 1 - (len(heights) - 1) * gap)
    floors = [min(max(mean, 0.0), highest) for mean, count in pools for _ in range(count)]
    return [floor + place * gap for place, floor in enumerate(floors)]
