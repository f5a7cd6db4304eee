"""Each tool up a ladder of steps to the first that does; NumPy only, for the environments of the peers."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from .case import AGREEMENT, Array, Case, Outcome, figures

HARDEST = 2  # images that a number of steps must satisfy before all are tried
_LONG, _CALLS = 120, 3  # seconds of a call that is not repeated, and how often others are
_STATUS, _REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_MEGABYTE = 10**6


class Tool(NamedTuple):
    """explain(images, targets, steps) -> maps like the images."""

    name: str
    version: str
    setting: str
    explain: Callable[[Array, Array, int], Array]


def run(tool: Tool, case: Case, steps: int) -> Outcome:
    """One call, timed."""
    label = (tool.name, tool.version, tool.setting, steps, len(case.images))
    with suppress(OSError):
        _REFERENCES.write_text("5", encoding="ascii")  # the peak counts from here
    begun = perf_counter()
    try:
        maps = tool.explain(case.images, case.targets, steps)
    except (MemoryError, RuntimeError) as error:  # what PyTorch raises where memory ends is a RuntimeError
        return Outcome.failed(*label, " ".join(str(error).split())[:120])
    seconds = perf_counter() - begun
    return Outcome(*label, seconds, float(steps), *figures(case, maps), peak())


def timed(tool: Tool, case: Case, steps: int) -> Iterator[Outcome]:
    """Several calls where one does not take long."""
    first = run(tool, case, steps)
    yield first
    if first.seconds <= _LONG:
        yield from (run(tool, case, steps) for _ in range(_CALLS - 1))


def climb(tool: Tool, case: Case, ladder: Sequence[int]) -> Iterator[Outcome]:
    """Up the ladder with the hardest images; then all images, with the first number of steps that does for those."""
    for steps in ladder:
        if len(case.images) > HARDEST:
            outcome = run(tool, case.part(HARDEST), steps)
            yield outcome
            if not outcome.meets and not outcome.note:
                continue
        *others, outcome = timed(tool, case, steps)
        yield from (*others, outcome)
        if outcome.meets or outcome.note:
            return


def fastest(tools: Sequence[Tool], case: Case, steps: int) -> Tool:
    """The tool that takes least, of those that get through; each is warmed up."""
    for tool in tools:
        run(tool, case.part(1), steps)
    seconds = [run(tool, case, steps).seconds for tool in tools]
    return tools[int(np.nanargmin(seconds))]


def agreed(tool: Tool, case: Case, logits: Array, ours: Array, steps: int) -> Outcome:
    """The twin's logits (n, classes), and the tool's maps beside ours (k, ...) by the same rule; it ends here where
    they are not the same."""
    few = case.part(len(ours))
    found = run(tool, few, steps)
    apart = np.abs(logits - case.logits).max(), np.abs(tool.explain(few.images, few.targets, steps) - ours).max()
    note = f"as ours by the same rule: logits to {apart[0]:.1e}, maps to {apart[1]:.1e}"
    if max(apart) > AGREEMENT:
        sys.exit(f"{tool.name} is not {note}")
    return found._replace(setting=f"{tool.setting}, check", note=note)


def peak() -> float:
    """MB; NaN where the system does not tell."""
    if not _STATUS.exists():
        return float("nan")
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024 / _MEGABYTE
