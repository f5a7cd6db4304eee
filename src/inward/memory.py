"""How much memory is there, and how much was taken."""

import sys
from importlib import import_module
from pathlib import Path

_TOLD = Path("/proc/meminfo")
_UNKNOWN = 4 * 2**30


def available_bytes(told: Path = _TOLD) -> int:
    """What the system could hand out without swapping; 4 GiB where it does not tell (outside Linux)."""
    try:
        lines = dict(line.split(":", 1) for line in told.read_text(encoding="ascii").splitlines())
        return 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return _UNKNOWN


def peak_bytes() -> int | None:
    """The most memory that this process has held at a time; None where the system does not tell (Windows)."""
    try:
        resource = import_module("resource")
    except ImportError:
        return None
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak if sys.platform == "darwin" else 1024 * peak
