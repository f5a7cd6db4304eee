"""NumPy's verbs: slow, obvious, float64. The oracle that every other backend is proven against."""

from collections.abc import Callable
from typing import Any

import numpy as np

from inward.arrays import Array
from inward.errors import ArgumentError
from inward.network.ops import Precision


def make_deterministic() -> None:
    """NumPy is."""


class NumpyOps:
    """See `inward.network.ops.Ops`."""

    name = "numpy"
    precision: Precision = "float64"
    exhausted: tuple[type[BaseException], ...] = (MemoryError,)

    def to_device(self, array: Array) -> Array:
        return array.astype(np.float64) if array.dtype.kind == "f" else array

    def to_host(self, tensor: Array) -> Array:
        return np.asarray(tensor)

    def cast(self, x: Array, precision: Precision) -> Array:
        if precision == "bfloat16":
            raise ArgumentError("precision", "float32 or float64 on NumPy", repr(precision), "use another backend")
        return x.astype(precision)

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def compile_batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def convolve(self, x: Array, kernel: Array) -> Array:
        y = np.zeros((*x.shape[:3], kernel.shape[3]), x.dtype)
        for a, b, window in _windows(_padded(x, kernel.shape), kernel.shape, x.shape):
            y += window @ kernel[a, b]
        return y

    def convolve_input_adjoint(self, dy: Array, kernel: Array) -> Array:
        padded = _padded(np.zeros((*dy.shape[:3], kernel.shape[2]), dy.dtype), kernel.shape)
        for a, b, window in _windows(padded, kernel.shape, dy.shape):
            window += dy @ kernel[a, b].T
        (top, left), (h, w) = _before(kernel.shape), dy.shape[1:3]
        return padded[:, top : top + h, left : left + w]

    def convolve_kernel_adjoint(self, x: Array, dy: Array, shape: tuple[int, ...]) -> Array:
        dkernel = np.zeros(shape, x.dtype)
        for a, b, window in _windows(_padded(x, shape), shape, x.shape):
            dkernel[a, b] = np.tensordot(window, dy, axes=((0, 1, 2), (0, 1, 2)))
        return dkernel

    def average_pool(self, x: Array) -> Array:
        n, h, w, c = x.shape
        blocks = x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c)
        y: Array = blocks.mean(axis=(2, 4))
        return y

    def average_pool_adjoint(self, dy: Array, x: Array) -> Array:
        dx = np.zeros(x.shape, dy.dtype)
        dx[:, : dy.shape[1] * 2, : dy.shape[2] * 2] = dy.repeat(2, axis=1).repeat(2, axis=2) / 4
        return dx

    def elu(self, x: Array) -> Array:
        return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))

    def elu_slope_times(self, y: Array, dy: Array) -> Array:
        dx: Array = dy * (1 + np.minimum(y, 0))
        return dx

    def global_average(self, x: Array) -> Array:
        y: Array = x.mean(axis=(1, 2))
        return y

    def global_average_adjoint(self, dy: Array, x: Array) -> Array:
        return np.broadcast_to(dy[:, None, None, :] / (x.shape[1] * x.shape[2]), x.shape)

    def sum(self, x: Array, axes: tuple[int, ...]) -> Array:
        found: Array = x.sum(axis=axes)
        return found

    def matmul(self, x: Array, y: Array) -> Array:
        product: Array = x @ y
        return product

    def transpose(self, x: Array) -> Array:
        return x.T

    def reshape(self, x: Array, shape: tuple[int, ...]) -> Array:
        return x.reshape(shape)

    def softmax(self, logits: Array) -> Array:
        return np.exp(self.log_softmax(logits))

    def log_softmax(self, logits: Array) -> Array:
        shifted: Array = logits - logits.max(axis=-1, keepdims=True)
        found: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return found

    def exp(self, x: Array) -> Array:
        return np.exp(x)

    def sqrt(self, x: Array) -> Array:
        return np.sqrt(x)

    def maximum(self, x: Array, y: Array) -> Array:
        return np.maximum(x, y)

    def take(self, x: Array, index: Array) -> Array:
        return x[index]

    def segment_sum(self, x: Array, index: Array, like: Array) -> Array:
        total = np.zeros((len(like), *x.shape[1:]), x.dtype)
        np.add.at(total, index, x)
        return total


def _before(kernel_shape: tuple[int, ...]) -> tuple[int, int]:
    return (kernel_shape[0] - 1) // 2, (kernel_shape[1] - 1) // 2


def _padded(x: Array, kernel_shape: tuple[int, ...]) -> Array:
    (top, left), (kh, kw) = _before(kernel_shape), kernel_shape[:2]
    return np.pad(x, ((0, 0), (top, kh - 1 - top), (left, kw - 1 - left), (0, 0)))


def _windows(padded: Array, kernel_shape: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, int, Array]]:
    h, w = shape[1:3]
    return [(a, b, padded[:, a : a + h, b : b + w]) for a in range(kernel_shape[0]) for b in range(kernel_shape[1])]
