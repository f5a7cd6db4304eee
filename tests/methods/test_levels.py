import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.errors import ArgumentError
from inward.methods import levels as module
from inward.methods.levels import activation_levels, signed_bytes
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

LAYERS = allconv(channels=1, classes=3, width=4)


@pytest.fixture(scope="module")
def network():
    kernels = {name: 3 * kernel for name, kernel in initial_kernels(LAYERS, 1).items()}
    return Network(LAYERS, kernels, NumpyOps(), (8, 8, 1))


IMAGES = np.random.default_rng(0).random((11, 8, 8, 1))


def test_every_layer_is_there_to_half_a_step(network):
    found = activation_levels(network, IMAGES)
    names = [layer.name for layer in network.layers[1:]]
    exact = network.activations(IMAGES, names)
    assert sorted([*found.bytes, *found.made]) == sorted(names)
    for name in names:
        source = found.made[name][1] if name in found.made else name
        bound = (0.5 * found.step[source] + 1e-6).reshape(-1, *[1] * (exact[name].ndim - 1))
        assert (np.abs(found.values(name) - exact[name]) <= bound).all(), name


def test_an_elu_is_made_from_its_convolution(network):
    found = activation_levels(network, IMAGES)
    assert found.made == {f"conv{i}": ("elu", f"conv{i}.linear") for i in range(1, 10)}


def test_a_layer_that_only_says_it_is_an_elu_is_stored(network, monkeypatch):
    monkeypatch.setitem(module.POINTWISE, "elu", np.tanh)
    found = activation_levels(network, IMAGES, ["conv1.linear", "conv1"])
    assert (found.made, list(found.bytes)) == ({}, ["conv1.linear", "conv1"])


def test_of_too_many_images_only_some_layers_are_kept(network, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    assert list(activation_levels(network, IMAGES).bytes) == ["conv3", "conv6", "conv9"]


def test_a_layer_that_is_not_there_is_refused(network):
    with pytest.raises(ArgumentError, match="conv99"):
        activation_levels(network, IMAGES, ["conv99"])


def test_what_is_not_finite_is_the_least_and_a_constant_has_no_step():
    level, low, step = module._rounded(np.array([[1.0, np.nan, 3.0], [2.0, 2.0, 2.0], [np.nan] * 3]))
    np.testing.assert_array_equal(low + level[:, 1] * step, [1, 2, 0])
    assert level[0, 2] == 255


def test_signed_bytes_keep_the_sign_and_zero():
    values = np.array([[-2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [np.inf, -1.0, np.nan]])
    level, step = signed_bytes(values)
    np.testing.assert_allclose(level * step[:, None], [[-2, 0, 1], [0, 0, 0], [0, -1, 0]], atol=2 / 254)
    assert level.min() == -127
