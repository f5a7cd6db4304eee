"""wrap: anyone's model as the port `Model`."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from inward.adapters.framework import framework_of
from inward.adapters.outputs import OUTPUT
from inward.adapters.wrapping import End, Known, Layout, Place, Preprocess, Wrapping
from inward.batched import BatchedModel, Engine
from inward.errors import ArgumentError
from inward.model import History, Layer


class _TracedEngine(Engine, Protocol):
    def trace(self) -> tuple[list[Place], int]: ...


class _Adapter(Protocol):
    """What a file of this room offers."""

    def known(self, model: Any) -> Known:
        """What a model says of itself."""
        ...

    def engine(self, model: Any, wrapping: Wrapping, params: Any) -> _TracedEngine:
        """The model as an engine."""
        ...


_ADAPTERS = {
    "keras": "inward.adapters.keras",
    "torch": "inward.adapters.torch",
    "jax": "inward.adapters.jax",
    "tensorflow": "inward.adapters.tensorflow",
}


class Wrapped(BatchedModel):
    """Someone's model, fit for the port `Model`; made by `wrap`."""

    def __init__(
        self,
        engine: _TracedEngine,
        wrapping: Wrapping,
        classes: Sequence[str],
        micro_batch: int | None,
        history: History | None,
    ) -> None:
        places, count = engine.trace()
        if classes and len(classes) != count:
            expected = f"{count} names, one for each output"
            raise ArgumentError("classes", expected, f"{len(classes)}", "pass them in the order of the outputs")
        layers = [Layer("input", "input", wrapping.input_shape), *(Layer(*place) for place in places)]
        if layers[-1].shape != (count,):
            layers.append(Layer(_unused(OUTPUT, layers), OUTPUT, (count,)))
        super().__init__(engine, layers, classes, micro_batch, history)
        self.wrapping = wrapping


def wrap(
    model: Any,
    *,
    classes: Sequence[str] = (),
    input_shape: Sequence[int] | None = None,
    preprocess: Preprocess | None = None,
    params: Any = None,
    output: int | str | None = None,
    ends_in: End | None = None,
    layout: Layout | None = None,
    input: str | None = None,  # noqa: A002  (the field's name for it)
    constants: Mapping[str, Any] | None = None,
    framework: str | None = None,
    micro_batch: int | None = None,
    history: History | None = None,
) -> Wrapped:
    """A model of Keras 3, PyTorch, JAX or TensorFlow, so that every view and method works on it.

    The model is used as it is, in the framework that made it; no other is imported, and it is left as it was
    found. Images, baselines and maps are channels last, in the units a person sees; what the model takes is
    made of them by `preprocess`.

    Args:
        model: a Keras 3 model, a `torch.nn.Module`, a Flax module, a `tf.Module`, or a function of a batch.
        classes: the classes' names, in the order of the outputs.
        input_shape: of one input, channels last: (h, w, c). Keras models know it.
        preprocess: `inward.Preprocessing`, or a differentiable function of a batch as the model takes it.
        params: of a JAX function f(params, x) or a Flax module: its tree of weights.
        output: which of several outputs are the logits: a position, or a name.
        ends_in: logits, softmax or sigmoid; what ends in probabilities is turned back into logits. Keras
            models know it.
        layout: of the model's images, inside; PyTorch's are channels_first.
        input: the name of the input that the images go to, where there are several.
        constants: the other inputs by name; an array with a batch axis of 1 is repeated for each image.
        framework: keras, torch, jax or tensorflow, for a plain function, which does not say what it is.
        micro_batch: inputs evaluated at a time; None fits them to memory.
        history: weights before training and metrics, as `inward.open_recording` gives them.

    Returns:
        A `Model`. Its layers are those that were seen at work on a trial run.

    Raises:
        ArgumentError: where something is missing, or makes no sense for this model.
        ShapeError: where the model does not end in (n, classes).
    """
    adapter: _Adapter = import_module(_ADAPTERS[_framework(model, params, framework)])
    known = adapter.known(model)
    said = known.inputs.get(input, known.input_shape)
    shape = said if input_shape is None else tuple(int(size) for size in input_shape)
    if shape is None:
        remedy = "pass wrap(model, input_shape=(224, 224, 3)), channels last"
        raise ArgumentError("input_shape", "the shape of one input", "nothing", remedy)
    wrapping = Wrapping(
        shape,
        preprocess,
        output,
        ends_in or known.heads.get(output, known.ends_in),
        layout or known.layout,
        input,
        dict(constants or {}),
    )
    return Wrapped(adapter.engine(model, wrapping, params), wrapping, tuple(classes), micro_batch, history)


def _framework(model: Any, params: Any, framework: str | None) -> str:
    if framework is not None:
        if framework not in _ADAPTERS:
            raise ArgumentError("framework", f"one of {', '.join(_ADAPTERS)}", repr(framework), "choose one of them")
        return framework
    found = framework_of(model)
    if found is not None:
        return found
    if callable(model) and params is not None:
        return "jax"
    expected = "a Keras model, a torch.nn.Module, a Flax module, a tf.Module, or f(params, x) with its params"
    remedy = f"for a plain function say whose it is: wrap(f, framework=…), one of {', '.join(_ADAPTERS)}"
    raise ArgumentError("model", expected, f"a {type(model).__name__}", remedy)


def _unused(name: str, layers: Sequence[Layer]) -> str:
    taken = {layer.name for layer in layers}
    return next(new for new in (name, *(f"{name}#{i}" for i in range(2, len(layers) + 3))) if new not in taken)
