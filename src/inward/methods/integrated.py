"""Integrated gradients, to a tolerance or by a fixed quadrature rule."""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Inputs, Scores, as_batch
from inward.errors import ArgumentError
from inward.methods.attribution import REFINED, Attribution
from inward.methods.axioms import completeness_gap, relative_gap
from inward.methods.paths import resolve_baselines
from inward.methods.quadrature import Quadrature, quadrature
from inward.methods.refinement import Maps, Paths, not_finite, refine
from inward.methods.rounding import check_reachable, rounding
from inward.methods.targets import Target, objective_for
from inward.model import Model, Objective, Rows, ScoreName

TOLERANCE = 1e-2
MAX_EVALUATIONS = 1000
NAMED_STEPS = 50
"""Steps of a rule that is named without them."""
_WAVE = 64  # paths integrated together, fewer where inputs are large
_WAVE_BYTES = 128 * 2**20
_LISTED = 5  # images that a warning names
_STATE = 12  # arrays of an input's size, in float64, that a path's refinement holds


class NotConvergedWarning(UserWarning):
    """Some maps are not known to the tolerance that was asked for."""


def integrated_gradients(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
    tolerance: float = TOLERANCE,
    max_evaluations: int = MAX_EVALUATIONS,
    rule: str | None = None,
    steps: int | None = None,
    power: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Share the score's change from baseline to image among the pixels, to a tolerance.

        A = (x - x0) · ∫₀¹ ∂s/∂x (x0 + α (x - x0)) dα,   the mean over the baselines x0

    Each image's path gets nodes until the estimated relative L2 error of its map and the relative
    completeness gap are both at most the tolerance. Ctrl-C returns what is finished; the maps of the other
    images are NaN and not converged.

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on; any input will do.
        target: the class to explain, by number or name, or one for each image; None: the predicted one.
        versus: explain the target rather than this class.
        baseline: where the paths start: a number, one image (...), one for each (n, ...), or several
            for each, (k, n, ...) or (k, 1, ...): the mean over them, known as expected gradients.
        score: logit, probability, log_probability or sigmoid of the target.
        tolerance: of the map's relative L2 error and of the relative gap, above 0.
        max_evaluations: gradients taken on one path at most.
        rule: instead, a fixed rule: right-riemann, midpoint, trapezoid or gauss-legendre; the tolerance
            then only decides what is called converged.
        steps: the fixed rule's nodes on each path (the trapezoid rule's intervals), 50 unless given.
        power: p in the fixed rule's alpha = t^p; 1, unless given, is the plain path.
        progress: called with the number of images that are done, and of all; where there is none, long
            work shows a bar on a terminal and in a notebook.

    Returns:
        `Attribution`: values (n, ...) in units of the score, with their gap and estimated error.

    Raises:
        ShapeError: for images or a baseline that do not fit the model, or are not finite.
        ArgumentError: for a tolerance below the rounding of the model's gradient, which nine gradients of the first
            image measure; or for a class, score, rule, steps or power that makes no sense.
        ScoreError: where the score or its gradient is NaN or infinite on a path.

    Warns:
        NotConvergedWarning: names the images whose maps are not known to the tolerance.

    Paper: Sundararajan, Taly, Yan. Axiomatic Attribution for Deep Networks, 2017, eq. 1. arXiv:1703.01365;
        Erion et al. Improving performance of deep learning models with axiomatic attribution priors and
        expected gradients, 2021, eq. 4. arXiv:1906.10670
    Differs: the papers' sums have a number of steps, or of random draws, that the user chooses.
    """
    end = as_batch(images, model.layers[0].shape)
    starts = resolve_baselines(baseline, end)
    tolerance, most = _checked_tolerance(tolerance), _checked_limit(max_evaluations)
    nodes = _fixed(rule, steps, power)
    logits = model.scores(end)
    objective, targets, others = objective_for(model, end, target, versus, score, logits=logits)
    parts: list[_Part] = []
    least = 0.0
    with _told(progress) as tell:
        for paths in _waves(model, starts, end, objective, logits):
            if nodes is None:
                if not parts:
                    least = rounding(model, paths)
                    check_reachable(tolerance, least)
                maps, interrupted = refine(model, paths, tolerance, most, _from(paths.first, len(end), tell))
            else:
                maps, interrupted = _by_rule(model, paths, nodes), False
                tell(paths.first + len(paths.start) // paths.each, len(end))
            parts.append(_Part.of(maps, paths))
            if interrupted:
                break
    found = _Part.joined(parts, len(end))
    gap, relative = completeness_gap(found.values, found.difference), relative_gap(found.values, found.difference)
    error = np.maximum(_share(found.error, found.values), np.where(found.error > 0, least, 0.0))
    converged = (error <= tolerance) & (relative <= tolerance)
    if nodes is None and not converged.all():
        _warn(converged, error, relative, found.stuck, tolerance)
    return Attribution(
        values=found.values.astype(end.dtype),
        gap=gap,
        relative_gap=relative,
        error=error,
        converged=converged,
        pixel_error=found.pixel_error.astype(end.dtype),
        standard_error=found.standard_error.astype(end.dtype) if len(starts) > 1 else None,
        evaluations=found.evaluations,
        forward_evaluations=np.full(len(end), 1 + len(starts), dtype=np.int64),  # at the image and its baselines
        target=targets,
        versus=others,
        baseline=starts[0] if len(starts) == 1 else starts,
        score=score,
        tolerance=tolerance,
        rule=REFINED if rule is None else rule,
        steps=found.steps,
        power=found.power,
        micro_batch=found.micro_batch,
    )


class _Part(NamedTuple):
    """The images of one wave, the mean over their baselines taken; steps and power keep a column a baseline."""

    values: Array
    difference: Array
    error: Array
    pixel_error: Array
    standard_error: Array
    evaluations: Array
    steps: Array
    power: Array
    stuck: Array
    micro_batch: int

    @classmethod
    def of(cls, maps: Maps, paths: Paths) -> "_Part":
        """The mean over baselines; its error is at most the mean of theirs."""

        def by_image(rows: Array) -> Array:
            return rows.reshape(-1, paths.each, *rows.shape[1:])

        values = by_image(maps.values)
        spread = values.std(axis=1, ddof=1) / math.sqrt(paths.each) if paths.each > 1 else np.zeros_like(values[:, 0])
        return cls(
            values.mean(axis=1),
            by_image(paths.difference).mean(axis=1),
            by_image(maps.error).mean(axis=1),
            by_image(maps.pixel_error).mean(axis=1),
            spread,
            by_image(maps.evaluations).sum(axis=1),
            by_image(maps.steps),
            by_image(maps.power),
            np.any(by_image(maps.stuck), axis=1, keepdims=True)[:, 0],
            maps.micro_batch,
        )

    @classmethod
    def joined(cls, parts: list["_Part"], count: int) -> "_Part":
        """All images; those never begun or without any level have NaN for a map, and no bound of the error."""
        arrays = [np.concatenate([part[i] for part in parts]) for i in range(len(cls._fields) - 1)]
        missing = count - len(arrays[0])
        whole = [np.concatenate([x, np.zeros((missing, *x.shape[1:]), x.dtype)]) for x in arrays]
        found = cls._make([*whole, parts[0].micro_batch])
        unknown = np.isinf(found.error) | (np.arange(count) >= count - missing)
        for x in (found.values, found.pixel_error, found.standard_error):
            x[unknown] = np.nan
        found.error[unknown] = np.inf
        return found


def _waves(model: Model, starts: Inputs, end: Inputs, objective: Objective, logits: Scores) -> Iterator[Paths]:
    """All paths, as many images at a time as memory and progress like."""
    each = len(starts)
    fitting = min(_WAVE, _WAVE_BYTES // (8 * _STATE * end[0].size)) // each
    for part in (np.arange(len(end))[i : i + max(1, fitting)] for i in range(0, len(end), max(1, fitting))):
        start = np.moveaxis(starts[:, part], 0, 1).reshape(-1, *end.shape[1:])
        along = objective.rows(np.repeat(part, each))
        first, last = along.of(model.scores(start)), along.of(np.repeat(logits[part], each, axis=0))
        for alpha, scores in ((0.0, first), (1.0, last)):
            if not np.isfinite(scores).all():
                raise not_finite(int(part[np.flatnonzero(~np.isfinite(scores))[0] // each]), alpha)
        difference = last.astype(np.float64) - first
        yield Paths(start, np.repeat(end[part], each, axis=0), along, difference, each, int(part[0]))


def _by_rule(model: Model, paths: Paths, nodes: Quadrature) -> Maps:
    """The same nodes on each path; the half-as-fine rule is one more column."""
    count, many = len(paths.start), len(nodes.alphas)
    columns = [nodes.weights] if nodes.coarse is None else [nodes.weights, nodes.coarse]
    weights = np.tile(np.stack(columns, axis=1), (count, 1))
    rows = Rows(np.repeat(np.arange(count), many), np.tile(nodes.alphas, count), weights)
    found = model.path_gradient(paths.start, paths.end, paths.objective, rows)
    maps = (paths.end - paths.start)[:, None] * found.sums.astype(np.float64)
    pixel = nodes.remaining * np.abs(maps[:, 0] - maps[:, -1]) if nodes.coarse is not None else maps[:, 0] * np.nan
    return Maps(
        maps[:, 0],
        np.linalg.norm(pixel.reshape(count, -1), axis=1),
        pixel,
        np.full(count, nodes.steps),
        np.full(count, nodes.power),
        np.full(count, many),
        np.zeros(count, dtype=bool),
        found.micro_batch,
    )


def _share(error: Array, values: Array) -> Array:
    """An error relative to the map: 0 where both are 0, infinite where only the map is."""
    size = np.linalg.norm(values.reshape(len(values), -1), axis=1)
    relative: Array = np.divide(error, size, out=np.where(error > 0, np.inf, error), where=size > 0)
    return relative


def _fixed(rule: str | None, steps: int | None, power: float | None) -> Quadrature | None:
    if rule is not None:
        return quadrature(rule, NAMED_STEPS if steps is None else steps, 1.0 if power is None else power)
    if steps is not None or power is not None:
        got = " and ".join(f"{name}={x}" for name, x in (("steps", steps), ("power", power)) if x is not None)
        remedy = "name a rule, or give a tolerance instead"
        raise ArgumentError("rule", "named where steps or power are", f"{got} alone", remedy)
    return None


def _checked_tolerance(tolerance: float) -> float:
    try:
        number = float(tolerance)
    except (TypeError, ValueError):
        number = math.nan
    if not (0 < number < math.inf):
        raise ArgumentError("tolerance", "above 0 and finite", repr(tolerance), "pass 1e-2 for one per cent")
    return number


def _checked_limit(most: int) -> int:
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 1:
        raise ArgumentError("max_evaluations", "a whole number, 1 or more", repr(most), "leave it out for 1,000")
    return int(most)


@contextmanager
def _told(progress: Callable[[int, int], None] | None) -> Iterator[Callable[[int, int], None]]:
    if progress is not None:
        yield progress
        return
    from inward.progress import images_bar

    with images_bar("integrating") as tell:
        yield tell


def _from(first: int, count: int, progress: Callable[[int, int], None]) -> Callable[[int], None]:
    return lambda done: progress(first + done, count)


def _warn(converged: Array, error: Array, gap: Array, stuck: Array, tolerance: float) -> None:
    missed = np.flatnonzero(~converged)
    listed = ", ".join(_missed(int(i), error[i], gap[i]) for i in missed[:_LISTED])
    more = f" and {len(missed) - _LISTED} more" if len(missed) > _LISTED else ""
    why = (
        "where only the gap is too large, more nodes do not help: the gradient is not the score's, as with bfloat16 "
        "or a part without a gradient"
        if stuck[missed].any()
        else "raise max_evaluations or the tolerance"
    )
    message = f"not known to {tolerance:g}: images {listed}{more}; {why}"
    warnings.warn(NotConvergedWarning(message), stacklevel=3)


def _missed(image: int, error: float, gap: float) -> str:
    return f"{image} (error {error:.2g}, gap {gap:.2g})" if np.isfinite(error) else f"{image} (no map)"
