"""The same network by TensorFlow's automatic differentiation: what the hand-written one is held against."""

from typing import Any

import numpy as np
import tensorflow as tf

from inward.arrays import Array, Images, Indices
from inward.backends.tensorflow import TensorFlowOps
from inward.network.recipes import Recipe

Tensor = Any
_OPS = TensorFlowOps()


def logits(x: Tensor, kernels: list[Tensor]) -> Tensor:
    """The network in TensorFlow's own words: a pool after each of the first two thirds."""
    group = len(kernels) // 3
    for number, kernel in enumerate(kernels, start=1):
        x = tf.nn.elu(tf.nn.conv2d(x, kernel, 1, "SAME"))
        if number in (group, 2 * group):
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    return tf.reduce_mean(x, (1, 2))


class TapeTraining:
    """Training steps whose gradients the tape finds; the optimizer's arithmetic is the same object's.

    Args:
        kernels: the weights to begin from.
        recipe: its smoothing and optimizer.
        classes: how many.
        precision: of the convolutions; weights and moments stay float32.
    """

    def __init__(self, kernels: dict[str, Array], recipe: Recipe, classes: int, precision: str = "float32") -> None:
        self._kernels = {name: tf.constant(kernel) for name, kernel in kernels.items()}
        start = recipe.optimizer.start(kernels)
        self._moments = {name: {m: tf.constant(x) for m, x in of.items()} for name, of in start.items()}
        self._recipe, self._classes, self._precision = recipe, classes, precision
        self._step = tf.function(self._move, autograph=False)

    def learn(self, images: Images, labels: Indices, rate: float) -> tuple[float, Array]:
        """One step; the batch's cost and logits before it."""
        smoothing = self._recipe.smoothing
        targets = ((1 - smoothing) * np.eye(self._classes)[labels] + smoothing / self._classes).astype(np.float32)
        batch = tf.constant(images), tf.constant(targets), tf.constant(rate, tf.float32)
        self._kernels, self._moments, cost, z = self._step(self._kernels, self._moments, *batch)
        return float(cost), np.asarray(z)

    def _move(self, kernels: Any, moments: Any, images: Tensor, targets: Tensor, rate: Tensor) -> tuple[Any, ...]:
        with tf.GradientTape() as tape:
            tape.watch(kernels)
            low = [tf.cast(kernel, self._precision) for kernel in kernels.values()]
            z = tf.cast(logits(tf.cast(images, self._precision), low), tf.float32)
            cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, z))
        gradients = tape.gradient(cost, kernels)
        kernels, moments = self._recipe.optimizer.step(_OPS, kernels, moments, gradients, rate)
        return kernels, moments, cost, z


class TapeGradient:
    """The gradient of weighted logits at the input."""

    def __init__(self, kernels: dict[str, Array]) -> None:
        self._kernels = [tf.constant(kernel) for kernel in kernels.values()]
        self._run = tf.function(self._gradient, autograph=False)

    def gradient(self, images: Images, weights: Array) -> tuple[Array, Array]:
        """Scores (n,) and their gradients, shaped like the images."""
        scores, dx = self._run(tf.constant(images), tf.constant(weights.astype(np.float32)))
        return np.asarray(scores), np.asarray(dx)

    def _gradient(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = tf.reduce_sum(weights * logits(x, self._kernels), 1)
        return scores, tape.gradient(scores, x)
