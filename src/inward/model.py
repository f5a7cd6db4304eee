"""THE PORT: what every model is to every method. NumPy crosses it, batch first, channels last."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Indices, Inputs, Scores
from inward.errors import ArgumentError, ShapeError

ScoreName = Literal["logit", "probability", "log_probability", "sigmoid"]
SCORES: tuple[ScoreName, ...] = get_args(ScoreName)


def probabilities(logits: Scores) -> Scores:
    """Softmax over the last axis: p = exp(z) / Σ exp(z), without overflow."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    total: Array = exponentials.sum(axis=-1, keepdims=True)
    found: Scores = exponentials / total
    return found


def _log_probabilities(logits: Scores) -> Scores:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    total: Array = np.exp(shifted).sum(axis=-1, keepdims=True)
    found: Scores = shifted - np.log(total)
    return found


def _sigmoid(logits: Scores) -> Scores:
    found: Scores = np.exp(-np.logaddexp(0, -logits))
    return found


_TRANSFORMS: dict[ScoreName, Callable[[Scores], Scores]] = {
    "logit": lambda logits: logits,
    "probability": probabilities,
    "log_probability": _log_probabilities,
    "sigmoid": _sigmoid,
}


@dataclass(frozen=True)
class Layer:
    """One place in a network: its name, its kind, and its output's shape without the batch axis."""

    name: str
    kind: str
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Objective:
    """What is explained: s = Σ_k weights[k] · T(logits)[k], one s for each input.

    One-hot weights explain a class; a difference of one-hots explains a contrast ("horse
    rather than dog"); `log_probability` explains the training loss.

    Args:
        weights: (n, classes), a row for each input.
        score: T, one of `SCORES`.

    Raises:
        ArgumentError: for a score that is not one of `SCORES`.
        ShapeError: for weights that are not (n, classes).
    """

    weights: Array
    score: ScoreName = "logit"

    def __post_init__(self) -> None:
        if self.score not in SCORES:
            raise ArgumentError("score", f"one of {', '.join(SCORES)}", repr(self.score), "choose one of them")
        if self.weights.ndim != 2:
            raise ShapeError("objective weights", "(n, classes)", str(self.weights.shape), "one row an input")

    @classmethod
    def of_classes(cls, targets: ArrayLike, classes: int, score: ScoreName = "logit") -> "Objective":
        """The score of one class for each input: targets (n,) are indices of classes."""
        return cls(np.eye(classes)[np.asarray(targets)], score)

    def rows(self, index: Indices) -> "Objective":
        """The objective of the inputs at `index` (m,), repeated as it repeats."""
        return Objective(self.weights[index], self.score)

    def of(self, logits: Scores) -> Array:
        """s (n,) at logits (n, classes)."""
        weighted: Array = (self.weights * _TRANSFORMS[self.score](logits)).sum(axis=-1)
        return weighted.astype(logits.dtype, copy=False)


class Gradients(NamedTuple):
    """scores (n,): s itself; at: for each place asked for, ∂s/∂place (n, *shape of the place)."""

    scores: Array
    at: dict[str, Array]


class Rows(NamedTuple):
    """Points on the paths from start to end, flat, since images finish at different counts.

    image_index (m,) says whose path; alphas (m,) where on it, 0 being start and 1 end; weights
    (m, rules) how much the gradient there counts in each rule's sum.
    """

    image_index: Indices
    alphas: Array
    weights: Array


class PathGradient(NamedTuple):
    """scores (m,): s at each row; sums (n, rules, *shape): Σ weights · ∂s/∂x, per image and rule.

    micro_batch is how many rows were evaluated at a time.
    """

    scores: Array
    sums: Array
    micro_batch: int


@dataclass(frozen=True, eq=False)
class Spread:
    """How one layer's values were spread, before training and after every epoch: t = epochs + 1 points in time.

    edges (t, bins + 1) and counts (t, bins): a histogram for each point in time, over its own range.
    norms (t,): the Euclidean norm; of activations, its mean over the images.
    """

    edges: Array
    counts: Array
    norms: Array


@dataclass(frozen=True, eq=False)
class Formation:
    """How a network's mind formed, on a fixed sample of training images; each part by name, from input to output.

    weights: by weight. gradients: of the mean cost, by weight. activations: by layer.
    """

    weights: dict[str, Spread]
    gradients: dict[str, Spread]
    activations: dict[str, Spread]


@dataclass(frozen=True, eq=False)
class History:
    """Where a trained model comes from, for models that know it (as their attribute `history`).

    before: the weights before training, by name. metrics: columns by name, one value an epoch:
    epoch, train_cost, train_accuracy, test_cost, test_accuracy; costs in nats, accuracies in [0, 1].
    formation: how layers changed from epoch to epoch, where it was recorded.
    """

    before: dict[str, Array]
    metrics: dict[str, Array]
    formation: Formation | None = None


@runtime_checkable
class Model(Protocol):
    """What a model must offer; adapters fit it by structure."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From input (named "input") to output."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; may be empty."""
        ...

    def weights(self) -> dict[str, Array]:
        """Name -> array, in the order of the layers."""
        ...

    def scores(self, inputs: Inputs) -> Scores:
        """Logits (n, classes)."""
        ...

    def activations(self, inputs: Inputs, layers: Sequence[str]) -> dict[str, Array]:
        """For each layer asked for, its output (n, *shape)."""
        ...

    def gradient(self, inputs: Inputs, objective: Objective, at: Sequence[str] = ("input",)) -> Gradients:
        """The objective's gradient at each place asked for: the input, or layers."""
        ...

    def path_gradient(
        self, start: Inputs, end: Inputs, objective: Objective, rows: Rows, at: str = "input"
    ) -> PathGradient:
        """Scores along straight paths, and weighted sums of the gradients there."""
        ...


def path_gradient_by_gradient(
    model: Model,
    start: Inputs,
    end: Inputs,
    objective: Objective,
    rows: Rows,
    at: str = "input",
    *,
    micro_batch: int = 64,
) -> PathGradient:
    """The default `path_gradient`, written on `gradient`: right everywhere, fused nowhere.

        x_j = start_i + α_j (end_i - start_i),   sums_i,r = Σ_j w_j,r ∂s/∂x (x_j),   i = image_index_j

    Args:
        model: anything with `gradient`.
        start, end: (n, *shape), both ends of each path.
        objective: weights (n, classes).
        rows: the points; see `Rows`.
        at: where the gradient is wanted: "input", or a layer.
        micro_batch: rows evaluated at a time; memory grows with it and with nothing else.

    Returns:
        Scores (m,) and sums (n, rules, *shape of the place), summed in float64.

    Raises:
        ArgumentError: where there is no row.
    """
    scores: list[Array] = []
    sums: Array | None = None
    for chunk in micro_batches(rows, micro_batch):
        index = chunk.image_index
        alphas = chunk.alphas.astype(start.dtype).reshape(-1, *[1] * (start.ndim - 1))
        found = model.gradient(start[index] + alphas * (end[index] - start[index]), objective.rows(index), (at,))
        gradient = found.at[at]
        if sums is None:
            sums = np.zeros((len(start), rows.weights.shape[1], *gradient.shape[1:]))
        for rule in range(sums.shape[1]):
            weight = chunk.weights[:, rule].reshape(-1, *[1] * (gradient.ndim - 1))
            with np.errstate(invalid="ignore"):  # 0 · inf: whoever asked sees that the sum is not finite
                np.add.at(sums[:, rule], index, weight * gradient)
        scores.append(found.scores)
    if sums is None:
        raise ArgumentError("rows", "at least one point on a path", "none", "pass alphas")
    return PathGradient(np.concatenate(scores), sums.astype(start.dtype), micro_batch)


def micro_batches(rows: Rows, size: int) -> Iterable[Rows]:
    """The rows in order, `size` at a time."""
    for first in range(0, len(rows.alphas), size):
        part = slice(first, first + size)
        yield Rows(rows.image_index[part], rows.alphas[part], rows.weights[part])
