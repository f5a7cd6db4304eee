"""The page: every view of a report in its order."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from inward.render.chart_training import has_curves
from inward.render.page import Page, Section, Table, render_page
from inward.report.folder import PAGE
from inward.report.report import Report
from inward.report.view_attribution import attribution_section
from inward.report.view_backward import signal_section
from inward.report.view_crops import crops_section
from inward.report.view_formation import formation_section
from inward.report.view_image import image_section
from inward.report.view_model import training_section, weights_section
from inward.report.view_path import dimming_section, saturation_section, signed_section
from inward.report.view_rules import rules_section


def draw(report: Report) -> Iterator[tuple[str, bytes, float]]:
    """Every file of the report but its arrays: (name, bytes, share done), the page last."""
    sections = []
    makers = _makers(report)
    for done, make in enumerate(makers, start=1):
        sections.append(make())
        for picture in sections[-1].pictures:
            yield picture.name, picture.data, done / (len(makers) + 1)
    yield PAGE, render_page(_page(report, sections)).encode(), 1.0


def page(report: Report) -> Page:
    """The report's page."""
    return _page(report, [make() for make in _makers(report)])


def _page(report: Report, sections: Sequence[Section]) -> Page:
    """The sections in order; those of single images go together under one title."""
    about = report.describe()
    lead = (about.get("model", "a model"), about.get("images", f"{len(report.images)} images"))
    text = ("Open an image for its activations, its interior gradients and its attribution along the path.",)
    gathered = Section("Image by image", text, inner=tuple(section for section in sections if section.folded))
    first, *rest = (section for section in sections if not section.folded)
    return Page("What the network sees", " · ".join(lead), (first, gathered, *rest))


def _makers(report: Report) -> list[Callable[[], Section]]:
    trained = has_curves(report.metrics)
    return [
        partial(attribution_section, report),
        *(partial(image_section, report, i) for i in range(len(report.images))),
        *([partial(crops_section, report)] if report.crops else []),
        partial(dimming_section, report),
        partial(signed_section, report),
        partial(saturation_section, report),
        *([partial(signal_section, report.backward)] if report.backward else []),
        *([partial(rules_section, report.rules)] if report.rules else []),
        partial(weights_section, report),
        *([partial(training_section, report)] if trained else []),
        *([partial(formation_section, report, report.formation)] if report.formation else []),
        partial(_settings, report),
    ]


def _settings(report: Report) -> Section:
    rows = []
    for name, value in report.describe().items():
        words = ", ".join(f"{key} {part}" for key, part in value.items()) if isinstance(value, dict) else str(value)
        rows.append((name, words))
    return Section("How this was made", (), (), Table(("setting", "value"), tuple(rows)))
