import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.methods import walk as module
from inward.methods.gradients import interior_gradients
from inward.methods.saturation import saturation
from inward.methods.walk import walk
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

ALPHAS = (1e-3, 0.1, 0.5, 1.0)


@pytest.fixture(scope="module")
def network():
    layers = allconv(channels=1, classes=3, width=4)
    kernels = {name: 6 * kernel.astype(np.float64) for name, kernel in initial_kernels(layers, 1).items()}
    return Network(layers, kernels, NumpyOps(), (8, 8, 1))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 8, 8, 1))


def test_its_maps_are_those_of_the_interior_gradients(network, images):
    found, _ = walk(network, images, 1, alphas=ALPHAS, baseline=0.25)
    wanted = interior_gradients(network, images, 1, alphas=(0.0, *ALPHAS), baseline=0.25)
    np.testing.assert_array_equal(found.alphas, wanted.alphas)
    np.testing.assert_allclose(found.scores, wanted.scores)
    strength = np.abs(wanted.gradients).mean(axis=-1)
    push = ((images - 0.25) * wanted.gradients).sum(axis=-1)
    kept = (found.strengths, found.strength_steps), (found.pushes, found.push_steps)
    for exact, (level, step) in zip((strength, push), kept, strict=True):
        step = step.reshape(*step.shape, *[1] * (exact.ndim - 2))
        assert (np.abs(level * step - exact) <= 0.5 * step + 1e-6).all()


def test_the_saturation_is_the_same_as_alone(network, images):
    _, found = walk(network, images, 1, alphas=ALPHAS)
    alone = saturation(network, images, 1, alphas=ALPHAS)
    for name in ("alphas", "norms", "derivatives", "scores", "shares"):
        np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


def test_steps_are_left_out_where_their_maps_would_not_fit(network, images, monkeypatch):
    monkeypatch.setattr(module, "_STEPS_BYTES", 0)
    alphas = np.linspace(0.01, 1, 40)
    found, whole = walk(network, images, 1, alphas=alphas)
    assert (len(found.alphas), len(whole.alphas)) == (12, 40)
    assert (found.alphas[0], found.alphas[-1]) == (0, 1)
    assert set(found.alphas[1:]) <= set(alphas)
