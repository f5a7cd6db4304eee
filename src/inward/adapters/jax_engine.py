"""What JAX runs: compiled for a few sizes of micro-batches, gradients at layers by moving them by nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from inward.adapters.jax_runtime import named_errors, shapes, wide
from inward.adapters.outputs import OUTPUT, chosen
from inward.adapters.preprocessing import Preprocessing
from inward.adapters.running import TRACED, Running, seen
from inward.adapters.tap import Tap
from inward.adapters.wrapping import Place, Wrapping
from inward.arrays import Array, Inputs, Scores
from inward.batched import Points
from inward.errors import ScoreError
from inward.model import ScoreName

Tensor = Any
State = Any
"""A tree of tensors."""
_SCORES: dict[ScoreName, Callable[[Tensor], Tensor]] = {
    "logit": lambda z: z,
    "probability": jax.nn.softmax,
    "log_probability": jax.nn.log_softmax,
    "sigmoid": jax.nn.sigmoid,
}
_LOGITS: dict[str, Callable[[Tensor], Tensor]] = {
    "logits": lambda z: z,
    "softmax": lambda p: jnp.log(jnp.maximum(p, np.finfo(p.dtype).tiny)),
    "sigmoid": lambda p: jnp.log(p) - jnp.log1p(-p),
}


class Stateless(Running, Protocol):
    """A model that is a pure function of its state and a batch."""

    @property
    def built(self) -> bool:
        """Whether all variables are there; else the first run makes them."""
        ...

    def state(self) -> State:
        """The present values of all variables."""
        ...

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None, state: State | None = None) -> Any:
        """See `Running`; state, where it is given, stands for the variables' values."""
        ...


class JaxEngine:
    """A model of JAX as an `Engine`.

    Args:
        running: the model.
        wrapping: how it is fed and read.
    """

    name = "jax"
    exhausted: tuple[type[BaseException], ...] = (MemoryError,)

    def __init__(self, running: Stateless, wrapping: Wrapping) -> None:
        self._running, self._wrapping = running, replace(wrapping, constants=_on_host(wrapping.constants))
        self._inside = jnp.dtype(running.dtype)
        self.dtype: type[np.floating] = np.float64 if self._inside == jnp.float64 else np.float32
        self._functions: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def weights(self) -> dict[str, Array]:
        """In the model's own layout; half precisions as float32."""
        return {name: self._to_host(weight) for name, weight in self._running.weights().items()}

    def trace(self) -> tuple[list[Place], int]:
        """The layers in the order in which they finish, and the number of classes.

        Shapes alone are computed, unless variables are still to be made, or a layer sits inside a loop of JAX's own,
        whose values never come out of it: that one is no place, which a run on numbers tells.
        """
        tap = Tap()

        def run(state: State, x: Tensor) -> tuple[Tensor, list[Tensor]]:
            logits = self._logits(state, x, tap)
            return logits, [self._outward(value) for value in tap.values.values()]

        with wide(self._inside), named_errors():
            x = jnp.zeros((TRACED, *self._wrapping.input_shape), self.dtype)
            known = shapes(run, self._running.state(), x) if self._running.built else None
            if known is None:
                tap = Tap()
                known = run(None, x)
        logits, values = known
        tap.values = dict(zip(tap.values, values, strict=True))
        return seen(tap, _is_float, lambda value: value), logits.shape[1]

    def forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        """See `Engine`."""

        def run(state: State, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            tap = Tap(keep)
            logits = self._logits(state, x, tap if keep else None)
            return logits, {name: self._outward(value) for name, value in tap.values.items()}

        n = len(inputs)
        logits, kept = self._compiled(("forward", keep), run, inputs)
        found = {name: value[:n] for name, value in kept.items()}
        return logits[:n], found | ({"input": inputs} if "input" in keep else {})

    def gradient(
        self, inputs: Inputs, objective: Array, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Array, dict[str, Array]]:
        """See `Engine`."""

        def run(state: State, x: Tensor, objective: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            return self._gradient(state, x, objective, score, at)

        n = len(inputs)
        scores, places = self._compiled(("gradient", score, at), run, inputs, objective)
        return scores[:n], {name: places[name][:n] for name in at}

    def path(self, points: Points, score: ScoreName, at: str) -> tuple[Array, Array]:
        """See `Engine`."""

        def run(
            state: State, start: Tensor, end: Tensor, objective: Tensor, image: Tensor, alphas: Tensor, weights: Tensor
        ) -> tuple[Tensor, Tensor]:
            x0 = start[image]
            x = x0 + _spread(alphas, x0) * (end[image] - x0)
            scores, places = self._gradient(state, x, objective[image], score, (at,))
            weighted = [_spread(column, places[at]) * places[at] for column in weights.T]
            return scores, jnp.stack([jax.ops.segment_sum(part, image, len(start)) for part in weighted], 1)

        images, rows = len(points.start), len(points.alphas)
        weights = _padded(points.weights, _size(rows))
        weights[rows:] = 0
        ends = [_padded(x, _size(rows)) for x in (points.start, points.end, points.objective)]
        scores, sums = self._compiled(("path", score, at), run, *ends, points.image, points.alphas, weights)
        return scores[:rows], sums[:images]

    def _compiled(self, key: tuple[Any, ...], function: Callable[..., Any], *batches: Array) -> Any:
        """What it finds for batches, on the host; compiled anew for every power of two alone."""
        compiled = self._functions.setdefault(key, jax.jit(function))
        padded = [_padded(batch, _size(len(batch))) for batch in batches]
        with wide(self._inside), named_errors():
            return jax.tree.map(self._to_host, compiled(self._running.state(), *padded))

    def _gradient(
        self, state: State, x: Tensor, objective: Tensor, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        inner = tuple(name for name in at if name != "input")

        def values(state: State, x: Tensor) -> dict[str, Tensor]:
            tap = Tap(inner)
            self._logits(state, x, tap)
            return tap.values

        @jax.jit  # what Flax transforms inside, nnx.remat say, runs in a trace of its own, but not in a derivative's
        def scored(state: State, x: Tensor, moved: dict[str, Tensor]) -> Tensor:
            tap = Tap(inner, lambda name, value: watched(name, value + moved[name]))
            logits = self._logits(state, watched("input", x), tap if inner else None)
            return (objective * _SCORES[score](logits)).sum(-1)

        watched, reached = _watch()
        nothing = {
            name: jnp.zeros(value.shape, value.dtype)
            for name, value in (jax.eval_shape(values, state, x) if inner else {}).items()
        }
        scores, pull = jax.vjp(partial(scored, state), x, nothing)
        dx, dmoved = pull(jnp.ones_like(scores))
        if not reached or ("input" in at and "input" not in reached):
            raise _no_gradient()
        places = {name: self._outward(gradient) for name, gradient in dmoved.items()}
        return scores, {name: dx if name == "input" else places[name].astype(self.dtype) for name in at}

    def _logits(self, state: State | None, x: Tensor, tap: Tap | None) -> Tensor:
        """From what a person sees, channels last, to logits."""
        wrapping, preprocess = self._wrapping, self._wrapping.preprocess
        if isinstance(preprocess, Preprocessing):
            x = preprocess(x, lambda array: jnp.asarray(array, self.dtype), lambda x: x[..., ::-1])
        x = jnp.moveaxis(x, -1, 1) if wrapping.channels_first else x
        x = preprocess(x) if callable(preprocess) and not isinstance(preprocess, Preprocessing) else x
        constants = wrapping.constants_for(len(x), jnp.asarray)
        found = self._running(x.astype(self._inside), constants, tap, state)
        logits = chosen(found, wrapping.output, _is_tensor)
        logits = logits if tap is None else tap(OUTPUT, logits, OUTPUT)
        return _LOGITS[wrapping.ends_in](logits.astype(self.dtype))

    def _outward(self, value: Tensor) -> Tensor:
        """Channels last."""
        return jnp.moveaxis(value, 1, -1) if self._wrapping.channels_first and value.ndim > 3 else value

    def _to_host(self, tensor: Tensor) -> Array:
        return np.asarray(tensor).astype(self.dtype, copy=False)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, jax.Array)


def _on_host(constants: Mapping[str, Any]) -> dict[str, Any]:
    """JAX's own arrays as NumPy's, which are repeated for each image; keys of random numbers stay."""
    return {
        name: np.asarray(value) if _is_tensor(value) and not jnp.issubdtype(value.dtype, jax.dtypes.prng_key) else value
        for name, value in constants.items()
    }


def _is_float(value: Tensor) -> bool:
    return jnp.issubdtype(value.dtype, jnp.floating) and not isinstance(value, jax.core.Tracer)


def _size(n: int) -> int:
    """The power of two that holds n."""
    return 1 << (n - 1).bit_length()


def _padded(batch: Array, size: int) -> Array:
    """The last entry over again until there are as many as asked for."""
    return batch[np.minimum(np.arange(size), len(batch) - 1)]


def _spread(factors: Tensor, like: Tensor) -> Tensor:
    """One number for each input, with as many axes as the inputs have."""
    return factors.reshape(-1, *[1] * (like.ndim - 1))


def _watch() -> tuple[Callable[[str, Tensor], Tensor], set[str]]:
    """The identity, and the names of the values that a gradient has come back through it to."""
    reached: set[str] = set()

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def watched(_: str, x: Tensor) -> Tensor:
        return x

    def backward(name: str, _: None, dx: Tensor) -> tuple[Tensor]:
        reached.add(name)
        return (dx,)

    watched.defvjp(lambda _, x: (x, None), backward)
    return watched, reached


def _no_gradient() -> ScoreError:
    remedy = "look for argmax, rounding, integers, numpy or stop_gradient between input and output"
    return ScoreError("gradient of the score", "defined at the input", "none", remedy)
