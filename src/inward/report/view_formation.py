"""How the network's mind formed: weights, gradients and activations from before training to the last epoch."""

from collections.abc import Iterator, Mapping

import numpy as np

from inward.arrays import Array
from inward.model import Formation, Spread
from inward.render.animation import gif_bytes
from inward.render.chart_morph import morph_frames
from inward.render.chart_norms import norm_curves
from inward.render.chart_ridge import ridge_chart
from inward.render.page import Picture, Section
from inward.render.png import png_bytes
from inward.render.ridge import Ridge, times_shown
from inward.report.report import Report

_SIDE, _PAUSE, _HOLD = 600, 350, 6  # pixels; milliseconds a frame; times as long for the last
_TEXT = (
    "Every layer before training and after each epoch, from back to front and from pale to dark. Gradients and "
    "activations are of one fixed sample of training images.",
    "A histogram may keep its shape while every weight in it moves. A norm that falls toward zero, or grows without "
    "end, tells of a signal that dies or explodes.",
)


def formation_section(report: Report, formation: Formation) -> Section:
    """An animation from before to after, ridges of histograms, and norms; what was not recorded is left out."""
    return Section("How it formed", _TEXT, tuple(_pictures(report, formation)))


def _pictures(report: Report, formation: Formation) -> Iterator[Picture]:
    if weights := _ridges(formation.weights):
        said = "The weights, epoch by epoch; dashed: before training."
        yield Picture("formation.gif", _animation(report, weights), said, "Histograms of weights in motion")
        yield _ridge("weights", "The weights.", weights, "weight")
    if gradients := _ridges(_in_units_of_their_size(formation.gradients)):
        said = (
            "The gradients of the cost, each epoch's in units of its root mean square; their size is among the norms."
        )
        yield _ridge("gradients", said, gradients, "gradient / root mean square")
    if activations := _ridges(formation.activations):
        yield _ridge("activations", "The activations.", activations, "activation", long_tails=True)
    if norms := _norms(formation):
        said = "Euclidean norms; of activations, the mean over the images."
        yield Picture("formation-norms.png", png_bytes(norm_curves(norms)), said, "Norms of each layer by epoch")


def _ridge(name: str, caption: str, ridges: list[Ridge], quantity: str, *, long_tails: bool = False) -> Picture:
    chart = ridge_chart(ridges, quantity, long_tails=long_tails)
    return Picture(f"formation-{name}.png", png_bytes(chart), caption, f"Histograms of {name} for each layer and epoch")


def _ridges(spreads: Mapping[str, Spread]) -> list[Ridge]:
    return [Ridge(name, spread.edges, spread.counts) for name, spread in spreads.items()]


def _in_units_of_their_size(spreads: Mapping[str, Spread]) -> dict[str, Spread]:
    """Each point in time in units of its root mean square, norm / √count; where that is zero, as it is."""
    found = {}
    for name, spread in spreads.items():
        size = spread.norms / np.sqrt(np.maximum(spread.counts.sum(axis=1), 1))
        unit = np.where(np.isfinite(size) & (size > 0), size, 1.0)
        found[name] = Spread(spread.edges / unit[:, None], spread.counts, spread.norms)
    return found


def _norms(formation: Formation) -> dict[str, dict[str, Array]]:
    parts = {"weights": formation.weights, "gradients": formation.gradients, "activations": formation.activations}
    return {
        f"Norm of the {part}": {name: spread.norms for name, spread in spreads.items()}
        for part, spreads in parts.items()
        if spreads
    }


def _animation(report: Report, weights: list[Ridge]) -> bytes:
    times = times_shown(min(len(ridge.counts) for ridge in weights))
    lines = [_line(report.metrics, int(time)) for time in times]
    return gif_bytes(morph_frames(weights, times, _SIDE), lines, side=_SIDE, pause=_PAUSE, hold=_HOLD)


def _line(metrics: Mapping[str, Array], time: int) -> str:
    """The epoch and, where known, the test accuracy after it."""
    if not time:
        return "before training"
    known = dict(zip(metrics.get("epoch", ()), metrics.get("test_accuracy", ()), strict=False))
    return f"after epoch {time}" + (f": {100 * known[time]:.1f} % of the test images right" if time in known else "")
