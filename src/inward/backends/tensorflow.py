"""TensorFlow's verbs, in a compiled graph: the fast default."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from inward.arrays import Array
from inward.network.ops import Precision


@contextmanager
def _chatter_held_back() -> Iterator[None]:
    """What C++ prints to the error stream at start-up would hide what inward says; it is shown if the start fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with tempfile.TemporaryFile() as held:
        stream = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stream, held.read())
            raise
        finally:
            os.dup2(stream, 2)
            os.close(stream)


with _chatter_held_back():
    import tensorflow as tf

Tensor = Any
_ONES = [1, 1, 1, 1]
_TWOS = [1, 2, 2, 1]
_FEW = 8  # channels, up to which a sum of shifted products is faster than the library's adjoint


def make_deterministic() -> None:
    """From here on, the process's kernels add in one order."""
    tf.config.experimental.enable_op_determinism()


class TensorFlowOps:
    """See `inward.network.ops.Ops`."""

    name = "tensorflow"
    exhausted: tuple[type[BaseException], ...] = (tf.errors.ResourceExhaustedError, MemoryError)

    def __init__(self, precision: Precision = "float32") -> None:
        self.precision = precision

    def to_device(self, array: Array) -> Tensor:
        return tf.constant(array.astype(self.precision) if array.dtype.kind == "f" else array)

    def to_host(self, tensor: Tensor) -> Array:
        return np.asarray(tensor)

    def cast(self, x: Tensor, precision: Precision) -> Tensor:
        return tf.cast(x, precision)

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        compiled: Callable[..., Any] = tf.function(function, reduce_retracing=True, autograph=False)
        return compiled

    def compile_batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        compiled: list[Callable[..., Any]] = []

        def run(kernels: Any, *batches: Any) -> Any:
            if not compiled:
                fixed = tf.nest.map_structure(tf.TensorSpec.from_tensor, kernels)
                free = [tf.TensorSpec([None, *batch.shape[1:]], batch.dtype) for batch in batches]
                compiled.append(tf.function(function, input_signature=[fixed, *free], autograph=False))
            return compiled[0](kernels, *batches)

        return run

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        """A bias of zeros, which adds nothing, lets TensorFlow make convolution and ELU one pass over the memory."""
        with tf.init_scope():  # a constant of the graph would be seen to be zero, and left out
            zeros = tf.zeros(kernel.shape[3], x.dtype)
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, strides=1, padding="SAME"), zeros)

    def convolve_input_adjoint(self, dy: Tensor, kernel: Tensor) -> Tensor:
        if kernel.shape[2] <= _FEW and kernel.shape[0] * kernel.shape[1] > 1:
            return _into_few_channels(dy, kernel)
        shape = tf.concat([tf.shape(dy)[:3], [kernel.shape[2]]], axis=0)
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=shape, filter=kernel, out_backprop=dy, strides=_ONES, padding="SAME"
        )

    def convolve_kernel_adjoint(self, x: Tensor, dy: Tensor, shape: tuple[int, ...]) -> Tensor:
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=shape, out_backprop=dy, strides=_ONES, padding="SAME"
        )

    def average_pool(self, x: Tensor) -> Tensor:
        return tf.nn.avg_pool2d(x, ksize=2, strides=2, padding="VALID")

    def average_pool_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        return tf.raw_ops.AvgPoolGrad(
            orig_input_shape=tf.shape(x), grad=dy, ksize=_TWOS, strides=_TWOS, padding="VALID"
        )

    def elu(self, x: Tensor) -> Tensor:
        return tf.nn.elu(x)

    def elu_slope_times(self, y: Tensor, dy: Tensor) -> Tensor:
        return tf.raw_ops.EluGrad(gradients=dy, outputs=y)

    def global_average(self, x: Tensor) -> Tensor:
        return tf.reduce_mean(x, (1, 2))

    def global_average_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        shape = tf.shape(x)
        share = dy / tf.cast(shape[1] * shape[2], dy.dtype)
        return tf.broadcast_to(share[:, None, None, :], shape)

    def sum(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        return tf.reduce_sum(x, axes)

    def matmul(self, x: Tensor, y: Tensor) -> Tensor:
        return tf.matmul(x, y)

    def transpose(self, x: Tensor) -> Tensor:
        return tf.transpose(x)

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return tf.reshape(x, shape)

    def softmax(self, logits: Tensor) -> Tensor:
        return tf.nn.softmax(logits)

    def log_softmax(self, logits: Tensor) -> Tensor:
        return tf.nn.log_softmax(logits)

    def exp(self, x: Tensor) -> Tensor:
        return tf.exp(x)

    def sqrt(self, x: Tensor) -> Tensor:
        return tf.sqrt(x)

    def maximum(self, x: Tensor, y: Tensor) -> Tensor:
        return tf.maximum(x, y)

    def take(self, x: Tensor, index: Tensor) -> Tensor:
        return tf.gather(x, index)

    def segment_sum(self, x: Tensor, index: Tensor, like: Tensor) -> Tensor:
        return tf.math.unsorted_segment_sum(x, index, tf.shape(like)[0])


def _into_few_channels(dy: Tensor, kernel: Tensor) -> Tensor:
    """The adjoint in x by its definition, for a few channels.

    t[i, j, (a, b, c)] = Σ_o dy[i, j, o] · kernel[a, b, c, o],   dx[i, j, c] = Σ_ab t[i - a, j - b, (a, b, c)]
    """
    kh, kw, c_in, c_out = kernel.shape
    h, w = tf.shape(dy)[1], tf.shape(dy)[2]
    top, left = (kh - 1) // 2, (kw - 1) // 2
    taps = tf.nn.conv2d(dy, tf.transpose(tf.reshape(kernel, (1, 1, kh * kw * c_in, c_out)), (0, 1, 3, 2)), 1, "SAME")
    padded = tf.pad(taps, ((0, 0), (kh - 1 - top, top), (kw - 1 - left, left), (0, 0)))

    def shifted(a: int, b: int) -> Tensor:
        first, down, right = (a * kw + b) * c_in, kh - 1 - a, kw - 1 - b
        return padded[:, down : down + h, right : right + w, first : first + c_in]

    return tf.add_n([shifted(a, b) for a in range(kh) for b in range(kw)])
