"""The shipped network as a plain function of JAX."""

import jax
import jax.numpy as jnp
from jax import lax

import inward
from inward.adapters.wrap import Wrapped

PLACES = {f"conv{i}{part}": f"conv{i}{part}" for i in range(1, 10) for part in (".linear", "")}


def apply(params, x, tap):
    """Channels last; tap names the layers."""
    for i, kernel in enumerate(params.values(), start=1):
        axes = ("NHWC", "HWIO", "NHWC")
        y = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=axes, precision="highest")
        x = tap(f"conv{i}", jax.nn.elu(tap(f"conv{i}.linear", y)))
        if i in (3, 6):
            n, h, w, c = x.shape
            x = x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))
    return x.mean((1, 2))


def build() -> Wrapped:
    """The twin, wrapped."""
    net = inward.load("cifar10-allconv", backend="numpy")
    params = {name: jnp.asarray(kernel) for name, kernel in net.weights().items()}
    return inward.wrap(apply, params=params, classes=net.classes, input_shape=net.layers[0].shape)
