"""The tests of Keras models again, on each other backend, in a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_keras_models_on_another_backend(backend: str) -> None:
    if not (find_spec("keras") and find_spec(backend)):
        pytest.skip(f"Keras or {backend} is not installed")
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", str(Path(__file__).with_name("test_keras.py"))]
    environment = os.environ | {"KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1"}
    child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stdout
    assert " passed" in child.stdout
