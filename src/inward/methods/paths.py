"""Straight paths from a baseline to an input: where they start, and the points on them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Inputs, as_batch
from inward.errors import ArgumentError, ShapeError


def resolve_baseline(baseline: ArrayLike, inputs: Inputs) -> Inputs:
    """One baseline for each input, from a number, one input, or a batch.

    Args:
        baseline: a number; (...), one input for all; or (n, ...), one for each. In the inputs' units.
        inputs: (n, ...), finite floats.

    Returns:
        (n, ...), in the inputs' dtype.

    Raises:
        ShapeError: for another shape, integers (but a single number), NaN or infinite values.
    """
    array = np.asarray(baseline)
    if array.ndim == 0:
        return np.full_like(inputs, _number(array, float(np.finfo(inputs.dtype).max)))
    one_for_all = array.ndim == inputs.ndim - 1
    batch = as_batch(array[None] if one_for_all else array, inputs.shape[1:], "baseline")
    if len(batch) != len(inputs) and not one_for_all:
        wanted = f"a number, {inputs.shape[1:]} or {inputs.shape}"
        raise ShapeError("baseline", wanted, str(array.shape), "pass one baseline, or one for each input")
    return np.broadcast_to(batch, inputs.shape).astype(inputs.dtype)


def resolve_baselines(baseline: ArrayLike, inputs: Inputs) -> Inputs:
    """Several baselines for each input, or one.

    Args:
        baseline: as for `resolve_baseline`; or several for each input, (k, n, ...) or (k, 1, ...).
        inputs: (n, ...), finite floats.

    Returns:
        (k, n, ...), in the inputs' dtype; k is 1 where there is one.

    Raises:
        ShapeError: for another shape, none, integers (but a single number), NaN or infinite values.
    """
    array = np.asarray(baseline)
    if array.ndim != inputs.ndim + 1:
        return resolve_baseline(baseline, inputs)[None]
    if not len(array):
        raise ShapeError("baseline", "one or more for each input", str(array.shape), "pass at least one")
    return np.stack([resolve_baseline(one[0] if len(one) == 1 else one, inputs) for one in array])


def resolve_alphas(alphas: Sequence[float] | Array) -> Array:
    """Positions on a path, 0 being the baseline and 1 the input.

    Args:
        alphas: (k,), k ≥ 1, finite, in [0, 1].

    Returns:
        (k,), float64, in the order given.

    Raises:
        ArgumentError: for none, for another shape, or for values outside [0, 1].
    """
    try:
        array = np.asarray(alphas, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError("alphas", "numbers in [0, 1]", repr(alphas), "pass a list such as [0.1, 1.0]") from None
    if array.ndim != 1 or not array.size:
        got = f"an array of shape {array.shape}"
        raise ArgumentError("alphas", "one or more numbers in [0, 1]", got, "pass a list such as [0.1, 1.0]")
    outside = array[~((array >= 0) & (array <= 1))]
    if outside.size:
        raise ArgumentError("alphas", "in [0, 1]", f"{outside[0]:g}", "0 is the baseline and 1 the input")
    return array


def point(start: Inputs, end: Inputs, alpha: float) -> Inputs:
    """The point on each path at one alpha.

        x(α) = x0 + α (x - x0)

    Args:
        start, end: (n, ...), x0 and x.
        alpha: 0 is start, 1 is end.

    Returns:
        (n, ...), in the inputs' dtype.
    """
    found: Inputs = start + start.dtype.type(alpha) * (end - start)
    return found


def _number(array: Array, largest: float) -> float:
    if array.dtype.kind not in "iuf" or not abs(array) <= largest:
        raise ShapeError("baseline", "a finite number or an array of floats", repr(array[()]), "pass 0.0 for black")
    return float(array)
