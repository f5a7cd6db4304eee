"""Keras models from `.keras` files, in safe mode; and weights into models."""

from pathlib import Path
from typing import Any

import keras
from safetensors.numpy import load_file

from inward.adapters.weights_file import check_fit, npz, read_weights_file
from inward.errors import DependencyError, FileError

_SAFE = (3, 12)  # before, a file could run code or read other files in spite of safe mode


def load(path: Path) -> Any:
    """The model of a `.keras` file, uncompiled; a file that would run code is refused.

    Raises:
        FileError: where it is no such file, is damaged, or holds code or layers of the user's own.
        DependencyError: where Keras is older than its safe mode is safe.
    """
    if tuple(int(part) for part in keras.__version__.split(".")[:2]) < _SAFE:
        least = ".".join(map(str, _SAFE))
        remedy = f"pip install 'keras>={least}'; safe mode before it is none"
        raise DependencyError("keras, to open files,", f"{least} or later", keras.__version__, remedy)
    if not path.is_file():
        raise FileError(str(path), "a .keras file", "no such file", "check the path")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as fault:  # Keras raises many kinds, on damage as on what safe mode forbids
        got = " ".join(str(fault).split()) or type(fault).__name__
        remedy = "if it needs code of yours, load it there and name it package.module:build"
        expected = "a model of Keras's own layers, without code"
        raise FileError(str(path), expected, got[:200] + "…" * (len(got) > 200), remedy) from fault


def fill(model: Any, path: Path) -> Any:
    """The model with the file's weights, which must be all of its own, by their paths ("dense/kernel").

    Raises:
        FileError: where the file cannot be read.
        ShapeError: where the weights are not the model's.
    """
    found = read_weights_file(path, {".safetensors": load_file, ".npz": npz})
    own = {variable.path: variable for variable in model.weights}
    shapes = {name: tuple(variable.shape) for name, variable in own.items()}
    check_fit(path, shapes, {name: value.shape for name, value in found.items()})
    for name, variable in own.items():
        variable.assign(found[name])
    return model
