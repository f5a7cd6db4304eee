"""What a recorder reads of JAX's trees of arrays."""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

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
    """Arrays of floats, by their path in the tree joined by "/"; half precisions as float32."""
    nnx = sys.modules.get("flax.nnx")
    tree = nnx.to_pure_dict(tree) if nnx is not None and isinstance(tree, nnx.State) else tree
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {"/".join(map(_word, path)): _to_host(leaf) for path, leaf in leaves if _is_float(leaf)}


def _word(key: Any) -> str:
    """Of a dict's key, a sequence's place or an attribute's name."""
    return str(next(getattr(key, kind) for kind in ("key", "idx", "name") if hasattr(key, kind)))


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray) and bool(jnp.issubdtype(leaf.dtype, jnp.floating))


def _to_host(leaf: Any) -> Array:
    array = np.asarray(leaf)
    return array if array.dtype == np.float64 else array.astype(np.float32)
