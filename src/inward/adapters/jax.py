"""JAX: functions of a tree of weights and a batch, and Flax modules."""

from collections.abc import Callable
from inspect import BoundArguments, signature, unwrap
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inward.adapters.jax_engine import JaxEngine, State, Stateless
from inward.adapters.tap import Tap
from inward.adapters.wrapping import Known, Wrapping
from inward.errors import ArgumentError

Tensor = Any
_AT_INFERENCE = {"train": False, "training": False, "deterministic": True, "use_running_average": True}


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

    built = True

    def __init__(self, function: Callable[..., Any], name: str | None, params: Any) -> None:
        function = unwrap(function) if isinstance(function, jax.stages.Wrapped) else function  # we compile the whole
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
        own = {"tap": tap or _passing} if self._taps else {}
        given = arguments(self._function, (*first, x), self._name, constants | own)
        return self._function(*given.args, **given.kwargs)


def arguments(
    call: Callable[..., Any], positional: tuple[Any, ...], name: str | None, constants: dict[str, Any]
) -> BoundArguments:
    """What a model is called with: its images last by position or by name, constants, and that this is inference.

    What a user has settled in a `functools.partial` stays so.

    Raises:
        ArgumentError: where that is not what it takes.
    """
    asked, settled = signature(call), getattr(call, "keywords", {})
    words = {word: at for word, at in _AT_INFERENCE.items() if word in asked.parameters and word not in settled}
    if name is not None:
        *first, x = positional
        positional, words = tuple(first), words | {name: x}
    try:
        return asked.bind(*positional, **words | constants)
    except TypeError as error:
        remedy = "name them, wrap(model, input=…, constants={…: …}), or pass a functools.partial"
        raise ArgumentError("what the model is called with", str(asked), str(error), remedy) from error


def named(tree: Any) -> dict[str, Tensor]:
    """The leaves of a tree by their paths, with / between."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="/"): _array(leaf) for path, leaf in leaves}


def _array(leaf: Any) -> Tensor:
    """JAX's own, unless it would lose digits where the process has no float64."""
    return leaf if getattr(leaf, "dtype", None) == np.float64 else jnp.asarray(leaf)


def dtype_of(tree: Any) -> str:
    """Of the first leaf of floats."""
    dtypes = (leaf.dtype for leaf in jax.tree.leaves(tree) if hasattr(leaf, "dtype"))
    return str(next((dtype for dtype in dtypes if jnp.issubdtype(dtype, jnp.floating)), "float32"))


def _passing(_: str, value: Tensor) -> Tensor:
    return value
