"""Where a training step's time goes: each layer forward and backward, its arithmetic, and the machine's peak."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import tensorflow as tf

from benchmarks.convolutions import random_tensor
from benchmarks.speed import by_hand
from benchmarks.subject import PRECISIONS, Subject
from inward.backends.tensorflow import TensorFlowOps
from inward.network.layers import Convolution, Layer
from inward.network.ops import Precision

_OPS = TensorFlowOps()
_RUNS = 5
_BILLION = 1e9
HEADS = ("layer", "forward", "to the input", "to the kernel", "GFLOP", "GFLOP/s", "of the peak")


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a layer's parts (None where it has no such part), and its arithmetic in GFLOP."""

    name: str
    forward: float
    to_input: float | None
    to_kernel: float | None
    gflop: float

    @property
    def milliseconds(self) -> float:
        """Of all its parts."""
        return self.forward + (self.to_input or 0.0) + (self.to_kernel or 0.0)

    def cells(self, peak: float) -> tuple[str, ...]:
        """The table's row."""
        parts = ("" if part is None else f"{part:,.1f}" for part in (self.forward, self.to_input, self.to_kernel))
        speed = 1000 * self.gflop / self.milliseconds
        work = (f"{self.gflop:,.1f}", f"{speed:,.0f}", f"{speed / peak:.0%}") if self.gflop else ("", "", "")
        return (self.name, *parts, *work)


def layer_tables(subject: Subject) -> Iterator[str]:
    """A Markdown table for each precision, with its sum, the whole step's time and the machine's peak."""
    for precision in PRECISIONS:
        peak, costs = _peak(subject, precision), list(_costs(subject, precision))
        whole = _whole_step(subject, precision)
        total = Cost(
            "sum",
            sum(cost.forward for cost in costs),
            sum(cost.to_input or 0.0 for cost in costs),
            sum(cost.to_kernel or 0.0 for cost in costs),
            sum(cost.gflop for cost in costs),
        )
        rows = [HEADS, ("---",) * len(HEADS), *(cost.cells(peak) for cost in (*costs, total))]
        yield "\n".join(
            [
                f"### {precision}, {subject.batch} images, in milliseconds",
                "",
                *(f"| {' | '.join(row)} |" for row in rows),
                "",
                f"Peak: {peak:,.0f} GFLOP/s, by the product of two square matrices of {subject.peak_side:,} rows.",
                f"The whole step takes {whole:,.0f} ms; the parts together {total.milliseconds:,.0f} ms.",
            ]
        )


def _costs(subject: Subject, precision: Precision) -> Iterator[Cost]:
    layers, shapes = subject.architecture.layers(), [layer.shape for layer in subject.network().layers]
    for number, (layer, below, above) in enumerate(zip(layers, shapes, shapes[1:], strict=False)):
        yield _cost(layer, (subject.batch, *below), (subject.batch, *above), precision, first=number == 0)


def _cost(layer: Layer, below: tuple[int, ...], above: tuple[int, ...], precision: Precision, first: bool) -> Cost:
    x, dy = random_tensor(precision, *below), random_tensor(precision, *above)
    if not isinstance(layer, Convolution):
        _, saved = layer.forward(_OPS, x, None)
        forward = _milliseconds(lambda x: layer.forward(_OPS, x, None)[0], x)
        return Cost(
            layer.name, forward, _milliseconds(lambda dy, s: layer.backward(_OPS, dy, s, None), dy, saved), None, 0
        )
    kernel = random_tensor(precision, *layer.kernel_shape)
    kh, kw, c_in, c_out = layer.kernel_shape
    passes = 2 if first else 3  # nobody asks for the gradient at the image
    return Cost(
        layer.name,
        _milliseconds(lambda x, k: layer.forward(_OPS, x, k)[0], x, kernel),
        None if first else _milliseconds(lambda dy, k: layer.backward(_OPS, dy, x, k), dy, kernel),
        _milliseconds(lambda dy, x: layer.backward_kernel(_OPS, dy, x), dy, x),
        passes * 2 * above[0] * above[1] * above[2] * kh * kw * c_in * c_out / _BILLION,
    )


def _peak(subject: Subject, precision: Precision) -> float:
    side = subject.peak_side
    x = random_tensor(precision, side, side)
    return 2 * side**3 / _BILLION / _milliseconds(_OPS.matmul, x, x) * 1000


def _whole_step(subject: Subject, precision: Precision) -> float:
    step, batch = by_hand(subject, precision), subject.examples(subject.batch)
    return _median_time(lambda: step(*batch, 1e-3))


def _milliseconds(verb: Callable[..., Any], *tensors: Any) -> float:
    compiled = tf.function(verb, autograph=False)
    return _median_time(lambda: compiled(*tensors))


def _median_time(job: Callable[[], object]) -> float:
    job()
    job()
    found = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        job()
        found.append(1000 * (time.perf_counter() - start))
    return median(found)
