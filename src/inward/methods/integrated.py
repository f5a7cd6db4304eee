"""Integrated gradients by a fixed quadrature rule."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Inputs, as_batch
from inward.methods.attribution import Attribution
from inward.methods.axioms import completeness_gap, relative_gap
from inward.methods.paths import resolve_baseline
from inward.methods.quadrature import Quadrature, quadrature
from inward.methods.targets import Target, objective_for
from inward.model import Model, Rows, ScoreName


class Settings(NamedTuple):
    """A quadrature rule, its steps, and the power in alpha = t^power."""

    rule: str
    steps: int
    power: float


DEFAULT = Settings("trapezoid", 48, 3.0)
NAMED_STEPS = 50
"""Steps of a rule that is named without them, on the plain path unless a power is given."""


def integrated_gradients(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
    rule: str | None = None,
    steps: int | None = None,
    power: float | None = None,
) -> Attribution:
    """Share the score's change from baseline to image among the pixels.

        A = (x - x0) · ∫₀¹ ∂s/∂x (x0 + α (x - x0)) dα

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on; any input will do.
        target: the class to explain, by number or name, or one for each image; None: the predicted one.
        versus: explain the target rather than this class.
        baseline: where the paths start: a number, one image (...), or one for each (n, ...).
        score: logit, probability, log_probability or sigmoid of the target.
        rule: right-riemann, midpoint, trapezoid or gauss-legendre, on the plain path with 50 steps
            unless said otherwise. None: the trapezoid rule on alpha = t³ with 48 steps.
        steps: nodes for each image (the trapezoid rule's intervals).
        power: p in alpha = t^p; 1 is the plain path.

    Returns:
        `Attribution`: values (n, ...) in units of the score, with their gap and estimated error.

    Raises:
        ShapeError: for images or a baseline that do not fit the model, or are not finite.
        ArgumentError: for a class, score, rule, steps or power that makes no sense.

    Paper: Sundararajan, Taly, Yan. Axiomatic Attribution for Deep Networks, 2017, eq. 1. arXiv:1703.01365
    Differs: the paper's eq. 3 is a right Riemann sum in alpha; the default here is a trapezoid sum in
        t with alpha = t³, since most of the score is often made near the baseline.
    """
    end = as_batch(images, model.layers[0].shape)
    start = resolve_baseline(baseline, end)
    settings = _settings(rule, steps, power)
    nodes = quadrature(*settings)
    logits = model.scores(end)
    objective, targets, others = objective_for(model, end, target, versus, score, logits=logits)
    difference = objective.of(logits).astype(np.float64) - objective.of(model.scores(start))
    found = model.path_gradient(start, end, objective, _rows(nodes, len(end)))
    maps = (end - start)[:, None] * found.sums
    values = maps[:, 0]
    return Attribution(
        values=values,
        gap=completeness_gap(values, difference),
        relative_gap=relative_gap(values, difference),
        error=_error(maps, nodes.remaining),
        evaluations=np.full(len(end), len(nodes.alphas), dtype=np.int64),
        forward_evaluations=np.full(len(end), 2, dtype=np.int64),  # at the image and at the baseline
        target=targets,
        versus=others,
        baseline=start,
        score=score,
        micro_batch=found.micro_batch,
        **settings._asdict(),
    )


def _settings(rule: str | None, steps: int | None, power: float | None) -> Settings:
    default = DEFAULT if rule is None else Settings(rule, NAMED_STEPS, 1.0)
    return Settings(
        default.rule,
        default.steps if steps is None else steps,
        default.power if power is None else power,
    )


def _rows(nodes: Quadrature, count: int) -> Rows:
    """The same nodes for each image, image by image; the half-as-fine rule is one more column."""
    rules = [nodes.weights] if nodes.coarse is None else [nodes.weights, nodes.coarse]
    return Rows(
        np.repeat(np.arange(count), len(nodes.alphas)),
        np.tile(nodes.alphas, count),
        np.tile(np.stack(rules, axis=1), (count, 1)),
    )


def _error(maps: Array, remaining: float) -> Array:
    """remaining · |fine - coarse| / |fine| for each image, from maps (n, rules, ...)."""
    if maps.shape[1] == 1:
        return np.full(len(maps), np.nan)
    fine, coarse = np.moveaxis(maps.reshape(len(maps), 2, -1).astype(np.float64), 1, 0)
    missed, size = np.linalg.norm(fine - coarse, axis=1), np.linalg.norm(fine, axis=1)
    error: Array = remaining * np.divide(missed, size, out=np.where(missed > 0, np.inf, 0.0), where=size > 0)
    return error
