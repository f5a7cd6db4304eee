import numpy as np
import pytest

import inward
from inward import backends
from inward.errors import ArgumentError, DependencyError, FileError, ShapeError
from inward.files import write_weights
from inward.loading import load
from inward.network import run
from inward.network.allconv import initial_kernels
from inward.network.plan import Architecture, Plan
from inward.network.recipes import RECIPES
from inward.recording.formation import Gathering

ARCHITECTURE = Architecture((8, 8, 1), ("zero", "one"), width=4)
KERNELS = initial_kernels(ARCHITECTURE.layers(), 3)


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "run"
    run.start(out, Plan(ARCHITECTURE, RECIPES["digits"]["fast"], 3), KERNELS, {"dataset": "digits"})
    run.write_state(out, KERNELS, [run.Epoch(1, 2.3, 0.1, 2.2, 0.2, 1.5)], Gathering())
    return out


def test_a_run_folder_is_a_network_with_its_history(folder):
    for name in (folder, str(folder)):
        model = inward.load(name, "numpy", micro_batch=2)
        assert model.classes == ("zero", "one")
        assert model.backend == "numpy"
        assert model.micro_batch == 2
        assert model.history.metrics["test_accuracy"].tolist() == [0.2]
        np.testing.assert_array_equal(model.history.before["conv1"], KERNELS["conv1"])


@pytest.mark.parametrize("name", ["", "nowhere", "cifar10", "cifar10-allconv/", "run/weights.safetensors"])
def test_no_such_model_is_told(folder, name, monkeypatch):
    monkeypatch.chdir(folder.parent)
    with pytest.raises((ArgumentError, FileError), match=r"cifar10-allconv or a run folder, got|a run folder, got no"):
        load(name, "numpy")


def test_another_folder_is_no_run(tmp_path):
    with pytest.raises(FileError, match=r"no config\.json in it; name a folder that `inward train` wrote"):
        load(tmp_path, "numpy")


def test_no_such_backend_and_no_such_framework(folder, monkeypatch):
    with pytest.raises(ArgumentError, match="backend must be one of numpy, tensorflow, torch, jax, got 'theano'"):
        load(folder, "theano")
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'inward\[tensorflow\]'"):
        load(folder)


def test_damaged_or_foreign_weights_are_told(folder):
    whole = (folder / run.WEIGHTS).read_bytes()
    for content in (whole[:-8], whole[:4], b"", b"not safetensors at all"):
        (folder / run.WEIGHTS).write_bytes(content)
        with pytest.raises(FileError, match=r"weights\.safetensors must be whole safetensors"):
            load(folder, "numpy")
    write_weights(folder / run.WEIGHTS, {**KERNELS, "conv3": np.zeros((3, 3, 4, 5))})
    with pytest.raises(ShapeError, match="weights of conv3 must be"):
        load(folder, "numpy")
