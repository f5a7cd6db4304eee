"""A run folder: what `inward train` writes and `inward.load` reads."""

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from inward.arrays import Array
from inward.errors import FileError
from inward.model import History
from inward.network.allconv import allconv
from inward.network.network import Network
from inward.network.ops import Ops

WEIGHTS = "weights.safetensors"
INITIAL = "initial.safetensors"
METRICS = "metrics.csv"
CONFIG = "config.json"
HISTOGRAMS = "histograms.npz"
_BINS = 100


@dataclass(frozen=True)
class Architecture:
    """The numbers that `allconv` is built from, and the names of its classes."""

    input_shape: tuple[int, int, int]
    classes: tuple[str, ...]
    width: int = 128
    depth: int = 3

    def layers(self) -> tuple[Any, ...]:
        """The hand-written layers."""
        return allconv(self.input_shape[2], len(self.classes), self.width, self.depth)


@dataclass(frozen=True)
class Epoch:
    """One row of metrics.csv: costs in nats, accuracies from 0 to 1, seconds since the start."""

    epoch: int
    train_cost: float
    train_accuracy: float
    test_cost: float
    test_accuracy: float
    seconds: float


def write_weights(path: Path, kernels: dict[str, Array]) -> None:
    """Kernels as float32 safetensors, whole or not at all."""
    write_bytes(path, save({name: np.ascontiguousarray(k, np.float32) for name, k in kernels.items()}))


class Histograms:
    """The weights' histograms before training and after every epoch, on edges that stay."""

    def __init__(self, kernels: dict[str, Array]) -> None:
        self._edges = {name: np.linspace(-1, 1, _BINS + 1) * 8 * float(k.std()) for name, k in kernels.items()}
        self._counts: dict[str, list[Array]] = {name: [] for name in kernels}
        self.add(kernels)

    def add(self, kernels: dict[str, Array]) -> None:
        """Count these weights; what lies outside the edges counts in the outermost bins."""
        for name, edges in self._edges.items():
            clipped = np.clip(kernels[name][np.isfinite(kernels[name])], edges[0], edges[-1])
            self._counts[name].append(np.histogram(clipped, edges)[0])

    def to_bytes(self) -> bytes:
        """An npz: for each weight NAME, NAME.edges (bins + 1,) and NAME.counts (epochs + 1, bins)."""
        arrays = {f"{name}.edges": edges for name, edges in self._edges.items()}
        arrays |= {f"{name}.counts": np.stack(counts) for name, counts in self._counts.items()}
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()


def start(folder: Path, config: dict[str, Any], kernels: dict[str, Array]) -> None:
    """A run folder before the first step: its settings and initial weights.

    Raises:
        FileError: where the folder cannot be written, or holds a run that has finished an epoch.
    """
    if (folder / WEIGHTS).exists():
        raise FileError(str(folder), "a new folder", "a run that is there already", "choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(str(folder), "writable", error.strerror or "an error", "choose another folder") from None
    write_weights(folder / INITIAL, kernels)
    plain = {key: asdict(value) if is_dataclass(value) else value for key, value in config.items()}  # type: ignore[arg-type]
    write_bytes(folder / CONFIG, (json.dumps(plain, indent=2) + "\n").encode())


def finish_epoch(folder: Path, kernels: dict[str, Array], epochs: Sequence[Epoch], history: Histograms) -> None:
    """What a run folder gains with an epoch: the weights, a row of metrics, the weights' histograms."""
    write_weights(folder / WEIGHTS, kernels)
    write_metrics(folder, epochs)
    write_bytes(folder / HISTOGRAMS, history.to_bytes())


def read_weights(path: Path) -> dict[str, Array]:
    """Kernels from safetensors.

    Raises:
        FileError: where the file is missing, truncated or foreign.
    """
    if not path.is_file():
        raise FileError(str(path), "a safetensors file", "no such file", "name a folder that `inward train` wrote")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise FileError(str(path), "whole safetensors", str(error), "train again, or restore the file") from None


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a run folder.

    Raises:
        FileError: where it is missing or is not what `inward train` writes.
    """
    path = folder / CONFIG
    remedy = "name a folder that `inward train` wrote"
    if not path.is_file():
        raise FileError(str(folder), "a run folder", f"no {CONFIG} in it", remedy)
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _architecture(config)
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(str(path), "the settings of a run", f"something else ({error})", remedy) from None
    return config


def read_metrics(folder: Path) -> list[Epoch]:
    """Rows of metrics.csv; none where the run has not finished an epoch."""
    path = folder / METRICS
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [
                Epoch(int(row["epoch"]), *(float(row[f.name]) for f in fields(Epoch)[1:]))
                for row in csv.DictReader(file)
            ]
        except (KeyError, ValueError, TypeError):
            raise FileError(str(path), "metrics by epoch", "something else", "restore the file or delete it") from None


def write_metrics(folder: Path, epochs: Sequence[Epoch]) -> None:
    """metrics.csv, a row an epoch."""
    lines = [",".join(f.name for f in fields(Epoch))]
    lines += [",".join(format(value, ".6g") for value in asdict(epoch).values()) for epoch in epochs]
    write_bytes(folder / METRICS, ("\n".join(lines) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """A file, whole or not at all.

    Raises:
        FileError: where it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(
            str(path), "writable", error.strerror or "an error", "choose another folder, or free space"
        ) from None


def open_run(folder: Path, ops: Ops, micro_batch: int | None = None) -> Network:
    """The trained network of a run folder, with its history.

    Args:
        folder: as `inward train` writes it.
        ops: the backend that is to compute.
        micro_batch: inputs evaluated at a time; None fits memory.

    Raises:
        FileError: where the folder is not a run, or is damaged.
        ShapeError: where the weights do not fit its settings.
    """
    architecture = _architecture(read_config(folder))
    kernels = read_weights(folder / WEIGHTS)
    columns = list(zip(*(astuple(epoch) for epoch in read_metrics(folder)), strict=True))
    metrics = {f.name: np.array(column) for f, column in zip(fields(Epoch), columns, strict=False)}
    history = History(read_weights(folder / INITIAL), metrics)
    shape, classes = architecture.input_shape, architecture.classes
    return Network(architecture.layers(), kernels, ops, shape, classes, micro_batch, history)


def _architecture(config: dict[str, Any]) -> Architecture:
    found = config["architecture"]
    h, w, c = found["input_shape"]
    return Architecture(
        (int(h), int(w), int(c)), tuple(map(str, found["classes"])), int(found["width"]), int(found["depth"])
    )
