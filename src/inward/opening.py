"""Anyone's model by its name: one of ours, a .keras file, or code that builds it."""

import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict, Unpack

from inward.adapters.framework import framework_of
from inward.adapters.installing import missing
from inward.adapters.wrap import wrap
from inward.adapters.wrapping import End, Layout, Preprocess
from inward.batched import BatchedModel
from inward.errors import ArgumentError, FileError, InwardError
from inward.loading import SHIPPED, load
from inward.model import History

_CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_LOAD_YOURSELF = "load it in your own code and name it package.module:build"
_PICKLE = "a pickle, which is a program that runs when it is opened"
_PROGRAMS = {
    ".h5": "Keras's HDF5 file, which may hold a program that no safe mode guards",
    ".hdf5": "Keras's HDF5 file, which may hold a program that no safe mode guards",
    ".pb": "a SavedModel, which is a program",
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".bin"), _PICKLE),
}
_WEIGHTS = (".safetensors", ".npz")
_FILLERS = {
    "torch": "inward.adapters.open_torch",
    "keras": "inward.adapters.open_keras",
    "jax": "inward.adapters.open_jax",
}


class Said(TypedDict, total=False):
    """What a user says of a model that is not ours; see `wrap`."""

    classes: Sequence[str]
    input_shape: Sequence[int] | None
    preprocess: Preprocess | None
    output: int | str | None
    ends_in: End | None
    layout: Layout | None
    input: str | None
    constants: Mapping[str, Any] | None
    framework: str | None
    history: History | None


def open_model(
    name: str | Path,
    *,
    backend: str | None = None,
    micro_batch: int | None = None,
    weights: str | Path | None = None,
    **said: Unpack[Said],
) -> BatchedModel:
    """Open a model, whoever made it.

    Code is run only where it is named: "package.module:build" is imported and, unless it is a model already,
    called. It gives a model of PyTorch, Keras, JAX or TensorFlow, a function with its params as (f, params), or
    what `wrap` made.

    Args:
        name: `cifar10-allconv`, a run folder, a `.keras` file, or `package.module:build`.
        backend: of a network of ours: what computes, tensorflow unless given.
        micro_batch: inputs evaluated at a time; None fits memory.
        weights: a file for the model that code built: safetensors, .npz, or for PyTorch .pt and .pth of tensors
            alone. The names in it are the model's; in a tree of params, joined with "/".
        said: classes, input_shape, preprocess, output, ends_in, layout and the others of `wrap`.

    Returns:
        A `Model`.

    Raises:
        ArgumentError: where there is no such model, the code fails, or something is said that makes no sense for it.
        FileError: where a file is missing, damaged, or a program.
        ShapeError: where the weights are not the model's.
        DependencyError: where a package is not installed.
    """
    text, path = str(name), Path(name).expanduser()
    is_code = bool(_CODE.fullmatch(text)) and not path.exists()
    if not is_code and path.suffix.lower() != ".keras":
        _check_ours(text, path)
        _check_unsaid(f"{text} knows it", {**said, "weights": weights})
        return load(name if text in SHIPPED else path, backend or "tensorflow", micro_batch)
    _check_unsaid("it is for networks of ours", {"backend": backend})
    model, params = _built(text) if is_code else (_from_keras(path), None)
    if isinstance(model, BatchedModel):
        _check_unsaid(f"{text} is wrapped already", {**said, "weights": weights, "micro_batch": micro_batch})
        return model
    if weights is not None:
        model, params = _filled(model, params, Path(weights).expanduser())
    return wrap(model, params=params, micro_batch=micro_batch, **said)


def _built(name: str) -> tuple[Any, Any]:
    """What the code gives: a model, and the params that come with a function."""
    module_name, _, attribute = name.partition(":")
    with _someones_code(name):
        found: Any = import_module(module_name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise ArgumentError("model", f"in {module_name}", f"{attribute!r}, which is not there", "check its name")
        found = getattr(found, part)
    if isinstance(found, type) or not (isinstance(found, BatchedModel) or framework_of(found)):
        if not callable(found):
            expected, got = "a function that builds a model, or a model", f"{name} of type {type(found).__name__}"
            raise ArgumentError("model", expected, got, "name a function without arguments")
        with _someones_code(name):
            found = found()
    function_and_params = isinstance(found, tuple) and len(found) == 2 and callable(found[0])
    return found if function_and_params else (found, None)


@contextmanager
def _someones_code(name: str) -> Iterator[None]:
    """What fails in it is told in one line, with its place."""
    try:
        yield
    except InwardError:
        raise
    except ModuleNotFoundError as fault:
        package = (fault.name or "").split(".")[0]
        module_name = name.partition(":")[0]
        if fault.name and (module_name == fault.name or module_name.startswith(f"{fault.name}.")):
            remedy = "run it from the folder that holds the package, or install the package"
            raise ArgumentError("model", "code that can be imported", f"{name}: {fault}", remedy) from None
        raise missing(package, name) from fault
    except Exception as fault:  # it is not our code, and may raise anything
        place = traceback.extract_tb(fault.__traceback__)[-1]
        file, line = (
            (fault.filename, fault.lineno) if isinstance(fault, SyntaxError) else (place.filename, place.lineno)
        )
        got = f"{type(fault).__name__}: {fault} ({Path(file or '').name}, line {line})"
        raise ArgumentError(f"model {name}", "code that runs without arguments", got, "call it by itself") from fault


def _from_keras(path: Path) -> Any:
    if find_spec("keras") is None:
        raise missing("keras", str(path))
    try:
        opener = import_module("inward.adapters.open_keras")
    except ModuleNotFoundError as fault:  # of Keras's backend
        raise missing((fault.name or "").split(".")[0], "Keras's backend (see KERAS_BACKEND)") from fault
    return opener.load(path)


def _filled(model: Any, params: Any, path: Path) -> tuple[Any, Any]:
    framework = "jax" if params is not None else framework_of(model)
    if framework not in _FILLERS or (framework == "jax" and params is None):
        expected = "left out: only modules of PyTorch, models of Keras and (function, params) are filled"
        raise ArgumentError("weights", expected, str(path), "load them in your own build()")
    fill: Callable[[Any, Path], Any] = import_module(_FILLERS[framework]).fill
    return (model, fill(params, path)) if params is not None else (fill(model, path), None)


def _check_ours(text: str, path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix in _PROGRAMS or (path / "saved_model.pb").is_file():
        raise FileError(text, "a .keras file or code", _PROGRAMS.get(suffix, _PROGRAMS[".pb"]), _LOAD_YOURSELF)
    if suffix in _WEIGHTS:
        raise FileError(
            text, "a model", "weights alone", "name the code that builds it, package.module:build, and them"
        )
    if text not in SHIPPED and not path.is_dir():
        expected = f"{', '.join(SHIPPED)}, a run folder, a .keras file or package.module:build"
        raise ArgumentError("model", expected, repr(text), "`inward train` makes a run folder")


def _check_unsaid(why: str, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        if value is not None and value != ():
            raise ArgumentError(name.replace("_", "-"), "left out", str(value), why)
