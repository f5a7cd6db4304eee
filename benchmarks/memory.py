"""Peak memory, each figure from a process of its own: `python -m benchmarks.memory full path 50`."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.row import Row, Target
from benchmarks.subject import PRECISIONS, SUBJECTS, Subject
from inward.methods.integrated import integrated_gradients
from inward.network.ops import Precision

_STATUS = Path("/proc/self/status")
_MEGABYTE = 10**6
_MODEST = Target("under", 1000)
_BOUNDED = Target("under", 1500)
_FLAT = Target("under", 1.05)
_LESS = Target("under", 1.0)
_RUNS = 3
_STEPS = 3


def path_memory(name: str) -> Iterator[Row]:
    """MB above the imported framework and the loaded network; nothing where the system does not tell."""
    if not _STATUS.exists():
        return
    subject = SUBJECTS[name]
    few = [_in_own_process(name, "path", str(subject.nodes)) for _ in range(_RUNS)]
    many = _in_own_process(name, "path", str(subject.many_nodes))
    what = f"path_gradient, {subject.images}"
    yield Row.of(f"{what} x {subject.nodes}: peak memory", few, _MODEST, "MB", 0)
    yield Row.of(f"{what} x {subject.many_nodes}: peak memory", [many], _MODEST, "MB", 0)
    yield Row.of(f"{what} x {subject.many_nodes}: peak memory / {subject.nodes} nodes'", [many / median(few)], _FLAT)


def refined_memory(name: str) -> Iterator[Row]:
    """What maps to a tolerance add, for few images and for many."""
    if not _STATUS.exists():
        return
    subject = SUBJECTS[name]
    for images in (subject.images, subject.many_images):
        added = _in_own_process(name, "maps", str(images))
        yield Row.of(f"integrated_gradients to 1e-2, {images:,} images: peak memory", [added], _BOUNDED, "MB", 0)


def step_memory(name: str) -> Iterator[Row]:
    """What a training step adds, by hand and by tape, in each precision."""
    if not _STATUS.exists():
        return
    for precision in PRECISIONS:
        hand, tape = ([_in_own_process(name, way, precision) for _ in range(_RUNS)] for way in ("hand", "tape"))
        what = f"training step, {SUBJECTS[name].batch} images, {precision}: peak memory"
        yield Row.of(f"{what}, hand", hand, unit="MB", digits=0)
        yield Row.of(f"{what}, hand / tape", [a / b for a, b in zip(hand, tape, strict=True)], _LESS)


def _path(subject: Subject, nodes: str) -> float:
    """MB that `path_gradient` adds to a process that has TensorFlow and the network."""
    network = subject.network()
    return _added(lambda: network.path_gradient(*subject.path(int(nodes))))


def _maps(subject: Subject, images: str) -> float:
    """MB that maps to a tolerance add."""
    network, (batch, labels) = subject.network(), subject.examples(int(images))
    return _added(lambda: integrated_gradients(network, batch, labels, tolerance=1e-2))


def _hand(subject: Subject, precision: Precision) -> float:
    from benchmarks.speed import by_hand

    return _steps(subject, by_hand(subject, precision))


def _tape(subject: Subject, precision: Precision) -> float:
    from benchmarks.speed import by_tape

    return _steps(subject, by_tape(subject, precision))


def _steps(subject: Subject, step: Callable[..., object]) -> float:
    images, labels = subject.examples(subject.batch)
    return _added(lambda: [step(images, labels, 1e-3) for _ in range(_STEPS)])


def _added(job: Callable[[], object]) -> float:
    loaded = _memory("VmRSS")
    job()
    return _memory("VmHWM") - loaded


def _in_own_process(*arguments: str) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _memory(field: str) -> float:
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(lines[field].split()[0]) * 1024 / _MEGABYTE


_JOBS: dict[str, Callable[[Subject, Any], float]] = {"path": _path, "maps": _maps, "hand": _hand, "tape": _tape}

if __name__ == "__main__":
    print(_JOBS[sys.argv[2]](SUBJECTS[sys.argv[1]], sys.argv[3]))
