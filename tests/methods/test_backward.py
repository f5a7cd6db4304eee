"""Oracles: chains of linear maps, whose norms are known; Euler's theorem; single images; central differences."""

from dataclasses import dataclass

import numpy as np
import pytest

import inward
from inward.arrays import Array
from inward.backends.numpy import NumpyOps
from inward.errors import ArgumentError, ShapeError
from inward.methods.backward import backward_pass
from inward.model import SCORES, Gradients, Layer, Objective
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

RANDOM = np.random.default_rng(4)
FACTORS = (3.0, 0.01, 5.0, 2.0)


@dataclass
class Chain:
    """a_l = f(W_l a_{l-1}), f the identity or ReLU; gradients of a logit by the transposed matrices."""

    matrices: list[Array]
    relu: bool = False
    classes: tuple[str, ...] = ("cat", "dog", "horse", "cow")

    @property
    def layers(self):
        inner = [Layer(f"layer{i}", "dense", (len(w),)) for i, w in enumerate(self.matrices[:-1], start=1)]
        return (Layer("input", "input", (self.matrices[0].shape[1],)), *inner, Layer("logits", "dense", (4,)))

    def _pass(self, x):
        found = [x]
        for w in self.matrices:
            z = found[-1] @ w.T
            found.append(np.maximum(z, 0) if self.relu and w is not self.matrices[-1] else z)
        return found

    def weights(self):
        return {}

    def scores(self, inputs):
        return self._pass(inputs)[-1]

    def activations(self, inputs, layers):
        found = dict(zip((layer.name for layer in self.layers), self._pass(inputs), strict=True))
        return {name: found[name] for name in layers}

    def gradient(self, inputs, objective, at=("input",)):
        assert objective.score == "logit"
        seen, dy = self._pass(inputs), objective.weights
        found = [dy]
        for a, w in zip(reversed(seen[1:]), reversed(self.matrices), strict=True):
            slope = a > 0 if self.relu and w is not self.matrices[-1] else 1.0
            dy = (dy * slope) @ w
            found.append(dy)
        names = [layer.name for layer in self.layers]
        places = dict(zip(reversed(names), found, strict=True))
        return Gradients(objective.of(seen[-1]), {name: places[name] for name in at})


def rotation(seed):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]


@pytest.fixture
def rotations():
    """Every matrix keeps all directions and scales them by its factor."""
    return Chain([factor * rotation(i) for i, factor in enumerate(FACTORS)])


@pytest.fixture(scope="module")
def network():
    layers = allconv(channels=3, classes=4, width=3)
    kernels = {name: 6 * kernel.astype(np.float64) for name, kernel in initial_kernels(layers, 5).items()}
    return Network(layers, kernels, NumpyOps(), (8, 8, 3))


def test_scaled_rotations_scale_every_norm_by_their_factors(rotations):
    x = RANDOM.normal(size=(5, 4))
    found = backward_pass(rotations, x, "dog")
    up = np.cumprod([1.0, *FACTORS])[:, None] * np.linalg.norm(x, axis=1)
    down = np.cumprod([1.0, *FACTORS[::-1]])[::-1, None] * np.ones(5)
    assert found.names == ("input", "layer1", "layer2", "layer3", "logits")
    assert found.sizes.tolist() == [4] * 5
    np.testing.assert_allclose(found.activation_norms, up)
    np.testing.assert_allclose(found.gradient_norms, down)
    np.testing.assert_allclose(found.scores, rotations.scores(x)[:, 1])
    assert (found.target.tolist(), found.versus, found.score) == ([1] * 5, None, "logit")


@pytest.mark.parametrize("relu", [False, True])
def test_activation_times_gradient_is_the_logit_at_every_layer(relu):
    """Euler's theorem for functions that scale with their argument."""
    model = Chain([RANDOM.normal(size=shape) for shape in ((9, 6), (7, 9), (4, 7))], relu)
    found = backward_pass(model, RANDOM.normal(size=(3, 6)), layers=[layer.name for layer in model.layers])
    for name, activation in found.activations.items():
        np.testing.assert_allclose((activation * found.gradients[name]).sum(axis=1), found.scores, err_msg=name)
    logits = found.activations["logits"]
    np.testing.assert_array_equal(found.target, logits.argmax(axis=1))


def test_zeros_are_counted_and_what_is_a_thousandth_of_the_rest(rotations):
    rotations.matrices[2] = np.diag([1.0, 1.0, 0.0, 1e-4])
    rotations.matrices[3] = np.full((4, 4), 2.0)
    found = backward_pass(rotations, np.ones((2, 4)), 0)
    assert found.zeros[:, 0].tolist() == [0, 0, 0.5, 0, 0.75]


def test_a_dead_layer_has_no_gradient_below_it(rotations):
    rotations.matrices[1] = np.zeros((4, 4))
    found = backward_pass(rotations, np.ones((2, 4)), 0)
    assert (found.gradient_norms[:, 0] == 0).tolist() == [True, True, False, False, False]
    assert (found.activation_norms[:, 0] == 0).tolist() == [False, False, True, True, True]
    assert found.zeros[:2].tolist() == [[1, 1]] * 2


@pytest.mark.parametrize("huge", [1e300, np.inf])
def test_an_overflow_is_told_and_does_no_harm(rotations, huge):
    rotations.matrices[1] = np.full((4, 4), huge)
    with np.errstate(invalid="ignore"):  # of the model
        found = backward_pass(rotations, np.ones((1, 4)), 0)
    assert not np.isfinite(found.gradient_norms[:2]).any()
    assert np.isfinite(found.gradient_norms[2:]).all()
    assert np.isfinite(found.zeros).all()


@pytest.mark.parametrize("score", SCORES)
def test_the_network_one_image_at_a_time_and_by_its_port(network, score):
    x = RANDOM.random((11, 8, 8, 3))
    whole = backward_pass(network, x, 2, versus=1, score=score)
    single = [backward_pass(network, x[[i]], 2, versus=1, score=score) for i in range(11)]
    for field in ("activation_norms", "gradient_norms", "zeros"):
        joined = np.concatenate([getattr(one, field) for one in single], axis=1)
        np.testing.assert_allclose(getattr(whole, field), joined, rtol=1e-12)
    names = [layer.name for layer in network.layers]
    objective = Objective(np.tile([0.0, -1.0, 1.0, 0.0], (11, 1)), score)
    at = network.gradient(x, objective, names).at
    norms = [np.sqrt((at[name] ** 2).reshape(11, -1).sum(axis=1)) for name in names]
    np.testing.assert_allclose(whole.gradient_norms, norms, rtol=1e-12)
    assert list(whole.gradients) == list(whole.activations) == ["input", "conv3", "conv6", "conv9"]
    for name, gradient in whole.gradients.items():
        np.testing.assert_allclose(gradient, at[name], rtol=1e-12, atol=1e-18)
        assert whole.activations[name].shape == gradient.shape


def test_the_gradient_at_the_input_is_the_difference_quotient(network):
    x, step = RANDOM.random((2, 8, 8, 3)), 1e-6
    way = RANDOM.normal(size=x.shape)
    found = inward.backward_pass(network, x, 3)
    quotient = (network.scores(x + step * way) - network.scores(x - step * way))[:, 3] / (2 * step)
    np.testing.assert_allclose((found.gradients["input"] * way).sum(axis=(1, 2, 3)), quotient, rtol=1e-7)


def test_layers_by_choice(network):
    found = backward_pass(network, RANDOM.random((1, 8, 8, 3)), layers=["logits", "pool1", "logits"])
    assert list(found.gradients) == ["logits", "pool1"]
    assert len(found.names) == len(network.layers)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"layers": ["conv99"]}, "got 'conv99'; choose from input, conv1.linear"),
        ({"layers": []}, "layers must be a list of names"),
        ({"target": 4}, "0 to 3, got 4"),
        ({"score": "loss"}, "score must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused(network, wrong, message):
    with pytest.raises(ArgumentError, match=message):
        backward_pass(network, np.zeros((1, 8, 8, 3)), **wrong)


def test_images_that_do_not_fit_are_refused(network):
    with pytest.raises(ShapeError, match="images must be"):
        backward_pass(network, np.zeros((1, 9, 8, 3)))
