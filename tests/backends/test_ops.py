"""The conformance suite on every backend, each in a process of its own; and the table of backends."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from inward import backends
from inward.errors import ArgumentError, DependencyError

ROOT = Path(__file__).parent.parent.parent
SUITE = Path(__file__).with_name("conformance.py")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backend", [name for name in backends.BACKENDS if name != "numpy"])
def test_the_conformance_suite(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    environment = os.environ | {"INWARD_BACKEND": backend, "JAX_ENABLE_X64": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(SUITE)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(ArgumentError, match="'caffe'"):
        backends.ops("caffe")


@pytest.mark.parametrize("backend", [name for name in backends.BACKENDS if name != "numpy"])
def test_a_missing_framework_gives_the_line_to_install_it(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda _: None)
    with pytest.raises(DependencyError, match=rf"pip install 'inward\[{backend}\]'"):
        backends.ops(backend)
