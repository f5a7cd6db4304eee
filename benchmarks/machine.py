"""On what it was measured."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tensorflow as tf

from inward import __version__


def described() -> dict[str, str]:
    """Machine and versions, each in a few words."""
    gpus = [
        tf.config.experimental.get_device_details(d).get("device_name", "GPU")
        for d in tf.config.list_physical_devices("GPU")
    ]
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "GPU": ", ".join(gpus) or "none",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "load at the start": f"{os.getloadavg()[0]:.1f} runnable processes",
        "versions": f"inward {__version__}, Python {platform.python_version()}, " + ", ".join(_versions()),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _versions() -> list[str]:
    found = []
    for name in ("numpy", "tensorflow", "tensorflow-cpu"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
