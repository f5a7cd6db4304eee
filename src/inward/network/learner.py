"""The learner: kernels on the device, and the compiled step that moves them down the cost."""

import numpy as np

from inward.arrays import Array, Images, Indices
from inward.network import chain
from inward.network.examples import Examples, as_floats
from inward.network.heads import HEADS
from inward.network.ops import Kernels, Ops, Precision, Tensor
from inward.network.recipes import Recipe
from inward.network.run import Architecture

_TEST_BATCH = 250


class Tally:
    """Mean cost and accuracy over the batches added."""

    def __init__(self) -> None:
        self._cost, self._right, self._n = 0.0, 0, 0

    def add(self, cost: float, logits: Array, labels: Indices) -> None:
        self._cost += cost * len(labels)
        self._right += int((logits.argmax(axis=1) == labels).sum())
        self._n += len(labels)

    @property
    def cost(self) -> float:
        return self._cost / self._n

    @property
    def accuracy(self) -> float:
        return self._right / self._n


class Learner:
    """The kernels and their moments on the device, and the compiled step that moves them.

    Args:
        ops: the backend that computes.
        architecture: what is trained.
        recipe: how.
        precision: of the convolutions.
        kernels: the weights to begin from.
    """

    def __init__(
        self, ops: Ops, architecture: Architecture, recipe: Recipe, precision: Precision, kernels: dict[str, Array]
    ) -> None:
        self._ops, self._recipe, self._precision = ops, recipe, precision
        self._layers = architecture.layers()
        self._classes = len(architecture.classes)
        self._kernels = {name: ops.to_device(kernel) for name, kernel in kernels.items()}
        zeros = recipe.optimizer.start(kernels)
        self._moments = {n: {m: ops.to_device(x) for m, x in of.items()} for n, of in zeros.items()}
        self._step = ops.compile(self._move)
        self._test = ops.compile(self._logits)

    def learn(self, images: Images, labels: Indices, rate: float) -> tuple[float, Array]:
        """One step; the batch's cost and logits before it."""
        targets = _targets(labels, self._classes, self._recipe.smoothing)
        batch = [self._ops.to_device(x) for x in (images, targets, np.array(rate, np.float32))]
        self._kernels, self._moments, cost, logits = self._step(self._kernels, self._moments, *batch)
        return float(self._ops.to_host(cost)), self._ops.to_host(logits)

    def test(self, examples: Examples) -> Tally:
        """Cost and accuracy over all test images."""
        tally = Tally()
        for first in range(0, len(examples.test_labels), _TEST_BATCH):
            part = slice(first, first + _TEST_BATCH)
            labels, images = examples.test_labels[part], as_floats(examples.test_images[part])
            logits = self._ops.to_host(self._test(self._kernels, self._ops.to_device(images)))
            shifted = logits - logits.max(axis=1, keepdims=True)
            log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            tally.add(float(-log_p[np.arange(len(labels)), labels].mean()), logits, labels)
        return tally

    def kernels(self) -> dict[str, Array]:
        """The kernels as they are, on the host."""
        return {name: self._ops.to_host(kernel) for name, kernel in self._kernels.items()}

    def _logits(self, kernels: Kernels, images: Tensor) -> Tensor:
        return self._forward(kernels, images)[0]

    def _forward(self, kernels: Kernels, images: Tensor) -> tuple[Tensor, list[Tensor], Kernels]:
        ops, low = self._ops, self._precision
        kernels = {name: ops.cast(kernel, low) for name, kernel in kernels.items()}
        logits, saved, _ = chain.forward(ops, self._layers, kernels, ops.cast(images, low))
        return ops.cast(logits, ops.precision), saved, kernels

    def _move(
        self, kernels: Kernels, moments: dict[str, Kernels], images: Tensor, targets: Tensor, rate: Tensor
    ) -> tuple[Kernels, dict[str, Kernels], Tensor, Tensor]:
        """Σ targets · log softmax(logits) is what rises; targets sum to one over the batch, so the cost is a mean."""
        ops = self._ops
        logits, saved, low = self._forward(kernels, images)
        scores, dlogits = HEADS["log_probability"](ops, logits, targets)
        rising = chain.backward_kernels(ops, self._layers, low, saved, ops.cast(dlogits, self._precision))
        gradients = {name: -ops.cast(dkernel, ops.precision) for name, dkernel in rising.items()}
        kernels, moments = self._recipe.optimizer.step(ops, kernels, moments, gradients, rate)
        return kernels, moments, -ops.sum(scores, (0,)), logits


def _targets(labels: Indices, classes: int, smoothing: float) -> Array:
    """(n, classes): smoothed labels, divided by n."""
    return ((1 - smoothing) * np.eye(classes)[labels] + smoothing / classes) / len(labels)
