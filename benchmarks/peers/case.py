"""What every tool is asked, and how its maps are judged; NumPy only, for the environments of the peers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

Array = Any
TOLERANCE = 1e-2
_FIRST = 2  # images, the hardest ones, that a number of steps must satisfy before all are tried


@dataclass(frozen=True)
class Case:
    """Hardest image first: images (n, 32, 32, 3), targets (n,), difference (n,) of the score from black, and the
    reference's maps (n, 32, 32, 3)."""

    images: Array
    targets: Array
    difference: Array
    reference: Array

    @classmethod
    def read(cls, file: Path) -> "Case":
        """As the parent process wrote it."""
        with np.load(file) as arrays:
            return cls(*(arrays[name] for name in ("images", "targets", "difference", "reference")))

    def part(self, count: int) -> "Case":
        """The hardest images."""
        return Case(self.images[:count], self.targets[:count], self.difference[:count], self.reference[:count])

    def judge(self, maps: Array) -> tuple[Array, Array]:
        """True relative gap and true relative L2 error, (n,) each."""
        found, true = (x.reshape(len(x), -1).astype(np.float64) for x in (maps, self.reference))
        error = np.linalg.norm(found - true, axis=1) / np.linalg.norm(true, axis=1)
        return np.abs(found.sum(axis=1) - self.difference) / np.abs(self.difference), error


class Outcome(NamedTuple):
    """One run of one tool; empty figures where it failed, with the reason in note."""

    tool: str
    version: str
    setting: str
    steps: int
    images: int
    seconds: float
    evaluations: float
    worst_gap: float
    worst_error: float
    note: str = ""

    @property
    def meets(self) -> bool:
        """Whether every image's gap and error are within the tolerance."""
        return self.worst_gap <= TOLERANCE and self.worst_error <= TOLERANCE


class Tool(NamedTuple):
    """explain(images, targets, steps) -> maps like the images."""

    name: str
    version: str
    setting: str
    explain: Callable[[Array, Array, int], Array]


def run(tool: Tool, case: Case, steps: int) -> Outcome:
    """One call, timed."""
    begun = perf_counter()
    try:
        maps = tool.explain(case.images, case.targets, steps)
    except (MemoryError, RuntimeError) as error:  # what PyTorch raises where memory ends is a RuntimeError
        short = " ".join(str(error).split())[:120]
        nan = float("nan")
        return Outcome(tool.name, tool.version, tool.setting, steps, len(case.images), nan, nan, nan, nan, short)
    seconds = perf_counter() - begun
    gap, apart = case.judge(maps)
    label = (tool.name, tool.version, tool.setting, steps, len(case.images))
    return Outcome(*label, seconds, float(steps), float(gap.max()), float(apart.max()))


def climb(tool: Tool, case: Case, ladder: Sequence[int]) -> Iterator[Outcome]:
    """Up the ladder with the hardest images; then all images, with the first number of steps that does for those."""
    for steps in ladder:
        if len(case.images) > _FIRST:
            outcome = run(tool, case.part(_FIRST), steps)
            yield outcome
            if not outcome.meets and not outcome.note:
                continue
        outcome = run(tool, case, steps)
        yield outcome
        if outcome.meets or outcome.note:
            return
