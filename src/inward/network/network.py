"""The hand-written network as a `Model`: its own backward pass answers every question."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from inward.arrays import Array, Inputs, Scores
from inward.batched import BatchedModel, Points
from inward.errors import ShapeError
from inward.model import History, Layer, ScoreName
from inward.network import chain
from inward.network import layers as hand_written
from inward.network.heads import HEADS
from inward.network.ops import Kernels, Ops, Tensor


class Network(BatchedModel):
    """Layers, kernels and a backend: the hand-written network, fit for the port `Model`.

    Args:
        layers: the hand-written layers, from input to logits.
        kernels: weight's name -> kernel (kh, kw, c_in, c_out).
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
        engine = _Chain(tuple(layers), _checked_kernels(layers, kernels), ops)
        super().__init__(engine, _described(layers, input_shape), classes, micro_batch, history)


class _Chain:
    """The hand-written layers as an `Engine`: forward, backward and path in one compiled function each."""

    def __init__(self, layers: tuple[hand_written.Layer, ...], kernels: Kernels, ops: Ops) -> None:
        self._chain, self._kernels, self._ops = layers, kernels, ops
        self.name, self.exhausted = ops.name, ops.exhausted
        self.dtype: type[np.floating] = np.float64 if ops.precision == "float64" else np.float32
        self._on_device: Kernels = {name: ops.to_device(kernel) for name, kernel in kernels.items()}
        self._compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def weights(self) -> dict[str, Array]:
        """See `Engine`."""
        return dict(self._kernels)

    def forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        """See `Engine`."""
        logits, kept = self._compile("forward", keep)(self._on_device, *self._to_device(inputs))
        return self._ops.to_host(logits), {name: self._ops.to_host(x) for name, x in kept.items()}

    def gradient(
        self, inputs: Inputs, objective: Array, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Array, dict[str, Array]]:
        """See `Engine`."""
        run = self._compile("gradient", score, at)
        scores, places = run(self._on_device, *self._to_device(inputs, objective))
        return self._ops.to_host(scores), {name: self._ops.to_host(x) for name, x in places.items()}

    def path(self, points: Points, score: ScoreName, at: str) -> tuple[Array, Array]:
        """See `Engine`."""
        run = self._compile("path", score, at, points.weights.shape[1])
        ends = self._to_device(points.start, points.end, points.objective)
        scores, sums = run(self._on_device, *ends, points.image, *self._to_device(points.alphas, points.weights))
        return self._ops.to_host(scores), np.stack([self._ops.to_host(x) for x in sums], axis=1)

    def _compile(self, verb: str, *settings: Any) -> Callable[..., Any]:
        key = (verb, *settings)
        if key not in self._compiled:
            make: Callable[..., Any] = getattr(self, f"_make_{verb}")
            self._compiled[key] = self._ops.compile_batched(make(*settings))
        return self._compiled[key]

    def _make_forward(self, keep: tuple[str, ...]) -> Callable[..., Any]:
        def run(kernels: Kernels, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            logits, _, kept = chain.forward(self._ops, self._chain, kernels, x, keep)
            return logits, kept

        return run

    def _make_gradient(self, score: ScoreName, at: tuple[str, ...]) -> Callable[..., Any]:
        def run(kernels: Kernels, x: Tensor, weights: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            logits, saved, _ = chain.forward(self._ops, self._chain, kernels, x)
            scores, dlogits = HEADS[score](self._ops, logits, weights)
            return scores, chain.backward(self._ops, self._chain, kernels, saved, dlogits, at)

        return run

    def _make_path(self, score: ScoreName, at: str, rules: int) -> Callable[..., Any]:
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
