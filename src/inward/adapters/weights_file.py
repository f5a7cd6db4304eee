"""A file of weights, read without running anything in it, and held against the model it is for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array
from inward.errors import FileError, ShapeError

Reader = Callable[[Path], Mapping[str, Any]]
_LISTED = 3  # names that a message lists
_REMEDY = "save the weights as safetensors, or load them in your own build()"


def npz(path: Path) -> dict[str, Array]:
    """Arrays of an .npz file; pickled objects in it are refused."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def read_weights_file(path: Path, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """What a file holds, by name.

    Args:
        path: of the file; its suffix says what it is.
        readers: by suffix.

    Raises:
        FileError: where there is no such file, or no reader of its kind, or it is damaged or would run code.
    """
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise FileError(str(path), f"weights in {', '.join(readers)}", f"{path.suffix or 'no suffix'}", _REMEDY)
    if not path.is_file():
        raise FileError(str(path), "a file of weights", "no such file", "check the path")
    try:
        return dict(reader(path))
    except FileError:
        raise
    except Exception as fault:  # every format has errors of its own
        got = f"{type(fault).__name__} ({str(fault).splitlines()[0] if str(fault) else 'no more is said'})"
        raise FileError(str(path), "whole, and arrays alone", got, _REMEDY) from fault


def check_fit(path: Path, wanted: Mapping[str, tuple[int, ...]], got: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse weights that are not the model's, by name and shape.

    Raises:
        ShapeError: names what is missing, what nobody asked for, or the first that has another shape.
    """
    missing, foreign = [name for name in wanted if name not in got], [name for name in got if name not in wanted]
    if missing or foreign:
        said = f"{_listed('without', missing)}{' and ' * bool(missing and foreign)}{_listed('with', foreign)}"
        raise ShapeError(f"weights in {path}", "the model's own, name by name", said, "rename them in the file")
    for name, shape in wanted.items():
        if got[name] != shape:
            remedy = "these weights belong to another model"
            raise ShapeError(f"weights of {name} in {path}", str(shape), str(got[name]), remedy)


def _listed(word: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"a file {word} {', '.join(names[:_LISTED])}{more}"
