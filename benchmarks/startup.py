"""What a person waits for before anything happens, in fresh processes."""

import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.row import Row, Target
from benchmarks.subject import Subject

_COMMANDS = (
    ("`python -c 'import inward'`", [sys.executable, "-c", "import inward"], Target("under", 0.3)),
    ("`inward --help`", [str(Path(sysconfig.get_path("scripts")) / "inward"), "--help"], Target("under", 0.6)),
)


def startup(subject: Subject) -> Iterator[Row]:
    """Seconds until a fresh process is done."""
    for name, command, target in _COMMANDS:
        _seconds(command)
        yield Row.of(name, [_seconds(command) for _ in range(subject.starts)], target, "s")


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start
