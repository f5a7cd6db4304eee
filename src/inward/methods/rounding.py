"""Rounding: below it, no number of nodes makes a map more accurate."""

import numpy as np

from inward.arrays import Array, Inputs
from inward.errors import ArgumentError
from inward.methods.refinement import PROBES, Paths
from inward.model import Model, Objective

_MARGIN = 1.2  # other images round a little more than the first
_NUDGE = 0.25  # in shares of the backward pass's rounding: enough to change how each layer rounds, and little else


def rounding(model: Model, paths: Paths) -> float:
    """The relative L2 error that rounding leaves in a gradient of this model, measured on the first path.

        b = max |g(x, 3w) / 3 - g(x, w)| / |g(x, w)|,          w the objective's weights, times 3
        r = max |g(x + b x / 4, w) - g(x, w)| / |g(x, w)| / √2,   over the probes x;   times 1.2

    A gradient is linear in w, so a factor of 3 changes nothing but how the backward pass rounds. That says how
    small a nudge of the input makes every layer round anew, forward too; both gradients have then an error of
    r each, independent of the other's. So this measures float32, bfloat16 and mixtures alike, without knowing
    which it is. It takes nine gradients.

    Args:
        model: anything with the port `Model`.
        paths: of which the first is looked at.

    Returns:
        Without unit; 0 where the gradient is 0 or not finite.
    """
    start, end = paths.start[:1], paths.end[:1]
    alphas = np.array(PROBES, start.dtype).reshape(-1, *[1] * (start.ndim - 1))
    x, objective = start + alphas * (end - start), paths.objective.rows(np.zeros(len(PROBES), dtype=np.int64))

    def gradient(x: Inputs, times: int = 1) -> Array:
        found = model.gradient(x, Objective(times * objective.weights, objective.score)).at["input"]
        exact: Array = found.reshape(len(x), -1).astype(np.float64) / times
        return exact

    once = gradient(x)
    backward = _apart(gradient(x, 3), once)
    both = _apart(gradient((x + _NUDGE * backward * x).astype(x.dtype)), once) / np.sqrt(2)
    return float(_MARGIN * max(backward, both))


def _apart(other: Array, once: Array) -> float:
    """The largest relative L2 distance among the rows that have one."""
    with np.errstate(invalid="ignore"):
        apart, size = np.linalg.norm(other - once, axis=1), np.linalg.norm(once, axis=1)
    measured = (size > 0) & np.isfinite(apart)
    return float(np.divide(apart, size, out=np.zeros_like(size), where=measured).max())


def check_reachable(tolerance: float, least: float) -> None:
    """Refuse a tolerance that this model's arithmetic cannot reach.

    Raises:
        ArgumentError: says what it can.
    """
    if tolerance < least:
        expected = f"at least {least:.1g}, which is what rounding leaves of this model's gradient"
        remedy = "pass a larger tolerance, or run the model in float64 (in float32, if it runs in less)"
        raise ArgumentError("tolerance", expected, f"{tolerance:g}", remedy)
