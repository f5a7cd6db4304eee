"""Integrated gradients of all images, on one scale, with what they may be trusted for."""

import numpy as np

from inward.arrays import Array
from inward.model import probabilities
from inward.render.chart_attribution import attribution_chart
from inward.render.page import Picture, Section, Table
from inward.render.png import png_bytes
from inward.render.words import certificate, percent, prediction
from inward.report.report import Report

_COLUMNS = (
    "image", "label", "predicted", "probability", "explained", "score", "gap", "relative gap", "error", "converged",
    "evaluations",
)  # fmt: skip
_TEXT = (
    "Blue pixels speak for the class, red ones against it. All maps share one scale, so they can be compared.",
    "Gap: the sum of a map minus the change of the score from baseline to image; 0 is exact. "
    "Error: the estimated relative L2 error of the map, where the rule offers an estimate. "
    "Converged: whether the error and the relative gap are both within the tolerance of {}.",
)


def attribution_section(report: Report) -> Section:
    """The maps of all images on one sheet, and a table of what they say and how far to trust them."""
    p = probabilities(report.scores)
    above = [(name, prediction(*report.prediction(row))) for name, row in zip(report.names, p, strict=True)]
    chart = attribution_chart(report.images, report.attribution.values, above, certificates(report))
    picture = Picture("integrated-gradients.png", png_bytes(chart), alt="Each image and its integrated gradients")
    rows = tuple(_row(report, i, row) for i, row in enumerate(p))
    text = tuple(line.format(percent(report.attribution.tolerance)) for line in _TEXT)
    return Section("Why these classes: integrated gradients", text, (picture,), Table(_COLUMNS, rows))


def certificates(report: Report) -> list[tuple[str, ...]]:
    """For each image, what its map explains, and the map's gap and error."""
    found = report.attribution
    errors = [float(error) if np.isfinite(error) else None for error in found.error]
    return [(report.explained(i), *certificate(float(found.gap[i]), error)) for i, error in enumerate(errors)]


def _row(report: Report, i: int, p: Array) -> tuple[str, ...]:
    found = report.attribution
    name, probability = report.prediction(p)
    return (
        report.names[i],
        report.label(i),
        name,
        percent(probability),
        report.explained(i),
        f"{float(found.values[i].sum() - found.gap[i]):+.3g}",
        f"{float(found.gap[i]):+.2g}",
        f"{float(found.relative_gap[i]):.2%}",
        f"{float(found.error[i]):.2%}" if np.isfinite(found.error[i]) else "no estimate",
        "yes" if found.converged[i] else "no",
        str(int(found.evaluations[i])),
    )
