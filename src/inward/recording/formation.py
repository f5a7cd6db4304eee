"""How a network's mind forms: histograms and norms of every layer, before training and after every epoch."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import get_args

import numpy as np

from inward.arrays import Array
from inward.errors import FileError
from inward.model import Formation, Spread
from inward.recording.histogram import Histogram, Histograms, Part, histogram

Values = Mapping[Part, Mapping[str, Array]]
"""Part of the `Formation` -> layer's or weight's name -> its values."""
_PARTS: tuple[Part, ...] = get_args(Part)
_DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, IndexError, TypeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)
_COLUMNS = tuple(field.name for field in fields(Spread))


class Gathering:
    """Gathers a `Formation`, one point in time after another.

    What is missing at a point in time, such as gradients before the first step, has no counts there and a norm
    that is not a number.

    Args:
        earlier: what was gathered before, as `arrays` gives it.
        times: how many points in time of it to keep; None keeps all.
    """

    def __init__(self, earlier: Mapping[str, Array] | None = None, times: int | None = None) -> None:
        self._columns = {path: list(column[:times]) for path, column in (earlier or {}).items()}

    @property
    def times(self) -> int:
        """Points in time so far."""
        return max(map(len, self._columns.values()), default=0)

    def add(self, values: Values) -> Histograms:
        """Record one point in time; values that are not finite are left out."""
        found = {part: {name: histogram(array, part) for name, array in values[part].items()} for part in _PARTS}
        before = self.times
        for part, of in found.items():
            for name, now in of.items():
                self._append(f"{part}/{name}", now, before)
        for path in self._columns:
            head, _, column = path.rpartition(".")
            if column == _COLUMNS[0] and len(self._columns[path]) == before:
                self._append(head, _nothing(self._columns[path][-1]), before)
        return found

    def arrays(self) -> dict[str, Array]:
        """Every column by its path, such as `weights/conv1.edges`; the first axis is time."""
        return {path: np.stack(column) for path, column in self._columns.items()}

    def to_bytes(self) -> bytes:
        """The columns as a compressed npz."""
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **self.arrays())
        return file.getvalue()

    def _append(self, head: str, now: Histogram, before: int) -> None:
        """One point in time after those before, at which there may have been nothing."""
        for column, value, none in zip(_COLUMNS, now, _nothing(now.edges), strict=False):
            self._columns.setdefault(f"{head}.{column}", [np.asarray(none)] * before).append(np.asarray(value))


def read_formation(path: Path) -> Formation | None:
    """A formation from an npz; None where there is no such file, or nothing in it.

    Raises:
        FileError: where the file is damaged or foreign.
    """
    if not path.is_file():
        return None
    arrays = read_columns(path)
    return formation(arrays) if arrays else None


def read_columns(path: Path) -> dict[str, Array]:
    """The columns of a `Gathering` from an npz, each of which fits the others.

    Raises:
        FileError: where the file is missing, damaged or foreign.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        formation(found)
    except _DAMAGED as error:
        raise FileError(str(path), "a training's histograms", f"something else ({error})", "delete it") from None
    return found


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


def _nothing(edges: Array) -> Histogram:
    """No values at a point in time."""
    return Histogram(edges, np.zeros(len(edges) - 1, np.int64), np.nan, 0.0, 0.0)
