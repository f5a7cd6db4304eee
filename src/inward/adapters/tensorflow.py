"""TensorFlow's own: `tf.Module`, functions of tensors, and SavedModels that the user has loaded."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from inspect import getattr_static
from itertools import count
from types import FunctionType
from typing import Any

import tensorflow as tf

from inward.adapters.tap import Tap, tapped
from inward.adapters.tensorflow_engine import TensorFlowEngine
from inward.adapters.wrapping import Known, Wrapping
from inward.errors import ArgumentError

Tensor = Any
_SIGNATURE = "serving_default"
_Trackable: Any = tf.__internal__.tracking.AutoTrackable  # modules, what a SavedModel holds, layers of Keras


def known(model: Any) -> Known:  # noqa: ARG001  (it does not say what it takes)
    """Images are channels last in TensorFlow."""
    return Known()


def engine(model: Any, wrapping: Wrapping, params: Any = None) -> TensorFlowEngine:
    """See `TensorFlowEngine`.

    Raises:
        ArgumentError: for params, which a model has itself, or a model that cannot be called.
    """
    if params is not None:
        raise ArgumentError("params", "left out: a model has its own", "some", "assign its variables first")
    return TensorFlowEngine(TensorFlowModel(model, wrapping.input), wrapping)


class TensorFlowModel:
    """A callable of TensorFlow as `Running`: what is called inside a module is tapped in its class.

    Args:
        model: a module, a function, or what `tf.saved_model.load` gave: then its `__call__` or, without one, its
            signature "serving_default" is run, as the program that it is, and no layer inside is to be seen.
        name: of the argument that the images go to; the first, where it is None.

    Raises:
        ArgumentError: for a model that cannot be called.
    """

    def __init__(self, model: Any, name: str | None = None) -> None:
        self._model, self._run, self._name = model, model, name
        if not callable(model):
            self._run = _signature(model)
            self._name = name or next(iter(self._run.structured_input_signature[1]))
        floats = [variable for variable in self.weights().values() if variable.dtype.is_floating]
        self.dtype: str = floats[0].dtype.name if floats else "float32"

    def weights(self) -> dict[str, Tensor]:
        """Variables of floats by the attributes that lead to them; those of a function by their own names."""
        found: dict[str, Tensor] = {}
        for name, value in _held(self._model):
            if isinstance(value, tf.Variable):
                found[name] = value
            elif _is_keras(value):
                found |= {f"{name}/{variable.path}": variable.value for variable in value.weights}
        if not found:
            for variable in getattr(self._run, "variables", ()):
                name = variable.name.split(":")[0]
                found[next(new for i in count() if (new := f"{name}_{i}" if i else name) not in found)] = variable
        return {name: variable for name, variable in found.items() if variable.dtype.is_floating}

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None) -> Any:
        """See `Running`."""
        with ExitStack() as undone:
            if tap is not None:
                called = {id(value): name for name, value in _held(self._model) if callable(value)}
                kinds = {type(value) for _, value in _held(self._model) if callable(value)} | {type(self._model)}
                for kind in kinds:
                    undone.enter_context(_tapped_class(kind, {id(self._model): ""} | called, tap))
            return self._run(x, **constants) if self._name is None else self._run(**{self._name: x}, **constants)


@contextmanager
def _tapped_class(kind: type, names: dict[int, str], tap: Tap) -> Iterator[None]:
    """Objects of this class, and of no other, tapped; one called "" is not, but its graph is laid open."""
    before: Any = getattr_static(kind, "__call__", None)
    if not isinstance(getattr(before, "python_function", before), FunctionType):
        yield
        return
    own = "__call__" in vars(kind)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if type(self) is not kind or id(self) not in names:
            return before.__get__(self, kind)(*args, **kwargs)
        output = getattr(before, "python_function", before)(self, *args, **kwargs)
        return tapped(tap, names[id(self)], output, kind.__name__, tf.is_tensor) if names[id(self)] else output

    kind.__call__ = call  # type: ignore[method-assign]
    try:
        yield
    finally:
        if own:
            kind.__call__ = before  # type: ignore[method-assign]
        else:
            del kind.__call__


def _signature(model: Any) -> Any:
    signatures = getattr(model, "signatures", {})
    if _SIGNATURE not in signatures:
        got = f"signatures {', '.join(signatures)}" if signatures else f"a {type(model).__name__}"
        remedy = "wrap a function: wrap(lambda x: model.…(x), framework='tensorflow', input_shape=…)"
        raise ArgumentError("model", f"callable, or have a signature {_SIGNATURE!r}", got, remedy)
    return signatures[_SIGNATURE]


def _held(owner: Any, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """The modules and variables inside, each once, by the attributes, positions and keys that lead to them."""
    seen = {id(owner)} if seen is None else seen
    for key, value in _parts(owner):
        if id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, tf.Variable | _Trackable) and not isinstance(value, list | tuple | dict):
                yield f"{prefix}{key}", value
            yield from _held(value, f"{prefix}{key}/", seen)


def _parts(owner: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(owner, dict):
        return list(owner.items())
    if isinstance(owner, list | tuple):
        return enumerate(owner)
    if isinstance(owner, _Trackable) and not _is_keras(owner):
        return [(name, value) for name, value in vars(owner).items() if not name.startswith("_self_")]
    return ()


def _is_keras(value: Any) -> bool:
    return any(kind.__module__.startswith("keras.") for kind in type(value).__mro__)
