"""Flax modules: linen's with their variables, and nnx's, at inference."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import wraps
from typing import Any

import jax
from flax import linen, nnx

from inward.adapters.jax import arguments, dtype_of, named
from inward.adapters.jax_engine import State
from inward.adapters.tap import Tap, tapped
from inward.errors import ArgumentError

Tensor = Any


class Linen:
    """A linen module as `Stateless`.

    Args:
        module: unbound.
        name: of the parameter that the images go to; the first, where it is None.
        variables: what `init` gives, or its "params" alone.

    Raises:
        ArgumentError: where there are none.
    """

    built = True

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
        given = arguments(self._module.__call__, (x,), self._name, constants)
        with nullcontext() if tap is None else linen.intercept_methods(_tapping(tap)):
            return self._module.apply(variables, *given.args, **given.kwargs)


class Nnx:
    """An nnx module as `Stateless`: a copy in evaluation mode runs, so the module itself is not touched.

    Args:
        module: with its weights.
        name: of the parameter that the images go to; the first, where it is None.
        params: None; a module has its own.

    Raises:
        ArgumentError: for params.
    """

    built = True

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
        given = arguments(module.__call__, (x,), self._name, constants)
        with nullcontext() if tap is None else _tapped_classes(module, tap):
            return module(*given.args, **given.kwargs)


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
    calls = {kind: call for _, inner in nnx.iter_modules(module) if (call := _call_of(kind := type(inner)))}
    with ExitStack() as undone:
        for kind, call in calls.items():
            before = vars(kind).get("__call__")
            undone.callback(*((delattr, kind, "__call__") if before is None else (setattr, kind, "__call__", before)))
            kind.__call__ = _tapped_call(call, paths, tap)  # type: ignore[method-assign]
        yield


def _call_of(kind: type) -> Callable[..., Any] | None:
    """A class's own or inherited; what a class itself is called with is none."""
    return next((vars(base)["__call__"] for base in kind.__mro__ if "__call__" in vars(base)), None)


def _tapped_call(call: Callable[..., Any], paths: dict[int, str], tap: Tap) -> Callable[..., Any]:
    @wraps(call)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        path = paths.pop(id(self), None)  # a class's call may go on to that of its base
        output = call(self, *args, **kwargs)
        if path is None:
            return output
        paths[id(self)] = path
        return tapped(tap, path, output, type(self).__name__, _is_tensor)

    return run


def _is_tensor(value: Any) -> bool:
    return isinstance(value, jax.Array)
