"""A recording: the folder that a recorder writes beside anyone's training, and that inward reads."""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array
from inward.errors import FileError
from inward.files import read_weights, write_bytes, write_weights
from inward.model import History
from inward.recording.formation import Gathering, formation, read_columns

MANIFEST = "recording.json"
INITIAL = "initial.safetensors"
_FORMAT = "inward recording 1"
_REMEDY = "name a folder that `inward.Recorder` wrote"
Rows = Sequence[Mapping[str, float]]
"""Metrics by name, a row an epoch."""


def begin_recording(folder: Path, before: dict[str, Array]) -> None:
    """A folder for a recording, with the weights before training.

    Raises:
        FileError: where it cannot be written, or holds a recording already.
    """
    if (folder / MANIFEST).exists():
        remedy = "choose another, or go on with it: Recorder(folder, resume_after=epochs)"
        raise FileError(str(folder), "a new folder", "a recording that is there already", remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(str(folder), "writable", error.strerror or "an error", "choose another folder") from None
    write_weights(folder / INITIAL, before)


def write_recording(folder: Path, gathering: Gathering, rows: Rows) -> None:
    """What was recorded until now; where this fails, what was written before stays whole.

    The manifest holds the metrics, and names the file of histograms by its checksum; it is put in its place last.

    Args:
        folder: as `begin_recording` left it.
        gathering: one point in time before training, and one for each epoch.
        rows: a row an epoch; what is not finite is kept as NaN.

    Raises:
        FileError: where a file cannot be written.
    """
    content = gathering.to_bytes()
    digest = hashlib.sha256(content).hexdigest()
    write_bytes(_histograms(folder, digest), content)
    plain = [{name: value if math.isfinite(value) else None for name, value in row.items()} for row in rows]
    manifest = {"format": _FORMAT, "epochs": gathering.times - 1, "histograms": digest, "metrics": plain}
    write_bytes(folder / MANIFEST, (json.dumps(manifest, indent=1, allow_nan=False) + "\n").encode())
    for stale in set(folder.glob("histograms-*.npz")) - {_histograms(folder, digest)}:
        stale.unlink(missing_ok=True)


def read_recording(folder: Path, epochs: int | None = None) -> tuple[Gathering, list[dict[str, float]]]:
    """A recording to go on with: what was gathered, and the rows of metrics.

    Args:
        folder: as `write_recording` left it.
        epochs: how many to keep of those that are there; None keeps all.

    Raises:
        FileError: where the folder is no recording, is damaged, or has fewer epochs.
    """
    manifest = _manifest(folder)
    if epochs is not None and not 0 <= epochs <= manifest["epochs"]:
        remedy = f"say resume_after={manifest['epochs']} or less"
        raise FileError(str(folder), f"a recording of {epochs} epochs or more", f"{manifest['epochs']}", remedy)
    kept = manifest["epochs"] if epochs is None else epochs
    return Gathering(_columns(folder, manifest), kept + 1), manifest["metrics"][:kept]


def open_recording(folder: str | Path) -> History:
    """How a model came to be, as `inward.Recorder` or `inward.keras_recorder` wrote it down.

    Args:
        folder: of the recording.

    Returns:
        A `History`: weights before training, metrics by epoch, and how the layers formed. A metric that an epoch
        has not is NaN there.

    Raises:
        FileError: where the folder is no recording, or is damaged.
    """
    place = Path(folder)
    manifest = _manifest(place)
    rows = manifest["metrics"]
    names = list(dict.fromkeys(name for row in rows for name in row))
    metrics = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
    if rows:
        metrics["epoch"] = np.arange(1, len(rows) + 1)
    return History(read_weights(place / INITIAL, _REMEDY), metrics, formation(_columns(place, manifest)))


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise FileError(str(folder), "a recording", f"no {MANIFEST} in it", _REMEDY)
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != _FORMAT:
            raise ValueError(f"format {manifest['format']!r}")
        rows = [{name: _number(value) for name, value in row.items()} for row in manifest["metrics"]]
        if manifest["epochs"] != len(rows):
            raise ValueError(f"{manifest['epochs']!r} epochs and {len(rows)} rows of metrics")
        _histograms(folder, manifest["histograms"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        got = f"something else ({error})"
        raise FileError(str(path), f"whole and in the format {_FORMAT!r}", got, _REMEDY) from None
    return manifest | {"metrics": rows}


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _histograms(folder: Path, digest: str) -> Path:
    """Where the histograms of a checksum are.

    Raises:
        ValueError: for what is no checksum.
    """
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"checksum {digest!r}")
    return folder / f"histograms-{digest[:16]}.npz"


def _columns(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Array]:
    """The columns of histograms, whose checksum and number of points in time are the manifest's.

    Raises:
        FileError: where they are missing or damaged.
    """
    path, remedy = _histograms(folder, manifest["histograms"]), "restore the folder, or record anew"
    try:
        whole = hashlib.sha256(path.read_bytes()).hexdigest() == manifest["histograms"]
    except OSError as error:
        raise FileError(str(path), "histograms", error.strerror or "an error", remedy) from None
    if not whole:
        raise FileError(str(path), "whole", "another checksum", remedy)
    columns = read_columns(path)
    if any(len(column) != manifest["epochs"] + 1 for column in columns.values()):
        raise FileError(str(path), f"histograms of {manifest['epochs']} epochs", "others", remedy)
    return columns
