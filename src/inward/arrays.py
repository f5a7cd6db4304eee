"""The array aliases, and the checks at the door that raise ShapeError."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inward.errors import ShapeError

Array = NDArray[Any]
"""Any array; float32, or float64 where the model is float64."""
Inputs = NDArray[Any]
"""(n, ...): a batch of whatever the model takes, batch first."""
Images = NDArray[Any]
"""(n, h, w, c): a batch of images, channels last, in the units the model was trained on."""
Scores = NDArray[Any]
"""(n, classes): logits."""
Indices = NDArray[np.int64]
"""(m,): positions along an axis."""


def as_batch(inputs: ArrayLike, shape: Sequence[int | None], name: str = "images") -> Inputs:
    """Check a batch against the shape of one input, and return it as floats.

    Args:
        inputs: (n, *shape), n ≥ 1, finite floats (integers are refused: their unit is unknown).
        shape: one input's shape without the batch axis; None stands for any size.
        name: what the user calls the array.

    Returns:
        The same values, float64 if given as float64, float32 otherwise.

    Raises:
        ShapeError: for another shape or dtype, an empty batch, NaN or infinite values.
    """
    array = np.asarray(inputs)
    wanted = f"(n, {', '.join('any' if s is None else str(s) for s in shape)})"
    if array.ndim == len(shape) and _fits(array.shape, shape):
        raise ShapeError(name, wanted, str(array.shape), f"add a batch axis: {name}[None]")
    if array.ndim != len(shape) + 1 or not _fits(array.shape[1:], shape):
        raise ShapeError(name, wanted, str(array.shape), "resize or transpose (batch first, channels last)")
    if array.shape[0] == 0:
        raise ShapeError(name, f"{wanted} with n ≥ 1", str(array.shape), "pass at least one")
    if array.dtype.kind != "f":
        raise ShapeError(name, "floats in [0, 1]", f"dtype {array.dtype}", f"convert: {name}.astype('float32') / 255")
    array = array if array.dtype == np.float64 else array.astype(np.float32, copy=False)
    bad = int(array.size - np.count_nonzero(np.isfinite(array)))
    if bad:
        raise ShapeError(name, "finite", f"{bad} NaN or infinite values", "replace or drop them")
    return array


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, s) for s, w in zip(shape, wanted, strict=True))
