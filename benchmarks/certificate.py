"""Is the stated error true? `python -m benchmarks.certificate [SUBJECT…]` writes docs/certificate.csv and .md.

For images that had no part in the design, each map to a tolerance is held against a reference from two
families of nodes that share none. References are kept in build/references, so that the work can be
done in parts.
"""

import argparse
import csv
import io
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import inward
from benchmarks.machine import described
from benchmarks.twins import twin
from inward.arrays import Array, Images, Indices
from inward.data.dataset import load_dataset
from inward.data.pictures import blurred
from inward.methods.integrated import NotConvergedWarning
from inward.methods.quadrature import Quadrature, quadrature
from inward.model import Model, Objective, Rows

_ROOT = Path(__file__).parent.parent
_DOCS, _KEPT = _ROOT / "docs", _ROOT / "build" / "references"
_TOLERANCES = (1e-2, 1e-3)
_GROUP = 4


@dataclass(frozen=True)
class Subject:
    """A network and where its paths start.

    families: the rules of its two references, which share no node. images: CIFAR-10's test images that are
    taken, enough for a hundred whose references agree.
    """

    name: str
    model: Callable[[], Any]
    baseline: Callable[[Images], Images]
    families: tuple[Quadrature, Quadrature]
    images: range = range(100, 200)


@dataclass(frozen=True)
class Judged:
    """One image's map to one tolerance. doubt: how far the two references are apart, relative."""

    subject: str
    image: int
    tolerance: float
    evaluations: int
    power: float
    converged: bool
    stated: float
    true: float
    gap: float
    doubt: float

    @property
    def known(self) -> bool:
        """Whether the references agree to a tenth of the tolerance."""
        return self.doubt <= self.tolerance / 10


def _mean_colour(images: Images) -> Images:
    return np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape).astype(images.dtype)


# Between kinks the gradient hardly changes, so that a sum over equal steps errs by the kinks' places in their
# steps. Node counts without a simple ratio make the two families' errors independent.
SMOOTH = quadrature("trapezoid", 400, 3.0), quadrature("midpoint", 400, 2.0)
KINKED = quadrature("trapezoid", 1300), quadrature("midpoint", 876)
MORE_KINKED = quadrature("trapezoid", 1800), quadrature("midpoint", 1216)
SUBJECTS = (
    Subject("cifar10-allconv from black", partial(inward.load, "cifar10-allconv"), np.zeros_like, SMOOTH),
    Subject("ReLU twin from the mean colour", partial(twin, biases=False), _mean_colour, MORE_KINKED),
    Subject("ReLU twin from a blurred copy", partial(twin, biases=False), blurred, KINKED, range(200, 304)),
    Subject("ReLU twin with biases from black", partial(twin, biases=True), np.zeros_like, KINKED, range(100, 208)),
)


def main(arguments: Sequence[str]) -> None:
    """Judge the subjects named, or all, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.certificate", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="a part of its name; all unless given")
    parser.add_argument("--docs", type=Path, default=_DOCS, metavar="DIR", help="where certificate.csv and .md go")
    chosen = parser.parse_args(arguments)
    data = load_dataset("cifar10")
    table = chosen.docs / "certificate.csv"
    for subject in SUBJECTS:
        if not chosen.subjects or any(part in subject.name for part in chosen.subjects):
            images = data.test_images[subject.images].astype(np.float32) / 255
            others = [row for row in _read(table) if row.subject != subject.name]
            rows = sorted([*others, *judged(subject, images)], key=_place)
            table.write_text(_as_csv(rows), encoding="utf-8")
            (chosen.docs / "certificate.md").write_text(page(rows, described()), encoding="utf-8")
            sys.stdout.write("\n".join(_summary(rows)) + "\n")


def judged(subject: Subject, images: Images) -> Iterator[Judged]:
    """Every image at every tolerance."""
    model = subject.model()
    start = subject.baseline(images)
    reference, doubt = _reference(subject, model, start, images)
    for tolerance in _TOLERANCES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotConvergedWarning)
            found = inward.integrated_gradients(model, images, baseline=start, tolerance=tolerance)
        true = _length(found.values - reference) / _length(reference)
        for i in range(len(images)):
            yield Judged(
                subject.name,
                subject.images[i],
                tolerance,
                int(found.evaluations[i]),
                float(found.power[i, 0]),
                bool(found.converged[i]),
                float(found.error[i]),
                float(true[i]),
                float(found.relative_gap[i]),
                float(doubt[i]),
            )


def _reference(subject: Subject, model: Model, start: Images, end: Images) -> tuple[Array, Array]:
    """The mean of the two families' maps, and their relative distance."""
    groups = np.split(np.arange(len(end)), range(_GROUP, len(end), _GROUP))
    first, second = (
        np.concatenate([_kept(subject, family, model, start, end, group) for group in groups])
        for family in subject.families
    )
    reference = (first + second) / 2
    return reference, _length(first - second) / _length(reference)


def _kept(subject: Subject, family: Quadrature, model: Model, start: Images, end: Images, group: Indices) -> Array:
    """One family's maps of a few images, computed once."""
    label = f"{subject.name.replace(' ', '-')}-{len(family.alphas)}-{subject.images[group[0]]}-{len(group)}"
    file = _KEPT / f"{label}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, _maps(family, model, start[group], end[group]))
    maps: Array = np.load(file)
    return maps


def _maps(family: Quadrature, model: Model, start: Images, end: Images) -> Array:
    objective = Objective.of_classes(model.scores(end).argmax(1), len(model.classes))
    image = np.repeat(np.arange(len(end)), len(family.alphas))
    rows = Rows(image, np.tile(family.alphas, len(end)), np.tile(family.weights, len(end))[:, None])
    sums = model.path_gradient(start, end, objective, rows).sums
    maps: Array = (end - start) * sums[:, 0].astype(np.float64)
    return maps


def page(rows: Sequence[Judged], machine: dict[str, str]) -> str:
    """The summary of all subjects in the table."""
    lines = [
        "# Is the stated error true?",
        "",
        "Repeat it with `python -m benchmarks.certificate` (it needs CIFAR-10 and, on two cores, three hours for its",
        "references). The test images had no part in the design; the score is the logit of the predicted class. The",
        "true error is the relative L2 distance to a reference, the mean of a trapezoid and a midpoint sum at other",
        "places. Only images whose sums agree to a tenth of the tolerance are judged. Honest: the share of them whose",
        "true error is at most the stated one (should be at least 95 %). Stated / true: its median should be at most",
        "3. Each image is in certificate.csv. [tolerance.md](tolerance.md) says why one subject begins elsewhere.",
        "",
        *_summary(rows),
        "",
        "## The machine",
        "",
        *(f"* {name}: {value}" for name, value in machine.items()),
    ]
    return "\n".join(lines) + "\n"


def _summary(rows: Sequence[Judged]) -> list[str]:
    heads = (
        "subject", "tolerance", "images", "from", "judged", "converged", "honest", "stated / true, median",
        "evaluations, median", "largest", "true error, median", "largest",
    )  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    for subject in dict.fromkeys(row.subject for row in rows):
        for tolerance in _TOLERANCES:
            some = [row for row in rows if row.subject == subject and row.tolerance == tolerance]
            if some:
                lines.append("| " + " | ".join((subject, f"{tolerance:g}", *_figures(some))) + " |")
    return lines


def _figures(rows: Sequence[Judged]) -> tuple[str, ...]:
    known = [row for row in rows if row.known]
    honest = sum(row.true <= row.stated for row in known)
    evaluations, true = [row.evaluations for row in rows], [row.true for row in known]
    over = [row.stated / row.true for row in known if row.true > 0]
    return (
        str(len(rows)),
        str(min(row.image for row in rows)),
        str(len(known)),
        str(sum(row.converged for row in rows)),
        f"{honest} of {len(known)}" + (f" ({honest / len(known):.1%})" if known else ""),
        f"{median(over):.2f}" if over else "",
        f"{median(evaluations):g}",
        str(max(evaluations)),
        f"{median(true):.2e}" if true else "",
        f"{max(true):.2e}" if true else "",
    )


def _place(row: Judged) -> int:
    return [subject.name for subject in SUBJECTS].index(row.subject)


def _length(rows: Array) -> Array:
    length: Array = np.linalg.norm(rows.reshape(len(rows), -1).astype(np.float64), axis=1)
    return length


def _read(table: Path) -> list[Judged]:
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [_parsed(row) for row in csv.DictReader(file)]


def _parsed(row: dict[str, str]) -> Judged:
    numbers: dict[str, Any] = {
        name: float(row[name]) for name in ("tolerance", "power", "stated", "true", "gap", "doubt")
    }
    whole: dict[str, Any] = {name: int(row[name]) for name in ("image", "evaluations")}
    return Judged(subject=row["subject"], converged=row["converged"] == "True", **whole, **numbers)


def _as_csv(rows: Sequence[Judged]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Judged)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in asdict(row).items()}
        for row in rows
    )
    return text.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
