"""The shipped network as a Keras model of stock layers."""

import keras
from keras import layers

import inward
from inward.adapters.wrap import Wrapped

PLACES = {f"conv{i}": f"conv{i}" for i in range(1, 10)} | {f"conv{i}.linear": f"conv{i}_linear" for i in range(1, 10)}
PLACES |= {name: name for name in ("pool1", "pool2", "logits")}


def build() -> Wrapped:
    """The twin, wrapped."""
    net = inward.load("cifar10-allconv", backend="numpy")
    model = keras.Sequential([keras.Input(net.layers[0].shape)])
    for i, kernel in enumerate(net.weights().values(), start=1):
        convolution = layers.Conv2D(
            kernel.shape[3], kernel.shape[0], padding="same", use_bias=False, name=f"conv{i}_linear"
        )
        model.add(convolution)
        model.add(layers.Activation("elu", name=f"conv{i}"))
        convolution.set_weights([kernel])
        if i in (3, 6):
            model.add(layers.AveragePooling2D(2, name=f"pool{i // 3}"))
    model.add(layers.GlobalAveragePooling2D(name="logits"))
    return inward.wrap(model, classes=net.classes)
