"""A narrow hand-written network with random weights, and a report on it with every field filled."""

import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.model import History
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network
from inward.recording.formation import Gathering, formation
from inward.report.inspection import CropOf, inspect

LAYERS = allconv(channels=1, classes=3, width=4)
BEFORE = initial_kernels(LAYERS, seed=1)
METRICS = {"epoch": np.array([1, 2]), "test_cost": np.array([1.0, 0.5])}
METRICS |= {name: np.array([0.25, 0.5]) for name in ("train_cost", "train_accuracy", "test_accuracy")}


def _formation():
    """Weights that widen from one epoch to the next."""
    gathering, draw = Gathering(), np.random.default_rng(3)
    for size in (1.0, 1.5, 2.0):
        weights = {name: size * kernel for name, kernel in BEFORE.items()}
        gathering.add({"weights": weights, "gradients": weights, "activations": {"conv1": draw.normal(size=(4, 9))}})
    return formation(gathering.arrays())


FORMATION = _formation()


@pytest.fixture(scope="session")
def model():
    kernels = {name: 6 * kernel.astype(np.float64) for name, kernel in BEFORE.items()}
    return Network(LAYERS, kernels, NumpyOps(), (8, 8, 1), ("a", "b", "c"), history=History(BEFORE, METRICS, FORMATION))


@pytest.fixture(scope="session")
def images():
    return np.random.default_rng(2).random((6, 8, 8, 1))


@pytest.fixture(scope="session")
def report(model, images):
    return inspect(
        model,
        images[:2],
        [1, -1],
        names=["<one>", "two & more"],
        rule="trapezoid",
        steps=4,
        power=3,
        alphas=(0.1, 1.0),
        crops=[CropOf(1, (0, 2, 4, 4), (8, 8), images[3])],
        settings={"model": "narrow", "seed": 2},
    )
