"""One image from input to attribution: its prediction, activations, interior gradients and path."""

import numpy as np

from inward.arrays import Array
from inward.model import probabilities
from inward.render.animation import gif_bytes
from inward.render.channels import channels_grey
from inward.render.chart_activations import activation_chart, layer_picture, layer_sheet
from inward.render.chart_attribution import attribution_path_chart
from inward.render.chart_gradients import gradient_chart
from inward.render.chart_probability import probability_bars
from inward.render.image import as_picture, gradient_picture
from inward.render.page import Picture, Section
from inward.render.png import png_bytes
from inward.render.signed import shared_scale, signed_overlay
from inward.render.words import alpha, prediction
from inward.report.report import Report


def image_section(report: Report, i: int) -> Section:
    """Everything about image i; the section is folded."""
    p = probabilities(report.scores[i])
    known = f", label {report.label(i)}" if report.label(i) else ""
    title = f"{report.names[i]}: {prediction(*report.prediction(p))}{known}"
    bars = probability_bars([report.class_name(k) for k in range(len(p))], p)
    said = Picture(_file(i, "prediction.png"), png_bytes(bars), "What it is taken for", small=True)
    kept = {name: values[i] for name, values in report.activations.values.items() if values.ndim == 4}
    stills, animations = _interior(report, i)
    pictures = (said, *_through_layers(report, i, kept), *animations, *_layers(report, i, kept), *stills)
    return Section(title, (), (*pictures, *_channels(i, kept)), folded=True)


def _through_layers(report: Report, i: int, kept: dict[str, Array]) -> list[Picture]:
    """The animation from the input through the layers."""
    frames = [as_picture(report.images[i]), *map(layer_picture, kept.values())]
    moving = gif_bytes(frames, ["input", *kept])
    return [Picture(_file(i, "activations.gif"), moving, " → ".join(["input", *kept]), small=True)] if kept else []


def _layers(report: Report, i: int, kept: dict[str, Array]) -> list[Picture]:
    drawn = png_bytes(activation_chart(report.images[i], kept)) if kept else b""
    return [Picture(_file(i, "activations.png"), drawn, "Activations, each layer on its own scale")] if kept else []


def _channels(i: int, kept: dict[str, Array]) -> list[Picture]:
    """Every channel of every layer that was kept."""
    sheets = {name: layer_sheet(channels_grey(values), 16, 32) for name, values in kept.items()}
    return [
        Picture(
            _file(i, f"{name}-channels.png"), png_bytes(sheet), f"Every channel of {name}, on one scale", small=True
        )
        for name, sheet in sheets.items()
    ]


def _interior(report: Report, i: int) -> tuple[list[Picture], list[Picture]]:
    """Charts over alpha, and their animations."""
    found, image = report.interior, report.images[i]
    gradients, start = found.gradients[:, i], found.baseline[i]
    values = (image - start) * gradients
    dimmed = start + found.alphas[:, None, None, None] * (image - start)
    said = [report.prediction(p) for p in found.probabilities[:, i]]
    lines = [f"{alpha(float(a))}: {prediction(*s)}" for a, s in zip(found.alphas, said, strict=True)]
    images = np.broadcast_to(image, dimmed.shape)
    strength, signs = gradient_picture(gradients, images), signed_overlay(values, images, shared_scale(values))
    still = gradient_chart(dimmed, gradients, found.alphas, said)
    path = attribution_path_chart(image, found.alphas, values)
    how = "Interior gradients: mean over channels of |gradient|, cut at its 99th percentile, times the image"
    return [
        Picture(_file(i, "interior-gradients.png"), png_bytes(still), how),
        Picture(_file(i, "signed-path.png"), png_bytes(path), "Gradient · (image - baseline): blue for, red against"),
    ], [
        Picture(_file(i, "interior-gradients.gif"), gif_bytes(strength, lines), "Interior gradients", small=True),
        Picture(_file(i, "signed-path.gif"), gif_bytes(signs, lines), "For and against, on one scale", small=True),
    ]


def _file(i: int, name: str) -> str:
    return f"images/{i:03d}-{name.replace('/', '-')}"
