"""The hand-written backward pass against TensorFlow's own differentiation, which only tests may use."""

from pathlib import Path

import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.model import Objective, Rows, path_gradient_by_gradient
from inward.network import chain
from inward.network.allconv import allconv, initial_kernels
from inward.network.examples import Examples
from inward.network.network import Network
from inward.network.plan import Architecture, Plan
from inward.network.recipes import RECIPES
from inward.network.train import train

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
from inward.backends.tensorflow import TensorFlowOps  # noqa: E402

LAYERS = allconv(channels=3, classes=10, width=16)
KERNELS = {name: 1.2 * kernel for name, kernel in initial_kernels(LAYERS, seed=4).items()}
IMAGES = np.random.default_rng(5).random((4, 16, 16, 3))
OBJECTIVE = Objective.of_classes([1, 5, 7, 2], 10)


def plain_scores(x, kernels):
    """The network restated in TensorFlow's own words, without a line of ours."""
    for number, kernel in enumerate(kernels, start=1):
        x = tf.nn.elu(tf.nn.conv2d(x, kernel, 1, "SAME"))
        if number in (3, 6):
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    return tf.reduce_mean(x, (1, 2))


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_every_gradient_is_tensorflows_own(precision: str) -> None:
    ops = TensorFlowOps(precision)
    kernels = {name: ops.to_device(kernel) for name, kernel in KERNELS.items()}
    x, weights = ops.to_device(IMAGES), ops.to_device(OBJECTIVE.weights)
    with tf.GradientTape() as tape:
        tape.watch([x, *kernels.values()])
        total = tf.reduce_sum(weights * plain_scores(x, kernels.values()))
    dx, *dkernels = tape.gradient(total, [x, *kernels.values()])
    saved = chain.forward(ops, LAYERS, kernels, x)[1]
    ours = chain.backward_kernels(ops, LAYERS, kernels, saved, weights)
    tolerance = {"float64": 1e-12, "float32": 1e-5}[precision]
    assert _distance(chain.backward(ops, LAYERS, kernels, saved, weights, ["input"])["input"], dx) < tolerance
    for name, theirs in zip(ours, dkernels, strict=True):
        assert _distance(ours[name], theirs) < tolerance, name


def test_float32_on_tensorflow_is_numpys_float64() -> None:
    fast = Network(LAYERS, KERNELS, TensorFlowOps(), (16, 16, 3), micro_batch=3)
    slow = Network(LAYERS, KERNELS, NumpyOps(), (16, 16, 3))
    assert _distance(fast.scores(IMAGES), slow.scores(IMAGES)) < 1e-5
    places = ["input", *(layer.name for layer in LAYERS)]
    for name in places:
        assert _distance(fast.activations(IMAGES, [name])[name], slow.activations(IMAGES, [name])[name]) < 1e-5
    ours, theirs = (network.gradient(IMAGES, OBJECTIVE, places).at for network in (fast, slow))
    assert max(_distance(ours[name], theirs[name]) for name in places) < 1e-5


def test_the_fused_path_is_the_plain_one_at_any_micro_batch() -> None:
    random = np.random.default_rng(0)
    rows = Rows(np.repeat(np.arange(4), 7), np.tile(np.linspace(0, 1, 7), 4), random.random((28, 2)))
    slow = Network(LAYERS, KERNELS, NumpyOps(), (16, 16, 3))
    start = 0.3 * IMAGES[::-1]
    plain = path_gradient_by_gradient(slow, start, IMAGES, OBJECTIVE, rows)
    for size in (1, 3, 8, 64):
        fast = Network(LAYERS, KERNELS, TensorFlowOps(), (16, 16, 3), micro_batch=size)
        fused = fast.path_gradient(start, IMAGES, OBJECTIVE, rows)
        assert _distance(fused.sums, plain.sums) < 1e-5
        assert _distance(fused.scores, plain.scores) < 1e-5
        at_layer = fast.path_gradient(start, IMAGES, OBJECTIVE, rows, at="conv6").sums
        assert _distance(at_layer, slow.path_gradient(start, IMAGES, OBJECTIVE, rows, at="conv6").sums) < 1e-5


def test_no_automatic_differentiation_trains_or_explains(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("automatic differentiation was used")

    for owner, name in ((tf, "GradientTape"), (tf, "gradients"), (tf.autodiff, "ForwardAccumulator")):
        monkeypatch.setattr(owner, name, refuse)
    from tensorflow.python.eager import backprop
    from tensorflow.python.framework import ops as framework
    from tensorflow.python.ops import gradients_util

    for name in ("_gradient_function", "GradientTape"):
        monkeypatch.setattr(backprop, name, refuse)
    monkeypatch.setattr(gradients_util, "_GradientsHelper", refuse)
    monkeypatch.setattr(framework, "get_gradient_function", refuse)
    with pytest.raises(AssertionError):  # the trap is live
        tf.GradientTape()
    with pytest.raises(AssertionError), tf.Graph().as_default():
        gradients_util._GradientsHelper(tf.constant(1.0), tf.constant(1.0))

    images = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), dtype=np.uint8)
    labels = np.arange(64) % 3
    examples = Examples(images, labels, images, labels)
    architecture = Architecture((8, 8, 1), ("a", "b", "c"), width=4)
    for name in ("seed", "fast"):
        train(examples, Plan(architecture, RECIPES["digits"][name]), TensorFlowOps(), tmp_path / name)
    network = Network(LAYERS, KERNELS, TensorFlowOps(), (16, 16, 3))
    network.gradient(IMAGES, OBJECTIVE, ("input", "conv3"))
    network.path_gradient(0 * IMAGES, IMAGES, OBJECTIVE, Rows(np.arange(4), np.ones(4), np.ones((4, 1))))


def _distance(ours: object, theirs: object) -> float:
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def test_paths_of_many_shapes_share_a_network() -> None:
    network = Network(LAYERS, KERNELS, TensorFlowOps(), (16, 16, 3))
    for rules, nodes in ((1, 4), (3, 8), (2, 4), (1, 12)):
        rows = Rows(np.arange(nodes) % 4, np.linspace(0, 1, nodes), np.ones((nodes, rules)))
        found = network.path_gradient(0 * IMAGES, IMAGES, OBJECTIVE, rows)
        assert found.sums.shape == (4, rules, 16, 16, 3)
        np.testing.assert_array_equal(found.sums, np.repeat(found.sums[:, :1], rules, axis=1))
