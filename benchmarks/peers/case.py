"""What every tool is asked, and how its maps are judged; NumPy only, for the environments of the peers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Array = Any
TOLERANCE = 1e-2
AGREEMENT = 1e-4
"""How far a peer's twin and sums may be from ours at equal nodes."""


@dataclass(frozen=True)
class Case:
    """Hardest image first: images (n, 32, 32, 3), their numbers in the test set (n,), targets (n,), logits
    (n, classes), difference (n,) of the score from black, the reference's maps (n, 32, 32, 3)."""

    images: Array
    numbers: Array
    targets: Array
    logits: Array
    difference: Array
    reference: Array

    @classmethod
    def read(cls, file: Path) -> "Case":
        """As `write` left it."""
        with np.load(file) as arrays:
            return cls(**arrays)

    def write(self, file: Path) -> None:
        """For a peer's process."""
        np.savez(file, **vars(self))

    def part(self, which: int | Array) -> "Case":
        """The hardest images, or those at some places."""
        places = np.arange(which) if isinstance(which, int) else which
        return Case(*(x[places] for x in vars(self).values()))

    def judge(self, maps: Array) -> tuple[Array, Array]:
        """True relative gap and true relative L2 error, (n,) each."""
        found, true = (x.reshape(len(x), -1).astype(np.float64) for x in (maps, self.reference))
        error = np.linalg.norm(found - true, axis=1) / np.linalg.norm(true, axis=1)
        return np.abs(found.sum(axis=1) - self.difference) / np.abs(self.difference), error


class Outcome(NamedTuple):
    """One run of one tool: its seconds for those images, its gradients for each, its process's peak memory.
    Figures are NaN where it failed, with the reason in note."""

    tool: str
    version: str
    setting: str
    steps: int
    images: int
    seconds: float
    evaluations: float
    worst_gap: float
    worst_error: float
    median_gap: float
    median_error: float
    peak_megabytes: float
    note: str = ""

    @classmethod
    def failed(cls, tool: str, version: str, setting: str, steps: int, images: int, note: str) -> "Outcome":
        """Without a map."""
        nan = float("nan")
        return cls(tool, version, setting, steps, images, nan, nan, nan, nan, nan, nan, nan, note)

    @property
    def meets(self) -> bool:
        """Whether every image's gap and error are within the tolerance."""
        return self.worst_gap <= TOLERANCE and self.worst_error <= TOLERANCE


def figures(case: Case, maps: Array) -> tuple[float, float, float, float]:
    """Worst gap and error, median gap and error."""
    gap, error = case.judge(maps)
    return float(gap.max()), float(error.max()), float(np.median(gap)), float(np.median(error))


def save(outcomes: Iterator[Outcome], file: Path) -> None:
    """Line by line, so that those before a process's sudden end are kept."""
    with file.open("w", encoding="utf-8") as lines:
        for outcome in outcomes:
            lines.write(json.dumps(outcome._asdict()) + "\n")
            lines.flush()


def load(file: Path) -> list[Outcome]:
    """What was saved; nothing where there is no file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]
