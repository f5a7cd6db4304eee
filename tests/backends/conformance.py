"""Every verb of one backend against NumPy's in float64, and the whole network on it; run by test_ops.py.

INWARD_BACKEND names it, in a process of its own.
"""

import os
import sys

import numpy as np
import pytest

from inward import backends
from inward.backends.numpy import NumpyOps
from inward.model import Objective, Rows
from inward.network.allconv import allconv, initial_kernels
from inward.network.learner import Learner
from inward.network.network import Network
from inward.network.plan import Architecture
from inward.network.recipes import RECIPES

BACKEND = os.environ["INWARD_BACKEND"]
BROUGHT = {"tensorflow": "jax"}  # by TensorFlow itself, wherever JAX is installed
FLOAT32 = backends.ops(BACKEND)
REFERENCE, OPS = NumpyOps(), type(FLOAT32)("float64")
RANDOM = np.random.default_rng(0)
X, K, DY = RANDOM.normal(size=(2, 7, 6, 3)), RANDOM.normal(size=(3, 3, 3, 4)), RANDOM.normal(size=(2, 7, 6, 4))
POOLED, Z, INDEX = RANDOM.normal(size=(2, 3, 3, 3)), RANDOM.normal(size=(5, 4)), np.array([0, 1, 1, 0, 1])
CALLS = {
    "convolve": (X, K),
    "convolve_input_adjoint": (DY, K),
    "convolve_kernel_adjoint": (X, DY, K.shape),
    "average_pool": (X,),
    "average_pool_adjoint": (POOLED, X),
    "elu": (X,),
    "elu_slope_times": (REFERENCE.elu(X), X[::-1]),
    "global_average": (X,),
    "global_average_adjoint": (POOLED[:, 0, 0], X),
    "sum": (X, (0, 3)),
    "matmul": (Z, Z.T),
    "transpose": (Z,),
    "reshape": (X, (2, 126)),
    "softmax": (Z,),
    "log_softmax": (Z,),
    "exp": (Z,),
    "sqrt": (np.abs(Z),),
    "maximum": (Z, -Z),
    "take": (Z, INDEX),
    "segment_sum": (Z, INDEX, Z[:3]),
    "cast": (Z, "float32"),
}
HOST_SIDE = {"to_device", "to_host", "compile", "compile_batched"}
KERNEL_SHAPES = [(3, 3, 3, 4), (3, 3, 9, 4), (2, 4, 2, 3), (2, 4, 9, 3), (1, 1, 2, 3), (5, 1, 1, 2)]
LAYERS = allconv(channels=3, classes=10, width=8)
KERNELS = {name: 1.2 * kernel for name, kernel in initial_kernels(LAYERS, seed=4).items()}
IMAGES = RANDOM.random((5, 16, 16, 3))


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_no_other_framework_came_along():
    others = {"tensorflow", "torch", "jax"} - {BACKEND, BROUGHT.get(BACKEND)}
    assert not others & {name.split(".")[0] for name in sys.modules}


@pytest.mark.parametrize("verb", CALLS)
def test_a_verb_is_numpys(verb):
    given = [OPS.to_device(x) if isinstance(x, np.ndarray) else x for x in CALLS[verb]]
    close(OPS.to_host(getattr(OPS, verb)(*given)), getattr(REFERENCE, verb)(*CALLS[verb]))


def test_no_verb_is_left_out():
    verbs = {name for name in vars(NumpyOps) if not name.startswith("_")} - {"name", "precision", "exhausted"}
    assert verbs == CALLS.keys() | HOST_SIDE
    assert verbs | {"name", "exhausted"} == {name for name in vars(type(OPS)) if not name.startswith("_")}


@pytest.mark.parametrize("shape", KERNEL_SHAPES)
def test_convolutions_with_every_kind_of_kernel(shape):
    x, kernel, dy = (
        RANDOM.normal(size=(2, 7, 6, shape[2])),
        RANDOM.normal(size=shape),
        RANDOM.normal(size=(2, 7, 6, shape[3])),
    )
    for verb, given in {
        "convolve": (x, kernel),
        "convolve_input_adjoint": (dy, kernel),
        "convolve_kernel_adjoint": (x, dy, shape),
    }.items():
        on_device = [OPS.to_device(a) if isinstance(a, np.ndarray) else a for a in given]
        close(OPS.to_host(getattr(OPS, verb)(*on_device)), getattr(REFERENCE, verb)(*given))


def test_compiled_is_the_same():
    compiled = OPS.compile(lambda x, nested: {"y": OPS.elu(x) + nested["a"]})
    for n in (5, 3, 2):
        found = compiled(OPS.to_device(Z[:n]), {"a": OPS.to_device(Z[:n])})
        close(OPS.to_host(found["y"]), REFERENCE.elu(Z[:n]) + Z[:n])


def test_batches_of_any_length_and_of_several_at_once():
    compiled = OPS.compile_batched(
        lambda kernels, x, y, index: (kernels["a"] * OPS.elu(x), [OPS.segment_sum(y, index, x)])
    )
    for n in (5, 3, 2, 1):
        found, (sums,) = compiled(
            {"a": OPS.to_device(Z[0])}, OPS.to_device(Z[:n]), OPS.to_device(Z), np.minimum(INDEX, n - 1)
        )
        close(OPS.to_host(found), Z[0] * REFERENCE.elu(Z[:n]))
        close(OPS.to_host(sums), REFERENCE.segment_sum(Z, np.minimum(INDEX, n - 1), Z[:n]))


def test_tensors_take_the_backends_precision():
    assert OPS.to_host(OPS.to_device(np.ones(2, np.float32))).dtype == np.float64
    assert FLOAT32.to_host(FLOAT32.to_device(np.ones(2))).dtype == np.float32
    assert OPS.to_host(OPS.to_device(INDEX)).dtype == INDEX.dtype
    assert OPS.to_host(OPS.to_device(np.array(2.0))).shape == ()  # a moment of Muon's, which checkpoints keep
    kernel = FLOAT32.cast(FLOAT32.to_device(np.array([1.0, 1 + 2**-10])), "bfloat16")
    assert FLOAT32.to_host(FLOAT32.cast(kernel, "float32")).tolist() == [1, 1]


@pytest.mark.parametrize("micro_batch", [2, None])
def test_the_whole_network(micro_batch):
    ours, other = (Network(LAYERS, KERNELS, ops, (16, 16, 3), (), micro_batch) for ops in (REFERENCE, OPS))
    close(other.scores(IMAGES), ours.scores(IMAGES))
    places = ("input", "conv1", "conv5", "conv9")
    kept, expected = other.activations(IMAGES, places), ours.activations(IMAGES, places)
    for score in ("logit", "probability", "log_probability", "sigmoid"):
        objective = Objective.of_classes([1, 5, 7, 2, 2], 10, score)
        found, wanted = other.gradient(IMAGES, objective, places), ours.gradient(IMAGES, objective, places)
        close(found.scores, wanted.scores)
        for name in places:
            close(kept[name], expected[name])
            close(found.at[name], wanted.at[name])
    rows = Rows(np.array([0, 0, 1, 2, 2, 4, 4]), np.linspace(0, 1, 7), RANDOM.normal(size=(7, 2)))
    for at in ("input", "conv5"):
        found, wanted = (m.path_gradient(0 * IMAGES, IMAGES, objective, rows, at) for m in (other, ours))
        close(found.scores, wanted.scores)
        close(found.sums, wanted.sums)


@pytest.mark.parametrize("recipe", ["seed", "fast"])
def test_steps_of_training(recipe):
    architecture = Architecture((16, 16, 3), tuple("0123456789"), 8)
    learners = [Learner(ops, architecture, RECIPES["digits"][recipe], "float64", KERNELS) for ops in (REFERENCE, OPS)]
    for step in range(3):
        labels = RANDOM.integers(0, 10, 5)
        (ours, logits), (other, theirs) = (learner.learn(IMAGES, labels, 0.01) for learner in learners)
        assert other == pytest.approx(ours, rel=1e-8), step
        np.testing.assert_allclose(theirs, logits, rtol=1e-6, atol=1e-9)
    for name, kernel in learners[0].kernels().items():
        np.testing.assert_allclose(learners[1].kernels()[name], kernel, rtol=1e-5, atol=1e-8)


def test_float32_and_bfloat16_learn_too():
    architecture = Architecture((16, 16, 3), tuple("0123456789"), 8)
    costs = []
    for precision in ("float32", "bfloat16"):
        learner = Learner(
            FLOAT32,
            architecture,
            RECIPES["digits"]["fast"],
            precision,
            {n: k.astype(np.float32) for n, k in KERNELS.items()},
        )
        costs.append([learner.learn(IMAGES.astype(np.float32), np.arange(5), 0.01)[0] for _ in range(3)])
        assert all(kernel.dtype == np.float32 for kernel in learner.kernels().values())
        assert {a.dtype for a in learner.values(IMAGES.astype(np.float32), np.arange(5))["activations"].values()} == {
            np.dtype(np.float32)
        }
    np.testing.assert_allclose(costs[1], costs[0], rtol=0.02)
