"""docs/backpropagation.md: the story's horse, forward and backward through every layer."""

from figures.subject import Subject
from inward.report.view_backward import signal_section


def curves(subject: Subject) -> bytes | None:
    """Norms of the activations and of the gradient at every layer."""
    found = subject.horse.backward
    return signal_section(found).pictures[0].data if found else None
