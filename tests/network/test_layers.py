import numpy as np
import pytest
from adjoint import adjoint_error

from inward.arrays import Array
from inward.backends.numpy import NumpyOps
from inward.network.layers import AveragePool, Convolution, Elu, GlobalAverage, Layer

OPS = NumpyOps()
RANDOM = np.random.default_rng(7)
CASES: dict[str, tuple[Layer, tuple[int, ...]]] = {
    "convolution 3x3": (Convolution("c", "c", (3, 3, 2, 5)), (2, 6, 7, 2)),
    "convolution 1x1": (Convolution("c", "c", (1, 1, 4, 3)), (2, 3, 3, 4)),
    "convolution 2x4": (Convolution("c", "c", (2, 4, 2, 2)), (1, 5, 5, 2)),
    "elu": (Elu("e"), (2, 4, 4, 3)),
    "average pool": (AveragePool("p"), (2, 6, 4, 3)),
    "average pool, odd": (AveragePool("p"), (2, 7, 5, 3)),
    "global average": (GlobalAverage("g"), (2, 4, 6, 3)),
}


def kernel_of(layer: Layer) -> Array | None:
    return np.random.default_rng(3).normal(size=layer.kernel_shape) if isinstance(layer, Convolution) else None


@pytest.mark.parametrize("name", CASES)
def test_the_backward_pass_is_the_adjoint_of_the_forward_pass(name: str) -> None:
    layer, shape = CASES[name]
    x, kernel = RANDOM.normal(size=shape), kernel_of(layer)
    saved = layer.forward(OPS, x, kernel)[1]
    error = adjoint_error(
        lambda x: layer.forward(OPS, x, kernel)[0], lambda dy: layer.backward(OPS, dy, saved, kernel), x
    )
    assert error < 1e-9


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("convolution")])
def test_the_kernels_backward_pass_is_the_adjoint_too(name: str) -> None:
    layer, shape = CASES[name]
    assert isinstance(layer, Convolution)
    x, kernel = RANDOM.normal(size=shape), kernel_of(layer)
    error = adjoint_error(
        lambda kernel: layer.forward(OPS, x, kernel)[0], lambda dy: layer.backward_kernel(OPS, dy, x), kernel
    )
    assert error < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_the_stated_shape_is_the_outputs(name: str) -> None:
    layer, shape = CASES[name]
    assert layer.forward(OPS, np.zeros(shape), kernel_of(layer))[0].shape[1:] == layer.shape(shape[1:])


def test_a_convolution_is_the_dense_sum_it_claims() -> None:
    x, kernel = RANDOM.normal(size=(1, 4, 5, 2)), RANDOM.normal(size=(3, 3, 2, 3))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    np.testing.assert_allclose(OPS.convolve(x, kernel), np.einsum("nijcab,abco->nijo", windows, kernel), atol=1e-12)


def test_elu_at_known_values() -> None:
    np.testing.assert_allclose(OPS.elu(np.array([-np.inf, -1.0, 0.0, 2.0])), [-1, np.expm1(-1), 0, 2])


PLANTED = {
    "kernel not transposed": lambda dy, k: OPS.convolve(dy, k),
    "kernel not flipped": lambda dy, k: OPS.convolve(dy, k.swapaxes(2, 3)),
    "one entry lost": lambda dy, k: _without_last(OPS.convolve_input_adjoint(dy, k)),
    "one percent too large": lambda dy, k: 1.01 * OPS.convolve_input_adjoint(dy, k),
    "shifted by one": lambda dy, k: np.roll(OPS.convolve_input_adjoint(dy, k), 1, axis=1),
}


def _without_last(dx: Array) -> Array:
    dx = dx.copy()
    dx[-1, -1, -1, -1] = 0
    return dx


@pytest.mark.parametrize("fault", PLANTED)
def test_the_checker_finds_planted_faults(fault: str) -> None:
    x, kernel = RANDOM.normal(size=(2, 5, 5, 3)), RANDOM.normal(size=(3, 3, 3, 3))
    error = adjoint_error(lambda x: OPS.convolve(x, kernel), lambda dy: PLANTED[fault](dy, kernel), x)
    assert error > 1e-4


def test_the_checker_finds_a_wrong_slope() -> None:
    x = RANDOM.normal(size=(2, 5, 5, 3))
    y = OPS.elu(x)
    assert adjoint_error(OPS.elu, lambda dy: dy * (1 + np.maximum(y, 0)), x) > 1e-3
    assert adjoint_error(OPS.elu, lambda dy: OPS.elu_slope_times(x, dy), x) > 1e-3
