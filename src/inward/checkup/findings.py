"""What a check found, and what to change."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Level = Literal["ok", "note", "warning", "error"]
LEVELS: tuple[Level, ...] = get_args(Level)
_EXIT_CODES: dict[Level, int] = {"ok": 0, "note": 0, "warning": 1, "error": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that a check found: how grave, in plain words, what to change, and what was measured by name."""

    level: Level
    check: str
    found: str
    change: str = ""
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """The gravest."""
        return max((finding.level for finding in self.findings), key=LEVELS.index, default="ok")

    @property
    def exit_code(self) -> int:
        """0, 1 where there are warnings, or 2 where there are errors."""
        return _EXIT_CODES[self.level]

    @property
    def measured(self) -> dict[str, float]:
        """Every number that was measured, by name."""
        return {name: value for finding in self.findings for name, value in finding.measured.items()}

    def summary(self) -> str:
        """How many of each kind, in words."""
        counts = Counter(finding.level for finding in self.findings)
        said = [f"{counts[level]} {level}{'s'[: counts[level] > 1]}" for level in reversed(LEVELS[1:]) if counts[level]]
        return ", ".join(said) or "nothing to change"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"level": self.level, "findings": [asdict(finding) for finding in self.findings]}

    def __str__(self) -> str:
        """One line a finding, and one for what to change."""
        lines = []
        for finding in self.findings:
            lines.append(f"{finding.level:7}  {finding.check}: {finding.found}")
            lines += [f"{'':7}  → {finding.change}"] * bool(finding.change)
        return "\n".join([*lines, self.summary()])
