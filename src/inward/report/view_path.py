"""The path from baseline to image: where dim images go, and where the score is made."""

import numpy as np

from inward.render.chart_attribution import attribution_grid
from inward.render.chart_dim import dim_predictions
from inward.render.chart_gradients import dim_grid
from inward.render.chart_saturation import saturation_curves
from inward.render.page import Picture, Section
from inward.render.png import png_bytes
from inward.render.style import number
from inward.render.words import alpha
from inward.report.report import Report

_GRID = 10  # images in the grid of dim images; all are counted
_LISTED = 20  # classes in the table of predictions; of more, those that occur


def dimming_section(report: Report) -> Section:
    """What images are taken for while they are dimmed: counts, accuracy, and a grid of the first images."""
    found, known = report.interior, report.labels >= 0
    accuracy = (found.predictions[:, known] == report.labels[known]).mean(axis=1) if known.any() else None
    listed = np.arange(report.scores.shape[1])
    if len(listed) > _LISTED:
        listed = np.flatnonzero(found.class_counts.sum(axis=0))[:_LISTED]
    names = [report.class_name(int(k)) for k in listed]
    counts = dim_predictions(found.alphas, found.class_counts[:, listed], names, accuracy)
    pictures = (
        Picture("dim-predictions.png", png_bytes(counts), alt="Predicted classes at each alpha"),
        Picture("dim-images.png", _grid(report), "Mistakes are red" if known.any() else "", "Dimmed images"),
    )
    return Section("Where dim images go", ("Dimmed toward the baseline, what are the images taken for?",), pictures)


def _grid(report: Report) -> bytes:
    found, shown = report.interior, slice(0, _GRID)
    ends, starts = report.images[shown], found.baseline[shown]
    dimmed = starts + found.alphas[:, None, None, None, None] * (ends - starts)
    said = [[report.prediction(p) for p in row[shown]] for row in found.probabilities]
    labels = [report.label(i) for i in range(len(ends))]
    return png_bytes(dim_grid(ends, dimmed, found.alphas, said, labels if any(labels) else None))


def signed_section(report: Report) -> Section:
    """Gradient times (image - baseline) of the first images at each alpha; a row shares one scale."""
    found, shown = report.interior, slice(0, _GRID)
    images = report.images[shown]
    values = found.gradients[:, shown] * (images - found.baseline[shown])
    names = [alpha(float(a)) for a in found.alphas]
    chart = attribution_grid(images, values, names)
    text = (
        "The gradient times (image - baseline): blue speaks for the class, red against it; each row has its scale.",
    )
    picture = Picture("signed-images.png", png_bytes(chart), alt="Positive and negative attribution at each alpha")
    return Section("For and against, along the path", text, (picture,))


def saturation_section(report: Report) -> Section:
    """Norm, slope and share of the score along the path."""
    found = report.saturation
    chart = saturation_curves(found.alphas, found.norms.T, found.derivatives.T, found.shares.T)
    text = ["Along the straight path from the baseline (α = 0) to the image (α = 1)."]
    reached = np.isfinite(found.shares).all(axis=0)
    if reached.any():
        half = found.alphas[(found.shares[:, reached] >= 0.5).argmax(axis=0)]
        text.append(f"Half of the score is made by α = {number(float(np.median(half)))} (median over the images).")
    picture = Picture("saturation.png", png_bytes(chart), alt="Saturation curves")
    return Section("Where the score is made", tuple(text), (picture,))
