"""The model itself: its weights before and after training, and the training."""

from inward.methods.weights import LayerHistogram, WeightStatistics
from inward.render.chart_training import training_curves
from inward.render.chart_weights import Spread, weight_curves
from inward.render.page import Picture, Section, Table
from inward.render.png import png_bytes
from inward.report.report import Report

_COLUMNS = ("layer", "when", "weights", "mean", "standard deviation", "least", "greatest", "not finite", "moved by")


def weights_section(report: Report) -> Section:
    """Histograms of each layer's weights, and their statistics."""
    layers = report.weights.layers
    chart = weight_curves([Spread(layer.name, layer.edges, layer.after, layer.before) for layer in layers])
    trained = any(layer.before is not None for layer in layers)
    moved = "Moved by: the Wasserstein distance from before to after, the mean distance that a weight must travel."
    return Section(
        "Weights before and after training" if trained else "Weights",
        (moved,) if trained else (),
        (Picture("weights.png", png_bytes(chart), alt="Histograms of weights"),),
        Table(_COLUMNS, tuple(row for layer in layers for row in _rows(layer))),
    )


def training_section(report: Report) -> Section:
    """Accuracy and cost by epoch."""
    text = (
        "Training figures are over the images that the epoch learnt from, as it saw them; test figures over images "
        "that nothing was learnt from.",
    )
    picture = Picture("training.png", png_bytes(training_curves(report.metrics)), alt="Accuracy and cost by epoch")
    return Section("Training", text, (picture,))


def _rows(layer: LayerHistogram) -> list[tuple[str, ...]]:
    moved = "" if layer.distance is None else f"{layer.distance:.3g}"
    rows = [(layer.name, "after", *_statistics(layer.after_statistics), moved)]
    if layer.before_statistics:
        rows.insert(0, (layer.name, "before", *_statistics(layer.before_statistics), ""))
    return rows


def _statistics(of: WeightStatistics) -> tuple[str, ...]:
    signed = (f"{value:+.3g}" for value in (of.minimum, of.maximum))
    return (f"{of.count:,}", f"{of.mean:+.3g}", f"{of.standard_deviation:.3g}", *signed, str(of.non_finite))
