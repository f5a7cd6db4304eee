"""How the network's mind forms: histograms and norms of every layer, before training and after every epoch."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np

from inward.arrays import Array
from inward.errors import FileError
from inward.model import Formation, Spread

Values = dict[str, dict[str, Array]]
"""Part of the `Formation` (weights, gradients, activations) -> layer's or weight's name -> its values."""
_BINS = 64
_PARTS = tuple(field.name for field in fields(Formation))
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
_COLUMNS = tuple(field.name for field in fields(Spread))


class Recorder:
    """Gathers a `Formation`, one point in time after another.

    Args:
        earlier: what was recorded before, as `arrays` gives it.
    """

    def __init__(self, earlier: Mapping[str, Array] | None = None) -> None:
        self._columns = {path: list(column) for path, column in (earlier or {}).items()}

    def add(self, values: Values) -> None:
        """Record one point in time; values that are not finite are left out."""
        for part in _PARTS:
            for name, array in values[part].items():
                for column, found in zip(_COLUMNS, _spread(array, part), strict=True):
                    self._columns.setdefault(f"{part}/{name}.{column}", []).append(found)

    def arrays(self) -> dict[str, Array]:
        """Every column by its path, such as `weights/conv1.edges`; the first axis is time."""
        return {path: np.stack(column) for path, column in self._columns.items()}

    def to_bytes(self) -> bytes:
        """The columns as a compressed npz."""
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **self.arrays())
        return file.getvalue()


def read_formation(path: Path) -> Formation | None:
    """A formation from an npz; None where there is no such file, or nothing in it.

    Raises:
        FileError: where the file is damaged or foreign.
    """
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return formation({name: arrays[name] for name in arrays.files}) if arrays.files else None
    except _DAMAGED as error:
        raise FileError(str(path), "a training's histograms", f"something else ({error})", "delete it") from None


def formation(arrays: Mapping[str, Array]) -> Formation:
    """The formation whose columns are given by path.

    Raises:
        KeyError, ValueError: where a column is missing, or does not fit the others.
    """
    parts: dict[str, dict[str, Spread]] = {part: {} for part in _PARTS}
    for path in arrays:
        head, _, column = path.rpartition(".")
        part, _, name = head.partition("/")
        if column == _COLUMNS[0]:
            found = Spread(*(arrays[f"{head}.{column}"] for column in _COLUMNS))
            if not found.edges.shape[0] == len(found.norms) == len(found.counts) or (
                found.edges.shape[1] != found.counts.shape[1] + 1
            ):
                raise ValueError(f"{head} has columns of unlike shapes")
            parts[part][name] = found
    return Formation(**parts)


def _spread(array: Array, part: str) -> tuple[Array, Array, Array]:
    """Edges, counts and the norm of one layer's values at one point in time."""
    finite = array[np.isfinite(array)]
    edges = _edges(finite)
    counts = np.histogram(finite, edges)[0]
    each = array.reshape(len(array), -1) if part == "activations" else array.reshape(1, -1)
    norm = np.linalg.norm(each.astype(np.float64), axis=1).mean()
    return edges, counts, np.array(norm)


def _edges(finite: Array) -> Array:
    """Even steps of arsinh(value / mean |value|): narrow about zero, where values crowd, and wide in the tails."""
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    largest = max(abs(low), abs(high))
    if high - low <= _BINS * np.spacing(np.float32(largest)):  # a dead layer's values are all but one
        return np.linspace(low - max(1.0, largest) / 2, high + max(1.0, largest) / 2, _BINS + 1)
    unit = float(np.abs(finite).mean(dtype=np.float64))
    edges: Array = unit * np.sinh(np.linspace(np.arcsinh(low / unit), np.arcsinh(high / unit), _BINS + 1))
    edges[[0, -1]] = low, high
    return edges
