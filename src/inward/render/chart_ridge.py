"""How a network's values were spread, epoch by epoch: a ridge of histograms for each layer."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inward.arrays import Indices
from inward.render.ridge import TAIL, TALL, Ridge, layers_shown, times_shown
from inward.render.style import DEPTH, PAPER, SMALL_POINTS, SOFT, TEXT_POINTS, number, shortened, styled

_PALEST = 0.2  # of the colours; paler ones are lost on paper
_WIDTH, _HEIGHT = 3.3, 2.7  # inches of a panel
_NAMED = 12  # epochs named beside a panel, at most
_MIDDLE = f"{100 * (1 - 2 * TAIL):.1f} %"
_DECADES = np.array([sign * digit * 10.0**power for sign in (-1, 1) for power in range(9) for digit in (1, 3)] + [0.0])


@styled
def ridge_chart(ridges: Sequence[Ridge], quantity: str, *, long_tails: bool = False) -> Figure:
    """Draw each layer's histograms over time one behind the other: before training at the back, last epoch in front.

    Heights are densities, on one scale in a panel; colours go from pale (before training) to dark (last epoch).

    Args:
        ridges: the layers, from input to output; time 0 is before training, and time t after epoch t.
        quantity: what is spread, with its unit; stands under the axes.
        long_tails: bend both axes, so that a tail shows beside a peak: values by arcsinh, which is linear up to about 1
            and logarithmic beyond, and heights by the square root.

    Returns:
        A figure of a panel for each layer, three side by side; of many layers nine are shown, of many epochs 32. Each
        panel's axis spans the middle 99.8 % of its values, all epochs together.
    """
    shown = layers_shown(ridges)
    columns = max(1, min(len(shown), 3))
    rows = max(1, math.ceil(len(shown) / columns))
    figure = Figure(figsize=(0.5 + _WIDTH * columns, 0.6 + _HEIGHT * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(grid.flat):
        axes.set_visible(place < len(shown))
        if place < len(shown):
            axes.set_xlabel(quantity if place + columns >= len(shown) else "")
            _draw(axes, shown[place], place % columns == 0, long_tails)
    figure.supxlabel("\n".join(_notes(ridges, shown, long_tails)), fontsize=SMALL_POINTS, color=SOFT)
    return figure


def time_colour(time: int, times: int) -> tuple[float, ...]:
    """From pale (before training) to dark (the last point in time)."""
    return DEPTH(_PALEST + (1 - _PALEST) * time / max(times - 1, 1))


def _draw(axes: Axes, whole: Ridge, named: bool, long_tails: bool) -> None:
    times = times_shown(len(whole.counts))
    ridge = whole.at(times)
    if long_tails:
        ridge = replace(ridge, edges=np.arcsinh(ridge.edges))
    last = len(times) - 1
    tall = max(2.0, len(times) / 4)  # the ceiling's height, in steps from one baseline to the next
    for place in range(len(times)):
        x, density = ridge.outline(place)
        height = (density / ridge.ceiling) ** (0.5 if long_tails else 1.0)
        floor, colour = last - place, time_colour(place, len(times))
        axes.fill_between(x, floor, floor + tall * height, facecolor=colour, edgecolor=PAPER, lw=0.6, zorder=2 + place)
    axes.set_xlim(*ridge.limits)
    axes.set_ylim(-0.02 * len(times), last + 1.03 * tall)
    axes.set_title(shortened(ridge.name, 0.8 * _WIDTH, TEXT_POINTS + 2))
    axes.spines["left"].set_visible(False)
    axes.grid(False, axis="y")
    _name_values(axes, long_tails)
    _name_epochs(axes, times, named)


def _name_values(axes: Axes, long_tails: bool) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if long_tails:
        low, high = axes.get_xlim()
        even = MaxNLocator(5).tick_values(*np.sinh([low, high]))
        values = _DECADES if high - low > 2 else np.array(even)
        places = np.arcsinh(values)
        inside = (places >= low) & (places <= high)
        axes.set_xticks(places[inside], [number(value).replace("-", "−") for value in values[inside]])


def _name_epochs(axes: Axes, times: Indices, named: bool) -> None:
    """Name epochs at their baselines, the first and the last among them."""
    step = math.ceil(len(times) / _NAMED)
    places = [0, *(place for place in range(len(times) - 1, 0, -step) if place >= step)]
    words = [f"epoch {times[place]}" if times[place] else "before" for place in places]
    axes.set_yticks([len(times) - 1 - place for place in places], words if named else [""] * len(places))


def _notes(ridges: Sequence[Ridge], shown: Sequence[Ridge], long_tails: bool) -> list[str]:
    """What a reader must know of the axes."""
    notes = [f"Each axis spans the middle {_MIDDLE} of its layer's values over all epochs."]
    notes += ["It is linear up to about 1, and logarithmic beyond."] if long_tails else []
    notes.append(f"Height: {'square root of the ' if long_tails else ''}density, on one scale in each panel.")
    if any(ridge.peaks.max() > ridge.ceiling for ridge in shown):
        notes.append(f"Peaks over {TALL:.0f} times the median one are cut.")
    if len(shown) < len(ridges):
        notes.append(f"{len(shown)} of {len(ridges)} layers, evenly chosen.")
    return notes
