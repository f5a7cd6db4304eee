"""Linear pieces: a piecewise linear network's path, followed exactly from kink to kink."""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Indices, Inputs, as_batch
from inward.methods.integrated import MAX_EVALUATIONS
from inward.methods.paths import resolve_baseline
from inward.methods.targets import Target, objective_for
from inward.model import Model, Objective, ScoreName

_ROUNDINGS = 256  # within which two gradients or two scores are the same
_BESIDE = 2**20  # roundings from a kink, on either side, at which it is looked at


@dataclass(frozen=True, eq=False)
class LinearPieces:
    """Integrated gradients of each image as a sum over the pieces of its path.

    values (n, ...): in units of the score. kinks: for each image the alphas (pieces - 1,) where the
    gradient jumps, ascending, to 1e-9 in float64. exact (n,): whether every piece was found within the
    evaluations allowed; if not, what lies between two evaluations is taken as their mean, and kinks has
    those that were found. evaluations (n,): gradients taken. target (n,): the classes explained.
    """

    values: Array
    kinks: tuple[Array, ...]
    exact: Array
    evaluations: Indices
    target: Indices


class _Point(NamedTuple):
    """On the path: where, the score, the gradient, and the score's slope along the path."""

    alpha: float
    score: float
    gradient: Array
    slope: float


def linear_pieces(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
    max_evaluations: int = MAX_EVALUATIONS,
) -> LinearPieces:
    """Follow the path of a piecewise linear network (ReLU, maximum, average) from kink to kink.

    Two points with the same gradient, and a score that changes as it says, lie on one piece. Of two others
    the tangents meet at one alpha, which is the kink if there is but one between: the gradient is taken just
    before and just after it, and what lies on either side is looked at in the same way.

        α* = (s_b - s_a + m_a a - m_b b) / (m_a - m_b),   m = ∂s/∂α

    Args:
        model: anything with the port `Model` whose score is piecewise linear; use float64 where there are many pieces.
        images: (n, ...), in the units the model was trained on.
        target, versus, baseline, score: as for `integrated_gradients`.
        max_evaluations: gradients taken on one path at most.

    Returns:
        `LinearPieces`.

    Raises:
        ShapeError, ArgumentError: as `integrated_gradients` does.
    """
    end = as_batch(images, model.layers[0].shape)
    start = resolve_baseline(baseline, end)
    objective, targets, _ = objective_for(model, end, target, versus, score)
    paths = [
        _Path(model, start[[i]], end[[i]], objective.rows(np.array([i])), max_evaluations) for i in range(len(end))
    ]
    values = np.concatenate([path.integral() for path in paths]).astype(end.dtype)
    kinks = tuple(np.unique(np.array(path.kinks)) for path in paths)
    exact, taken = np.array([path.exact for path in paths]), np.array([path.evaluations for path in paths])
    return LinearPieces(values, kinks, exact, taken, targets)


class _Path:
    """One image's path, evaluated where it is asked."""

    def __init__(self, model: Model, start: Inputs, end: Inputs, objective: Objective, most: int) -> None:
        self._model, self._start, self._end, self._objective, self._most = model, start, end, objective, most
        self._span = end.astype(np.float64) - start
        rounding = float(np.finfo(start.dtype).eps)
        self._same, self._beside = _ROUNDINGS * rounding, min(_BESIDE * rounding, 1e-3)
        self.kinks: list[float] = []
        self.evaluations, self.exact = 0, True

    def integral(self) -> Array:
        """(x - x0) · ∫ g dα, the pieces one after the other; the widest interval is looked at first."""
        found = np.zeros_like(self._span)
        pending = deque([(self._at(0.0), self._at(1.0))])
        while pending:
            a, b = pending.popleft()
            width = b.alpha - a.alpha
            if self._one_piece(a, b):
                found += width * a.gradient
            elif width <= 4 * self._beside or self.evaluations + 2 > self._most:
                found += width / 2 * (a.gradient + b.gradient)
                self.kinks += [(a.alpha + b.alpha) / 2] if width <= 4 * self._beside else []
                self.exact &= width <= 4 * self._beside
            else:
                alpha = _meeting(a, b, 2 * self._beside)
                before, after = self._at(alpha - self._beside), self._at(alpha + self._beside)
                pending += [(a, before), (before, after), (after, b)]
        values: Array = self._span * found
        return values

    def _at(self, alpha: float) -> _Point:
        x = self._start + self._start.dtype.type(alpha) * (self._end - self._start)
        found = self._model.gradient(x, self._objective)
        gradient = found.at["input"].astype(np.float64)
        self.evaluations += 1
        return _Point(alpha, float(found.scores[0]), gradient, float((self._span * gradient).sum()))

    def _one_piece(self, a: _Point, b: _Point) -> bool:
        """The same gradient at both ends, and a score that changes as it says."""
        apart, size = np.abs(a.gradient - b.gradient).max(), np.abs(a.gradient).max()
        return bool(apart <= self._same * size) and self._on(b, a)

    def _on(self, point: _Point, tangent: _Point) -> bool:
        """Whether a point's score is where another's tangent says."""
        expected = tangent.score + tangent.slope * (point.alpha - tangent.alpha)
        scale = max(abs(point.score), abs(tangent.score), abs(tangent.slope * (point.alpha - tangent.alpha)))
        return abs(point.score - expected) <= self._same * scale


def _meeting(a: _Point, b: _Point, margin: float) -> float:
    """Where the tangents meet; the middle where they do not meet well between the two."""
    if a.slope != b.slope:
        alpha = (b.score - a.score + a.slope * a.alpha - b.slope * b.alpha) / (a.slope - b.slope)
        if a.alpha + margin < alpha < b.alpha - margin:
            return alpha
    return (a.alpha + b.alpha) / 2
