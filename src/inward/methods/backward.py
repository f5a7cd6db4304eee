"""The backward pass as a view: how strong the signal is at every layer, forward and backward."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inward.arrays import Array, Indices, Inputs, as_batch
from inward.methods.activations import default_layers, resolve_layers
from inward.methods.targets import Target, objective_for
from inward.model import Model, ScoreName

_GROUP = 8  # inputs whose every layer is in memory at a time
_NEARLY = 1e-3  # of a gradient's root mean square: what is smaller counts as zero


@dataclass(frozen=True, eq=False)
class BackwardPass:
    """What comes up to every layer and what comes back to it.

    names (layers,), "input" first, the output last. sizes (layers,): entries of each layer's activation.
    activation_norms: |a|, L2, in the layer's own units. gradient_norms: |∂s/∂a|, L2, units of the score per
    unit of the layer. zeros: share of the gradient's entries that are zero or nearly, at most 1/1000 of
    their root mean square. All three are (layers, n); numbers that overflow give NaN or infinite norms.
    activations, gradients: a and ∂s/∂a of the layers that were kept, by name, (n, *shape of the layer).
    scores (n,): s. target (n,), versus (n,) or None, and score as given.
    """

    names: tuple[str, ...]
    sizes: Indices
    activation_norms: Array
    gradient_norms: Array
    zeros: Array
    activations: dict[str, Array]
    gradients: dict[str, Array]
    scores: Array
    target: Indices
    versus: Indices | None
    score: ScoreName


def backward_pass(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    score: ScoreName = "logit",
    layers: Sequence[str] | None = None,
) -> BackwardPass:
    """How large the activations are at every layer, and the score's gradient there.

        |a_l|   and   |∂s/∂a_l|,   l from the input to the output

    In a chain of linear maps without bias, and of ReLUs, Σ a_l · ∂s/∂a_l is the logit itself at every l.

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on; any input will do.
        target, versus, score: as for `interior_gradients`.
        layers: whose activations and gradients are kept whole; the input and the ends of the thirds
            of the network (conv3, conv6, conv9) unless given.

    Returns:
        `BackwardPass`: norms and shares (layers, n) of every layer, and the arrays of those kept.

    Raises:
        ShapeError: for images that do not fit the model, or are not finite.
        ArgumentError: for a class, score or layer that makes no sense.
    """
    x = as_batch(images, model.layers[0].shape)
    kept = resolve_layers(model, ["input", *default_layers(model)] if layers is None else layers)
    objective, targets, others = objective_for(model, x, target, versus, score)
    names = tuple(layer.name for layer in model.layers)
    up, down, zeros = (np.empty((len(names), len(x))) for _ in range(3))
    activations: dict[str, list[Array]] = {name: [] for name in kept}
    gradients: dict[str, list[Array]] = {name: [] for name in kept}
    scores = []
    for group in np.split(np.arange(len(x)), range(_GROUP, len(x), _GROUP)):
        seen = model.activations(x[group], names)
        found = model.gradient(x[group], objective.rows(group), names)
        scores.append(found.scores)
        for place, name in enumerate(names):
            up[place, group] = _norms(seen[name])
            down[place, group] = _norms(found.at[name])
            zeros[place, group] = _zero_shares(found.at[name])
        for name in kept:
            activations[name].append(seen[name])
            gradients[name].append(found.at[name])
    return BackwardPass(
        names,
        np.array([np.prod(layer.shape, dtype=np.int64) for layer in model.layers]),
        up,
        down,
        zeros,
        _joined(activations),
        _joined(gradients),
        np.concatenate(scores),
        targets,
        others,
        score,
    )


def _norms(values: Array) -> Array:
    flat = values.reshape(len(values), -1).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is a finding, not a fault
        norms: Array = np.linalg.norm(flat, axis=1)
    return norms


def _zero_shares(gradients: Array) -> Array:
    flat = np.abs(gradients.reshape(len(gradients), -1))
    root_mean_square = _norms(gradients) / np.sqrt(flat.shape[1])
    least = np.where(np.isfinite(root_mean_square), _NEARLY * root_mean_square, 0.0)
    shares: Array = (flat <= least[:, None]).mean(axis=1)
    return shares


def _joined(parts: dict[str, list[Array]]) -> dict[str, Array]:
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}
