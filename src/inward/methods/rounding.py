"""Rounding: below it, no number of nodes makes a map more accurate."""

import numpy as np

from inward.errors import ArgumentError
from inward.methods.refinement import PROBES, Paths
from inward.model import Model, Objective

_MARGIN = 1.5  # other images round a little more than the first


def rounding(model: Model, paths: Paths) -> float:
    """The relative L2 error that rounding leaves in a gradient of this model, measured on the first path.

        max over the probes of |g(3w) / 3 - g(w)| / |g(w)|,   w the objective's weights, times 3/2

    A gradient is linear in w, and a factor of 3 makes the backward pass round differently; so this measures
    float32, bfloat16 and mixtures alike, without knowing which it is. It takes six gradients.

    Args:
        model: anything with the port `Model`.
        paths: of which the first is looked at.

    Returns:
        Without unit; 0 where the gradient is 0 or not finite.
    """
    start, end = paths.start[:1], paths.end[:1]
    alphas = np.array(PROBES, start.dtype).reshape(-1, *[1] * (start.ndim - 1))
    x, objective = start + alphas * (end - start), paths.objective.rows(np.zeros(len(PROBES), dtype=np.int64))
    thrice = Objective(3 * objective.weights, objective.score)
    once, other = (
        model.gradient(x, asked).at["input"].reshape(len(x), -1).astype(np.float64) for asked in (objective, thrice)
    )
    with np.errstate(invalid="ignore"):
        apart, size = np.linalg.norm(other / 3 - once, axis=1), np.linalg.norm(once, axis=1)
    measured = (size > 0) & np.isfinite(apart)
    return _MARGIN * float(np.divide(apart, size, out=np.zeros_like(size), where=measured).max())


def check_reachable(tolerance: float, least: float) -> None:
    """Refuse a tolerance that this model's arithmetic cannot reach.

    Raises:
        ArgumentError: says what it can.
    """
    if tolerance < least:
        expected = f"at least {least:.1g}, which is what rounding leaves of this model's gradient"
        remedy = "pass a larger tolerance, or run the model in float64 (in float32, if it runs in less)"
        raise ArgumentError("tolerance", expected, f"{tolerance:g}", remedy)
