"""Keras 3 models, on whichever backend Keras has in this process."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from importlib import import_module
from inspect import signature
from itertools import count
from typing import Any

import keras

from inward.adapters.outputs import NAMES
from inward.adapters.tap import Tap, tapped
from inward.adapters.wrapping import End, Known, Layout, Wrapping
from inward.errors import ArgumentError

Tensor = Any
Engine = Any
Operation = Any
"""A layer, or a function of `keras.ops` in a functional model."""
_ENGINES = {
    "tensorflow": ("inward.adapters.tensorflow_engine", "TensorFlowEngine"),
    "jax": ("inward.adapters.jax_engine", "JaxEngine"),
    "torch": ("inward.adapters.keras_torch", "keras_torch_engine"),
}
_ENDS: tuple[End, ...] = ("softmax", "sigmoid")
_ABSENT = object()


def known(model: Any) -> Known:
    """Shapes, layout and ends, as far as the model says them: a subclassed one knows its layout alone."""
    if not isinstance(model, keras.Layer):
        raise ArgumentError("model", "a Keras model", f"a {type(model).__name__}", "wrap the model itself")
    formats = {getattr(layer, "data_format", None) for _, layer in _named(model)}
    layout: Layout = "channels_first" if "channels_first" in formats else "channels_last"
    inputs: dict[str | None, tuple[int, ...] | None] = {
        name: _shape(tensor, layout) for name, tensor in _inputs(model).items()
    }
    ends: dict[int | str | None, End] = {key: _end(operation) for key, operation in _heads(model).items()}
    return Known(next(iter(inputs.values()), None), layout, ends.get(_default(ends), "logits"), inputs, ends)


def engine(model: Any, wrapping: Wrapping, params: Any = None) -> Engine:
    """The model on Keras's own backend.

    Where the wrapping says that it ends in probabilities, and its last layer is what makes them of logits, that
    layer hands on its logits instead: nothing is lost to rounding.

    Raises:
        ArgumentError: for params, which a model has itself, or a backend that cannot differentiate.
    """
    if params is not None:
        raise ArgumentError("params", "left out: a model has its own", "some", "model.load_weights(…) first")
    backend = keras.backend.backend()
    if backend not in _ENGINES:
        remedy = "set KERAS_BACKEND before Keras is imported"
        raise ArgumentError("Keras's backend", f"one of {', '.join(_ENGINES)}", repr(backend), remedy)
    heads = _heads(model)
    last = heads.get(_default(heads) if wrapping.output is None else wrapping.output)
    skipped = last if last is not None and wrapping.ends_in == _end(last) != "logits" else None
    module, name = _ENGINES[backend]
    make = getattr(import_module(module), name)
    inside = wrapping if skipped is None else replace(wrapping, ends_in="logits")
    return make(KerasModel(model, wrapping.input, skipped), inside)


class KerasModel:
    """A Keras model as `Running`, on any backend: training=False, and no variable changes.

    Args:
        model: built, or to be built by its first run.
        name: of the input that the images go to; the first, where it is None.
        skipped: the last layer, where it is to hand on what its softmax or sigmoid would be made of.
    """

    def __init__(self, model: Any, name: str | None = None, skipped: Operation | None = None) -> None:
        self.model, self._name, self._skipped = model, name, skipped
        self.built = all(getattr(layer, "built", True) for _, layer in [("", model), *_named(model)])
        floats = [variable for variable in model.weights if keras.backend.is_float_dtype(variable.dtype)]
        self.dtype: str = keras.backend.standardize_dtype(floats[0].value.dtype if floats else model.variable_dtype)

    def weights(self) -> dict[str, Tensor]:
        """The variables' present values."""
        return {name: variable.value for name, variable in self.variables().items()}

    def variables(self) -> dict[str, Any]:
        """Every variable of floats, by the name of its layer and its own."""
        names = {id(v): v.path for v in self.model.weights}
        for name, layer in _named(self.model):  # a layer's weights are those of the layers in it, too
            names |= {id(v): f"{name}/{v.name}" for v in getattr(layer, "weights", ())}
        floats = [v for v in self.model.weights if keras.backend.is_float_dtype(v.dtype)]
        return {names[id(v)]: v for v in floats}

    def state(self) -> list[Tensor]:
        """The present values of all variables."""
        return [variable.value for variable in self.model.variables]

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None, state: list[Tensor] | None = None) -> Any:
        """See `Running`; state, where it is given, stands for the variables' values."""
        if not self.built:  # variables can only be made outside a stateless scope
            self._fed(x, constants)
            self.built = True
        values = [] if state is None else zip(self.model.variables, state, strict=True)
        with keras.StatelessScope(values), ExitStack() as undone:
            if self._skipped is not None:
                undone.enter_context(_without_end(self._skipped))
            if tap is not None:
                for name, operation in _named(self.model):
                    undone.enter_context(_tapped_call(operation, name, tap))
            return self._fed(x, constants)

    def _fed(self, x: Tensor, constants: dict[str, Any]) -> Any:
        model, inputs = self.model, _inputs(self.model)
        names = [*(inputs or signature(model.call).parameters)]
        name = names[0] if self._name is None else self._name
        unknown = [asked for asked in (name, *constants) if asked not in names]
        if unknown:
            expected, remedy = f"one of {', '.join(names)}", "name one of the model's inputs"
            raise ArgumentError("input", expected, repr(unknown[0]), remedy)
        given = {name: x} | constants
        if not inputs:
            return model(x, training=False) if [*given] == names[:1] else model(**given, training=False)
        missing = [name for name in names if name not in given]
        if missing:
            remedy = f"pass wrap(model, input={name!r}, constants={{{missing[0]!r}: …}})"
            raise ArgumentError("model's inputs", ", ".join(names), f"{name} alone", remedy)
        struct = _symbolic_inputs(model)
        whole = given if isinstance(struct, dict) else keras.tree.pack_sequence_as(struct, [given[n] for n in names])
        return model(whole, training=False)


def _named(operation: Operation, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Operation]]:
    """All that is called inside, each once, by its path from the model; a namesake beside it gets a number."""
    seen = {id(operation)} if seen is None else seen
    taken: set[str] = set()
    for inner in _inside(operation):
        if id(inner) in seen or isinstance(inner, keras.layers.InputLayer):
            continue
        seen.add(id(inner))
        name = next(new for i in count() if (new := f"{inner.name}_{i}" if i else inner.name) not in taken)
        taken.add(name)
        yield prefix + name, inner
        yield from _named(inner, f"{prefix}{name}/", seen)


def _inside(operation: Operation) -> list[Operation]:
    if not isinstance(operation, keras.Layer):
        return []
    return [*getattr(operation, "operations", ()), *operation._flatten_layers(include_self=False, recursive=False)]


def _tapped_call(operation: Operation, name: str, tap: Tap) -> AbstractContextManager[None]:
    verb = "quantized_call" if getattr(operation, "quantization_mode", None) else "call"
    call = getattr(operation, verb)

    @wraps(call)
    def run(*args: Any, **kwargs: Any) -> Any:
        return tapped(tap, name, call(*args, **kwargs), type(operation).__name__, keras.ops.is_tensor)

    return _instead(operation, verb, run)


@contextmanager
def _instead(owner: Any, attribute: str, value: Any) -> Iterator[None]:
    """Another value of an object's own attribute for a while, past Keras's tracking."""
    before = vars(owner).get(attribute, _ABSENT)
    vars(owner)[attribute] = value
    try:
        yield
    finally:
        if before is _ABSENT:
            del vars(owner)[attribute]
        else:
            vars(owner)[attribute] = before


def _symbolic_inputs(model: Any) -> Any:
    """One, or several in a structure; None where the model is a function of its own making."""
    if isinstance(model, keras.Sequential):  # which does not know its inputs before it is built
        return model.inputs[0] if hasattr(model, "inputs") else None
    return model.input if hasattr(model, "inputs") else None


def _inputs(model: Any) -> dict[str, Any]:
    """The symbolic inputs by name."""
    struct = _symbolic_inputs(model)
    return (
        dict(struct)
        if isinstance(struct, dict)
        else {tensor.name: tensor for tensor in keras.tree.flatten(struct) if struct is not None}
    )


def _shape(tensor: Any, layout: Layout) -> tuple[int, ...] | None:
    """Of one input, channels last; None where a size is free."""
    shape = tensor.shape[1:]
    shape = (*shape[1:], *shape[:1]) if layout == "channels_first" else shape
    return None if None in shape else tuple(shape)


def _heads(model: Any) -> dict[int | str | None, Operation]:
    """The layer that makes each output; none where the model is a function of its own making."""
    if isinstance(model, keras.Sequential):
        return {0: _last(model, 0)}
    if not hasattr(model, "outputs"):
        return {}
    struct = model.output
    outputs = struct if isinstance(struct, dict) else dict(enumerate(keras.tree.flatten(struct)))
    return {key: _maker(tensor) for key, tensor in outputs.items()}


def _maker(tensor: Any) -> Operation:
    operation, _, index = tensor._keras_history
    return _last(operation, index)


def _last(operation: Operation, index: int) -> Operation:
    """What makes an output inside models in models."""
    if isinstance(operation, keras.Sequential):
        return _last(operation.layers[-1], 0)
    return _maker(operation.outputs[index]) if hasattr(operation, "outputs") else operation


def _default(heads: Mapping[Any, Any]) -> int | str | None:
    return next(iter(heads)) if len(heads) == 1 else next((name for name in NAMES if name in heads), None)


def _end(operation: Operation) -> End:
    """What a last layer that is used once makes of logits."""
    if len(operation._inbound_nodes) > 1 or getattr(operation, "axis", -1) != -1:
        return "logits"
    activation = getattr(operation, "activation", None)
    for end in _ENDS:
        if activation is getattr(keras.activations, end) or type(operation).__name__.lower() == end:
            return end
    return "logits"


def _without_end(operation: Operation) -> AbstractContextManager[None]:
    if hasattr(operation, "activation"):
        return _instead(operation, "activation", keras.activations.linear)
    return _instead(operation, "call", lambda x, *_, **__: x)
