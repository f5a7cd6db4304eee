"""The hand-written network as a Keras 3 model."""

from importlib.util import find_spec
from typing import Any

from inward.errors import ArgumentError, DependencyError
from inward.model import Model
from inward.network.network import Network


def to_keras(network: Model) -> Any:
    """The same network as a Keras 3 model, of stock Keras layers alone, on whichever backend Keras has.

    Its layers have the network's names and outputs: `conv1` is a `Conv2D` without bias together with its ELU. (PyTorch
    lets no weight have a dot in its name, so there is no `conv1.linear`.) It ends in logits, and Keras saves and loads
    it without custom objects.

    Args:
        network: as `inward.load` opens it.

    Returns:
        A `keras.Model` from images (n, h, w, c) to logits (n, classes), float32, not compiled.

    Raises:
        ArgumentError: for a model that is not the hand-written network.
        DependencyError: where Keras is not installed.
    """
    if not isinstance(network, Network):
        remedy = "pass what inward.load gives"
        raise ArgumentError("network", "inward's hand-written one", f"a {type(network).__name__}", remedy)
    if find_spec("keras") is None:
        remedy = "pip install 'inward[tensorflow]', or keras and a framework that it runs on"
        raise DependencyError("Keras", "installed", "no such package", remedy)
    import keras

    first, *rest = network.layers
    kernels = iter(network.weights().values())
    x = inputs = keras.Input(first.shape, name=first.name, dtype="float32")
    for layer in rest:
        settings = {"name": layer.name, "data_format": "channels_last", "dtype": "float32"}
        if layer.kind == "elu":
            kernel = next(kernels)
            height, width, _, filters = kernel.shape
            convolution = keras.layers.Conv2D(
                filters, (height, width), padding="same", activation="elu", use_bias=False, **settings
            )
            x = convolution(x)
            convolution.set_weights([kernel])
        elif layer.kind == "average pool":
            x = keras.layers.AveragePooling2D(2, **settings)(x)
        elif layer.kind == "global average":
            x = keras.layers.GlobalAveragePooling2D(**settings)(x)
    return keras.Model(inputs, x)
