"""JAX's verbs, compiled by XLA. No verb differentiates."""

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from inward.arrays import Array
from inward.errors import ArgumentError
from inward.network.ops import Precision

Tensor = Any
_IMAGES = ("NHWC", "HWIO", "NHWC")
_KERNELS = ("CHWN", "IHWO", "HWNC")  # images are the channels of a convolution whose outcome is a kernel


def make_deterministic() -> None:
    """From here on, the process's kernels add in one order: XLA's do on a processor, and are asked to on a GPU."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()


class JaxOps:
    """See `inward.network.ops.Ops`.

    Raises:
        ArgumentError: for float64 in a process where JAX was not asked for it; that is a switch of the whole process,
            which is the user's.
    """

    name = "jax"
    exhausted: tuple[type[BaseException], ...] = (MemoryError,)

    def __init__(self, precision: Precision = "float32") -> None:
        if precision == "float64" and jnp.zeros(0, float).dtype != np.float64:
            raise ArgumentError("precision", "float32 or bfloat16", "'float64'", "set JAX_ENABLE_X64=1 for float64")
        self.precision = precision

    def to_device(self, array: Array) -> Tensor:
        return jnp.asarray(array, self.precision if array.dtype.kind == "f" else None)

    def to_host(self, tensor: Tensor) -> Array:
        return np.asarray(tensor, np.float32 if tensor.dtype == jnp.bfloat16 else None)

    def cast(self, x: Tensor, precision: Precision) -> Tensor:
        return x.astype(precision)

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return _telling_memory(jax.jit(function))

    def compile_batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Batches get rows of zeros up to the next power of two, so that few lengths are compiled."""
        compiled = _telling_memory(jax.jit(function))
        shapes: dict[tuple[int, ...], Any] = {}

        def run(kernels: Any, *batches: Any) -> Any:
            lengths = tuple(len(batch) for batch in batches)
            if lengths not in shapes:
                shapes[lengths] = jax.eval_shape(function, kernels, *batches)
            found = compiled(kernels, *map(_filled, batches))
            return jax.tree.map(lambda x, real: x[tuple(map(slice, real.shape))], found, shapes[lengths])

        return run

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        return _convolved(x, kernel, _around(kernel.shape), _IMAGES)

    def convolve_input_adjoint(self, dy: Tensor, kernel: Tensor) -> Tensor:
        """The convolution by the kernel turned by half a turn, with what was padded before now padded after."""
        turned = kernel[::-1, ::-1].swapaxes(2, 3)
        return _convolved(dy, turned, [(after, before) for before, after in _around(kernel.shape)], _IMAGES)

    def convolve_kernel_adjoint(self, x: Tensor, dy: Tensor, shape: tuple[int, ...]) -> Tensor:
        return _convolved(x, dy, _around(shape), _KERNELS)

    def average_pool(self, x: Tensor) -> Tensor:
        n, h, w, c = x.shape
        return x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))

    def average_pool_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        spread = (dy / 4).repeat(2, axis=1).repeat(2, axis=2)
        rest = [(0, size - there) for size, there in zip(x.shape, spread.shape, strict=True)]
        return jnp.pad(spread, rest)

    def elu(self, x: Tensor) -> Tensor:
        return jax.nn.elu(x)

    def elu_slope_times(self, y: Tensor, dy: Tensor) -> Tensor:
        return dy * (1 + jnp.minimum(y, 0))

    def global_average(self, x: Tensor) -> Tensor:
        return x.mean((1, 2))

    def global_average_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        return jnp.broadcast_to(dy[:, None, None, :] / (x.shape[1] * x.shape[2]), x.shape)

    def sum(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        return x.sum(axes)

    def matmul(self, x: Tensor, y: Tensor) -> Tensor:
        return jnp.matmul(x, y, precision=lax.Precision.HIGHEST)

    def transpose(self, x: Tensor) -> Tensor:
        return x.T

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return x.reshape(shape)

    def softmax(self, logits: Tensor) -> Tensor:
        return jax.nn.softmax(logits)

    def log_softmax(self, logits: Tensor) -> Tensor:
        return jax.nn.log_softmax(logits)

    def exp(self, x: Tensor) -> Tensor:
        return jnp.exp(x)

    def sqrt(self, x: Tensor) -> Tensor:
        return jnp.sqrt(x)

    def maximum(self, x: Tensor, y: Tensor) -> Tensor:
        return jnp.maximum(x, y)

    def take(self, x: Tensor, index: Tensor) -> Tensor:
        return x[index]

    def segment_sum(self, x: Tensor, index: Tensor, like: Tensor) -> Tensor:
        return jax.ops.segment_sum(x, index, len(like))


def _convolved(x: Tensor, kernel: Tensor, padding: list[tuple[int, int]], axes: tuple[str, str, str]) -> Tensor:
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=axes, precision=lax.Precision.HIGHEST)


def _around(kernel_shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Zeros before and after, down and across."""
    return [((size - 1) // 2, size // 2) for size in kernel_shape[:2]]


def _filled(batch: Tensor) -> Tensor:
    size = 1 << (len(batch) - 1).bit_length()
    return jnp.pad(batch, [(0, size - len(batch)), *[(0, 0)] * (batch.ndim - 1)])


def _telling_memory(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """XLA has one kind of error for all that goes wrong; a device without memory raises MemoryError, and here."""

    def run(*arguments: Any) -> Any:
        try:
            return jax.block_until_ready(compiled(*arguments))  # type: ignore[no-untyped-call]
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" in str(error):
                raise MemoryError(str(error)) from error
            raise

    return run
