"""Frozen dataclasses of arrays as two files: results.npz for the arrays, and plain values for a JSON file.

A field's place is its path, with dots: `interior.gradients`, `crops.0.box`. Nothing is ever unpickled.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from inward.arrays import Array

_Record = TypeVar("_Record")
Plain = dict[str, Any]
_JSON = {str: (str,), int: (int,), float: (float, int)}  # a field's type -> what it may be in the file


def flatten(record: Any) -> tuple[dict[str, Array], Plain]:
    """A dataclass's arrays and its plain values, each by path."""
    arrays: dict[str, Array] = {}
    plain: Plain = {}
    _put(record, "", arrays, plain)
    return arrays, plain


def rebuild(kind: type[_Record], arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> _Record:
    """The dataclass that `flatten` took apart.

    Raises:
        KeyError: where a field is missing.
        TypeError: where a plain value is not of the field's type.
    """
    found: _Record = _take(kind, "", arrays, plain)
    return found


def _put(value: Any, path: str, arrays: dict[str, Array], plain: Plain) -> None:
    if isinstance(value, np.ndarray):
        arrays[path] = value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _put(getattr(value, field.name), _join(path, field.name), arrays, plain)
    elif isinstance(value, dict):
        plain[path] = list(value)
        for key, item in value.items():
            _put(item, _join(path, key), arrays, plain)
    elif isinstance(value, tuple) and any(dataclasses.is_dataclass(item) for item in value):
        plain[path] = len(value)
        for index, item in enumerate(value):
            _put(item, _join(path, str(index)), arrays, plain)
    else:
        plain[path] = value.item() if isinstance(value, np.generic) else value


def _take(kind: Any, path: str, arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> Any:
    if get_origin(kind) in (typing.Union, types.UnionType):
        return _take_optional(kind, path, arrays, plain)
    if get_origin(kind) is np.ndarray:
        if not isinstance(arrays[path], np.ndarray):  # NumPy hands out a foreign member's bytes as they are
            raise TypeError(f"{path} is no array")
        return arrays[path]
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(
            **{f.name: _take(hints[f.name], _join(path, f.name), arrays, plain) for f in dataclasses.fields(kind)}
        )  # type: ignore[operator]
    if get_origin(kind) is dict:
        inner = get_args(kind)[1]
        return {key: _take(inner, _join(path, key), arrays, plain) for key in plain[path]}
    if get_origin(kind) is tuple and dataclasses.is_dataclass(get_args(kind)[0]):
        inner = get_args(kind)[0]
        return tuple(_take(inner, _join(path, str(i)), arrays, plain) for i in range(plain[path] or 0))
    return _plain(kind, path, plain[path])


def _plain(kind: Any, path: str, value: Any) -> Any:
    """A number, a text, or a tuple of them, as JSON gives it."""
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        return tuple(_plain(get_args(kind)[0], path, item) for item in value)
    fits = value in get_args(kind) if get_origin(kind) is Literal else type(value) in _JSON.get(kind, ())
    if not fits:
        raise TypeError(f"{path} is {value!r}")
    return value


def _take_optional(kind: Any, path: str, arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> Any:
    if plain.get(path, ...) is None:
        return None
    return _take(next(part for part in get_args(kind) if part is not types.NoneType), path, arrays, plain)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
