"""Peak memory of `path_gradient`, each figure from a process of its own: `python -m benchmarks.memory full 50`."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.row import Row, Target
from benchmarks.subject import SUBJECTS, Subject

_STATUS = Path("/proc/self/status")
_MEGABYTE = 10**6
_MODEST = Target("under", 1000)
_FLAT = Target("under", 1.05)
_RUNS = 3


def path_memory(name: str) -> Iterator[Row]:
    """MB above the imported framework and the loaded network; nothing where the system does not tell."""
    if not _STATUS.exists():
        return
    subject = SUBJECTS[name]
    few = [_in_own_process(name, subject.nodes) for _ in range(_RUNS)]
    many = _in_own_process(name, subject.many_nodes)
    what = f"path_gradient, {subject.images}"
    yield Row.of(f"{what} x {subject.nodes}: peak memory", few, _MODEST, "MB", 0)
    yield Row.of(f"{what} x {subject.many_nodes}: peak memory", [many], _MODEST, "MB", 0)
    yield Row.of(f"{what} x {subject.many_nodes}: peak memory / {subject.nodes} nodes'", [many / median(few)], _FLAT)


def peak_above_loaded(subject: Subject, nodes: int) -> float:
    """MB that `path_gradient` adds to a process that has TensorFlow and the network."""
    network = subject.network()
    loaded = _memory("VmRSS")
    network.path_gradient(*subject.path(nodes))
    return _memory("VmHWM") - loaded


def _in_own_process(name: str, nodes: int) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", name, str(nodes)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _memory(field: str) -> float:
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(lines[field].split()[0]) * 1024 / _MEGABYTE


if __name__ == "__main__":
    print(peak_above_loaded(SUBJECTS[sys.argv[1]], int(sys.argv[2])))
