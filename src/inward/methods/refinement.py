"""Integrated gradients to a tolerance: each path gets nodes until its map is known well enough.

Nested trapezoid sums in t on alpha = t^p halve their steps, so no gradient is ever taken twice:

    ∫₀¹ g(α) dα ≈ Σ_j v_j g(t_jᵖ) / Σ_j v_j,   v_j = p t_jᵖ⁻¹, half of it at both ends,   t_j = j / n

The error of a map A_n is read from three levels, so that the order of convergence is measured and not
assumed (kinks of ReLU and ELU lower it):

    error = 0.9 · d_n · (r / (1 - r))^0.63,   d_n = |A_n - A_{n/2}|,   r = d_n / d_{n/2} held in [1/4, 9/10]

The power lies between 1, which is right where the levels err alike (a geometric series is still to come),
and 1/2, where they err independently, as they do among many jumps. Factor and power: docs/tolerance.md.

Three probes come first. Where their gradients are equal, the path is linear and they are all it needs;
where the gradient changes more between α = 1/64 and 1/8 than between 1/8 and 1, the nodes crowd at
the baseline (p = 3), else they are even (p = 1).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from inward.arrays import Array, Indices, Inputs
from inward.errors import ScoreError
from inward.methods.axioms import gap_scale, relative_gap
from inward.model import Model, Objective, Rows

PROBES = (1 / 64, 1 / 8, 1.0)
FIRST_LEVELS = (5, 10, 20)
_CROWDED = 3.0
_EARLY = 0.65  # early over late change of the gradient, above which nodes crowd at the baseline
_RATIOS = (0.25, 0.9)
_FACTOR, _EXPONENT = 0.9, 0.63
_LINEAR = 0.1  # share of the tolerance that the probes' disagreement may take on a linear path
_STUCK = 0.1  # share of the gap that one of the last two halvings must mend


class Paths(NamedTuple):
    """Straight paths, k for each of n images, image by image.

    start, end (n · k, ...); objective with n · k rows; difference (n · k,): the score's change from
    start to end; each: k; first: the number of the first image, for messages.
    """

    start: Inputs
    end: Inputs
    objective: Objective
    difference: Array
    each: int = 1
    first: int = 0


class Maps(NamedTuple):
    """What integration found, a row for each path.

    values (m, ...): the maps, float64. error (m,): their estimated L2 error, in units of the score; NaN
    where the rule offers none. pixel_error (m, ...): the same for each input value. steps, power,
    evaluations (m,): what it took; steps are 0 where only probes were taken. stuck (m,): given up
    since more nodes do not mend the gap. micro_batch: how many points were evaluated at a time.
    """

    values: Array
    error: Array
    pixel_error: Array
    steps: Indices
    power: Array
    evaluations: Indices
    stuck: Array
    micro_batch: int


def refine(
    model: Model,
    paths: Paths,
    tolerance: float,
    max_evaluations: int,
    tell: Callable[[int], None] = lambda _: None,
) -> tuple[Maps, bool]:
    """Maps whose estimated relative L2 error and relative gap are below the tolerance, image by image.

    Args:
        model: anything with the port `Model`.
        paths: what is integrated.
        tolerance: for both, of the mean over an image's paths.
        max_evaluations: of one path; an image that would need more is given up, as is one whose gap more
            nodes do not mend.
        tell: called with the number of images that are done.

    Returns:
        The maps, and whether it was interrupted (Ctrl-C); what was found till then is kept.

    Raises:
        ScoreError: where the score or its gradient is not finite, naming the image and alpha.
    """
    work = _Refinement(model, paths, max_evaluations)
    try:
        work.probe(tolerance)
        while True:
            wanting, finished = work.judge(tolerance)
            tell(finished)
            if not wanting.any():
                return work.maps(), False
            for steps in np.unique(work.steps[wanting]):
                work.halve(np.flatnonzero(wanting & (work.steps == steps)))
    except KeyboardInterrupt:
        return work.maps(), True


class _Refinement:
    """The state of all paths, a row for each."""

    def __init__(self, model: Model, paths: Paths, max_evaluations: int) -> None:
        count = len(paths.start)
        self._model, self._paths, self._most = model, paths, max_evaluations
        self._span = paths.end.astype(np.float64) - paths.start
        self._probes = np.zeros((count, len(PROBES), *paths.start.shape[1:]))
        self._sums, self.values, self._change = (np.zeros_like(self._span) for _ in range(3))
        self._halved = np.full((2, count), np.inf)  # |change| at the last two levels
        self._moved = np.full((2, count), np.inf)  # by how much their sums moved
        self.error = np.full(count, np.inf)
        self._remaining = np.ones(count)  # the share of the change that is taken as the error
        self.steps, self.evaluations = (np.zeros(count, dtype=np.int64) for _ in range(2))
        self.power = np.ones(count)
        self._stuck = np.zeros(count, dtype=bool)
        self._micro_batch = 0

    def probe(self, tolerance: float) -> None:
        """Three gradients on each path: is it linear, and if not, where is it steep?"""
        every = np.arange(len(self.values))
        self._probes = self._ask(every, np.tile(PROBES, (len(every), 1)), np.eye(len(PROBES)))
        early, late = (self._span * (self._probes[:, i] - self._probes[:, i + 1]) for i in range(2))
        self.power[_length(early) > _EARLY * _length(late)] = _CROWDED
        straight, bend = self._span * self._probes[:, -1], np.maximum(_length(early + late), _length(late))
        linear = bend <= _LINEAR * tolerance * _length(straight)
        linear &= relative_gap(straight, self._paths.difference) <= _LINEAR * tolerance
        self.values[linear] = straight[linear]
        self._change[linear] = (early + late)[linear]
        self.error[linear] = bend[linear]

    def judge(self, tolerance: float) -> tuple[Array, int]:
        """Which paths want more nodes (m,), and how many images are done or given up."""
        each = self._paths.each
        values = _by_image(self.values, each).mean(axis=1)
        difference = _by_image(self._paths.difference, each).mean(axis=1)
        size, done = _length(values), relative_gap(values, difference) <= tolerance
        done &= _by_image(self.error, each).mean(axis=1) <= tolerance * size
        most, least = np.repeat(tolerance * size, each), np.repeat(tolerance * gap_scale(values, difference), each)
        gap = np.abs(_total(self.values) - self._paths.difference)
        self._stuck = stuck = (self.error < most / 4) & (self._moved.max(axis=0) < _STUCK * gap)
        spent = self.evaluations + np.maximum(self.steps, FIRST_LEVELS[-1]) > self._most
        wanting = ((self.error > most) | (gap > least)) & ~np.repeat(done, each) & ~spent & ~stuck
        return wanting, int(np.count_nonzero(~_by_image(wanting, each).any(axis=1)))

    def halve(self, index: Indices) -> None:
        """Half the steps of these paths, which all have as many; of those without any, the first levels."""
        before = int(self.steps[index[0]])
        levels = (2 * before,) if before else FIRST_LEVELS
        for power in np.unique(self.power[index]):
            self._add(index[self.power[index] == power], levels, float(power))

    def maps(self) -> Maps:
        """What is known so far."""
        spread = (slice(None), *[None] * (self.values.ndim - 1))
        pixel = self._remaining[spread] * np.abs(self._change)
        return Maps(
            self.values, self.error, pixel, self.steps, self.power, self.evaluations, self._stuck, self._micro_batch
        )

    def _add(self, index: Indices, levels: tuple[int, ...], power: float) -> None:
        plan = _plan(levels, power)
        sums = np.einsum("pl,mp...->ml...", plan.probes, self._probes[index])
        if len(plan.alphas):
            sums += self._ask(index, np.tile(plan.alphas, (len(index), 1)), plan.weights)
        for level, total, added in zip(levels, plan.totals, np.moveaxis(sums, 1, 0), strict=True):
            self._sums[index] += added
            values = self._span[index] * self._sums[index] / total
            if level > FIRST_LEVELS[0]:
                self._change[index] = values - self.values[index]
                self._halved[:, index] = self._halved[1, index], _length(self._change[index])
                self._moved[:, index] = self._moved[1, index], np.abs(_total(self._change[index]))
            self.values[index] = values
        before, now = self._halved[:, index]
        ratio = np.clip(np.divide(now, before, out=np.zeros_like(now), where=before > 0), *_RATIOS)
        self._remaining[index] = _FACTOR * (ratio / (1 - ratio)) ** _EXPONENT
        self.error[index] = self._remaining[index] * now
        self.steps[index] = levels[-1]

    def _ask(self, index: Indices, alphas: Array, weights: Array) -> Array:
        """Weighted sums (m, rules, ...) of gradients at alphas (m, nodes) with weights (nodes, rules)."""
        count, nodes = alphas.shape
        rows = Rows(np.repeat(np.arange(count), nodes), alphas.ravel(), np.tile(weights, (count, 1)))
        paths = self._paths
        start, end, objective = paths.start[index], paths.end[index], paths.objective.rows(index)
        found = self._model.path_gradient(start, end, objective, rows)
        if not (np.isfinite(found.scores).all() and np.isfinite(found.sums).all()):
            raise self._not_finite(index, rows, found.scores)
        self.evaluations[index] += nodes
        self._micro_batch = found.micro_batch
        return found.sums.astype(np.float64)

    def _not_finite(self, index: Indices, rows: Rows, scores: Array) -> ScoreError:
        """Where: by the scores, or else by the gradients one by one."""
        bad = [j for j in range(len(scores)) if not np.isfinite(scores[j])] or [
            j for j in range(len(scores)) if not np.isfinite(self._gradient(index, rows, j)).all()
        ]
        image = self._paths.first + int(index[rows.image_index[bad[0]]]) // self._paths.each
        return not_finite(image, float(rows.alphas[bad[0]]))

    def _gradient(self, index: Indices, rows: Rows, j: int) -> Array:
        path = index[rows.image_index[j : j + 1]]
        start, end = self._paths.start[path], self._paths.end[path]
        x = start + start.dtype.type(rows.alphas[j]) * (end - start)
        return self._model.gradient(x, self._paths.objective.rows(path)).at["input"]


def path_nodes(steps: int, power: float) -> Array:
    """Every alpha that a path with these steps was evaluated at: the probes and the nodes, ascending."""
    t = np.arange(0 if power == 1 else 1, steps + 1) / max(steps, 1)
    nodes: Array = np.union1d(np.round(t**power, 15), PROBES) if steps else np.array(PROBES)
    return nodes


def not_finite(image: int, alpha: float) -> ScoreError:
    """What to say where the score or its gradient is NaN or infinite."""
    return ScoreError(
        f"the score of image {image} and its gradient",
        "finite on the whole path",
        f"NaN or infinity at alpha {alpha:.4g}",
        "look for a logarithm, root or division of 0 in the model, or choose another baseline or score",
    )


class _Plan(NamedTuple):
    """New nodes alphas (nodes,), what they weigh in each level's sum (nodes, levels), what the probes weigh
    there (probes, levels), and Σ v at each level."""

    alphas: Array
    weights: Array
    probes: Array
    totals: tuple[float, ...]


@lru_cache(maxsize=64)
def _plan(levels: tuple[int, ...], power: float) -> _Plan:
    """Each node counts at the first level that has it; probes that are nodes are not evaluated again."""
    alphas: list[float] = []
    weights: list[Array] = []
    probes = np.zeros((len(PROBES), len(levels)))
    for column, level in enumerate(levels):
        new = range(level + 1) if level == FIRST_LEVELS[0] else range(1, level, 2)
        for t in (j / level for j in new):
            weight = _weight(t, power)
            known = np.flatnonzero(np.isclose(PROBES, t**power, rtol=1e-12, atol=0))
            if known.size:
                probes[known[0], column] = weight
            elif weight > 0:
                alphas.append(t**power)
                weights.append(np.eye(len(levels))[column] * weight)
    totals = tuple(sum(_weight(j / level, power) for j in range(level + 1)) for level in levels)
    return _Plan(np.array(alphas), np.array(weights).reshape(-1, len(levels)), probes, totals)


def _weight(t: float, power: float) -> float:
    return float(power * t ** (power - 1) / (2 if t in (0, 1) else 1))


def _by_image(rows: Array, each: int) -> Array:
    return rows.reshape(-1, each, *rows.shape[1:])


def _length(rows: Array) -> Array:
    length: Array = np.linalg.norm(rows.reshape(len(rows), -1), axis=1)
    return length


def _total(rows: Array) -> Array:
    total: Array = rows.reshape(len(rows), -1).sum(axis=1)
    return total
