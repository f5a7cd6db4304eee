"""Flax modules: linen's with their variables, and nnx's, at inference."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from inspect import signature
from typing import Any

import jax
from flax import linen, nnx

from inward.adapters.jax import dtype_of, named
from inward.adapters.jax_engine import State
from inward.adapters.tap import Tap, tapped
from inward.errors import ArgumentError

Tensor = Any
_AT_INFERENCE = {"train": False, "training": False, "deterministic": True, "use_running_average": True}


class Linen:
    """A linen module as `Stateless`.

    Args:
        module: unbound.
        name: of the parameter that the images go to; the first, where it is None.
        variables: what `init` gives, or its "params" alone.

    Raises:
        ArgumentError: where there are none.
    """

    def __init__(self, module: linen.Module, name: str | None, variables: Any) -> None:
        if variables is None:
            remedy = "pass wrap(module, params=variables), which module.init gives"
            raise ArgumentError("params", "the module's variables", "nothing", remedy)
        self._module, self._name = module, name
        self._variables = variables if "params" in variables else {"params": variables}
        self.dtype = dtype_of(self._variables["params"])

    def weights(self) -> dict[str, Tensor]:
        """The collection "params", by paths."""
        return named(self._variables["params"])

    def state(self) -> State:
        """See `Stateless`."""
        return self._variables

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None, state: State | None = None) -> Any:
        """See `Stateless`."""
        variables = self._variables if state is None else state
        positional, given = _given(type(self._module).__call__, self._name, x, constants)
        with nullcontext() if tap is None else linen.intercept_methods(_tapping(tap)):
            return self._module.apply(variables, *positional, **given)


class Nnx:
    """An nnx module as `Stateless`: a copy in evaluation mode runs, so the module itself is not touched.

    Args:
        module: with its weights.
        name: of the parameter that the images go to; the first, where it is None.
        params: None; a module has its own.

    Raises:
        ArgumentError: for params.
    """

    def __init__(self, module: nnx.Module, name: str | None, params: Any) -> None:
        if params is not None:
            raise ArgumentError("params", "left out: a module has its own", "some", "nnx.update(module, params) first")
        self._module, self._name = module, name
        self._graph = nnx.graphdef(module)
        self.dtype = dtype_of(nnx.state(module, nnx.Param))

    def weights(self) -> dict[str, Tensor]:
        """The parameters, by paths."""
        return named(nnx.to_pure_dict(nnx.state(self._module, nnx.Param)))

    def state(self) -> State:
        """See `Stateless`."""
        return nnx.state(self._module)

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None, state: State | None = None) -> Any:
        """See `Stateless`."""
        module = nnx.merge(self._graph, self.state() if state is None else state)
        module.eval()
        positional, given = _given(type(module).__call__, self._name, x, constants)
        with nullcontext() if tap is None else _tapped_classes(module, tap):
            return module(*positional, **given)


def _given(
    call: Callable[..., Any], name: str | None, x: Tensor, constants: dict[str, Any]
) -> tuple[tuple[Tensor, ...], dict[str, Any]]:
    """What a module is called with: x by position or by name, constants, and what says that this is inference."""
    asked = signature(call).parameters
    settings = {word: value for word, value in _AT_INFERENCE.items() if word in asked} | constants
    if name is not None and name not in asked:
        raise ArgumentError("input", f"one of {', '.join([*asked][1:])}", repr(name), "name a parameter of __call__")
    return ((x,), settings) if name is None else ((), {name: x} | settings)


def _tapping(tap: Tap) -> Callable[..., Any]:
    def intercepted(call: Callable[..., Any], args: Any, kwargs: Any, context: Any) -> Any:
        output, path = call(*args, **kwargs), context.module.path
        if context.method_name != "__call__" or not path:
            return output
        return tapped(tap, "/".join(path), output, type(context.module).__name__, _is_tensor)

    return intercepted


@contextmanager
def _tapped_classes(module: nnx.Module, tap: Tap) -> Iterator[None]:
    """Every class of the modules inside calls the tap for those of its objects that belong to this module."""
    paths = {id(inner): "/".join(map(str, path)) for path, inner in nnx.iter_modules(module) if path}
    kinds = {type(inner) for _, inner in nnx.iter_modules(module)}
    with ExitStack() as undone:
        for kind in kinds:
            if "__call__" in vars(kind):
                undone.callback(setattr, kind, "__call__", kind.__call__)
                kind.__call__ = _tapped_call(kind.__call__, paths, tap)  # type: ignore[method-assign]
        yield


def _tapped_call(call: Callable[..., Any], paths: dict[int, str], tap: Tap) -> Callable[..., Any]:
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        output = call(self, *args, **kwargs)
        path = paths.get(id(self))
        return output if path is None else tapped(tap, path, output, type(self).__name__, _is_tensor)

    return run


def _is_tensor(value: Any) -> bool:
    return isinstance(value, jax.Array)
