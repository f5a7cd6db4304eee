"""Where dim images go: what a network says of images that fade to their baseline."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.style import DEPTH, INK, PAPER, SERIES, SMALL_POINTS, number, shortened, styled

_ROWS = 20  # classes with a row of their own
_NAME, _TITLE, _CURVE = 1.4, 2.2, 3.4  # inches: a class's name, the least for a title, the least for a curve


@styled
def dim_predictions(alphas: Array, counts: Array, classes: Sequence[str], accuracy: Array | None = None) -> Figure:
    """Draw how many images are taken for each class at each alpha and, where labels are known, how many rightly.

    Args:
        alphas: (alphas,), places on the path, 0 being the baseline and 1 the image.
        counts: (alphas, classes), images predicted as each class.
        classes: (classes,), their names.
        accuracy: (alphas,), share of right predictions in [0, 1].

    Returns:
        A figure: the counts as a heat map and, beside it, the accuracy. Of many classes the twenty commonest have a
        row each, and the others one together.
    """
    counts, classes = _busiest(counts, classes)
    height = 0.9 + 0.24 * max(len(classes), 4)
    width = _NAME + max(_TITLE, 0.5 * len(alphas))
    if accuracy is None:
        figure = Figure(figsize=(width, height), layout="constrained")
        _counts(figure.subplots(), alphas, counts, classes)
        return figure
    curve = max(_CURVE, 0.36 * len(alphas))
    figure = Figure(figsize=(width + curve, height), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[width, curve])
    _counts(left, alphas, counts, classes)
    _accuracy(right, alphas, accuracy)
    return figure


def _busiest(counts: Array, classes: Sequence[str]) -> tuple[Array, Sequence[str]]:
    if len(classes) <= _ROWS:
        return counts, classes
    order = np.argsort(-counts.sum(axis=0), kind="stable")
    shown, rest = np.sort(order[:_ROWS]), order[_ROWS:]
    others = counts[:, rest].sum(axis=1, keepdims=True)
    return np.hstack([counts[:, shown], others]), [*(classes[index] for index in shown), f"{len(rest)} others"]


def _counts(axes: Axes, alphas: Array, counts: Array, classes: Sequence[str]) -> None:
    most = max(float(np.max(counts, initial=0)), 1.0)
    axes.imshow(counts.T, cmap=DEPTH, vmin=0, vmax=most, aspect="auto")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(len(alphas)), [number(float(a)) for a in alphas])
    axes.set_yticks(range(len(classes)), [shortened(name, _NAME) for name in classes])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_xlabel("α (0 is the baseline, 1 the image)")
    axes.set_title("Images taken for each class")
    for (place, index), count in np.ndenumerate(counts):
        if count:
            colour = PAPER if count > 0.45 * most else INK
            axes.text(place, index, f"{count:g}", ha="center", va="center", color=colour, fontsize=SMALL_POINTS)


def _accuracy(axes: Axes, alphas: Array, accuracy: Array) -> None:
    places = range(len(alphas))
    axes.plot(places, 100 * accuracy, "o-", color=SERIES[0], markersize=4)
    axes.set_xticks(places, [number(float(a)) for a in alphas])
    axes.set_ylim(0, 104)
    axes.set_xlabel("α, evenly spaced by place")
    axes.set_title("Accuracy, %")
