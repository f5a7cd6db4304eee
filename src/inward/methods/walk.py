"""A walk from baseline to input: at every step, what the model says and where its gradient is, small enough to keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Inputs, as_batch
from inward.methods.levels import signed_bytes
from inward.methods.paths import point, resolve_alphas, resolve_baseline
from inward.methods.saturation import LOGARITHMIC_ALPHAS, Saturation, saturation
from inward.methods.targets import Target, objective_for
from inward.model import Model, ScoreName

_STEPS_BYTES = 128 * 2**20
"""What the maps of a walk may take; of many large inputs, fewer steps are kept."""
_FEWEST = 11


@dataclass(frozen=True, eq=False)
class Walk:
    """Scores and maps at each alpha, the maps as bytes times a step: value = byte · step of its alpha and input.

    alphas (a,), ascending from 0. scores (a, n, classes): logits. With g = ∂s/∂x at the point:
    strengths (a, n, ...): mean over the last axis of |g|, int8 from 0 to 127; strength_steps (a, n).
    pushes (a, n, ...): sum over the last axis of (x - x0) · g, what each place adds to ds/dα, int8; push_steps (a, n).
    """

    alphas: Array
    scores: Array
    strengths: Array
    strength_steps: Array
    pushes: Array
    push_steps: Array


def walk(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    alphas: Sequence[float] | Array = LOGARITHMIC_ALPHAS,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
) -> tuple[Walk, Saturation]:
    """Look at the gradient all along the path, and keep pictures of it.

        strength = mean_c |g(α)|,   push = Σ_c (x - x0) g(α),   g(α) = ∂s/∂x (x0 + α (x - x0))

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on.
        target, versus, baseline, score: as for `interior_gradients`.
        alphas: (a,), in [0, 1]; the baseline itself, 0, is a step of the walk in any case.

    Returns:
        The walk and, from the same gradients, the saturation at the alphas. Where the maps would take more
        than 128 MiB, the walk has fewer steps, evenly chosen, and ends at the last alpha all the same.

    Raises:
        ShapeError: for images or a baseline that do not fit the model, or are not finite.
        ArgumentError: for a class, score or alpha that makes no sense.
    """
    end = as_batch(images, model.layers[0].shape)
    start = resolve_baseline(baseline, end)
    places = resolve_alphas(alphas)
    kept = _kept(len(places), end)
    steps: dict[int, tuple[Array, Array, Array, Array]] = {}

    def look(position: int, gradients: Array) -> None:
        if position in kept:
            steps[position] = _step(gradients, end - start)

    first = model.gradient(start, objective_for(model, end, target, versus, score).objective).at["input"]
    look(-1, first)
    found = saturation(model, end, target, versus=versus, alphas=places, baseline=start, score=score, look=look)
    order = [-1, *sorted((i for i in kept if i >= 0), key=lambda i: float(places[i]))]
    along = np.array([0.0 if i < 0 else float(places[i]) for i in order])
    scores = np.stack([model.scores(point(start, end, float(alpha))) for alpha in along])
    parts = (np.stack([steps[i][k] for i in order]) for k in range(4))
    return Walk(along, scores, *parts), found


def _kept(count: int, end: Inputs) -> set[int]:
    """Positions whose maps are kept, -1 being the baseline: all of them, unless they would not fit."""
    room = max(_FEWEST, _STEPS_BYTES // max(2 * end[..., 0].size, 1))
    return {-1, *np.unique(np.linspace(count - 1, 0, min(count, room)).round().astype(int)).tolist()}


def _step(gradients: Array, difference: Array) -> tuple[Array, Array, Array, Array]:
    strength = np.abs(gradients).mean(axis=-1)
    return *signed_bytes(strength), *signed_bytes((difference * gradients).sum(axis=-1))
