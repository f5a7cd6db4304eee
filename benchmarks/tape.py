"""The same network by TensorFlow's automatic differentiation: what the hand-written one is held against."""

from typing import Any

import numpy as np
import tensorflow as tf

from inward.arrays import Array, Images, Indices
from inward.network.recipes import Recipe

Tensor = Any


def logits(x: Tensor, kernels: list[Tensor]) -> Tensor:
    """The network in TensorFlow's own words: a pool after each of the first two thirds."""
    group = len(kernels) // 3
    for number, kernel in enumerate(kernels, start=1):
        x = tf.nn.elu(tf.nn.conv2d(x, kernel, 1, "SAME"))
        if number in (group, 2 * group):
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    return tf.reduce_mean(x, (1, 2))


class TapeTraining:
    """Training steps with the optimizer's arithmetic of `inward.network.optimizer`, in place on variables."""

    def __init__(self, kernels: dict[str, Array], recipe: Recipe, classes: int) -> None:
        self._kernels = [tf.Variable(kernel) for kernel in kernels.values()]
        self._moments = [[tf.Variable(np.zeros_like(kernel)) for _ in range(3)] for kernel in kernels.values()]
        self._recipe, self._classes = recipe, classes
        self._step = tf.function(self._move, autograph=False)

    def learn(self, images: Images, labels: Indices, rate: float) -> tuple[float, Array]:
        """One step; the batch's cost and logits before it."""
        smoothing = self._recipe.smoothing
        targets = ((1 - smoothing) * np.eye(self._classes)[labels] + smoothing / self._classes).astype(np.float32)
        cost, z = self._step(tf.constant(images), tf.constant(targets), tf.constant(rate, tf.float32))
        return float(cost), np.asarray(z)

    def _move(self, images: Tensor, targets: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            z = logits(images, self._kernels)
            cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, z))
        gradients = tape.gradient(cost, self._kernels)
        for kernel, (m, v, v_hat), g in zip(self._kernels, self._moments, gradients, strict=True):
            self._amsgrad(kernel, m, v, v_hat, g, rate)
        return cost, z

    def _amsgrad(self, kernel: Tensor, m: Tensor, v: Tensor, v_hat: Tensor, g: Tensor, rate: Tensor) -> None:
        how = self._recipe.optimizer
        m.assign(how.beta1 * m + (1 - how.beta1) * g)
        v.assign(how.beta2 * v + (1 - how.beta2) * g * g)
        v_hat.assign(tf.maximum(v_hat, v))
        kernel.assign_sub(rate * (m / (tf.sqrt(v_hat) + 1e-8) + how.decay * kernel))


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
