"""Training: steps of hand-written backpropagation, epoch after epoch, into a run folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inward.errors import ShapeError
from inward.network import run
from inward.network.allconv import initial_kernels
from inward.network.clock import Clock, Progress
from inward.network.examples import Examples, batches, prepared
from inward.network.learner import Learner, Tally
from inward.network.ops import Ops, Precision
from inward.network.recipes import Recipe


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
    history = run.Histograms(kernels)
    clock = Clock(recipe)
    epochs: list[run.Epoch] = []
    for epoch in range(recipe.epochs):
        tally = Tally()
        order = batches(len(examples.train_labels), recipe, np.random.default_rng([seed, 1, epoch]))
        for number, index in enumerate(order):
            images, labels = prepared(examples, index, recipe, epoch, np.random.default_rng([seed, 2, epoch, number]))
            cost, logits = learner.learn(images, labels, recipe.rate_at(epoch + number / len(order)))
            tally.add(cost, logits, labels)
            clock.tick(epoch, (number + 1) / len(order), len(labels))
            progress(clock.progress(epoch, number + 1, len(order), tally))
        test = learner.test(examples)
        epochs.append(run.Epoch(epoch + 1, tally.cost, tally.accuracy, test.cost, test.accuracy, clock.seconds))
        kernels = learner.kernels()
        history.add(kernels)
        run.finish_epoch(out, kernels, epochs, history)
        finished(epochs[-1])
    return epochs
