"""What an image is taken for: its likeliest classes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from inward.arrays import Array
from inward.render.style import FAINT, INK, SERIES, SMALL_POINTS, shortened, styled
from inward.render.words import percent

_NAME = 1.15  # inches kept for a class's name


@styled
def probability_bars(names: Sequence[str], probabilities: Array, top: int = 5) -> Figure:
    """Draw the likeliest classes as bars, the likeliest on top.

    Args:
        names: (classes,).
        probabilities: (classes,) in [0, 1]; NaN ranks last and has no bar.
        top: how many.

    Returns:
        A figure, small enough to stand beside a picture.
    """
    known = np.nan_to_num(probabilities, nan=0.0)
    order = np.argsort(-known, kind="stable")[:top]
    height, width = 0.24 + 0.22 * len(order), 3.2
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((_NAME / width, 0.12 / height, 1 - (_NAME + 0.55) / width, 1 - 0.24 / height))
    axes.barh(range(len(order)), np.ones(len(order)), height=0.62, color=FAINT)
    axes.barh(range(len(order)), known[order], height=0.62, color=[SERIES[0], *["#8fb8bf"] * len(order)][: len(order)])
    for place, index in enumerate(order):
        axes.text(1.03, place, percent(float(known[index])), va="center", fontsize=SMALL_POINTS)
    axes.set_yticks(range(len(order)), [shortened(names[index], _NAME) for index in order])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.xaxis.set_major_locator(NullLocator())
    axes.set_xlim(0, 1)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure
