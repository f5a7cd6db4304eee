"""Fixed quadrature rules on [0, 1], each on alpha = t^power, with nested error estimates."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inward.arrays import Array
from inward.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Quadrature:
    """∫₀¹ f(α) dα ≈ Σ_j weights[j] f(alphas[j]).

    alphas (k,) ascend in [0, 1]; weights (k,) are positive and sum to one. coarse (k,) are the
    weights of the half-as-fine rule on the same nodes (0 where it has none), or None where there
    is no such rule. remaining is the share of |fine - coarse| that is taken as the fine rule's error.
    steps and power are those it was made with.
    """

    alphas: Array
    weights: Array
    coarse: Array | None
    remaining: float
    steps: int
    power: float


class _Rule(NamedTuple):
    """nodes: steps -> t ascending, weights in t; shared_from: first node of the half-as-fine rule."""

    nodes: Callable[[int], tuple[Array, Array]]
    shared_from: int | None = None
    remaining: float = math.nan


def _right_riemann(steps: int) -> tuple[Array, Array]:
    return np.linspace(0, 1, steps + 1)[1:], np.full(steps, 1 / steps)


def _midpoint(steps: int) -> tuple[Array, Array]:
    return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)


def _trapezoid(steps: int) -> tuple[Array, Array]:
    weights = np.full(steps + 1, 1 / steps)
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, steps + 1), weights


def _gauss_legendre(steps: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2


# A rule of order 1 leaves as much as halving gained. Order 2 leaves a third; kinks in the
# gradient lower the trapezoid's order, so it is charged a half.
_RULES: dict[str, _Rule] = {
    "right-riemann": _Rule(_right_riemann, shared_from=1, remaining=1.0),
    "midpoint": _Rule(_midpoint),
    "trapezoid": _Rule(_trapezoid, shared_from=0, remaining=0.5),
    "gauss-legendre": _Rule(_gauss_legendre),
}
RULES = tuple(_RULES)


def quadrature(rule: str, steps: int, power: float = 1.0) -> Quadrature:
    """Nodes and weights of a rule in t, carried over to alpha = t^power.

        ∫₀¹ f(α) dα = ∫₀¹ f(tᵖ) p tᵖ⁻¹ dt ≈ Σ_j w_j f(t_jᵖ),   w_j ∝ v_j p t_jᵖ⁻¹,   Σ_j w_j = 1

    The weights are divided by their sum, for a constant gradient (a linear model) must be exact
    at any number of steps; this costs no order of convergence.

    Args:
        rule: one of `RULES`.
        steps: the number of nodes; the trapezoid rule's number of intervals. It has steps + 1
            nodes at power 1, and steps above it, since the node at t = 0 weighs nothing and is dropped.
        power: p > 0; above 1 the nodes crowd at alpha = 0.

    Returns:
        `Quadrature`; `coarse` is there for the trapezoid and the right Riemann rule with even steps.

    Raises:
        ArgumentError: for an unknown rule, steps below 1, a power that is not positive and finite,
            or a power below 1 with the trapezoid rule, whose weight at t = 0 would be infinite.
    """
    chosen, steps, power = _checked(rule, steps, power)
    t, plain = chosen.nodes(steps)
    weights = _in_alpha(t, plain, power)
    kept = weights > 0
    coarse = None
    if chosen.shared_from is not None and steps % 2 == 0:
        coarse = np.zeros_like(weights)
        coarse[chosen.shared_from :: 2] = _in_alpha(*chosen.nodes(steps // 2), power)
        coarse = coarse[kept]
    return Quadrature(t[kept] ** power, weights[kept], coarse, chosen.remaining, steps, power)


def _in_alpha(t: Array, plain: Array, power: float) -> Array:
    """v p tᵖ⁻¹, normalised; p and the scale of t cancel, and dividing by the last t averts underflow."""
    weights = plain * (t / t[-1]) ** (power - 1)
    normalised: Array = weights / weights.sum()
    return normalised


def _checked(rule: str, steps: int, power: float) -> tuple[_Rule, int, float]:
    if rule not in _RULES:
        raise ArgumentError("rule", f"one of {', '.join(RULES)}", repr(rule), "choose one of them")
    try:
        steps, power = operator.index(steps), float(power)
    except (TypeError, ValueError):
        got = f"steps={steps!r}, power={power!r}"
        raise ArgumentError("steps and power", "a whole number and a number", got, "pass numbers") from None
    if steps < 1:
        raise ArgumentError("steps", "1 or more", str(steps), "pass steps=50, or more for a smaller error")
    if not (math.isfinite(power) and power > 0):
        raise ArgumentError("power", "positive and finite", str(power), "pass power=1 for the plain path")
    if rule == "trapezoid" and power < 1:
        raise ArgumentError("power", "1 or more with the trapezoid rule", str(power), "choose rule='midpoint'")
    return _RULES[rule], steps, power
