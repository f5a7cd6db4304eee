"""docs/formation.md: how the shipped network's weights formed, and how its norms went."""

from figures.subject import Subject
from inward.report.view_formation import formation_section


def ridges(subject: Subject) -> bytes | None:
    """The weights of every layer, epoch by epoch; None where the training did not record them."""
    return _picture(subject, "formation-weights.png")


def activations(subject: Subject) -> bytes | None:
    """The activations likewise."""
    return _picture(subject, "formation-activations.png")


def norms(subject: Subject) -> bytes | None:
    """Each layer's norms by epoch."""
    return _picture(subject, "formation-norms.png")


def _picture(subject: Subject, name: str) -> bytes | None:
    report = subject.horse
    if report.formation is None:
        return None
    return next(found.data for found in formation_section(report, report.formation).pictures if found.name == name)
