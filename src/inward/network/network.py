"""The hand-written network as a `Model`: its own backward pass answers every question."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from inward.arrays import Array, Inputs, Scores, as_batch
from inward.errors import ArgumentError, OutOfMemoryError, ShapeError
from inward.model import Gradients, History, Layer, Objective, PathGradient, Rows
from inward.network import chain
from inward.network import layers as hand_written
from inward.network.heads import HEADS
from inward.network.memory import available_bytes
from inward.network.ops import Kernels, Ops, Tensor

_Found = TypeVar("_Found")
_MICRO_BATCH_BYTES = 256 * 2**20  # what one micro-batch's activations may take, where memory is plenty
_MEMORY_SHARE = 8  # and, where it is not, of what is there
_LARGEST_MICRO_BATCH = 256


class Network:
    """Layers, kernels and a backend: the hand-written network, fit for the port `Model`.

    Args:
        layers: the hand-written layers, from input to logits.
        kernels: weight's name -> kernel.
        ops: the backend's verbs.
        input_shape: (h, w, c) of one input.
        classes: the classes' names; may be empty.
        micro_batch: inputs evaluated at a time; None fits them to memory. Halved where the device runs out.
        history: the weights before training and the metrics of training, where they are known.

    Raises:
        ShapeError: where a kernel is missing or has another shape than its layer.
        ArgumentError: for a micro-batch below 1.
    """

    def __init__(
        self,
        layers: Sequence[hand_written.Layer],
        kernels: dict[str, Array],
        ops: Ops,
        input_shape: tuple[int, int, int],
        classes: Sequence[str] = (),
        micro_batch: int | None = None,
        history: History | None = None,
    ) -> None:
        if micro_batch is not None and micro_batch < 1:
            raise ArgumentError("micro_batch", "at least 1", str(micro_batch), "leave it out to fit memory")
        self._chain = tuple(layers)
        self._kernels = _checked_kernels(self._chain, kernels)
        self._ops = ops
        self.history = history
        self.classes = tuple(classes)
        self.layers = _described(self._chain, input_shape)
        self.micro_batch = micro_batch or _fitting_micro_batch(self.layers)
        self._on_device: Kernels = {name: ops.to_device(kernel) for name, kernel in self._kernels.items()}
        self._compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}

    @property
    def backend(self) -> str:
        """The name of the backend that computes."""
        return self._ops.name

    def weights(self) -> dict[str, Array]:
        """Weight's name -> kernel (kh, kw, c_in, c_out)."""
        return dict(self._kernels)

    def scores(self, inputs: Inputs) -> Scores:
        """Logits (n, classes); see `Model`."""
        return self._forward(inputs, ())["logits"]

    def activations(self, inputs: Inputs, layers: Sequence[str]) -> dict[str, Array]:
        """For each layer asked for, its output (n, *shape); see `Model`."""
        self._check_places(layers)
        found = self._forward(inputs, tuple(layers))
        return {name: found[name] for name in layers}

    def gradient(self, inputs: Inputs, objective: Objective, at: Sequence[str] = ("input",)) -> Gradients:
        """∂s/∂place by the hand-written backward pass; see `Model`."""
        inputs = self._checked(inputs)
        self._check_objective(objective, len(inputs))
        self._check_places(at)
        run = self._compile("gradient", objective.score, tuple(at))

        def taken(part: slice) -> tuple[Array, dict[str, Array]]:
            scores, places = run(self._on_device, *self._to_device(inputs[part], objective.weights[part]))
            return self._to_host(scores), {name: self._to_host(x) for name, x in places.items()}

        parts = list(self._fitting(len(inputs), taken))
        return Gradients(
            np.concatenate([scores for scores, _ in parts]),
            {name: np.concatenate([places[name] for _, places in parts]) for name in at},
        )

    def path_gradient(
        self, start: Inputs, end: Inputs, objective: Objective, rows: Rows, at: str = "input"
    ) -> PathGradient:
        """Points, scores, gradients and their weighted sums in one compiled function; see `Model`.

        Sums within a micro-batch are made on the device, sums over micro-batches in float64 on the host.
        """
        start, end = self._checked(start), self._checked(end)
        self._check_objective(objective, len(start))
        self._check_places((at,))
        rules = rows.weights.shape[1]
        run = self._compile("path", objective.score, at, rules)
        shape = next(layer.shape for layer in self.layers if layer.name == at)
        sums = np.zeros((len(start), rules, *shape))

        def taken(part: slice) -> Array:
            images, local = np.unique(rows.image_index[part], return_inverse=True)
            ends = self._to_device(start[images], end[images], objective.weights[images])
            points = self._to_device(rows.alphas[part], rows.weights[part])
            found, partial = run(self._on_device, *ends, local, *points)
            scores = self._to_host(found)
            sums[images] += np.stack([self._to_host(x) for x in partial], axis=1)
            return scores

        scores = list(self._fitting(len(rows.alphas), taken))
        return PathGradient(np.concatenate(scores), sums.astype(start.dtype), self.micro_batch)

    def _forward(self, inputs: Inputs, keep: tuple[str, ...]) -> dict[str, Array]:
        inputs = self._checked(inputs)
        run = self._compile("forward", keep)

        def taken(part: slice) -> dict[str, Array]:
            found = run(self._on_device, *self._to_device(inputs[part]))
            return {name: self._to_host(x) for name, x in found.items()}

        parts = list(self._fitting(len(inputs), taken))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _compile(self, verb: str, *settings: Any) -> Callable[..., Any]:
        key = (verb, *settings)
        if key not in self._compiled:
            make: Callable[..., Any] = getattr(self, f"_make_{verb}")
            self._compiled[key] = self._ops.compile_batched(make(*settings))
        return self._compiled[key]

    def _make_forward(self, keep: tuple[str, ...]) -> Callable[..., Any]:
        def run(kernels: Kernels, x: Tensor) -> dict[str, Tensor]:
            logits, _, kept = chain.forward(self._ops, self._chain, kernels, x, keep)
            return {**kept, "logits": logits}

        return run

    def _make_gradient(self, score: Any, at: tuple[str, ...]) -> Callable[..., Any]:
        def run(kernels: Kernels, x: Tensor, weights: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            logits, saved, _ = chain.forward(self._ops, self._chain, kernels, x)
            scores, dlogits = HEADS[score](self._ops, logits, weights)
            return scores, chain.backward(self._ops, self._chain, kernels, saved, dlogits, at)

        return run

    def _make_path(self, score: Any, at: str, rules: int) -> Callable[..., Any]:
        ops, gradient = self._ops, self._make_gradient(score, (at,))

        def run(
            kernels: Kernels,
            start: Tensor,
            end: Tensor,
            objective: Tensor,
            image: Tensor,
            alphas: Tensor,
            weights: Tensor,
        ) -> tuple[Tensor, list[Tensor]]:
            x0 = ops.take(start, image)
            x = x0 + alphas[:, None, None, None] * (ops.take(end, image) - x0)
            scores, places = gradient(kernels, x, ops.take(objective, image))
            dx = places[at]
            spread = (slice(None), *[None] * (len(dx.shape) - 1))
            sums = [ops.segment_sum(weights[:, rule][spread] * dx, image, start) for rule in range(rules)]
            return scores, sums

        return run

    def _to_device(self, *arrays: Array) -> list[Tensor]:
        return [self._ops.to_device(array) for array in arrays]

    def _to_host(self, tensor: Tensor) -> Array:
        return self._ops.to_host(tensor)

    def _fitting(self, n: int, run: Callable[[slice], _Found]) -> Iterator[_Found]:
        """What `run` finds in micro-batches; one that the device has no memory for is halved, for good."""
        first = 0
        while first < n:
            part = slice(first, first + self.micro_batch)
            try:
                found = run(part)
            except self._ops.exhausted as error:
                if self.micro_batch == 1:
                    remedy = "close other programs, or use a smaller input"
                    raise OutOfMemoryError("memory", "enough for one input", "less", remedy) from error
                self.micro_batch //= 2
                continue
            yield found
            first = part.stop

    def _checked(self, inputs: Inputs) -> Inputs:
        precision = np.float64 if self._ops.precision == "float64" else np.float32
        return as_batch(inputs, self.layers[0].shape).astype(precision, copy=False)

    def _check_objective(self, objective: Objective, n: int) -> None:
        wanted = (n, self.layers[-1].shape[0])
        if objective.weights.shape != wanted:
            raise ShapeError("objective weights", str(wanted), str(objective.weights.shape), "one row an input")

    def _check_places(self, places: Sequence[str]) -> None:
        names = [layer.name for layer in self.layers]
        for place in places:
            if place not in names:
                raise ArgumentError("layer", f"one of {', '.join(names)}", repr(place), "choose one of them")


def _described(layers: Sequence[hand_written.Layer], shape: tuple[int, ...]) -> tuple[Layer, ...]:
    found = [Layer("input", "input", tuple(shape))]
    for layer in layers:
        shape = layer.shape(shape)
        if min(shape) < 1:
            raise ShapeError(
                f"input of layer {layer.name}", "at least 2 x 2", "less", "use a larger input, or fewer pools"
            )
        found.append(Layer(layer.name, layer.kind, shape))
    return tuple(found)


def _fitting_micro_batch(layers: Sequence[Layer]) -> int:
    per_input = 4 * sum(int(np.prod(layer.shape)) for layer in layers)
    room = min(_MICRO_BATCH_BYTES, available_bytes() // _MEMORY_SHARE)
    fitting = max(1, min(_LARGEST_MICRO_BATCH, room // per_input))
    return fitting // 8 * 8 or fitting  # whole shares for every core


def _checked_kernels(layers: Sequence[hand_written.Layer], kernels: dict[str, Array]) -> dict[str, Array]:
    wanted = {layer.weight: layer.kernel_shape for layer in layers if isinstance(layer, hand_written.Convolution)}
    got = {name: kernel.shape for name, kernel in kernels.items()}
    if got != wanted:
        differing = sorted(name for name in wanted.keys() | got.keys() if wanted.get(name) != got.get(name))
        name = differing[0]
        raise ShapeError(
            f"weights of {name}",
            str(wanted.get(name, "absent")),
            str(got.get(name, "none")),
            "these weights belong to another network",
        )
    return {name: kernels[name] for name in wanted}
