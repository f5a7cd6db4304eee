"""One line of the report: a figure, its interval, and what it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.timing import median_and_interval


@dataclass(frozen=True)
class Target:
    """The bound that a figure should keep."""

    side: Literal["at least", "under"]
    value: float

    def kept_by(self, figure: float) -> bool:
        """Whether a figure is on the right side."""
        return figure >= self.value if self.side == "at least" else figure < self.value


@dataclass(frozen=True)
class Row:
    """What was measured; `digits` after the point; n measurements; no target where it is there to compare with."""

    what: str
    figure: float
    low: float
    high: float
    n: int
    unit: str = ""
    digits: int = 3
    target: Target | None = None

    @classmethod
    def of(
        cls, what: str, values: Sequence[float], target: Target | None = None, unit: str = "", digits: int = 3
    ) -> "Row":
        """The median of the values, and its interval."""
        return cls(what, *median_and_interval(values), len(values), unit, digits, target)

    @property
    def verdict(self) -> str:
        """met, missed, or undecided: the median misses the target, its interval reaches it."""
        if self.target is None:
            return ""
        if self.target.kept_by(self.figure):
            return "met"
        best = self.high if self.target.side == "at least" else self.low
        return "undecided" if self.target.kept_by(best) else "**missed**"

    def cells(self) -> tuple[str, ...]:
        """what, figure, interval, n, target, verdict."""
        interval = f"{self._said(self.low)} to {self._said(self.high)}" if self.n > 1 else ""
        target = f"{self.target.side} {self.target.value:g} {self.unit}".strip() if self.target else ""
        figure = f"{self._said(self.figure)} {self.unit}".strip()
        return self.what, figure, interval, str(self.n), target, self.verdict

    def _said(self, value: float) -> str:
        return f"{value:,.{self.digits}f}"
