"""Attribution: a map in units of the score, and how far to trust it."""

from dataclasses import dataclass

import numpy as np

from inward.arrays import Array, Indices, Inputs
from inward.model import ScoreName


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much of the score's change from baseline to input each input value accounts for.

    values (n, ...): in units of the score, not rescaled, the gap not shared out.
    gap (n,): sum of values - (score at the input - score at the baseline), signed, in units of the score.
    relative_gap (n,): |gap| / max(|score difference|, 0.01 Σ|values|).
    error (n,): estimated relative L2 error of the map: its difference to the half-as-fine rule on the
        same nodes, halved for the trapezoid rule. No bound: it is up to two times too small where the
        plain path's nodes miss a spike. NaN where there is no such rule (midpoint, gauss-legendre, odd
        steps); infinite where the map is 0 and the half-as-fine one is not.
    evaluations (n,): gradients taken, one being a forward and a backward pass of one input.
    forward_evaluations (n,): forward passes without a backward pass.
    target (n,), versus (n,) or None: numbers of the classes explained.
    baseline (n, ...): where the paths start.
    score, rule, steps, power: the settings that made it.
    micro_batch: how many points were evaluated at a time.
    """

    values: Array
    gap: Array
    relative_gap: Array
    error: Array
    evaluations: Indices
    forward_evaluations: Indices
    target: Indices
    versus: Indices | None
    baseline: Inputs
    score: ScoreName
    rule: str
    steps: int
    power: float
    micro_batch: int

    @property
    def positive(self) -> Array:
        """max(values, 0), (n, ...): what speaks for the target."""
        return np.maximum(self.values, 0)

    @property
    def negative(self) -> Array:
        """min(values, 0), (n, ...): what speaks against it."""
        return np.minimum(self.values, 0)
