import os
import subprocess
import sys
from pathlib import Path

import pytest

import inward
from inward.backends import keras as twin
from inward.backends.numpy import NumpyOps
from inward.errors import ArgumentError, DependencyError
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

LAYERS = allconv(channels=1, classes=3, width=4)


@pytest.mark.parametrize(
    "backend", ["tensorflow", *(pytest.param(name, marks=pytest.mark.slow) for name in ("jax", "torch"))]
)
def test_the_shipped_network_is_the_same_in_keras(backend: str, tmp_path: Path) -> None:
    for name in ("keras", backend, "skimage"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    program = Path(__file__).parent / "programs" / "keras_twin.py"
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, program, tmp_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_another_model_is_refused() -> None:
    with pytest.raises(ArgumentError, match="network must be inward's hand-written one, got a str"):
        inward.to_keras("cifar10-allconv")


def test_without_keras_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "find_spec", lambda name: None)
    network = Network(LAYERS, initial_kernels(LAYERS), NumpyOps(), (8, 8, 1))
    with pytest.raises(DependencyError, match=r"pip install 'inward\[tensorflow\]', or keras and a framework"):
        inward.to_keras(network)
