"""One image from input to attribution: its prediction, activations, interior gradients and path."""

import numpy as np

from inward.model import probabilities
from inward.render.animation import gif_bytes
from inward.render.channels import channel_triples, channels_grey
from inward.render.chart_activations import activation_chart, layer_sheet
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
    return Section(title, (), (said, *_activations(report, i), *_interior(report, i)), folded=True)


def _activations(report: Report, i: int) -> list[Picture]:
    kept = {name: values[i] for name, values in report.activations.values.items() if values.ndim == 4}
    if not kept:
        return []
    image = report.images[i]
    frames = [as_picture(image), *(layer_sheet(channel_triples(values)) for values in kept.values())]
    lines = ["input", *(f"{name}, channels as RGB" for name in kept)]
    moving = gif_bytes(frames, lines)
    return [
        Picture(_file(i, "activations.png"), png_bytes(activation_chart(image, kept)), "Activations of the layers"),
        Picture(_file(i, "activations.gif"), moving, f"input → {' → '.join(kept)}", small=True),
        *(
            Picture(
                _file(i, f"{name}-channels.png"),
                png_bytes(layer_sheet(channels_grey(values), 16, 32)),
                f"Every channel of {name}, on one scale",
                small=True,
            )
            for name, values in kept.items()
        ),
    ]


def _interior(report: Report, i: int) -> list[Picture]:
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
        Picture(_file(i, "interior-gradients.gif"), gif_bytes(strength, lines), "Interior gradients", small=True),
        Picture(_file(i, "signed-path.gif"), gif_bytes(signs, lines), "For and against, on one scale", small=True),
    ]


def _file(i: int, name: str) -> str:
    return f"images/{i:03d}-{name.replace('/', '-')}"
