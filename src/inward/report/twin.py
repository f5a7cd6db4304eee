"""A report in the shapes of the page: report.json, and what the frozen page holds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inward.page import schema
from inward.render.page import Picture, Section
from inward.render.png import palette_png
from inward.report import told
from inward.report.placing import on_input
from inward.report.report import Crop, Report

_BASELINES = {0.0: "black", 1.0: "white"}


def twin(report: Report, sections: Sequence[Section] = ()) -> schema.Twin:
    """All that the page of a report is told.

    Args:
        report: what was found.
        sections: what the page shows as it is drawn already.

    Returns:
        What report.json holds; its arrays are packed.
    """
    about = report.describe()
    model = str(about.get("model", "a model"))
    lead = f"{model} · {about.get('images', f'{len(report.images)} images')}"
    head = schema.Head(
        live=False,
        title=f"{model}, inward",
        lead=lead,
        network=schema.Network(
            name=model,
            classes=list(report.classes),
            count=report.scores.shape[1],
            layers=told.layers_row(report.layers, report.levels),
        ),
        images=[_image(report, i) for i in range(len(report.images))],
        weights=[told.weights(layer) for layer in report.weights.layers],
        training=told.metrics(report.metrics),
        formation=told.formation(report.formation) if report.formation else None,
        sections=[_section(section) for section in sections],
        settings=about,
        command=str(about.get("command", "")),
    )
    return schema.Twin(head=head, looked=list(_looked(report)))


def _image(report: Report, i: int) -> schema.Image:
    return told.image(i, report.names[i], int(report.labels[i]), report.images[i], report.scores[i])


def _looked(report: Report) -> Iterator[schema.Looked]:
    start = baseline_words(report.describe().get("baseline"))
    for i in range(len(report.images)):
        yield schema.Looked(
            image=_image(report, i),
            map=told.attribution_map(report.attribution, i, report.classes, start),
            walk=told.walked(report.walk, report.saturation, i, report.classes, start),
            layers=told.layers(report.levels, i),
            crops=[_crop(report, crop, start) for crop in report.crops if crop.index == i],
        )


def baseline_words(baseline: object) -> str:
    """Where the paths start, as a person says it."""
    if isinstance(baseline, int | float):
        return _BASELINES.get(float(baseline), f"the uniform level {baseline:g}")
    return "a baseline of its own" if baseline else "the baseline"


def _crop(report: Report, crop: Crop, start: str) -> schema.Crop:
    size = (int(crop.size[0]), int(crop.size[1]))
    box = (int(crop.box[0]), int(crop.box[1]), int(crop.box[2]), int(crop.box[3]))
    height, width = report.images.shape[1:3]
    return told.crop(
        box, size, on_input(box, size, height, width), crop.image, crop.scores, crop.attribution, report.classes, start
    )


def _section(of: Section) -> schema.Section:
    found = of.table
    return schema.Section(
        title=of.title,
        text=list(of.text),
        pictures=[_picture(one) for one in of.pictures if one.name.endswith(".png")],  # the page moves by itself
        table=schema.Table(columns=list(found.columns), rows=[list(row) for row in found.rows]) if found else None,
    )


def _picture(of: Picture) -> schema.Picture:
    small = replace(of, data=palette_png(of.data))
    return schema.Picture(name=of.name, caption=of.caption, alt=of.alt, source=small.source, small=of.small)
