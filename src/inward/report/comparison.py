"""Two reports side by side: two runs, two images, two targets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inward.arrays import Array
from inward.errors import ArgumentError
from inward.model import probabilities
from inward.page.bundle import notebook_html
from inward.render.chart_attribution import attribution_chart
from inward.render.chart_training import has_curves
from inward.render.page import Page, Picture, Section, Table, render_page
from inward.render.png import png_bytes
from inward.render.words import percent, prediction
from inward.report.folder import MANIFEST, PAGE, write_folder
from inward.report.report import Report
from inward.report.view_attribution import certificates
from inward.report.view_model import training_section, weights_section


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two reports, the images of the first beside those of the second, pair by pair; in a notebook it shows itself."""

    first: Report
    second: Report

    def save(self, folder: str | Path) -> Path:
        """Write report.html, its pictures and manifest.json, whole or not at all.

        Args:
            folder: a new or empty one, or one that holds an earlier comparison or report.

        Returns:
            The path of report.html.

        Raises:
            FileError: where the folder holds something else, or cannot be written.
        """
        write_folder(Path(folder), self._files())
        return Path(folder) / PAGE

    def _files(self) -> Iterator[tuple[str, bytes]]:
        made = _page(self)
        for section in made.sections:
            for picture in section.pictures:
                yield picture.name, picture.data
        yield MANIFEST, json.dumps([self.first.describe(), self.second.describe()], indent=1).encode()
        yield PAGE, render_page(made).encode()

    def _repr_html_(self) -> str:
        return notebook_html(render_page(_page(self)))


def compare(first: Report, second: Report) -> Comparison:
    """Show two reports side by side.

    Args:
        first, second: as `inspect` or `load_report` gives them; of as many images each, of one shape.

    Returns:
        A `Comparison`: `save` writes its page, a notebook shows it.

    Raises:
        ArgumentError: where the reports do not have as many images, or not of one shape.
    """
    if first.images.shape != second.images.shape:
        got = f"{first.images.shape} and {second.images.shape}"
        raise ArgumentError("reports", "of as many images, of one shape", got, "inspect the same number of images")
    return Comparison(first, second)


def _page(found: Comparison) -> Page:
    pair = (found.first, found.second)
    titles = [f"{side}: {report.describe().get('model', 'a model')}" for side, report in zip("AB", pair, strict=True)]
    models = [_of_model(title, side, report) for title, side, report in zip(titles, "ab", pair, strict=True)]
    return Page("Two reports side by side", " · ".join(titles), (_maps(pair), _moves(pair), *models, _settings(pair)))


def _maps(pair: tuple[Report, Report]) -> Section:
    """The images of both and their maps, in turns, on one scale."""
    images = _in_turns(*(report.images for report in pair))
    values = _in_turns(*(report.attribution.values for report in pair))
    turns = [(side, report, i) for i in range(len(pair[0].images)) for side, report in zip("AB", pair, strict=True)]
    above = [(f"{side} · {report.names[i]}", prediction(*_taken(report, i))) for side, report, i in turns]
    below = [certificates(report)[i] for _, report, i in turns]
    chart = attribution_chart(images, values, above, below)
    columns = ("image", "report", "label", "predicted", "probability", "explained", "relative gap")
    rows = tuple((report.names[i], side, *_said(report, i)) for side, report, i in turns)
    picture = Picture("compared.png", png_bytes(chart), alt="Maps of A and B")
    return Section(
        "Attribution", ("Each image in A and in B, all maps on one scale.",), (picture,), Table(columns, rows)
    )


def _in_turns(first: Array, second: Array) -> Array:
    return np.stack([first, second], axis=1).reshape(-1, *first.shape[1:])


def _taken(report: Report, i: int) -> tuple[str, float]:
    return report.prediction(probabilities(report.scores[i]))


def _said(report: Report, i: int) -> tuple[str, ...]:
    name, probability = _taken(report, i)
    gap = f"{report.attribution.relative_gap[i]:.2%}"
    return report.label(i), name, percent(probability), report.explained(i), gap


def _moves(pair: tuple[Report, Report]) -> Section:
    """How far the maps of each image are apart, relative to A's."""
    apart = [
        (a.names[i], f"{np.linalg.norm(b.attribution.values[i] - x) / (np.linalg.norm(x) or 1.0):.2%}")
        for a, b in [pair]
        for i, x in enumerate(a.attribution.values)
    ]
    return Section("How far apart the maps are", ("‖B - A‖ / ‖A‖.",), table=Table(("image", "distance"), tuple(apart)))


def _of_model(title: str, side: str, report: Report) -> Section:
    """The pictures of one report's model, under names of their own."""
    sections = [weights_section(report)]
    if has_curves(report.metrics):
        sections.append(training_section(report))
    pictures = [replace(picture, name=f"{side}-{picture.name}") for section in sections for picture in section.pictures]
    return Section(title, (), tuple(pictures))


def _settings(pair: tuple[Report, Report]) -> Section:
    first, second = (report.describe() for report in pair)
    names = list(dict.fromkeys([*first, *second]))
    rows = tuple((name, str(first.get(name, "")), str(second.get(name, ""))) for name in names)
    return Section("How these were made", table=Table(("setting", "A", "B"), rows))
