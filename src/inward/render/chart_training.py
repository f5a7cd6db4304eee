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
_PANELS = {"accuracy": ("Accuracy, %", 100.0, " %"), "cost": ("Cost, nats per image", 1.0, "")}


def has_curves(columns: Mapping[str, ArrayLike]) -> bool:
    """Whether there is an epoch, and at least one of the other `COLUMNS`."""
    return bool(np.size(columns.get("epoch", ()))) and any(name in columns for name in COLUMNS[1:])


@styled
def training_curves(columns: Mapping[str, ArrayLike]) -> Figure:
    """Draw accuracy and cost against the epoch, train dashed and test solid, the last values written out.

    Args:
        columns: those of `COLUMNS` that are known, each (epochs,); accuracies in [0, 1], costs in nats per image.

    Returns:
        A figure of a panel for accuracies and one for costs, as far as there are any.

    Raises:
        ArgumentError: where there is no epoch, or nothing to draw.
    """
    if not has_curves(columns):
        expected = f"{COLUMNS[0]} and one or more of {', '.join(COLUMNS[1:])}"
        raise ArgumentError("metrics", expected, ", ".join(columns) or "none", "train again")
    quantities = [name for name in _PANELS if any(f"{part}_{name}" in columns for part, *_ in _PARTS)]
    figure = Figure(figsize=(4.2 * len(quantities), 2.9), layout="constrained")
    for quantity, axes in zip(quantities, figure.subplots(1, len(quantities), squeeze=False).flat, strict=True):
        title, unit, sign = _PANELS[quantity]
        _draw(axes, columns, quantity, unit, sign)
        axes.set_title(title)
    if "cost" in quantities:
        axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
    return figure


def _draw(axes: Axes, columns: Mapping[str, ArrayLike], quantity: str, unit: float, sign: str) -> None:
    epochs = np.asarray(columns["epoch"])
    for part, colour, dashes in _PARTS:
        if f"{part}_{quantity}" not in columns:
            continue
        values = unit * np.asarray(columns[f"{part}_{quantity}"], dtype=float)
        known = np.isfinite(values) if np.isfinite(values).any() else np.ones(len(values), bool)
        marker = "o" if known.sum() == 1 else ""
        label = f"{part}, at the end {number(values[known][-1])}{sign}"
        axes.plot(epochs[known], values[known], dashes, color=colour, marker=marker, markersize=4, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.legend(loc="best", fontsize=8)
