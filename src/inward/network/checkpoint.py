"""Checkpoints: a training at one step, whole, so that it can be taken up again."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from inward.arrays import Array
from inward.errors import FileError
from inward.files import write_bytes
from inward.network.run import Epoch

LATEST = "checkpoint.safetensors"
EARLIER = "checkpoint.earlier.safetensors"
_FORMAT = "inward checkpoint 1"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that a training is at one step; order and augmentation follow from the plan's seed and the step.

    epoch, step: the next one to take, both from 0. cost, right, seen: of this epoch's batches so far.
    seconds: of training until now. epochs: the rows of metrics.csv. data: the examples' fingerprint.
    recorded: the `Gathering`'s columns.
    """

    epoch: int
    step: int
    cost: float
    right: int
    seen: int
    seconds: float
    epochs: tuple[Epoch, ...]
    data: str
    kernels: dict[str, Array]
    moments: dict[str, dict[str, Array]]
    recorded: dict[str, Array]

    @property
    def place(self) -> str:
        """The last step that was taken, in words."""
        return f"epoch {self.epoch + 1}, step {self.step}"


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write it beside the one before it, which stays whole.

    Raises:
        FileError: where the file cannot be written.
    """
    arrays = {path: np.asarray(array, order="C") for path, array in _arrays(checkpoint)}  # keeps scalars scalars
    plain = {name: getattr(checkpoint, name) for name in ("epoch", "step", "cost", "right", "seen", "seconds", "data")}
    rows, order = [asdict(epoch) for epoch in checkpoint.epochs], list(arrays)  # which safetensors sorts
    header = {"plain": json.dumps(plain | {"epochs": rows, "order": order})}
    metadata = {"format": _FORMAT, **header, "sha256": _digest(arrays, header["plain"])}
    content = save(arrays, metadata)
    latest = folder / LATEST
    if _is_whole(latest):
        latest.replace(folder / EARLIER)
    write_bytes(latest, content)


def read_checkpoint(folder: Path) -> tuple[Checkpoint, list[FileError]]:
    """The latest whole checkpoint, and why later ones were refused.

    Raises:
        FileError: where there is none.
    """
    refused: list[FileError] = []
    for name in (LATEST, EARLIER):
        try:
            return _read(folder / name), refused
        except FileError as error:
            refused.append(error)
    absent = not any((folder / name).exists() for name in (LATEST, EARLIER))
    if absent:
        raise FileError(str(folder), "a run with a checkpoint", "none", "name a folder that `inward train` wrote")
    raise refused[0]


def _read(path: Path) -> Checkpoint:
    if not path.is_file():
        raise FileError(str(path), "a checkpoint", "no such file", "train again")
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        if metadata.get("format") != _FORMAT:
            raise ValueError(f"format {metadata.get('format')!r}")
        if metadata["sha256"] != _digest(arrays, metadata["plain"]):
            raise ValueError("its checksum is another")
        return _checkpoint(json.loads(metadata["plain"]), arrays)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        expected, remedy = f"whole and in the format {_FORMAT!r}", "restore the file if you can"
        raise FileError(str(path), expected, f"something else ({error})", remedy) from None


def _is_whole(path: Path) -> bool:
    try:
        _read(path)
    except FileError:
        return False
    return True


def _arrays(checkpoint: Checkpoint) -> Iterator[tuple[str, Array]]:
    for name, kernel in checkpoint.kernels.items():
        yield f"kernels/{name}", kernel
    for name, moments in checkpoint.moments.items():
        for moment, array in moments.items():
            yield f"moments/{name}/{moment}", array
    for path, array in checkpoint.recorded.items():
        yield f"recorded/{path}", array


def _checkpoint(plain: dict[str, Any], arrays: Mapping[str, Array]) -> Checkpoint:
    parts: dict[str, dict[str, Any]] = {"kernels": {}, "moments": {}, "recorded": {}}
    for path in plain.pop("order"):
        array = arrays[path]
        part, _, name = path.partition("/")
        if part == "moments":
            weight, _, moment = name.rpartition("/")
            parts[part].setdefault(weight, {})[moment] = array
        else:
            parts[part][name] = array
    fields: dict[str, Any] = {**plain, "epochs": tuple(Epoch(**row) for row in plain["epochs"]), **parts}
    return Checkpoint(**fields)


def _digest(arrays: Mapping[str, Array], plain: str) -> str:
    digest = hashlib.sha256(plain.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape} {arrays[name].dtype}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
