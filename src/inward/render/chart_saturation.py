"""Where on the path the score is made: nearly always close to the baseline, which is why one gradient misleads."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.style import SERIES, SOFT, styled
from inward.render.ticks import PLAIN, plain_logarithms


@styled
def saturation_curves(alphas: Array, norms: Array, derivatives: Array, shares: Array) -> Figure:
    """Draw the gradient's norm, the score's derivative along the path and the share of the score already made.

        share(α) = (s(x0 + α (x - x0)) - s(x0)) / (s(x) - s(x0))

    Args:
        alphas: (alphas,) in (0, 1], drawn on a logarithmic axis.
        norms: (n, alphas), ‖∂s/∂x‖₂, score per unit of a pixel.
        derivatives: (n, alphas), ∂s/∂α, score.
        shares: (n, alphas), without unit; 1 at α = 1.

    Returns:
        A figure of three panels; each image thin, the median of all bold; what is not finite is left out.
    """
    figure = Figure(figsize=(10.6, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    positive = np.isfinite(norms) & (norms > 0)
    _draw(left, alphas, np.where(positive, norms, np.nan), "Norm of the gradient")
    _draw(middle, alphas, derivatives, "Derivative of the score along the path")
    _draw(right, alphas, shares, "Share of the score already made")
    if positive.any():  # a logarithmic axis cannot be drawn without
        left.set_yscale("log")
        plain_logarithms(left.yaxis)
    middle.axhline(0, color=SOFT, lw=0.6)
    middle.yaxis.set_major_formatter(PLAIN)
    right.axhline(1, color=SOFT, lw=0.6)
    right.axhline(0, color=SOFT, lw=0.6)
    if len(norms) > 1:
        left.legend(loc="best")
    return figure


def _draw(axes: Axes, alphas: Array, curves: Array, title: str) -> None:
    finite = np.ma.masked_invalid(curves)
    marker = "o" if len(alphas) == 1 else ""
    strength = max(0.12, min(0.5, 6 / max(len(curves), 1)))
    for index, curve in enumerate(finite):
        label = "each image" if index == 0 else None
        axes.plot(alphas, curve, color=SERIES[0], lw=0.7, alpha=strength, label=label, marker=marker)
    if len(curves):
        median: Array = np.ma.median(finite, axis=0)  # type: ignore[no-untyped-call]
        axes.plot(alphas, median, color=SERIES[0], lw=2.2, label="median", marker=marker)
    axes.set_xscale("log")
    plain_logarithms(axes.xaxis)
    axes.set_xlabel("α")
    axes.set_title(title)
