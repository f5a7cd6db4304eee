"""Training, epoch by epoch: accuracy and cost, on what was learnt from and on what was not."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from inward.errors import ArgumentError
from inward.render.style import SERIES, SOFT, number, styled

COLUMNS = ("epoch", "train_cost", "train_accuracy", "test_cost", "test_accuracy")
_PARTS = (("train", SOFT, "--"), ("test", SERIES[0], "-"))


@styled
def training_curves(columns: Mapping[str, ArrayLike]) -> Figure:
    """Draw accuracy and cost against the epoch, train dashed and test solid, the last values written out.

    Args:
        columns: `COLUMNS`, each (epochs,); accuracies in [0, 1], costs in nats per image.

    Returns:
        A figure of two panels.

    Raises:
        ArgumentError: where a column is missing or there is no epoch.
    """
    missing = [name for name in COLUMNS if name not in columns]
    if missing or not np.size(columns["epoch"]):
        raise ArgumentError("metrics", ", ".join(COLUMNS), f"no {', '.join(missing) or 'epoch'}", "train again")
    figure = Figure(figsize=(8.4, 2.9), layout="constrained")
    accuracy, cost = figure.subplots(1, 2)
    _draw(accuracy, columns, "accuracy", 100.0, " %")
    _draw(cost, columns, "cost", 1.0, "")
    accuracy.set_title("Accuracy, %")
    cost.set_title("Cost, nats per image")
    cost.set_ylim(0, 1.05 * cost.get_ylim()[1])
    return figure


def _draw(axes: Axes, columns: Mapping[str, ArrayLike], quantity: str, unit: float, sign: str) -> None:
    epochs = np.asarray(columns["epoch"])
    for part, colour, dashes in _PARTS:
        values = unit * np.asarray(columns[f"{part}_{quantity}"], dtype=float)
        marker = "o" if len(epochs) == 1 else ""
        label = f"{part}, at the end {number(values[-1])}{sign}"
        axes.plot(epochs, values, dashes, color=colour, marker=marker, markersize=4, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.legend(loc="best", fontsize=8)
