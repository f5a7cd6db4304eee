"""Training: steps of hand-written backpropagation, epoch after epoch, into a run folder."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Images, Indices
from inward.errors import FileError, InwardError, ShapeError
from inward.network import run
from inward.network.ahead import ahead
from inward.network.allconv import initial_kernels
from inward.network.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from inward.network.clock import Clock, Progress
from inward.network.examples import Examples, as_floats, batches, prepared
from inward.network.learner import Learner, Tally
from inward.network.ops import Ops
from inward.network.plan import Plan
from inward.recording.formation import Gathering
from inward.recording.histogram import Histograms

_SECONDS_BETWEEN = 120.0
_SAMPLE = 64  # training images that layers are recorded on


@dataclass(frozen=True)
class Watch:
    """What a training tells, and asks.

    Args:
        progress: called after every step.
        finished: called after every epoch.
        recorded: called with the epoch, its metrics and the layers' histograms, before training (epoch 0) and after
            every epoch; ahead of the checkpoint, so that a training taken up again has told every epoch.
        refused: called with why a checkpoint could not be used.
        stop: whether to stop after this step.
    """

    progress: Callable[[Progress], None] = lambda _: None
    finished: Callable[[run.Epoch], None] = lambda _: None
    recorded: Callable[[int, Mapping[str, float], Histograms], None] = lambda *_: None
    refused: Callable[[InwardError], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False


class Stopped(Exception):  # noqa: N818  it is no error
    """A training that stopped because it was asked to; its run can be inspected and resumed."""


def train(
    examples: Examples,
    plan: Plan,
    ops: Ops,
    out: Path,
    *,
    settings: dict[str, Any] | None = None,
    watch: Watch = Watch(),
    seconds_between: float = _SECONDS_BETWEEN,
) -> list[run.Epoch]:
    """Train the all-convolutional network by hand-written backpropagation.

    The run folder gets config.json, the initial weights and a checkpoint at once; checkpoints after every
    epoch and every two minutes; and after every epoch the weights, a row of metrics.csv and the layers'
    histograms. Test metrics are over all test images, at full size.

    Args:
        examples: the data.
        plan: what is trained, and how.
        ops: the backend that computes.
        out: the run folder, made where it is missing.
        settings: what else config.json should say (the command, versions).
        watch: what is told, and asked.
        seconds_between: checkpoints within an epoch.

    Returns:
        The rows of metrics.csv.

    Raises:
        ShapeError: where the images do not fit the architecture.
        FileError: where the run folder cannot be written.
        TrainingError: where the training has come to nothing.
        Stopped: where `watch.stop` said so.
    """
    _check_shape(examples, plan)
    kernels = initial_kernels(plan.architecture.layers(), plan.seed)
    run.start(out, plan, kernels, {"backend": ops.name} | (settings or {}))
    moments = plan.recipe.optimizer.start(kernels)
    begun = Checkpoint(0, 0, 0.0, 0, 0, 0.0, (), examples.fingerprint(), kernels, moments, {})
    training = _Training(examples, plan, ops, out, begun, watch, seconds_between)
    watch.recorded(0, {}, training.record())
    training.save()
    return training.go_on()


def resume(
    examples: Examples, ops: Ops, out: Path, *, watch: Watch = Watch(), seconds_between: float = _SECONDS_BETWEEN
) -> list[run.Epoch]:
    """Go on with a training from its last whole checkpoint.

    Args:
        examples: the data that it began with.
        ops: the backend that computes.
        out: the run folder.
        watch: what is told, and asked.
        seconds_between: checkpoints within an epoch.

    Returns:
        The rows of metrics.csv, those from before included.

    Raises:
        FileError: where the folder has no whole checkpoint of this plan, or the data are others.
        TrainingError, Stopped: as for `train`.
    """
    plan = run.read_plan(out)
    _check_shape(examples, plan)
    found, refused = read_checkpoint(out)
    for error in refused:
        watch.refused(error)
    _check_same(found, plan, examples, out)
    return _Training(examples, plan, ops, out, found, watch, seconds_between).go_on()


class _Training:
    """A training under way; its state is always that of a checkpoint to come."""

    def __init__(
        self, examples: Examples, plan: Plan, ops: Ops, out: Path, at: Checkpoint, watch: Watch, seconds_between: float
    ) -> None:
        self._examples, self._plan, self._out, self._watch, self._at = examples, plan, out, watch, at
        self._learner = Learner(ops, plan.architecture, plan.recipe, plan.precision, at.kernels, at.moments)
        self._gathering = Gathering(at.recorded)
        self._clock = Clock(plan.recipe, at.seconds)
        self._between, self._saved = seconds_between, time.monotonic()
        sample = np.random.default_rng([plan.seed, 3]).permutation(len(examples.train_labels))[:_SAMPLE]
        self._sample = as_floats(examples.train_images[sample]), examples.train_labels[sample]

    def go_on(self) -> list[run.Epoch]:
        """Every epoch that is left."""
        while self._at.epoch < self._plan.recipe.epochs:
            self._steps()
            self._finish_epoch()
        self._write()  # a kill may have come between the last checkpoint and this
        return list(self._at.epochs)

    def record(self) -> Histograms:
        """One more point in time of how layers form."""
        return self._gathering.add(self._learner.values(*self._sample))

    def save(self) -> None:
        """A checkpoint."""
        kernels, moments = self._learner.kernels(), self._learner.moments()
        recorded, seconds = self._gathering.arrays(), self._clock.seconds
        self._at = replace(self._at, kernels=kernels, moments=moments, recorded=recorded, seconds=seconds)
        write_checkpoint(self._out, self._at)
        self._saved = time.monotonic()

    def _steps(self) -> None:
        """The steps of this epoch that are left."""
        at, recipe = self._at, self._plan.recipe
        tally = Tally(at.cost, at.right, at.seen)
        steps = len(self._order())
        for step, (images, labels) in enumerate(self._batches(at.step), start=at.step):
            rate, where = recipe.rate_at(at.epoch + step / steps), f"epoch {at.epoch + 1}, step {step + 1}"
            cost, logits = self._learner.learn(images, labels, rate, where)
            tally.add(cost, logits, labels)
            self._at = replace(self._at, step=step + 1, cost=tally.summed, right=tally.right, seen=tally.seen)
            self._clock.tick(at.epoch, (step + 1) / steps, len(labels))
            self._watch.progress(self._clock.progress(at.epoch, step + 1, steps, tally))
            self._between_steps()

    def _between_steps(self) -> None:
        if self._watch.stop():
            self.save()
            self._write()
            raise Stopped(self._at.place)
        if time.monotonic() - self._saved > self._between:
            self.save()

    def _finish_epoch(self) -> None:
        at = self._at
        learnt, test = Tally(at.cost, at.right, at.seen), self._learner.test(self._examples)
        histograms = self.record()
        figures = (learnt.cost, learnt.accuracy, test.cost, test.accuracy, self._clock.seconds)
        row = run.Epoch(at.epoch + 1, *figures)
        self._watch.recorded(row.epoch, row.metrics, histograms)
        self._at = replace(at, epoch=at.epoch + 1, step=0, cost=0.0, right=0, seen=0, epochs=(*at.epochs, row))
        self.save()
        self._write()
        self._watch.finished(row)

    def _write(self) -> None:
        run.write_state(self._out, self._at.kernels, self._at.epochs, self._gathering)

    def _batches(self, first: int) -> Iterator[tuple[Images, Indices]]:
        """This epoch's batches from one on; each follows from the seed, the epoch and the step alone."""
        seed, recipe, epoch = self._plan.seed, self._plan.recipe, self._at.epoch
        makers = [
            partial(prepared, self._examples, index, recipe, epoch, np.random.default_rng([seed, 2, epoch, step]))
            for step, index in enumerate(self._order())
        ]
        return ahead(lambda make: make(), makers[first:])

    def _order(self) -> list[Indices]:
        order = np.random.default_rng([self._plan.seed, 1, self._at.epoch])
        return batches(len(self._examples.train_labels), self._plan.recipe, order)


def _check_shape(examples: Examples, plan: Plan) -> None:
    got, wanted = examples.train_images.shape[1:], plan.architecture.input_shape
    if got != wanted:
        raise ShapeError("training images", f"(n, *{wanted})", f"(n, *{got})", "choose other data")


def _check_same(found: Checkpoint, plan: Plan, examples: Examples, out: Path) -> None:
    """A checkpoint goes on only with the data and the plan it began with."""
    if found.data != examples.fingerprint():
        remedy = "restore the data it began with, or train anew"
        raise FileError(f"the data of {out}", "those it began with", "others", remedy)
    kernels = initial_kernels(plan.architecture.layers(), plan.seed)
    wanted = {name: {m: x.shape for m, x in of.items()} for name, of in plan.recipe.optimizer.start(kernels).items()}
    got = {name: {m: x.shape for m, x in of.items()} for name, of in found.moments.items()}
    shapes = {name: kernel.shape for name, kernel in kernels.items()}
    if wanted != got or shapes != {name: kernel.shape for name, kernel in found.kernels.items()}:
        raise FileError(f"the checkpoint of {out}", "one of this plan", "another's", "restore the folder's files")
