"""Saturation: where on the path from a baseline the score is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Indices, Inputs, as_batch
from inward.methods.paths import point, resolve_alphas, resolve_baseline
from inward.methods.targets import Target, objective_for
from inward.model import Model, ScoreName

LOGARITHMIC_ALPHAS = tuple(np.geomspace(1e-4, 1, 41).tolist())

_ROUNDINGS = 100  # a score difference of fewer roundings than this is noise, and has no shares


@dataclass(frozen=True, eq=False)
class Saturation:
    """The score along the path. All but the alphas (alphas,) are (alphas, n).

    norms: |∂s/∂x|, L2, units of the score per unit of the input. derivatives: ds/dα, units of the
    score. scores: s. shares: (s(α) - s(0)) / (s(1) - s(0)), NaN where the scores at both ends are
    equal to within 100 roundings. target (n,), versus (n,) or None, baseline (n, ...) and score as given.
    """

    alphas: Array
    norms: Array
    derivatives: Array
    scores: Array
    shares: Array
    target: Indices
    versus: Indices | None
    baseline: Inputs
    score: ScoreName


def saturation(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    alphas: Sequence[float] | Array = LOGARITHMIC_ALPHAS,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
    look: Callable[[int, Array], None] | None = None,
) -> Saturation:
    """How steep the score is along the path, and how much of it is made by each alpha.

        |g(α)|,   ds/dα = Σ (x - x0) g(α),   (s(α) - s(0)) / (s(1) - s(0)),   g(α) = ∂s/∂x (x0 + α (x - x0))

    One alpha's gradients are held at a time.

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on; any input will do.
        target, versus, baseline, score: as for `interior_gradients`.
        alphas: (alphas,), in [0, 1]; from 1e-4 to 1, evenly on a logarithmic axis, unless given.
        look: called with the position of each alpha and the gradients there (n, ...), which are not kept.

    Returns:
        `Saturation`: norms, derivatives, scores and shares, each (alphas, n).

    Raises:
        ShapeError: for images or a baseline that do not fit the model, or are not finite.
        ArgumentError: for a class, score or alpha that makes no sense.

    Paper: Sundararajan, Taly, Yan. Gradients of Counterfactuals, 2016. arXiv:1611.02639
    """
    places = resolve_alphas(alphas)
    end = as_batch(images, model.layers[0].shape)
    start = resolve_baseline(baseline, end)
    logits = model.scores(end)
    objective, targets, others = objective_for(model, end, target, versus, score, logits=logits)
    norms, derivatives, scores = (np.empty((len(places), len(end))) for _ in range(3))
    step = _flat(end) - _flat(start)
    for i, alpha in enumerate(places):
        found = model.gradient(point(start, end, alpha), objective)
        if look is not None:
            look(i, found.at["input"])
        gradient = _flat(found.at["input"])
        norms[i] = np.linalg.norm(gradient, axis=1)
        derivatives[i] = np.einsum("nd,nd->n", step, gradient)
        scores[i] = found.scores
    shares = _shares(scores, objective.of(model.scores(start)), objective.of(logits))
    return Saturation(places, norms, derivatives, scores, shares, targets, others, start, score)


def _flat(array: Array) -> Array:
    return array.reshape(len(array), -1).astype(np.float64)


def _shares(scores: Array, first: Array, last: Array) -> Array:
    noise = _ROUNDINGS * np.finfo(last.dtype).eps * np.maximum(np.abs(first), np.abs(last))
    difference = last.astype(np.float64) - first
    made = scores - first
    shares: Array = np.divide(made, difference, out=np.full_like(made, np.nan), where=np.abs(difference) > noise)
    return shares
