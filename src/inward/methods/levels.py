"""Levels: activations of every layer as bytes, so that all channels of all layers can be kept and looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inward.arrays import Array, Inputs, as_batch
from inward.methods.activations import default_layers, resolve_layers
from inward.model import Model

MOST_BYTES = 256 * 2**20
"""What the levels of all images may take before only some layers are kept."""
_TOGETHER = 8  # inputs whose activations are held as floats
_SAME = 1e-5  # of the layer's largest value: float32's rounding, with room

POINTWISE: dict[str, Callable[[Array], Array]] = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "relu": lambda x: np.maximum(x, 0),
}
"""Kinds of layers that a page can make anew from the layer before them."""


@dataclass(frozen=True, eq=False)
class Levels:
    """Activations as bytes: value = low + byte · step, for each layer and image.

    bytes: layer -> uint8 (n, *shape). low, step: layer -> (n,). made: layer -> (kind, layer), for layers that are a
    function of another's values (a kind of `POINTWISE`); these are not stored but made anew.
    """

    bytes: dict[str, Array]
    low: dict[str, Array]
    step: dict[str, Array]
    made: dict[str, tuple[str, ...]]

    def values(self, layer: str) -> Array:
        """A layer's activations (n, *shape), right to half a step of the layer that is stored."""
        if layer in self.made:
            kind, source = self.made[layer]
            return POINTWISE[kind](self.values(source))
        stored = self.bytes[layer]
        shape = (-1, *[1] * (stored.ndim - 1))
        values: Array = self.low[layer].reshape(shape) + self.step[layer].reshape(shape) * stored.astype(np.float32)
        return values


def activation_levels(model: Model, inputs: Inputs, layers: Sequence[str] | None = None) -> Levels:
    """Outputs of layers at each input, rounded to 256 levels between the least and the greatest.

    Args:
        model: anything with the port `Model`.
        inputs: (n, ...), in the units the model was trained on.
        layers: names from `model.layers`; None: all but the input, or the default ones where all are too many.

    Returns:
        `Levels`; what is not finite is rounded to the least.

    Raises:
        ShapeError: for inputs that do not fit the model, or are not finite.
        ArgumentError: for no layer, or one that the model does not have.
    """
    inputs = as_batch(inputs, model.layers[0].shape, "inputs")
    wanted = resolve_layers(model, layers) if layers is not None else _all_that_fit(model, len(inputs))
    kinds = {layer.name: layer.kind for layer in model.layers}
    stored: dict[str, list[tuple[Array, Array, Array]]] = {name: [] for name in wanted}
    made = {name: (kinds[name], below) for below, name in pairwise(wanted) if kinds[name] in POINTWISE}
    for first in range(0, len(inputs), _TOGETHER):  # all of them as floats may not fit
        values = model.activations(inputs[first : first + _TOGETHER], wanted)
        for name in wanted:
            stored[name].append(_rounded(values[name]))
        made = {name: of for name, of in made.items() if _is(of[0], values[of[1]], values[name])}
    parts = {name: [np.concatenate(part) for part in zip(*stored[name], strict=True)] for name in wanted}
    kept = {name: part for name, part in parts.items() if name not in made}
    level, low, step = ({name: part[k] for name, part in kept.items()} for k in range(3))
    return Levels(level, low, step, dict(made))


def signed_bytes(values: Array) -> tuple[Array, Array]:
    """Round to 255 levels that are even about zero: value = byte · step.

    Args:
        values: (n, ...); what is not finite becomes 0.

    Returns:
        int8 (n, ...) from -127 to 127, and steps (n,), float32.
    """
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    step = np.abs(values).reshape(len(values), -1).max(axis=1) / 127
    safe = np.where(step > 0, step, 1.0).reshape(-1, *[1] * (values.ndim - 1))
    return np.rint(values / safe).astype(np.int8), step.astype(np.float32)


def _rounded(values: Array) -> tuple[Array, Array, Array]:
    flat = np.where(np.isfinite(values), values, np.nan).reshape(len(values), -1).astype(np.float64)
    known = np.isfinite(flat).any(axis=1)
    low, high = np.zeros(len(flat)), np.zeros(len(flat))
    low[known], high[known] = np.nanmin(flat[known], axis=1), np.nanmax(flat[known], axis=1)
    step = (high - low) / 255
    level = (np.nan_to_num(flat - low[:, None])) / np.where(step > 0, step, 1.0)[:, None]
    return np.rint(level).astype(np.uint8).reshape(values.shape), low.astype(np.float32), step.astype(np.float32)


def _is(kind: str, below: Array, values: Array) -> bool:
    """Whether the layer is this function of the layer below, to within rounding."""
    if kind not in POINTWISE or below.shape != values.shape:
        return False
    made = POINTWISE[kind](below)
    return bool(np.abs(made - values).max() <= _SAME * max(float(np.abs(values).max()), 1e-30))


def _all_that_fit(model: Model, n: int) -> list[str]:
    names = [layer.name for layer in model.layers[1:]]
    size = sum(int(np.prod(layer.shape)) for layer in model.layers[1:])
    return names if n * size <= MOST_BYTES else default_layers(model)
