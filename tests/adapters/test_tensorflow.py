"""TensorFlow's own: modules, functions and loaded SavedModels; they work and are left as found, or are refused."""

import inspect

import numpy as np
import pytest

import inward
from inward.errors import ArgumentError, ScoreError
from inward.model import Objective, Rows, path_gradient_by_gradient

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

SHAPE = (6, 6, 3)
IMAGES = np.random.default_rng(0).uniform(size=(5, *SHAPE))
OBJECTIVE = Objective(np.random.default_rng(2).normal(size=(5, 3)), "log_probability")


class Convolution(tf.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        kernel = np.random.default_rng(c_out).normal(size=(3, 3, c_in, c_out)) / 4
        self.kernel, self.bias = tf.Variable(kernel), tf.Variable(np.zeros(c_out))

    def __call__(self, x):
        return tf.nn.conv2d(x, self.kernel, 1, "SAME") + self.bias


class Scaled(Convolution):
    """Calls what it inherits."""

    def __call__(self, x):
        return 2 * super().__call__(x)


class Net(tf.Module):
    """Modules in a list, one used twice, one that hands on its input, and graphs around and inside."""

    def __init__(self):
        super().__init__()
        self.blocks, self.heads = [Convolution(3, 4), Scaled(4, 4)], {"main": Dense()}

    @tf.function(input_signature=[tf.TensorSpec([None, *SHAPE], tf.float64, name="photo")])
    def __call__(self, photo):
        x = tf.tanh(self.blocks[0](photo))
        x = x + tf.tanh(self.blocks[1](x))
        x = x + tf.tanh(self.blocks[1](x))
        return self.heads["main"](tf.reduce_mean(x, (1, 2)))

    @tf.function(input_signature=[tf.TensorSpec([None, *SHAPE], tf.float64, name="photo")])
    def serve(self, photo):
        return {"logits": self(photo), "aux": tf.reduce_mean(photo, (1, 2))}


class Dense(tf.Module):
    def __init__(self):
        super().__init__()
        self.matrix = tf.Variable(np.random.default_rng(0).normal(size=(4, 3)))

    @tf.function
    def __call__(self, x):
        return x @ self.matrix


class Masked(tf.Module):
    """Another input, and a mode."""

    def __init__(self):
        super().__init__()
        self.net = Net()

    def __call__(self, mask, image, training=True):
        if training:
            raise ValueError("not for training")
        return self.net(image * mask), mask


def saved(path, **how):
    tf.saved_model.save(Net(), str(path), **how)
    return tf.saved_model.load(str(path))


def served(path):
    net = Net()
    holder = tf.Module()
    holder.net, holder.serve = net, net.serve
    tf.saved_model.save(holder, str(path), signatures={"serving_default": net.serve})
    return tf.saved_model.load(str(path))


NET = Net()
MASKED = {"input": "image", "constants": {"mask": np.full((1, *SHAPE), 0.5), "training": False}, "output": 0}
WORKING = {
    "module": (lambda _: Net(), {}),
    "function": (lambda _: lambda x: NET(tf.cast(x, tf.float64)), {"framework": "tensorflow"}),
    "compiled function": (lambda _: tf.function(lambda x: NET(tf.cast(x, tf.float64))), {"framework": "tensorflow"}),
    "two inputs": (lambda _: Masked(), MASKED),
    "loaded": (saved, {}),
    "loaded, by its signature": (served, {}),
    "another head of a signature": (served, {"output": "aux"}),
    "loaded, input by name": (served, {"input": "photo"}),
}


def wrapped(kind, path, **how):
    return inward.wrap(kind(path), input_shape=SHAPE, **how)


@pytest.mark.parametrize("case", WORKING)
def test_it_answers_and_every_layer_is_seen(case, tmp_path):
    kind, how = WORKING[case]
    model = wrapped(kind, tmp_path / "saved", **how)
    names = [layer.name for layer in model.layers if layer.name != "output"]
    kept, found = model.activations(IMAGES, names), model.gradient(IMAGES, OBJECTIVE, names)
    for layer in model.layers[: len(names)]:
        assert kept[layer.name].shape == found.at[layer.name].shape == (5, *layer.shape)
    exact = found.at["input"].dtype == np.float64
    step, tolerance = (1e-5, {"rtol": 1e-6, "atol": 1e-8}) if exact else (3e-3, {"rtol": 1e-3, "atol": 1e-3})
    direction = np.random.default_rng(1).normal(size=IMAGES.shape)
    ahead, behind = (OBJECTIVE.of(model.scores(IMAGES + sign * step * direction)) for sign in (1, -1))
    moved = (found.at["input"] * direction).sum((1, 2, 3))
    np.testing.assert_allclose(moved, (ahead - behind) / (2 * step), **tolerance)


def test_modules_are_named_by_the_attributes_that_lead_to_them():
    model = inward.wrap(Net(), input_shape=SHAPE)
    assert [layer.name for layer in model.layers] == ["input", "blocks/0", "blocks/1", "blocks/1#2", "heads/main"]
    assert [layer.kind for layer in model.layers] == ["input", "Convolution", "Scaled", "Scaled", "Dense"]
    assert list(model.weights()) == [f"blocks/{i}/{w}" for i in (0, 1) for w in ("kernel", "bias")] + [
        "heads/main/matrix"
    ]


def test_a_loaded_model_shows_its_weights_and_no_layers(tmp_path):
    model = wrapped(saved, tmp_path / "saved")
    assert [layer.name for layer in model.layers] == ["input", "output"]
    assert set(model.weights()) == set(inward.wrap(Net(), input_shape=SHAPE).weights())
    np.testing.assert_allclose(model.scores(IMAGES), wrapped(lambda _: Net(), tmp_path).scores(IMAGES), rtol=1e-12)


@pytest.mark.parametrize("fails", [False, True])
def test_classes_are_left_as_they_were_found(fails, monkeypatch):
    model = inward.wrap(Net(), input_shape=SHAPE)
    if fails:
        monkeypatch.setattr(Dense, "__call__", lambda self, x: 1 / 0)
    kinds = (Net, Convolution, Scaled, Dense)
    before = [inspect.getattr_static(kind, "__call__") for kind in kinds]
    if fails:
        with pytest.raises(ZeroDivisionError):
            model.activations(IMAGES, ["blocks/0"])
    else:
        model.gradient(IMAGES, OBJECTIVE, ("input", "blocks/0"))
    assert [inspect.getattr_static(kind, "__call__") for kind in kinds] == before
    assert "__call__" in vars(Scaled)


def test_the_path_is_the_default_ones():
    model = inward.wrap(Net(), input_shape=SHAPE, micro_batch=3)
    rows = Rows(np.array([0, 0, 1, 2, 2, 4, 4, 4]), np.linspace(0, 1, 8), np.random.default_rng(3).normal(size=(8, 2)))
    for at in ("input", "blocks/1#2"):
        ends = np.zeros_like(IMAGES), IMAGES, OBJECTIVE, rows, at
        found, expected = model.path_gradient(*ends), path_gradient_by_gradient(model, *ends)
        np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-12)
        np.testing.assert_allclose(found.sums, expected.sums, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("stop", [tf.stop_gradient, lambda x: tf.one_hot(tf.argmax(x, -1), 3)])
def test_no_gradient_is_said(stop):
    model = inward.wrap(lambda x: stop(tf.reduce_mean(x, (1, 2))), framework="tensorflow", input_shape=SHAPE)
    with pytest.raises(ScoreError, match="gradient of the score must be defined at the input, got none"):
        inward.integrated_gradients(model, IMAGES)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: inward.wrap(Net()), "input_shape must be the shape of one input"),
        (lambda: inward.wrap(Net(), input_shape=SHAPE, params={}), "params must be left out"),
        (
            lambda: inward.wrap(tf.Module(), input_shape=SHAPE),
            "callable, or have a signature 'serving_default', got a M",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
