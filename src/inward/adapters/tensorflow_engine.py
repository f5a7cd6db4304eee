"""What TensorFlow runs, evaluated in compiled graphs: Keras models on TensorFlow, and TensorFlow's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from inward.adapters.outputs import OUTPUT, chosen
from inward.adapters.preprocessing import Preprocessing
from inward.adapters.running import TRACED, Running, seen
from inward.adapters.tap import Tap
from inward.adapters.wrapping import Place, Wrapping
from inward.arrays import Array, Inputs, Scores
from inward.batched import Points
from inward.errors import ArgumentError, ScoreError
from inward.model import ScoreName

Tensor = Any
_SCORES: dict[ScoreName, Callable[[Tensor], Tensor]] = {
    "logit": lambda z: z,
    "probability": tf.nn.softmax,
    "log_probability": tf.nn.log_softmax,
    "sigmoid": tf.sigmoid,
}
_LOGITS: dict[str, Callable[[Tensor], Tensor]] = {
    "logits": lambda z: z,
    "softmax": lambda p: tf.math.log(tf.maximum(p, np.finfo(p.dtype.as_numpy_dtype).tiny)),
    "sigmoid": lambda p: tf.math.log(p) - tf.math.log1p(-p),
}


class TensorFlowEngine:
    """A model of TensorFlow as an `Engine`: one graph for each question, for micro-batches of any length.

    Args:
        running: the model.
        wrapping: how it is fed and read.
    """

    name = "tensorflow"
    exhausted: tuple[type[BaseException], ...] = (tf.errors.ResourceExhaustedError, MemoryError)

    def __init__(self, running: Running, wrapping: Wrapping) -> None:
        self._running, self._wrapping = running, wrapping
        self._inside = tf.as_dtype(running.dtype)
        self._outside = tf.float64 if self._inside == tf.float64 else tf.float32
        self.dtype: type[np.floating] = self._outside.as_numpy_dtype
        self._graphs: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def weights(self) -> dict[str, Array]:
        """In the model's own layout; half precisions as float32."""
        return {name: self._to_host(weight) for name, weight in self._running.weights().items()}

    def trace(self) -> tuple[list[Place], int]:
        """The layers in the order in which they finish, and the number of classes.

        A layer inside a loop of TensorFlow's own, whose values never come out of it, is no place.

        Raises:
            ArgumentError: for a layout that this device cannot compute.
        """
        x = tf.zeros((TRACED, *self._wrapping.input_shape), self._outside)
        try:
            self._logits(x, None)  # which also makes the variables of a model that has none yet
        except tf.errors.UnimplementedError as error:
            if not self._wrapping.channels_first:
                raise
            expected, remedy = "one that this device can compute", "use a GPU, or build the model with channels last"
            raise ArgumentError("model's layout", expected, self._wrapping.layout, remedy) from error
        places: list[Place] = []

        def run(x: Tensor) -> Tensor:
            tap = Tap()
            logits = self._logits(x, tap)
            places.extend(seen(tap, lambda v: v.dtype.is_floating and v.graph is logits.graph, self._outward))
            return logits

        logits = tf.function(run, autograph=False).get_concrete_function(tf.TensorSpec(x.shape, x.dtype)).outputs[0]
        return places, logits.shape[1]

    def forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        """See `Engine`."""

        def run(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            tap = Tap(keep)
            logits = self._logits(x, tap if keep else None)
            return logits, {name: self._outward(value) for name, value in tap.values.items()}

        logits, kept = self._compiled(("forward", keep), run, self._tensor(inputs))
        found = {name: self._to_host(value) for name, value in kept.items()}
        return self._to_host(logits), found | ({"input": inputs} if "input" in keep else {})

    def gradient(
        self, inputs: Inputs, objective: Array, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Array, dict[str, Array]]:
        """See `Engine`."""

        def run(x: Tensor, objective: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            return self._gradient(x, objective, score, at)

        batches = self._tensor(inputs), self._tensor(objective)
        scores, places = self._compiled(("gradient", score, at), run, *batches)
        return self._to_host(scores), {name: self._to_host(x) for name, x in places.items()}

    def path(self, points: Points, score: ScoreName, at: str) -> tuple[Array, Array]:
        """See `Engine`."""
        rules = points.weights.shape[1]

        def run(
            start: Tensor, end: Tensor, objective: Tensor, image: Tensor, alphas: Tensor, weights: Tensor
        ) -> tuple[Tensor, Tensor]:
            x0 = tf.gather(start, image)
            x = x0 + _spread(alphas, x0) * (tf.gather(end, image) - x0)
            scores, places = self._gradient(x, tf.gather(objective, image), score, (at,))
            gradient = places[at]
            weighted = [_spread(weights[:, rule], gradient) * gradient for rule in range(rules)]
            sums = [tf.math.unsorted_segment_sum(part, image, tf.shape(start)[0]) for part in weighted]
            return scores, tf.stack(sums, 1)

        ends = [self._tensor(x) for x in (points.start, points.end, points.objective)]
        rows = [tf.constant(points.image), self._tensor(points.alphas), self._tensor(points.weights)]
        scores, sums = self._compiled(("path", score, at, rules), run, *ends, *rows)
        return self._to_host(scores), self._to_host(sums)

    def _compiled(self, key: tuple[Any, ...], function: Callable[..., Any], *batches: Tensor) -> Any:
        if key not in self._graphs:
            free = [tf.TensorSpec([None, *batch.shape[1:]], batch.dtype) for batch in batches]
            self._graphs[key] = tf.function(function, autograph=False).get_concrete_function(*free)
        return self._graphs[key](*batches)

    def _gradient(
        self, x: Tensor, objective: Tensor, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        inner = tuple(name for name in at if name != "input")
        with tf.GradientTape() as tape:
            tape.watch(x)
            wanted = {"input": x} if "input" in at else {}

            def watched(name: str, value: Tensor) -> Tensor:
                wanted[name] = tf.identity(value)  # apart from other uses of the same value
                tape.watch(wanted[name])
                return wanted[name]

            logits = self._logits(x, Tap(inner, watched) if inner else None)
            scores = tf.reduce_sum(objective * _SCORES[score](logits), -1)
        found = tape.gradient(scores, {"any": x} | wanted)
        if found["any"] is None:
            raise _no_gradient()
        places = {}
        for name in at:
            gradient = tf.zeros_like(wanted[name]) if found[name] is None else tf.convert_to_tensor(found[name])
            places[name] = tf.cast(gradient if name == "input" else self._outward(gradient), self._outside)
        return scores, places

    def _logits(self, x: Tensor, tap: Tap | None) -> Tensor:
        """From what a person sees, channels last, to logits."""
        wrapping, preprocess = self._wrapping, self._wrapping.preprocess
        if isinstance(preprocess, Preprocessing):
            x = preprocess(x, lambda array: tf.constant(array, self._outside), lambda x: tf.reverse(x, [-1]))
        x = tf.transpose(x, [0, len(x.shape) - 1, *range(1, len(x.shape) - 1)]) if wrapping.channels_first else x
        x = preprocess(x) if callable(preprocess) and not isinstance(preprocess, Preprocessing) else x
        constants = wrapping.constants_for(tf.shape(x)[0], tf.convert_to_tensor, tf.repeat)
        found = self._running(tf.cast(x, self._inside), constants, tap)
        logits = chosen(found, wrapping.output, tf.is_tensor)
        logits = logits if tap is None else tap(OUTPUT, logits, OUTPUT)
        return _LOGITS[wrapping.ends_in](tf.cast(logits, self._outside))

    def _outward(self, value: Tensor) -> Tensor:
        """Channels last."""
        axes = len(value.shape)
        return tf.transpose(value, [0, *range(2, axes), 1]) if self._wrapping.channels_first and axes > 3 else value

    def _tensor(self, array: Array) -> Tensor:
        return tf.constant(array, self._outside)

    def _to_host(self, tensor: Tensor) -> Array:
        found: Array = tf.cast(tensor, self._outside).numpy()
        return found


def _spread(factors: Tensor, like: Tensor) -> Tensor:
    """One number for each input, with as many axes as the inputs have."""
    return tf.reshape(factors, [-1, *[1] * (len(like.shape) - 1)])


def _no_gradient() -> ScoreError:
    remedy = "look for argmax, rounding, integers, numpy or tf.stop_gradient between input and output"
    return ScoreError("gradient of the score", "defined at the input", "none", remedy)
