"""Activations: what a layer makes of each input."""

from collections.abc import Sequence
from dataclasses import dataclass

from inward.arrays import Array, Inputs, as_batch
from inward.errors import ArgumentError
from inward.model import Model


@dataclass(frozen=True, eq=False)
class Activations:
    """values: layer's name -> its output (n, *shape of the layer), in the order asked for."""

    values: dict[str, Array]


def activations(model: Model, inputs: Inputs, layers: Sequence[str]) -> Activations:
    """Outputs of the layers asked for, at each input.

    Args:
        model: anything with the port `Model`.
        inputs: (n, ...), in the units the model was trained on.
        layers: names from `model.layers`; at least one.

    Returns:
        `Activations`: for each layer (n, *shape of the layer), in the layer's own units.

    Raises:
        ShapeError: for inputs that do not fit the model, or are not finite.
        ArgumentError: for no layer, or one that the model does not have.
    """
    wanted = resolve_layers(model, layers)
    found = model.activations(as_batch(inputs, model.layers[0].shape, "inputs"), wanted)
    return Activations({name: found[name] for name in wanted})


def resolve_layers(model: Model, layers: Sequence[str]) -> list[str]:
    """The layers asked for, each once, in the order asked for.

    Raises:
        ArgumentError: for no layer, or one that the model does not have.
    """
    known = [layer.name for layer in model.layers]
    if isinstance(layers, str) or not layers:
        raise ArgumentError("layers", "a list of names", repr(layers), f"choose from {', '.join(known)}")
    unknown = [name for name in layers if name not in known]
    if unknown:
        got = ", ".join(map(repr, unknown))
        raise ArgumentError("layers", "layers of the model", got, f"choose from {', '.join(known)}")
    return list(dict.fromkeys(layers))


def default_layers(model: Model) -> list[str]:
    """conv3, conv6 and conv9 where the model has them; else three of its layers of images, from first to last."""
    spatial = [layer.name for layer in model.layers[1:] if len(layer.shape) == 3]
    named: list[str] = [name for name in ("conv3", "conv6", "conv9") if name in spatial]
    if named or not spatial:
        return named or [model.layers[-1].name]
    return list(dict.fromkeys(spatial[round(i * (len(spatial) - 1) / 2)] for i in range(3)))
