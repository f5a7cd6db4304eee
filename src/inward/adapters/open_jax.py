"""Weights from a file into a tree of JAX arrays."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from safetensors.flax import load_file

from inward.adapters.weights_file import check_fit, npz, read_weights_file


def fill(params: Any, path: Path) -> Any:
    """A tree like params with the file's arrays, which must be all of its own, by names joined with "/".

    Raises:
        FileError: where the file cannot be read.
        ShapeError: where the arrays are not the tree's.
    """
    found = read_weights_file(path, {".safetensors": load_file, ".npz": npz})
    leaves, form = jax.tree_util.tree_flatten_with_path(params)
    own = {"/".join(_part(key) for key in keys): leaf for keys, leaf in leaves}
    check_fit(path, {n: jnp.shape(x) for n, x in own.items()}, {n: tuple(x.shape) for n, x in found.items()})
    filled = [jnp.asarray(found[name], jnp.result_type(leaf)) for name, leaf in own.items()]
    return jax.tree_util.tree_unflatten(form, filled)


def _part(key: Any) -> str:
    """One step of a path into a tree: a key, an index or an attribute's name."""
    return str(next(getattr(key, of) for of in ("key", "idx", "name") if hasattr(key, of)))
