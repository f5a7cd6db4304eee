"""The learner: kernels on the device, and the compiled step that moves them down the cost."""

import math

import numpy as np

from inward.arrays import Array, Images, Indices
from inward.network import chain
from inward.network.examples import Examples, as_floats
from inward.network.heads import HEADS
from inward.network.health import Health, diverged
from inward.network.layers import Elu
from inward.network.ops import Kernels, Ops, Precision, Tensor
from inward.network.plan import Architecture
from inward.network.recipes import Recipe
from inward.recording.formation import Values

_TEST_BATCH = 250
Host = dict[str, Array]


class Tally:
    """Mean cost and accuracy over the batches added."""

    def __init__(self, cost: float = 0.0, right: int = 0, seen: int = 0) -> None:
        self.summed, self.right, self.seen = cost, right, seen

    def add(self, cost: float, logits: Array, labels: Indices) -> None:
        self.summed += cost * len(labels)
        self.right += int((logits.argmax(axis=1) == labels).sum())
        self.seen += len(labels)

    @property
    def cost(self) -> float:
        return self.summed / self.seen

    @property
    def accuracy(self) -> float:
        return self.right / self.seen


class Learner:
    """The kernels and their moments on the device, and the compiled step that moves them.

    Args:
        ops: the backend that computes.
        architecture: what is trained.
        recipe: how.
        precision: of the convolutions.
        kernels: the weights to begin from.
        moments: what the optimizer remembers; None where it has not begun.
    """

    def __init__(
        self,
        ops: Ops,
        architecture: Architecture,
        recipe: Recipe,
        precision: Precision,
        kernels: Host,
        moments: dict[str, Host] | None = None,
    ) -> None:
        self._ops, self._recipe, self._precision = ops, recipe, precision
        self._layers = architecture.layers()
        self._classes = len(architecture.classes)
        self._kernels = {name: ops.to_device(kernel) for name, kernel in kernels.items()}
        remembered = recipe.optimizer.start(kernels) if moments is None else moments
        self._moments = {n: {m: ops.to_device(x) for m, x in of.items()} for n, of in remembered.items()}
        self._health = Health(self._classes)
        self._step = ops.compile(self._move)
        self._test = ops.compile(self._logits)
        self._look = ops.compile(self._values)

    def learn(self, images: Images, labels: Indices, rate: float, where: str = "a step") -> tuple[float, Array]:
        """One step; the batch's cost and logits before it.

        Raises:
            TrainingError: where numbers overflow, explode or die; the kernels stay those before the step.
        """
        targets = _targets(labels, self._classes, self._recipe.smoothing)
        batch = [self._ops.to_device(x) for x in (images, targets, np.array(rate, np.float32))]
        kernels, moments, cost, logits, lengths = self._step(self._kernels, self._moments, *batch)
        found = self._number(cost)
        measured = {name: (self._number(g), self._number(k)) for name, (g, k) in lengths.items()}
        if not math.isfinite(found) or not all(math.isfinite(x) for pair in measured.values() for x in pair):
            raise diverged(self._first_not_finite(images, measured), where, "numbers that are not finite")
        self._health.check(where, found, measured)
        self._kernels, self._moments = kernels, moments
        return found, self._ops.to_host(logits)

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

    def values(self, images: Images, labels: Indices) -> Values:
        """Weights, gradients of the mean cost, and activations, as they are on these images."""
        targets = _targets(labels, self._classes, self._recipe.smoothing)
        found = self._look(self._kernels, self._ops.to_device(images), self._ops.to_device(targets))
        on_host = {part: {n: self._ops.to_host(x) for n, x in tensors.items()} for part, tensors in found.items()}
        return {"weights": self.kernels(), **on_host}

    def kernels(self) -> Host:
        """The kernels as they are, on the host."""
        return {name: self._ops.to_host(kernel) for name, kernel in self._kernels.items()}

    def moments(self) -> dict[str, Host]:
        """What the optimizer remembers, on the host."""
        return {name: {m: self._ops.to_host(x) for m, x in of.items()} for name, of in self._moments.items()}

    def _logits(self, kernels: Kernels, images: Tensor) -> Tensor:
        return self._forward(kernels, images)[0]

    def _forward(self, kernels: Kernels, images: Tensor) -> tuple[Tensor, list[Tensor], Kernels]:
        ops, low = self._ops, self._precision
        kernels = {name: ops.cast(kernel, low) for name, kernel in kernels.items()}
        logits, saved, _ = chain.forward(ops, self._layers, kernels, ops.cast(images, low))
        return ops.cast(logits, ops.precision), saved, kernels

    def _move(
        self, kernels: Kernels, moments: dict[str, Kernels], images: Tensor, targets: Tensor, rate: Tensor
    ) -> tuple[Kernels, dict[str, Kernels], Tensor, Tensor, dict[str, tuple[Tensor, Tensor]]]:
        """Σ targets · log softmax(logits) is what rises; targets sum to one over the batch, so the cost is a mean."""
        ops = self._ops
        logits, saved, low = self._forward(kernels, images)
        scores, dlogits = HEADS["log_probability"](ops, logits, targets)
        rising = chain.backward_kernels(ops, self._layers, low, saved, ops.cast(dlogits, self._precision))
        gradients = {name: -ops.cast(dkernel, ops.precision) for name, dkernel in rising.items()}
        kernels, moments = self._recipe.optimizer.step(ops, kernels, moments, gradients, rate)
        lengths = {name: (self._length(g), self._length(kernels[name])) for name, g in gradients.items()}
        return kernels, moments, -ops.sum(scores, (0,)), logits, lengths

    def _values(self, kernels: Kernels, images: Tensor, targets: Tensor) -> dict[str, Kernels]:
        """In the backend's own precision, at full size."""
        ops = self._ops
        names = [layer.name for layer in self._layers if isinstance(layer, Elu)]
        logits, saved, activations = chain.forward(ops, self._layers, kernels, images, names)
        _, dlogits = HEADS["log_probability"](ops, logits, targets)
        return {
            "gradients": chain.backward_kernels(ops, self._layers, kernels, saved, -dlogits),
            "activations": activations,
        }

    def _number(self, x: Tensor) -> float:
        return float(self._ops.to_host(x))

    def _length(self, x: Tensor) -> Tensor:
        return self._ops.sqrt(self._ops.sum(x * x, (0, 1, 2, 3)))

    def _first_not_finite(self, images: Images, lengths: dict[str, tuple[float, float]]) -> str:
        """The first layer, forward and then backward, whose numbers are not finite."""
        ops, names = self._ops, [layer.name for layer in self._layers]
        low = {name: ops.cast(kernel, self._precision) for name, kernel in self._kernels.items()}
        x = ops.cast(ops.to_device(images), self._precision)
        _, _, outputs = chain.forward(ops, self._layers, low, x, names)
        for name in names:
            if not np.isfinite(ops.to_host(ops.cast(outputs[name], ops.precision))).all():
                return name
        return next(name for name in reversed(lengths) if not all(map(math.isfinite, lengths[name])))


def _targets(labels: Indices, classes: int, smoothing: float) -> Array:
    """(n, classes): smoothed labels, divided by n."""
    return ((1 - smoothing) * np.eye(classes)[labels] + smoothing / classes) / len(labels)
