"""Hand-written against automatic differentiation, and the fused path against the bare gradient."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from benchmarks import convolutions
from benchmarks.row import Row, Target
from benchmarks.subject import CLASSES, Subject
from benchmarks.tape import TapeGradient, TapeTraining
from benchmarks.timing import Job, alternating, ratios
from inward.backends.tensorflow import TensorFlowOps
from inward.model import Objective
from inward.network.learner import Learner
from inward.network.recipes import RECIPES

_RATE = 1e-3
_SAME = 1e-3  # float32, after three steps
_NEVER_SLOWER = Target("at least", 1.0)
_FUSED = Target("at least", 0.95)


def training_step(subject: Subject) -> Iterator[Row]:
    """A step as `inward train` takes it, from NumPy batch to the cost on the host."""
    recipe, kernels = RECIPES["cifar10"]["fast"], subject.kernels()
    images, labels = subject.examples(subject.batch)
    hand = Learner(TensorFlowOps(), subject.architecture, recipe, "float32", kernels)
    tape = TapeTraining(kernels, recipe, CLASSES)
    for _ in range(3):
        _check_same(hand.learn(images, labels, _RATE), tape.learn(images, labels, _RATE))
    yield from _against_tape(
        f"training step, {subject.batch} images",
        subject,
        lambda: hand.learn(images, labels, _RATE),
        lambda: tape.learn(images, labels, _RATE),
        convolutions.of_step(subject),
    )


def input_gradient(subject: Subject) -> Iterator[Row]:
    """The network's gradient of one micro-batch, from NumPy to NumPy."""
    images, labels = subject.examples(subject.micro_batch)
    objective = Objective.of_classes(labels, CLASSES)
    hand, tape = subject.network(subject.micro_batch), TapeGradient(subject.kernels())
    ours = hand.gradient(images, objective)
    _check_same((ours.scores, ours.at["input"]), tape.gradient(images, objective.weights))
    yield from _against_tape(
        f"input gradient, {subject.micro_batch} images",
        subject,
        lambda: hand.gradient(images, objective),
        lambda: tape.gradient(images, objective.weights),
        convolutions.of_gradient(subject),
    )


def fused_path(subject: Subject) -> Iterator[Row]:
    """`path_gradient` against `gradient` on the same network, in evaluations a second."""
    network = subject.network(subject.micro_batch)
    path = subject.path(subject.nodes)
    images, labels = subject.examples(subject.micro_batch)
    objective = Objective.of_classes(labels, CLASSES)
    evaluations = subject.images * subject.nodes
    calls = max(1, evaluations // subject.micro_batch)

    def bare() -> None:
        for _ in range(calls):
            network.gradient(images, objective)

    seconds = alternating({"path": lambda: network.path_gradient(*path), "bare": bare}, subject.path_pairs, warm_ups=1)
    share = evaluations / (calls * subject.micro_batch)
    name = f"path_gradient, {subject.images} x {subject.nodes}"
    yield Row.of(
        f"{name}: its rate / input gradient's", [share * r for r in ratios(seconds["bare"], seconds["path"])], _FUSED
    )
    yield Row.of(f"{name}: its rate", [evaluations / s for s in seconds["path"]], unit="/s", digits=1)


def _against_tape(what: str, subject: Subject, hand: Job, tape: Job, ceiling: Job) -> Iterator[Row]:
    seconds = alternating({"ceiling": ceiling, "hand": hand, "tape": tape}, subject.pairs)
    by_hand = seconds["hand"]
    yield Row.of(f"{what}: tape / hand", ratios(seconds["tape"], by_hand), _NEVER_SLOWER)
    yield Row.of(f"{what}: convolutions / hand", ratios(seconds["ceiling"], by_hand))
    yield Row.of(f"{what}: hand", [1000 * s for s in by_hand], unit="ms", digits=1)


def _check_same(ours: Sequence[ArrayLike], theirs: Sequence[ArrayLike]) -> None:
    """A comparison of speed is worth something only where both compute the same."""
    for a, b in zip(ours, theirs, strict=True):
        distance = np.linalg.norm(np.subtract(a, b)) / np.linalg.norm(b)
        if not distance < _SAME:
            raise ArithmeticError(f"by hand and by tape differ by {distance:.1e}; their times are not comparable")
