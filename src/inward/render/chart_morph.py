"""How each layer's histogram changed, epoch by epoch: the frames of an animation."""

import io
import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inward.arrays import Indices
from inward.render.chart_ridge import time_colour
from inward.render.image import Pixels
from inward.render.ridge import Ridge, layers_shown
from inward.render.style import PAPER, SOFT, TEXT_POINTS, shortened, the_look

_DPI = 100


def morph_frames(ridges: Sequence[Ridge], times: Indices, side: int = 600) -> list[Pixels]:
    """Draw every layer's density at each of some points in time, over what it was at the first of them, dashed.

    Args:
        ridges: the layers, from input to output; of many, nine are shown.
        times: (frames,), the points in time to draw.
        side: pixels of a frame's side.

    Returns:
        A picture (side, side, 3) for each time, on the same axes all through: each layer's own, as in `ridge_chart`.
    """
    shown = [ridge.at(times) for ridge in layers_shown(ridges)]
    rows = math.ceil(math.sqrt(len(shown)))
    columns = math.ceil(len(shown) / rows)
    with the_look():
        figure = Figure(figsize=(side / _DPI, side / _DPI), dpi=_DPI, layout="constrained")
        for place, ridge in enumerate(shown, start=1):
            _prepare(figure.add_subplot(rows, columns, place), ridge, side / _DPI / columns)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # every panel stays where it is
        return [_frame(figure, shown, place, side) for place in range(len(times))]


def _prepare(axes: Axes, ridge: Ridge, width: float) -> None:
    axes.set_xlim(*ridge.limits)
    axes.set_ylim(0, 1.05 * ridge.ceiling)
    axes.set_title(shortened(ridge.name, 0.7 * width, TEXT_POINTS + 2))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.fill(*ridge.outline(0), edgecolor=PAPER, linewidth=0.6, zorder=2)
    axes.plot(*ridge.outline(0), color=SOFT, linestyle=(0, (2, 1.5)), linewidth=1.0, zorder=3)


def _frame(figure: Figure, ridges: Sequence[Ridge], place: int, side: int) -> Pixels:
    for axes, ridge in zip(figure.axes, ridges, strict=True):
        axes.patches[0].set(xy=np.column_stack(ridge.outline(place)), facecolor=time_colour(place, len(ridge.counts)))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba", dpi=_DPI)
    return np.frombuffer(buffer.getvalue(), np.uint8).reshape(side, side, 4)[..., :3]
