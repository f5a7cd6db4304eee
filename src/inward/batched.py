"""The port `Model` in micro-batches, for whatever can evaluate one of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from inward.arrays import Array, Indices, Inputs, Scores, as_batch
from inward.errors import ArgumentError, OutOfMemoryError, ShapeError
from inward.memory import available_bytes
from inward.model import Gradients, History, Layer, Objective, PathGradient, Rows, ScoreName

_Found = TypeVar("_Found")
_MICRO_BATCH_BYTES = 256 * 2**20  # what one micro-batch's activations may take, where memory is plenty
_MEMORY_SHARE = 8  # and, where it is not, of what is there
_LARGEST_MICRO_BATCH = 256


class Points(NamedTuple):
    """Points on the paths of a micro-batch: start, end (k, ...), objective (k, classes) and whose path each is on.

    image (m,): rows of start and end; alphas (m,); weights (m, rules): see `inward.model.Rows`.
    """

    start: Inputs
    end: Inputs
    objective: Array
    image: Indices
    alphas: Array
    weights: Array


class Engine(Protocol):
    """Evaluates one micro-batch; NumPy crosses it, batch first, channels last."""

    @property
    def name(self) -> str:
        """Of the framework that computes."""
        ...

    @property
    def dtype(self) -> type[np.floating]:
        """Of what crosses: float64 where the model computes in it, else float32."""
        ...

    @property
    def exhausted(self) -> tuple[type[BaseException], ...]:
        """What it raises where the device has no memory left."""
        ...

    def weights(self) -> dict[str, Array]:
        """Name -> array, in the order of the layers."""
        ...

    def forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        """Logits (n, classes), and the outputs of the layers to keep."""
        ...

    def gradient(
        self, inputs: Inputs, objective: Array, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Array, dict[str, Array]]:
        """s (n,), and ∂s/∂place for each place; objective (n, classes)."""
        ...

    def path(self, points: Points, score: ScoreName, at: str) -> tuple[Array, Array]:
        """s (m,), and the weighted sums of ∂s/∂place (k, rules, *shape of the place)."""
        ...


class BatchedModel:
    """A `Model` whose engine is handed as many inputs at a time as its device has memory for.

    Args:
        engine: what evaluates a micro-batch.
        layers: from input (named "input") to logits.
        classes: the classes' names; may be empty.
        micro_batch: inputs evaluated at a time; None fits them to memory. Halved where the device runs out.
        history: the weights before training and the metrics of training, where they are known.

    Raises:
        ArgumentError: for a micro-batch below 1.
    """

    def __init__(
        self,
        engine: Engine,
        layers: Sequence[Layer],
        classes: Sequence[str] = (),
        micro_batch: int | None = None,
        history: History | None = None,
    ) -> None:
        if micro_batch is not None and micro_batch < 1:
            raise ArgumentError("micro_batch", "at least 1", str(micro_batch), "leave it out to fit memory")
        self._engine = engine
        self.layers = tuple(layers)
        self.classes = tuple(classes)
        self.history = history
        self.micro_batch = micro_batch or fitting_micro_batch(self.layers)

    @property
    def backend(self) -> str:
        """The name of what computes."""
        return self._engine.name

    @property
    def in_training(self) -> tuple[str, ...]:
        """Layers that came in training mode, where the engine knows of modes; it computes in evaluation mode."""
        told = getattr(self._engine, "in_training", None)
        return tuple(told()) if told else ()

    def weights(self) -> dict[str, Array]:
        """Name -> array; see `Model`."""
        return self._engine.weights()

    def scores(self, inputs: Inputs) -> Scores:
        """Logits (n, classes); see `Model`."""
        return self._forward(inputs, ())[0]

    def activations(self, inputs: Inputs, layers: Sequence[str]) -> dict[str, Array]:
        """For each layer asked for, its output (n, *shape); see `Model`."""
        self._check_places(layers)
        scores, found = self._forward(inputs, tuple(layers))
        seen = {self.layers[-1].name: scores} | found  # the scores may be made outside of every layer
        return {name: seen[name] for name in layers}

    def gradient(self, inputs: Inputs, objective: Objective, at: Sequence[str] = ("input",)) -> Gradients:
        """∂s/∂place; see `Model`."""
        inputs = self._checked(inputs)
        self._check_objective(objective, len(inputs))
        self._check_places(at)
        weights = objective.weights.astype(self._engine.dtype, copy=False)

        def taken(part: slice) -> tuple[Array, dict[str, Array]]:
            return self._engine.gradient(inputs[part], weights[part], objective.score, tuple(at))

        return Gradients(*_joined(list(self._fitting(len(inputs), taken))))

    def path_gradient(
        self, start: Inputs, end: Inputs, objective: Objective, rows: Rows, at: str = "input"
    ) -> PathGradient:
        """Scores and weighted sums of gradients, points and all made on the device; see `Model`.

        Sums over micro-batches are made in float64 on the host.
        """
        start, end = self._checked(start), self._checked(end)
        self._check_objective(objective, len(start))
        self._check_places((at,))
        shape = next(layer.shape for layer in self.layers if layer.name == at)
        sums = np.zeros((len(start), rows.weights.shape[1], *shape))
        weights, alphas, counted = (
            x.astype(self._engine.dtype, copy=False) for x in (objective.weights, rows.alphas, rows.weights)
        )

        def taken(part: slice) -> Array:
            images, local = np.unique(rows.image_index[part], return_inverse=True)
            points = Points(start[images], end[images], weights[images], local, alphas[part], counted[part])
            scores, partial = self._engine.path(points, objective.score, at)
            sums[images] += partial
            return scores

        scores = list(self._fitting(len(rows.alphas), taken))
        return PathGradient(np.concatenate(scores), sums.astype(start.dtype), self.micro_batch)

    def _forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        inputs = self._checked(inputs)

        def taken(part: slice) -> tuple[Scores, dict[str, Array]]:
            return self._engine.forward(inputs[part], keep)

        return _joined(list(self._fitting(len(inputs), taken)))

    def _fitting(self, n: int, run: Callable[[slice], _Found]) -> Iterator[_Found]:
        """What `run` finds in micro-batches; one that the device has no memory for is halved, for good."""
        first = 0
        while first < n:
            part = slice(first, first + self.micro_batch)
            try:
                found = run(part)
            except self._engine.exhausted as error:
                if self.micro_batch == 1:
                    remedy = "close other programs, or use a smaller input"
                    raise OutOfMemoryError("memory", "enough for one input", "less", remedy) from error
                self.micro_batch //= 2
                continue
            yield found
            first = part.stop

    def _checked(self, inputs: Inputs) -> Inputs:
        return as_batch(inputs, self.layers[0].shape).astype(self._engine.dtype, copy=False)

    def _check_objective(self, objective: Objective, n: int) -> None:
        wanted = (n, self.layers[-1].shape[0])
        if objective.weights.shape != wanted:
            raise ShapeError("objective weights", str(wanted), str(objective.weights.shape), "one row an input")

    def _check_places(self, places: Sequence[str]) -> None:
        names = [layer.name for layer in self.layers]
        for place in places:
            if place not in names:
                raise ArgumentError("layer", f"one of {', '.join(names)}", repr(place), "choose one of them")


def fitting_micro_batch(layers: Sequence[Layer]) -> int:
    """As many inputs as memory likes, by what their activations take in float32."""
    per_input = 4 * sum(int(np.prod(layer.shape)) for layer in layers)
    room = min(_MICRO_BATCH_BYTES, available_bytes() // _MEMORY_SHARE)
    fitting = max(1, min(_LARGEST_MICRO_BATCH, room // per_input))
    return fitting // 8 * 8 or fitting  # whole shares for every core


def _joined(parts: list[tuple[Array, dict[str, Array]]]) -> tuple[Array, dict[str, Array]]:
    firsts = np.concatenate([first for first, _ in parts])
    return firsts, {name: np.concatenate([places[name] for _, places in parts]) for name in parts[0][1]}
