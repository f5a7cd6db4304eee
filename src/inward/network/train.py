"""Training: steps of hand-written backpropagation, epoch after epoch, into a run folder."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array, Images, Indices
from inward.errors import ShapeError
from inward.network import chain, run
from inward.network.allconv import initial_kernels
from inward.network.augment import augmented, shrunk
from inward.network.heads import HEADS
from inward.network.ops import Kernels, Ops, Precision, Tensor
from inward.network.recipes import Recipe

_TEST_BATCH = 250


@dataclass(frozen=True)
class Examples:
    """Images uint8 (n, h, w, c) and labels (n,), to learn from and to be tested on."""

    train_images: Images
    train_labels: Indices
    test_images: Images
    test_labels: Indices


@dataclass(frozen=True)
class Progress:
    """Where a training is; cost and accuracy are this epoch's so far, on augmented images."""

    epoch: int
    epochs: int
    step: int
    steps: int
    cost: float
    accuracy: float
    images_per_second: float
    seconds_left: float


def train(
    examples: Examples,
    architecture: run.Architecture,
    recipe: Recipe,
    ops: Ops,
    out: Path,
    *,
    seed: int = 0,
    precision: Precision = "float32",
    settings: dict[str, Any] | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    finished: Callable[[run.Epoch], None] = lambda _: None,
) -> list[run.Epoch]:
    """Train the all-convolutional network by hand-written backpropagation.

    The run folder gets config.json and the initial weights at once; after every epoch the weights, a
    row of metrics.csv and the weights' histograms. Test metrics are over all test images, at full size.

    Args:
        examples: the data.
        architecture: what is trained.
        recipe: how.
        ops: the backend that computes.
        out: the run folder, made where it is missing.
        seed: of the initial weights, the order of the images and their augmentation.
        precision: of the convolutions; weights and moments stay in the backend's own.
        settings: what else config.json should say (the command, versions).
        progress: called after every step.
        finished: called after every epoch.

    Returns:
        The rows of metrics.csv.

    Raises:
        ShapeError: where the images do not fit the architecture.
        FileError: where the run folder cannot be written.
    """
    got = examples.train_images.shape[1:]
    if got != architecture.input_shape:
        raise ShapeError("training images", f"(n, *{architecture.input_shape})", f"(n, *{got})", "choose other data")
    kernels = initial_kernels(architecture.layers(), seed)
    config = {"architecture": architecture, "recipe": recipe, "seed": seed, "precision": precision, "backend": ops.name}
    run.start(out, config | (settings or {}), kernels)
    learner = Learner(ops, architecture, recipe, precision, kernels)
    random = np.random.default_rng([seed, 1])
    history = run.Histograms(kernels)
    clock = _Clock(recipe)
    epochs: list[run.Epoch] = []
    for epoch in range(recipe.epochs):
        tally = _Tally()
        batches = _batches(len(examples.train_labels), recipe, random)
        for number, index in enumerate(batches):
            images, labels = _prepared(examples, index, recipe, epoch, random)
            cost, logits = learner.learn(images, labels, _rate(recipe, epoch + number / len(batches)))
            tally.add(cost, logits, labels)
            clock.tick(recipe, epoch, (number + 1) / len(batches), len(labels))
            progress(clock.progress(recipe, epoch, number + 1, len(batches), tally))
        test = learner.test(examples)
        epochs.append(run.Epoch(epoch + 1, tally.cost, tally.accuracy, test.cost, test.accuracy, clock.seconds))
        kernels = learner.kernels()
        history.add(kernels)
        run.finish_epoch(out, kernels, epochs, history)
        finished(epochs[-1])
    return epochs


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
        self, ops: Ops, architecture: run.Architecture, recipe: Recipe, precision: Precision, kernels: dict[str, Array]
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

    def test(self, examples: Examples) -> "_Tally":
        """Cost and accuracy over all test images."""
        tally = _Tally()
        for first in range(0, len(examples.test_labels), _TEST_BATCH):
            part = slice(first, first + _TEST_BATCH)
            labels, images = examples.test_labels[part], _floats(examples.test_images[part])
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


class _Tally:
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


class _Clock:
    """Images a second and the time left, by the work done: a pixel is a pixel at any size."""

    def __init__(self, recipe: Recipe) -> None:
        self._start = time.perf_counter()
        self._epoch, self._images, self._since = -1, 0, self._start
        self._work = sum(_share(recipe, epoch) ** 2 for epoch in range(recipe.epochs))
        self._done = 0.0

    def tick(self, recipe: Recipe, epoch: int, part: float, images: int) -> None:
        if epoch != self._epoch:
            self._epoch, self._images, self._since = epoch, 0, time.perf_counter()
        self._images += images
        self._done = sum(_share(recipe, e) ** 2 for e in range(epoch)) + part * _share(recipe, epoch) ** 2

    def progress(self, recipe: Recipe, epoch: int, step: int, steps: int, tally: _Tally) -> Progress:
        speed = self._images / max(time.perf_counter() - self._since, 1e-9)
        left = self.seconds * (self._work / self._done - 1)
        return Progress(epoch + 1, recipe.epochs, step, steps, tally.cost, tally.accuracy, speed, left)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start


def _batches(n: int, recipe: Recipe, random: np.random.Generator) -> list[Indices]:
    """The epoch's batches of originals, in random order; the last ones short of a batch are left out."""
    size = min(n, recipe.batch // (1 + recipe.copies))
    order = random.permutation(n)
    return [order[first : first + size] for first in range(0, n - size + 1, size)]


def _prepared(
    examples: Examples, index: Indices, recipe: Recipe, epoch: int, random: np.random.Generator
) -> tuple[Images, Indices]:
    """The batch's originals and their copies, or one copy in place of each original, in this epoch's size."""
    originals = _floats(examples.train_images[index])
    copies = [augmented(originals, recipe.augmentation, random) for _ in range(max(1, recipe.copies))]
    images = np.concatenate([originals, *copies]) if recipe.copies else copies[0]
    return shrunk(images, _share(recipe, epoch)), np.tile(examples.train_labels[index], len(images) // len(index))


def _share(recipe: Recipe, epoch: int) -> float:
    return next(share for until, share in recipe.sizes if epoch < until * recipe.epochs)


def _rate(recipe: Recipe, epoch: float) -> float:
    """One cycle: up in a line, down by a cosine; `epoch` counts from 0, with its fraction."""
    if not recipe.warmup:
        return recipe.rate
    done = epoch / recipe.epochs
    if done < recipe.warmup:
        return recipe.rate * done / recipe.warmup
    return recipe.rate * (1 + cos(pi * (done - recipe.warmup) / (1 - recipe.warmup))) / 2


def _targets(labels: Indices, classes: int, smoothing: float) -> Array:
    """(n, classes): smoothed labels, divided by n."""
    return ((1 - smoothing) * np.eye(classes)[labels] + smoothing / classes) / len(labels)


def _floats(images: Images) -> Images:
    return images.astype(np.float32) / 255
