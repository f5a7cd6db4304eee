"""Event files for TensorBoard: metrics as scalars, layers as histograms."""

import io
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inward.errors import DependencyError, FileError
from inward.recording.histogram import Histogram, Histograms

_TAGS = {
    "train_cost": "cost/train",
    "test_cost": "cost/test",
    "train_accuracy": "accuracy/train",
    "test_accuracy": "accuracy/test",
}
_VERSION = "brain.Event:2"


class EventLog:
    """A folder that TensorBoard shows, written an epoch at a time; TensorFlow is not imported.

    Its scalars are `cost/train`, `cost/test`, `accuracy/train`, `accuracy/test` and other metrics by their own
    names; its histograms `weights/conv1`, `gradients/conv1`, `activations/conv1`. Steps are epochs, 0 being before
    training. Each log is a file of its own; of what earlier logs left there, its first epoch supersedes that epoch
    and all later ones.

    Args:
        folder: made where it is missing.

    Raises:
        DependencyError: where the package tensorboard is not installed.
        FileError: where the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        if find_spec("tensorboard") is None:
            raise DependencyError("TensorBoard", "installed", "no such package", "pip install 'inward[tensorboard]'")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from None
        self._path = folder / f"events.out.tfevents.{time.time():.6f}"
        self._begun = False

    def write(self, epoch: int, metrics: Mapping[str, float], histograms: Histograms) -> None:
        """One epoch's metrics and histograms.

        Raises:
            FileError: where they cannot be written.
        """
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=_TAGS.get(name, name), simple_value=value) for name, value in metrics.items()]
        for part, layers in histograms.items():
            values += [Summary.Value(tag=f"{part}/{name}", histo=_proto(found)) for name, found in layers.items()]
        events = [Event(step=epoch, summary=Summary(value=values))]
        if not self._begun:
            start = Event(step=epoch, session_log=SessionLog(status=SessionLog.START))
            events = [Event(file_version=_VERSION), start, *events]
        self._append(events)
        self._begun = True

    def _append(self, events: list[Any]) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        content = io.BytesIO()
        writer = RecordWriter(content)
        for event in events:
            event.wall_time = time.time()
            writer.write(event.SerializeToString())
        try:
            with self._path.open("ab") as file:
                file.write(content.getvalue())
        except OSError as error:
            raise _unwritable(self._path, error) from None


def _proto(found: Histogram) -> Any:
    """Bucket i reaches from limit i - 1, or the least value, to limit i."""
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

    low, *limits = found.edges.tolist()
    return HistogramProto(
        min=low,
        max=limits[-1],
        num=int(found.counts.sum()),
        sum=found.total,
        sum_squares=found.squares,
        bucket_limit=limits,
        bucket=found.counts.tolist(),
    )


def _unwritable(path: Path, error: OSError) -> FileError:
    return FileError(str(path), "writable", error.strerror or "an error", "choose another folder, or free space")
