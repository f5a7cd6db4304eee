"""Attribution: a map in units of the score, and how far to trust it."""

from dataclasses import dataclass

import numpy as np

from inward.arrays import Array, Indices, Inputs
from inward.methods.quadrature import quadrature
from inward.methods.refinement import path_nodes
from inward.model import ScoreName

REFINED = "refined trapezoid"
"""The rule of maps that were asked for to a tolerance; see `inward.methods.refinement`."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much of the score's change from baseline to input each input value accounts for.

    values (n, ...): in units of the score, not rescaled, the gap not shared out.
    gap (n,): sum of values - (score at the input - score at the baseline), signed, in units of the score.
    relative_gap (n,): |gap| / max(|score difference|, 0.001 Σ|values|).
    error (n,): estimated relative L2 error of the map. Refined maps measure it on three levels of nodes;
        a fixed rule compares itself with the half-as-fine rule on the same nodes, which is up to two times
        too small where they miss a spike. NaN where there is no such rule (midpoint, gauss-legendre, odd
        steps); infinite where the map is 0 and the coarser one is not.
    converged (n,): whether error and relative_gap are at most the tolerance.
    pixel_error (n, ...): the estimated error of each value, in units of the score; NaN where there is none.
    standard_error (n, ...): of the mean over several baselines, as a sample of all; None for one baseline.
    evaluations (n,): gradients taken, one being a forward and a backward pass of one input.
    forward_evaluations (n,): forward passes without a backward pass.
    target (n,), versus (n,) or None: numbers of the classes explained.
    baseline (n, ...), or (k, n, ...) of several: where the paths start.
    score, tolerance, rule: the settings that made it.
    steps, power (n, k): of the rule on each path, for k baselines; see `alphas`.
    micro_batch: how many points were evaluated at a time.
    """

    values: Array
    gap: Array
    relative_gap: Array
    error: Array
    converged: Array
    pixel_error: Array
    standard_error: Array | None
    evaluations: Indices
    forward_evaluations: Indices
    target: Indices
    versus: Indices | None
    baseline: Inputs
    score: ScoreName
    tolerance: float
    rule: str
    steps: Indices
    power: Array
    micro_batch: int

    @property
    def positive(self) -> Array:
        """max(values, 0), (n, ...): what speaks for the target."""
        return np.maximum(self.values, 0)

    @property
    def negative(self) -> Array:
        """min(values, 0), (n, ...): what speaks against it."""
        return np.minimum(self.values, 0)

    def alphas(self, i: int, baseline: int = 0) -> Array:
        """The nodes on the path of image i from one of its baselines, ascending in [0, 1]."""
        steps, power = int(self.steps[i, baseline]), float(self.power[i, baseline])
        return path_nodes(steps, power) if self.rule == REFINED else quadrature(self.rule, steps, power).alphas
