"""Every file of a report but its arrays: pictures and animations, the page, and its JSON twin."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from inward.page.bundle import PLOTLY, frozen_page, notebook_html, plotly_script
from inward.render.chart_training import has_curves
from inward.render.page import Section
from inward.report.folder import PAGE
from inward.report.report import Report
from inward.report.twin import twin
from inward.report.view_attribution import attribution_section
from inward.report.view_backward import image_backward_section, signal_section
from inward.report.view_crops import crops_section
from inward.report.view_formation import formation_section
from inward.report.view_image import image_section
from inward.report.view_model import training_section, weights_section
from inward.report.view_path import dimming_section, saturation_section, signed_section
from inward.report.view_rules import rules_section

TWIN = "report.json"


class _View(NamedTuple):
    """How a section is made, and whether the page shows it as it is; of the others it draws the arrays itself."""

    make: Callable[[], Section]
    shown: bool = False


def draw(report: Report, *, single_file: bool = True) -> Iterator[tuple[str, bytes, float]]:
    """Every file of the report but its arrays, the page last.

    Args:
        report: what was found.
        single_file: whether Plotly's script is inside the page, or a file beside it.

    Yields:
        (name, content, share done).
    """
    shown, views = [], _views(report)
    for done, view in enumerate(views, start=1):
        section = view.make()
        for picture in section.pictures:
            yield picture.name, picture.data, done / (len(views) + 1)
        if view.shown:
            shown.append(section)
    told = twin(report, shown)
    yield TWIN, told.model_dump_json().encode(), 1.0
    if not single_file:
        yield PLOTLY, plotly_script().encode(), 1.0
    yield PAGE, frozen_page(told, single_file=single_file).encode(), 1.0


def shown_sections(report: Report) -> Iterator[Section]:
    """The sections that the page shows as they are drawn, one by one."""
    return (view.make() for view in _views(report) if view.shown)


def in_notebook(report: Report) -> str:
    """The report's page in a frame."""
    return notebook_html(frozen_page(twin(report, list(shown_sections(report)))))


def _views(report: Report) -> list[_View]:
    trained = has_curves(report.metrics)
    passed = report.backward
    return [
        _View(partial(attribution_section, report)),
        *(_View(partial(image_section, report, i)) for i in range(len(report.images))),
        *([_View(partial(crops_section, report))] if report.crops else []),
        _View(partial(dimming_section, report), shown=True),
        _View(partial(signed_section, report)),
        _View(partial(saturation_section, report)),
        *([_View(partial(signal_section, passed), shown=True)] if passed else []),
        *([_View(partial(image_backward_section, passed, report.names), shown=True)] if passed else []),
        *([_View(partial(rules_section, report.rules), shown=True)] if report.rules else []),
        _View(partial(weights_section, report)),
        *([_View(partial(training_section, report))] if trained else []),
        *([_View(partial(formation_section, report, report.formation), shown=True)] if report.formation else []),
    ]
