"""Hand-written against automatic differentiation, and the fused path against the bare gradient."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from benchmarks import convolutions
from benchmarks.row import Row, Target
from benchmarks.subject import CLASSES, PRECISIONS, Subject
from benchmarks.tape import TapeGradient, TapeTraining
from benchmarks.timing import Job, alternating, ratios
from inward.arrays import Array
from inward.backends.tensorflow import TensorFlowOps
from inward.methods.integrated import integrated_gradients
from inward.model import Objective
from inward.network.learner import Learner
from inward.network.ops import Precision
from inward.network.recipes import RECIPES

Step = Callable[..., tuple[float, Array]]
_RATE = 1e-3
_SAME_COST: dict[Precision, float] = {"float32": 1e-4, "bfloat16": 2e-4}  # a step lowers the cost by 2.6e-3 of it
_SAME_GRADIENT = 1e-3
_FASTER: dict[Precision, Target] = {"float32": Target("at least", 1.04), "bfloat16": Target("at least", 1.3)}
_NEVER_SLOWER = Target("at least", 1.0)
_FUSED = Target("at least", 0.95)


def training_step(subject: Subject) -> Iterator[Row]:
    """A step as `inward train` takes it, from NumPy batch to the cost on the host, in each precision."""
    images, labels = subject.examples(subject.batch)
    for precision in PRECISIONS:
        hand, tape = by_hand(subject, precision), by_tape(subject, precision)
        for _ in range(3):
            (ours, _), (theirs, _) = hand(images, labels, _RATE), tape(images, labels, _RATE)
            _check_same([ours], [theirs], _SAME_COST[precision])  # Muon magnifies rounding that only logits show
        yield from _against_tape(
            f"training step, {subject.batch} images, {precision}",
            subject,
            partial(hand, images, labels, _RATE),
            partial(tape, images, labels, _RATE),
            convolutions.of_step(subject, precision),
            _FASTER[precision],
        )


def by_hand(subject: Subject, precision: Precision) -> Step:
    """The step of `inward train --recipe fast`."""
    recipe = RECIPES["cifar10"]["fast"]
    return Learner(TensorFlowOps(), subject.architecture, recipe, precision, subject.kernels()).learn


def by_tape(subject: Subject, precision: Precision) -> Step:
    """The same step with the tape's gradients."""
    return TapeTraining(subject.kernels(), RECIPES["cifar10"]["fast"], CLASSES, precision).learn


def input_gradient(subject: Subject) -> Iterator[Row]:
    """The network's gradient of one micro-batch, from NumPy to NumPy."""
    images, labels = subject.examples(subject.micro_batch)
    objective = Objective.of_classes(labels, CLASSES)
    hand, tape = subject.network(subject.micro_batch), TapeGradient(subject.kernels())
    ours = hand.gradient(images, objective)
    _check_same((ours.scores, ours.at["input"]), tape.gradient(images, objective.weights), _SAME_GRADIENT)
    yield from _against_tape(
        f"input gradient, {subject.micro_batch} images",
        subject,
        lambda: hand.gradient(images, objective),
        lambda: tape.gradient(images, objective.weights),
        convolutions.of_gradient(subject),
        _NEVER_SLOWER,
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


def refined(subject: Subject) -> Iterator[Row]:
    """Maps to a tolerance against `gradient` on the same network, in evaluations a second."""
    network, (images, labels) = subject.network(subject.micro_batch), subject.examples(subject.images)
    batch, classes = subject.examples(subject.micro_batch)
    objective = Objective.of_classes(classes, CLASSES)

    def maps() -> int:
        return int(integrated_gradients(network, images, labels, tolerance=1e-2).evaluations.sum())

    evaluations = maps()
    calls = max(1, evaluations // subject.micro_batch)

    def bare() -> None:
        for _ in range(calls):
            network.gradient(batch, objective)

    seconds = alternating({"maps": maps, "bare": bare}, subject.path_pairs, warm_ups=1)
    share = evaluations / (calls * subject.micro_batch)
    name = f"integrated_gradients to 1e-2, {subject.images} images"
    rates = [share * r for r in ratios(seconds["bare"], seconds["maps"])]
    yield Row.of(f"{name}: its rate / input gradient's", rates, _FUSED)


def _against_tape(what: str, subject: Subject, hand: Job, tape: Job, ceiling: Job, target: Target) -> Iterator[Row]:
    seconds = alternating({"ceiling": ceiling, "hand": hand, "tape": tape}, subject.pairs)
    by_hand = seconds["hand"]
    yield Row.of(f"{what}: tape / hand", ratios(seconds["tape"], by_hand), target)
    yield Row.of(f"{what}: convolutions / hand", ratios(seconds["ceiling"], by_hand))
    yield Row.of(f"{what}: hand", [1000 * s for s in by_hand], unit="ms", digits=1)


def _check_same(ours: Sequence[ArrayLike], theirs: Sequence[ArrayLike], tolerance: float) -> None:
    """A comparison of speed is worth something only where both compute the same."""
    for a, b in zip(ours, theirs, strict=True):
        distance = np.linalg.norm(np.subtract(a, b)) / np.linalg.norm(b)
        if not distance < tolerance:
            raise ArithmeticError(f"by hand and by tape differ by {distance:.1e}; their times are not comparable")
