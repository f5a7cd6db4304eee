"""JAX: functions of a tree of weights and a batch, and Flax modules."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import jax
import jax.numpy as jnp

from inward.adapters.jax_engine import JaxEngine, State, Stateless
from inward.adapters.tap import Tap
from inward.adapters.wrapping import Known, Wrapping

Tensor = Any


def known(model: Any) -> Known:  # noqa: ARG001  (neither functions nor modules say what they take)
    """Images are channels last in JAX's libraries."""
    return Known()


def engine(model: Any, wrapping: Wrapping, params: Any = None) -> JaxEngine:
    """A function f(params, x), or f(x) without params; a Flax module of linen with its variables, or of nnx.

    Raises:
        ArgumentError: for a linen module without its variables, or an nnx module with any.
    """
    return JaxEngine(_running(model, wrapping, params), wrapping)


def _running(model: Any, wrapping: Wrapping, params: Any) -> Stateless:
    packages = {kind.__module__.split(".")[1] for kind in type(model).__mro__ if kind.__module__.startswith("flax.")}
    if not packages:
        return Function(model, wrapping.input, params)
    from inward.adapters.flax import Linen, Nnx

    return Linen(model, wrapping.input, params) if "linen" in packages else Nnx(model, wrapping.input, params)


class Function:
    """A function as `Stateless`. One that has a parameter `tap` names what its layers are: x = tap("conv1", x).

    Args:
        function: of params, unless they are None, and of a batch.
        name: of the parameter that the images go to; the first after params, where it is None.
        params: a tree of arrays.
    """

    def __init__(self, function: Callable[..., Any], name: str | None, params: Any) -> None:
        self._function, self._name, self._params = function, name, params
        self._taps = "tap" in signature(function).parameters
        self.dtype = dtype_of(params)

    def weights(self) -> dict[str, Tensor]:
        """The leaves of params, by their paths."""
        return named(self._params)

    def state(self) -> State:
        """See `Stateless`."""
        return self._params

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None, state: State | None = None) -> Any:
        """See `Stateless`."""
        first = () if self._params is None else (self._params if state is None else state,)
        given = constants | ({"tap": tap or _passing} if self._taps else {})
        if self._name is None:
            return self._function(*first, x, **given)
        return self._function(*first, **{self._name: x}, **given)


def named(tree: Any) -> dict[str, Tensor]:
    """The leaves of a tree by their paths, with / between."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="/"): jnp.asarray(leaf) for path, leaf in leaves}


def dtype_of(tree: Any) -> str:
    """Of the first leaf of floats, as JAX computes with it in this process."""
    dtypes = (jnp.asarray(leaf).dtype for leaf in jax.tree.leaves(tree))
    return str(next((dtype for dtype in dtypes if jnp.issubdtype(dtype, jnp.floating)), "float32"))


def _passing(_: str, value: Tensor) -> Tensor:
    return value
