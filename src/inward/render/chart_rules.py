"""What an error costs: the distance to the map against the evaluations, a line for each rule."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.style import INK, SERIES, SMALL_POINTS, SOFT, styled
from inward.render.ticks import plain_logarithms

_LEAST = 1e-9  # a logarithmic axis has no 0


@styled
def rules_chart(
    evaluations: Mapping[str, Array], error: Mapping[str, Array], gap: Mapping[str, Array], doubt: float, bold: str
) -> Figure:
    """Draw two panels, relative error of the map and relative completeness gap, both axes logarithmic.

    Args:
        evaluations, error, gap: rule's name -> (settings, n) for n images.
        doubt: below it errors are not resolved; shaded.
        bold: the rule that stands out.

    Returns:
        A figure: each line the median over the images, its band from the least to the largest.
    """
    figure = Figure(figsize=(10.6, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, values, title in ((left, error, "Error of the map"), (right, gap, "Completeness gap")):
        for index, name in enumerate(evaluations):
            _draw(axes, evaluations[name], values[name], name, SERIES[index % len(SERIES)], name == bold)
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_logarithms(axes.xaxis)
        plain_logarithms(axes.yaxis)
        axes.set_xlabel("gradient evaluations per image")
        axes.set_title(f"{title}, relative")
    if doubt > 0:
        left.axhspan(left.get_ylim()[0], doubt, color=SOFT, alpha=0.12, lw=0)
        left.text(
            0.01, doubt, " not resolved", transform=left.get_yaxis_transform(), va="top", color=SOFT, size=SMALL_POINTS
        )
    right.legend(loc="best")
    return figure


def _draw(axes: Axes, evaluations: Array, values: Array, name: str, colour: str, bold: bool) -> None:
    x, y = np.median(evaluations, axis=1), np.maximum(values, _LEAST)
    shade = INK if bold else colour
    axes.fill_between(x, y.min(axis=1), y.max(axis=1), color=shade, alpha=0.10, lw=0)
    axes.plot(
        x, np.median(y, axis=1), "o-", color=shade, lw=2.4 if bold else 1.4, ms=4 if bold else 3, label=name, zorder=3
    )
