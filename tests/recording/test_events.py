import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inward.errors import DependencyError, FileError
from inward.recording import events
from inward.recording.events import EventLog
from inward.recording.histogram import histogram

pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
VALUES = np.random.default_rng(0).normal(size=500)
HISTOGRAMS = {"weights": {"conv1/kernel": histogram(VALUES, "weights")}, "gradients": {}, "activations": {}}
METRICS = {"train_cost": 2.0, "test_accuracy": 0.5, "learning_rate": 0.1}


def read(folder: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder), size_guidance={"histograms": 0, "scalars": 0}).Reload()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "deep" / "logs")
    log.write(0, {}, HISTOGRAMS)
    for epoch in (1, 2):
        log.write(epoch, {name: value * epoch for name, value in METRICS.items()}, HISTOGRAMS)
    found = read(tmp_path / "deep" / "logs")
    assert sorted(found.Tags()["scalars"]) == ["accuracy/test", "cost/train", "learning_rate"]
    assert [(event.step, event.value) for event in found.Scalars("cost/train")] == [(1, 2.0), (2, 4.0)]
    assert found.Tags()["histograms"] == ["weights/conv1/kernel"]
    of = found.Histograms("weights/conv1/kernel")
    assert [event.step for event in of] == [0, 1, 2]
    now, ours = of[-1].histogram_value, HISTOGRAMS["weights"]["conv1/kernel"]
    assert (now.min, now.max, now.num) == (VALUES.min(), VALUES.max(), 500)
    np.testing.assert_array_equal(now.bucket_limit, ours.edges[1:])
    np.testing.assert_array_equal(now.bucket, ours.counts)
    assert now.sum == pytest.approx(VALUES.sum())
    assert now.sum_squares == pytest.approx((VALUES**2).sum())


def test_a_later_log_supersedes_from_its_first_epoch_on(tmp_path: Path) -> None:
    first, second = EventLog(tmp_path), EventLog(tmp_path)
    for epoch in (1, 2, 3):
        first.write(epoch, {"train_cost": 10.0 * epoch}, HISTOGRAMS)
    for epoch in (2, 3, 4):
        second.write(epoch, {"train_cost": epoch}, HISTOGRAMS)
    found = read(tmp_path)
    assert [(event.step, event.value) for event in found.Scalars("cost/train")] == [(1, 10), (2, 2), (3, 3), (4, 4)]
    assert [event.step for event in found.Histograms("weights/conv1/kernel")] == [1, 2, 3, 4]


def test_a_log_cut_short_is_readable_and_can_be_followed(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    for epoch in (1, 2):
        log.write(epoch, {"train_cost": epoch}, HISTOGRAMS)
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:-100])
    assert [event.step for event in read(tmp_path).Scalars("cost/train")] == [1]
    EventLog(tmp_path).write(2, {"train_cost": 2}, HISTOGRAMS)
    assert [event.step for event in read(tmp_path).Scalars("cost/train")] == [1, 2]


def test_without_the_package_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'inward\[tensorboard\]'"):
        EventLog(tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file must be writable, got File exists"):
        EventLog(tmp_path / "file")
    log = EventLog(tmp_path / "logs")
    (tmp_path / "logs").rmdir()
    with pytest.raises(FileError, match=r"tfevents\.\S+ must be writable, got No such file"):
        log.write(0, {}, HISTOGRAMS)


def test_no_framework_is_imported(tmp_path: Path) -> None:
    said = "import sys; from pathlib import Path; from inward.recording.events import EventLog; "
    said += "EventLog(Path(sys.argv[1])).write(1, {'x': 1.0}, {}); "
    said += "sys.exit(bool({'tensorflow', 'torch', 'jax'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", said, str(tmp_path)], check=True)
    assert read(tmp_path).Scalars("x")[0].value == 1.0
