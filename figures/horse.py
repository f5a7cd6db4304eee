"""docs/horse.md: what the network makes of a horse, and of its head alone."""

from textwrap import fill

import numpy as np

from benchmarks.machine import described
from figures.places import WIDE
from figures.subject import HEAD, HORSE, NAME, Subject
from inward.arrays import Array
from inward.methods.attribution import Attribution
from inward.model import probabilities
from inward.report.view_crops import crops_section

_HEADS = ("shown to the network", "taken for", "probability", "relative gap", "estimated error", "evaluations")
_SAME = "With this network there is no surprise: the head alone is still a horse."
_AS_TOLD = "With this network too the head alone is a dog: the surprise is repeated as it was told."
_OTHER = (
    "With this network too the head alone is no longer a horse. The class it is taken for is {head}, not dog: the "
    "surprise is repeated, the dog is not."
)
_NO_HORSE = "This network takes even the whole image for {whole} and not for a horse, so the story cannot begin."


def table(subject: Subject) -> str:
    """The command, and what came of it."""
    report = subject.horse
    crop = report.crops[0]
    rows = [
        ("the whole image", *_said(subject, report.scores[0], report.attribution)),
        (f"the head, `{HEAD}`", *_said(subject, crop.scores, crop.attribution)),
    ]
    lines = (f"| {' | '.join(cells)} |" for cells in (_HEADS, ("---",) * len(_HEADS), *rows))
    return "\n".join([f"    inward inspect {NAME} {HORSE} --crop {HEAD} --out horse", "", *lines])


def verdict(subject: Subject) -> str:
    """Whether the surprise of the story is repeated."""
    classes, report = subject.network.classes, subject.horse
    return fill(told(classes[report.scores[0].argmax()], classes[report.crops[0].scores.argmax()]), WIDE)


def told(whole: str, head: str) -> str:
    """The story's outcome where the whole image and the head are taken for these classes."""
    if whole != "horse":
        return _NO_HORSE.format(whole=whole)
    return {"horse": _SAME, "dog": _AS_TOLD}.get(head, _OTHER).format(head=head)


def picture(subject: Subject) -> bytes:
    """The horse and its head, each with its map, as the report of that command has them."""
    return crops_section(subject.horse).pictures[0].data


def made(_: Subject) -> str:
    """With what it was computed."""
    machine = described()
    return fill(f"In float32, on {machine['processor']}; {machine['versions']}; n = 1.", WIDE)


def _said(subject: Subject, logits: Array, found: Attribution) -> tuple[str, ...]:
    p = probabilities(logits)
    error = float(found.error[0])
    return (
        subject.network.classes[p.argmax()],
        f"{100 * p.max():.1f} %",
        f"{100 * found.relative_gap[0]:.2f} %",
        f"{100 * error:.2f} %" if np.isfinite(error) else "no estimate",
        str(int(found.evaluations[0])),
    )
