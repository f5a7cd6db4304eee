import numpy as np
import pytest

from inward import backends
from inward.backends.numpy import NumpyOps
from inward.network.muon import Muon, orthogonal


@pytest.mark.parametrize("backend", ["numpy", "tensorflow"])
@pytest.mark.parametrize("shape", [(30, 5), (5, 30), (1152, 128)])
def test_orthogonal_keeps_the_directions_and_levels_the_singular_values(backend: str, shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    ops = backends.ops(backend)
    found = ops.to_host(orthogonal(ops, ops.to_device(x)))
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    inner = u.T @ found @ vt.T  # diagonal, where the directions are kept
    np.testing.assert_allclose(inner, np.diag(np.diag(inner)), atol=1e-4)
    assert np.diag(inner).min() > 0.65
    assert np.diag(inner).max() < 1.25


def test_it_is_the_newton_schulz_iteration_on_the_matrix_itself() -> None:
    x = np.random.default_rng(1).normal(size=(7, 4))
    by_definition = x / np.linalg.norm(x)
    for _ in range(5):
        gram = by_definition.T @ by_definition
        by_definition = by_definition @ (3.4445 * np.eye(4) - 4.7750 * gram + 2.0315 * gram @ gram)
    np.testing.assert_allclose(orthogonal(NumpyOps(), x), by_definition, atol=1e-12)


def test_a_step_moves_a_kernel_by_its_share_and_keeps_its_length_but_for_the_last() -> None:
    random = np.random.default_rng(2)
    kernels = {name: random.normal(size=(3, 3, 2, 4)) for name in ("first", "last")}
    gradients = {name: random.normal(size=(3, 3, 2, 4)) for name in kernels}
    optimizer = Muon()
    after, moments = optimizer.step(NumpyOps(), kernels, optimizer.start(kernels), gradients, 0.1)
    for name, kernel in kernels.items():
        length = np.linalg.norm(kernel)
        np.testing.assert_array_equal(moments[name]["m"], gradients[name])
        moved = np.linalg.norm(after[name] - kernel)
        np.testing.assert_allclose(moved, 0.1 * length, rtol=1e-6 if name == "last" else 0.1)
        assert np.sum((after[name] - kernel) * gradients[name]) < 0
    np.testing.assert_allclose(np.linalg.norm(after["first"]), np.linalg.norm(kernels["first"]))
    assert np.linalg.norm(after["last"]) != pytest.approx(np.linalg.norm(kernels["last"]), rel=1e-9)


def test_a_gradient_that_is_always_zero_moves_nothing() -> None:
    kernels = {"only": np.random.default_rng(3).normal(size=(1, 1, 2, 2))}
    optimizer = Muon()
    with np.errstate(all="raise"):
        after, _ = optimizer.step(NumpyOps(), kernels, optimizer.start(kernels), {"only": 0 * kernels["only"]}, 0.1)
    np.testing.assert_array_equal(after["only"], kernels["only"])
