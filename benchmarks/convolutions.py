"""The network's convolutions and nothing else: the ceiling, since every way of differentiating needs them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.subject import Subject
from inward.backends.tensorflow import TensorFlowOps
from inward.network.layers import Convolution
from inward.network.ops import Precision

Tensor = Any
Convolve = Callable[[], Tensor]
_OPS = TensorFlowOps()


def of_step(subject: Subject, precision: Precision) -> Callable[[], object]:
    """What a training step needs: each forward, each kernel's adjoint, each input's adjoint but the first."""
    forward, to_kernel, to_input = _convolutions(subject, subject.batch, precision)
    return _one_by_one([*forward, *to_kernel, *to_input[1:]])


def of_gradient(subject: Subject) -> Callable[[], object]:
    """What an input gradient needs: each forward and each input's adjoint."""
    forward, _, to_input = _convolutions(subject, subject.micro_batch, "float32")
    return _one_by_one([*forward, *to_input])


def _convolutions(
    subject: Subject, n: int, precision: Precision
) -> tuple[list[Convolve], list[Convolve], list[Convolve]]:
    """Forward, to the kernel, to the input: for each convolution, on random tensors of its shapes."""
    layers = subject.architecture.layers()
    shapes = [layer.shape for layer in subject.network().layers]
    found = [
        _of_layer(*(random_tensor(precision, *s) for s in ((n, *below), layer.kernel_shape, (n, *above))))
        for layer, below, above in zip(layers, shapes, shapes[1:], strict=False)
        if isinstance(layer, Convolution)
    ]
    forward, to_kernel, to_input = (list(verbs) for verbs in zip(*found, strict=True))
    return forward, to_kernel, to_input


def _of_layer(x: Tensor, kernel: Tensor, dy: Tensor) -> tuple[Convolve, Convolve, Convolve]:
    return (
        lambda: _OPS.convolve(x, kernel),
        lambda: _OPS.convolve_kernel_adjoint(x, dy, tuple(kernel.shape)),
        lambda: _OPS.convolve_input_adjoint(dy, kernel),
    )


def _one_by_one(verbs: list[Convolve]) -> Callable[[], object]:
    def run() -> Tensor:
        corners: list[Tensor] = []
        for verb in verbs:
            with tf.control_dependencies(corners[-1:]):  # in a row, as in the network
                corners.append(tf.cast(verb()[0, 0, 0, 0], tf.float32))
        return tf.stack(corners)

    compiled = tf.function(run, autograph=False)
    return lambda: np.asarray(compiled())


def random_tensor(precision: Precision, *shape: int) -> Tensor:
    """Normal numbers, always the same."""
    return tf.cast(tf.random.stateless_normal(shape, seed=(0, 0)), precision)
