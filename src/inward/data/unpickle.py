"""A pickle reader that builds NumPy arrays and plain containers, and can call nothing else."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array
from inward.errors import FileError


def unpickle(content: bytes, path: Path) -> Any:
    """Read a pickle of NumPy arrays, numbers, text, lists, tuples and dicts; run nothing that it names.

    Args:
        content: the pickle's bytes.
        path: the file they come from, for the error.

    Returns:
        What was pickled; Python 2's strings as latin-1 text.

    Raises:
        FileError: for anything else, or a damaged pickle. Nothing of it has run.
    """
    try:
        return _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    except Exception as fault:  # a hostile stream may raise anything
        got = str(fault) or type(fault).__name__
        remedy = "open it with nothing else; get the file anew: inward data cifar10"
        raise FileError(str(path), "a pickle of NumPy arrays and plain containers", got, remedy) from fault


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"a call of {module}.{name}")
        return _ALLOWED[module, name]


class _Name:
    """What a pickle may name: it can be called if `make` is given, and never changed (BUILD is refused)."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[..., Any] | None = None) -> None:
        self.make = make

    def __call__(self, *arguments: Any) -> Any:
        if self.make is None:
            raise pickle.UnpicklingError("a call of numpy.ndarray")
        return self.make(*arguments)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a change of what it names")


class _Number:
    """Stands in for a dtype of numbers; its state says the order of bytes and nothing more."""

    __slots__ = ("dtype",)

    def __init__(self, code: object, *_: object) -> None:
        self.dtype = np.dtype(code) if isinstance(code, str) else np.dtype(object)
        if self.dtype.kind not in "biuf":
            raise pickle.UnpicklingError(f"the dtype {code!r}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Filled(np.ndarray[Any, Any]):
    """An array that its pickle fills once, with numbers only."""

    def __setstate__(self, state: Any) -> None:
        version, shape, number, fortran, content = state
        if self.size or not isinstance(number, _Number):
            raise pickle.UnpicklingError("an array of an unknown kind")
        content = content.encode("latin1") if isinstance(content, str) else bytes(content)
        checked: Any = (version, shape, number.dtype, bool(fortran), content)
        super().__setstate__(checked)


def _empty(kind: object, *_: object) -> Array:
    if kind is not _NDARRAY:
        raise pickle.UnpicklingError("an array of an unknown kind")
    return np.empty(0, np.int8).view(_Filled)


_NDARRAY = _Name()
_ALLOWED = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _Name(_Number),
    ("numpy.core.multiarray", "_reconstruct"): _Name(_empty),
    ("numpy._core.multiarray", "_reconstruct"): _Name(_empty),
}
