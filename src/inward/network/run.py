"""A run folder: what `inward train` writes and `inward.load` reads."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array
from inward.errors import FileError
from inward.files import read_weights, write_bytes, write_weights
from inward.model import History
from inward.network.network import Network
from inward.network.ops import Ops
from inward.network.plan import Plan, architecture_from_plain, plan_from_plain, plan_to_plain
from inward.recording.formation import Gathering, read_formation

WEIGHTS = "weights.safetensors"
INITIAL = "initial.safetensors"
METRICS = "metrics.csv"
CONFIG = "config.json"
FORMATION = "formation.npz"


@dataclass(frozen=True)
class Epoch:
    """One row of metrics.csv: costs in nats, accuracies from 0 to 1, seconds since the start."""

    epoch: int
    train_cost: float
    train_accuracy: float
    test_cost: float
    test_accuracy: float
    seconds: float

    @property
    def metrics(self) -> dict[str, float]:
        """By name, without the epoch itself."""
        return {name: value for name, value in asdict(self).items() if name != "epoch"}


def start(folder: Path, plan: Plan, kernels: dict[str, Array], settings: dict[str, Any]) -> None:
    """A run folder before the first step: its plan, initial weights and whatever else should be known of it.

    Raises:
        FileError: where the folder cannot be written, or holds a run that has begun to learn.
    """
    if (folder / WEIGHTS).exists():
        remedy = "choose another --out, or go on with it by --resume"
        raise FileError(str(folder), "a new folder", "a run that is there already", remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(str(folder), "writable", error.strerror or "an error", "choose another folder") from None
    write_weights(folder / INITIAL, kernels)
    write_bytes(folder / CONFIG, (json.dumps(plan_to_plain(plan) | settings, indent=2) + "\n").encode())


def write_state(folder: Path, kernels: dict[str, Array], epochs: Sequence[Epoch], gathering: Gathering) -> None:
    """What can be inspected of a run: the weights as they are, the rows of metrics, how layers formed."""
    write_weights(folder / WEIGHTS, kernels)
    write_metrics(folder, epochs)
    write_bytes(folder / FORMATION, gathering.to_bytes())


def read_plan(folder: Path) -> Plan:
    """The plan that a run folder's config.json says.

    Raises:
        FileError: where there is none.
    """
    try:
        return plan_from_plain(read_config(folder))
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(
            str(folder / CONFIG), "the plan of a training", f"something else ({error})", "train again"
        ) from None


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
        architecture_from_plain(config["architecture"])
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
    architecture = architecture_from_plain(read_config(folder)["architecture"])
    kernels = read_weights(folder / WEIGHTS)
    columns = list(zip(*(astuple(epoch) for epoch in read_metrics(folder)), strict=True))
    metrics = {f.name: np.array(column) for f, column in zip(fields(Epoch), columns, strict=False)}
    history = History(read_weights(folder / INITIAL), metrics, read_formation(folder / FORMATION))
    shape, classes = architecture.input_shape, architecture.classes
    return Network(architecture.layers(), kernels, ops, shape, classes, micro_batch, history)
