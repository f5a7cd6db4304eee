"""What a recorder reads of JAX's trees of arrays."""

import sys
from typing import Any

import jax.numpy as jnp
import numpy as np

from inward.adapters.jax import named as paths
from inward.arrays import Array
from inward.errors import ArgumentError


def weights(model: Any) -> dict[str, Array]:
    """Of a Flax NNX module, its parameters; of a tree, all."""
    nnx = sys.modules.get("flax.nnx")
    return named(model, nnx.state(model, nnx.Param) if nnx is not None and isinstance(model, nnx.Module) else model)


def gradients(_: Any) -> dict[str, Array]:
    """A tree holds none."""
    return {}


def activations(_: Any, sample: Any) -> dict[str, Array]:
    """A tree cannot be run.

    Raises:
        ArgumentError: always.
    """
    remedy = "pass record(params, activations=…), as your function or Flax's capture_intermediates gives them"
    raise ArgumentError("sample", "left out for JAX", f"a batch of {len(sample)}", remedy)


def named(_: Any, tree: Any) -> dict[str, Array]:
    """Arrays of floats, by their path in the tree joined by "/"; half precisions as float32.

    Raises:
        ArgumentError: for a tree with leaves that are no arrays.
    """
    nnx = sys.modules.get("flax.nnx")
    tree = nnx.to_pure_dict(tree) if nnx is not None and isinstance(tree, nnx.State) else tree
    try:
        leaves = paths(tree)
    except TypeError as error:
        expected, remedy = "a tree of arrays, or a Flax NNX module", "pass params alone"
        raise ArgumentError("model", expected, f"a {type(tree).__name__} ({error})", remedy) from None
    return {name: _to_host(leaf) for name, leaf in leaves.items() if jnp.issubdtype(leaf.dtype, jnp.floating)}


def _to_host(leaf: Any) -> Array:
    array = np.asarray(leaf)
    return array if array.dtype == np.float64 else array.astype(np.float32)
