"""What a recorder reads of Keras 3 models, on each of Keras's backends."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from inward.adapters.keras import KerasModel
from inward.adapters.tap import Tap
from inward.arrays import Array

Tensor = Any


def weights(model: Any) -> dict[str, Array]:
    """Its variables of floats."""
    return named(model, KerasModel(model).weights())


def gradients(_: Any) -> dict[str, Array]:
    """A model holds none; see `cost_gradients`."""
    return {}


def activations(model: Any, sample: Any) -> dict[str, Array]:
    """Each layer's output, batch first; no variable changes."""
    tap, x = Tap(), keras.ops.convert_to_tensor(sample)
    KerasModel(model)(x, {}, tap)
    return named(model, {name: value for name, value in tap.values.items() if value.shape and len(value) == len(x)})


def named(model: Any, tree: Mapping[str, Tensor] | Sequence[Tensor | None]) -> dict[str, Array]:
    """Tensors of floats by name; a list is in the order of the model's trainable variables."""
    given = tree if isinstance(tree, Mapping) else dict(zip(_trainable(model), tree, strict=True))
    floats = {name: x for name, x in given.items() if x is not None and keras.backend.is_float_dtype(x.dtype)}
    return {name: _to_host(x) for name, x in floats.items()}


def cost_gradients(model: Any, sample: Any, targets: Any) -> dict[str, Tensor]:
    """The compiled loss's gradients, by trainable variable, in evaluation mode; no variable changes.

    ∂cost/∂weight, cost = the compiled loss of the sample, with what regularizers and layers add to it
    """
    x, y = (keras.tree.map_structure(keras.ops.convert_to_tensor, given) for given in (sample, targets))
    variables = _trainable(model)

    def cost(values: Sequence[Tensor]) -> Tensor:
        with keras.StatelessScope(zip(variables.values(), values, strict=True), collect_losses=True):
            return model.compute_loss(x=x, y=y, y_pred=model(x, training=False))

    found = _DIFFERENTIATE[keras.backend.backend()](cost, [variable.value for variable in variables.values()])
    return {name: slope for name, slope in zip(variables, found, strict=True) if slope is not None}


def _trainable(model: Any) -> dict[str, Any]:
    """In the order of the model's trainable variables."""
    names = {id(variable): name for name, variable in KerasModel(model).variables().items()}
    return {names[id(variable)]: variable for variable in model.trainable_variables}


def _tensorflow(cost: Callable[[Sequence[Tensor]], Tensor], values: list[Tensor]) -> list[Tensor | None]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        apart = [tf.identity(value) for value in values]
        tape.watch(apart)
        found = cost(apart)
    slopes: list[Tensor | None] = tape.gradient(found, apart)
    return [None if slope is None else tf.convert_to_tensor(slope) for slope in slopes]


def _torch(cost: Callable[[Sequence[Tensor]], Tensor], values: list[Tensor]) -> list[Tensor | None]:
    import torch

    with torch.enable_grad():
        apart = [value.detach().clone().requires_grad_() for value in values]
        return list(torch.autograd.grad(cost(apart), apart, allow_unused=True))


def _jax(cost: Callable[[Sequence[Tensor]], Tensor], values: list[Tensor]) -> list[Tensor | None]:
    import jax

    slopes: list[Tensor | None] = jax.grad(cost)(values)
    return slopes


_DIFFERENTIATE = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}


def _to_host(x: Tensor) -> Array:
    wide = x if keras.backend.standardize_dtype(x.dtype) == "float64" else keras.ops.cast(x, "float32")
    found: Array = keras.ops.convert_to_numpy(wide)
    return found
