"""Crops beside their whole images."""

from inward.model import probabilities
from inward.render.chart_crops import View, crop_chart
from inward.render.page import Picture, Section
from inward.render.png import png_bytes
from inward.report.placing import on_input
from inward.report.report import Crop, Report


def crops_section(report: Report) -> Section:
    """For each image that has crops: the whole with their boxes, and each crop with its prediction and map."""
    pictures = tuple(_picture(report, i) for i in sorted({crop.index for crop in report.crops}))
    text = ("Each crop is resized to the network's input and looked at as an image of its own.",)
    return Section("Crops", text, pictures)


def _picture(report: Report, i: int) -> Picture:
    said = report.prediction(probabilities(report.scores[i]))
    whole = View(report.names[i], report.images[i], report.attribution.values[i], *said, report.explained(i))
    crops = [_view(report, crop) for crop in report.crops if crop.index == i]
    alt = f"{report.names[i]} and its crops"
    return Picture(f"crops/{i:03d}.png", png_bytes(crop_chart(whole, crops)), alt=alt, small=True)


def _view(report: Report, crop: Crop) -> View:
    said = report.prediction(probabilities(crop.scores))
    name = f"crop {','.join(map(str, crop.box))}"
    why = report.question(crop.attribution, 0)
    h, w = report.images.shape[1:3]
    return View(name, crop.image, crop.attribution.values[0], *said, why, on_input(crop.box, crop.size, h, w))
