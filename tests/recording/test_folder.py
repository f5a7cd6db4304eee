import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inward.errors import FileError
from inward.recording import folder as recording
from inward.recording.folder import MANIFEST, begin_recording, open_recording, read_recording, write_recording
from inward.recording.formation import Gathering

RANDOM = np.random.default_rng(0)
BEFORE = {"conv": RANDOM.normal(size=(3, 3, 1, 2)).astype(np.float32), "scale": np.array(2.0, np.float32)}
ROWS = [{"train_cost": 2.5, "test_cost": 2.0}, {"train_cost": float("nan"), "train_accuracy": 0.5}]


def gathered(times: int) -> Gathering:
    gathering = Gathering()
    for _ in range(times):
        gathering.add({"weights": {"conv": RANDOM.normal(size=50)}, "gradients": {}, "activations": {}})
    return gathering


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "deep" / "recording"
    begin_recording(out, BEFORE)
    write_recording(out, gathered(3), ROWS)
    return out


def test_what_was_written_is_read_back(folder: Path) -> None:
    for name in (folder, str(folder)):
        history = open_recording(name)
        assert history.before.keys() == BEFORE.keys()
        for weight, array in BEFORE.items():
            np.testing.assert_array_equal(history.before[weight], array, strict=True)
        assert {name: column.tolist() for name, column in history.metrics.items() if name != "train_cost"} == {
            "epoch": [1, 2], "test_cost": [2.0, pytest.approx(np.nan, nan_ok=True)],
            "train_accuracy": [pytest.approx(np.nan, nan_ok=True), 0.5],
        }  # fmt: skip
        np.testing.assert_array_equal(history.metrics["train_cost"], [2.5, np.nan])
        assert history.formation is not None
        assert history.formation.weights["conv"].counts.sum(axis=1).tolist() == [50, 50, 50]


def test_before_the_first_epoch_there_are_weights_alone(tmp_path: Path) -> None:
    begin_recording(tmp_path, BEFORE)
    write_recording(tmp_path, gathered(1), [])
    assert open_recording(tmp_path).metrics == {}


def test_the_folder_holds_three_files_however_often_it_is_written(folder: Path) -> None:
    for times in (4, 5):
        write_recording(folder, gathered(times), [{}] * (times - 1))
    assert len(list(folder.iterdir())) == 3
    json.loads((folder / MANIFEST).read_text(), parse_constant=pytest.fail)  # plain JSON, without NaN
    assert open_recording(folder).metrics["epoch"].tolist() == [1, 2, 3, 4]


def test_a_recording_is_never_begun_again(folder: Path) -> None:
    with pytest.raises(FileError, match="there already; choose another, or go on"):
        begin_recording(folder, BEFORE)


def test_a_recording_goes_on_from_any_of_its_epochs(folder: Path) -> None:
    for epochs, kept in ((None, 2), (2, 2), (1, 1), (0, 0)):
        gathering, rows = read_recording(folder, epochs)
        assert (gathering.times, len(rows)) == (kept + 1, kept)
    for epochs in (3, -1):
        with pytest.raises(FileError, match=f"a recording of {epochs} epochs or more, got 2"):
            read_recording(folder, epochs)


@pytest.mark.parametrize("allowed", [0, 1])
def test_an_interrupted_write_leaves_the_recording_before_it_whole(
    folder: Path, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write, written = open_recording(folder), recording.write_bytes, []

    def interrupted(path: Path, content: bytes) -> None:
        if len(written) == allowed:
            path.with_name(f".{path.name}.partial").write_bytes(content[: len(content) // 2])
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    monkeypatch.setattr(recording, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_recording(folder, gathered(4), [*ROWS, {"train_cost": 1.0}])
    found = open_recording(folder)
    assert found.formation is not None
    assert before.formation is not None
    np.testing.assert_array_equal(found.metrics["train_cost"], before.metrics["train_cost"])
    np.testing.assert_array_equal(found.formation.weights["conv"].edges, before.formation.weights["conv"].edges)
    monkeypatch.undo()
    write_recording(folder, gathered(4), [*ROWS, {"train_cost": 1.0}])
    assert len(open_recording(folder).metrics["epoch"]) == 3
    assert len(list(folder.glob("*.npz"))) == 1


def test_a_full_disk_is_told_and_leaves_the_recording_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(FileError, match="No space left"):
        write_recording(folder, gathered(4), [*ROWS, {}])
    assert len(open_recording(folder).metrics["epoch"]) == 2
    assert not list(folder.glob(".*partial"))


def test_another_folder_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(FileError, match=rf"no {MANIFEST} in it; name a folder that `inward\.Recorder` wrote"):
        open_recording(tmp_path)
    with pytest.raises(FileError, match=r"config\.json must be writable, got File exists"):
        begin_recording(tmp_path / "config.json", BEFORE)


DAMAGE = {
    "format": "inward recording 9", "epochs": 3, "metrics": [[], []], "histograms": "../../elsewhere",
}  # fmt: skip


@pytest.mark.parametrize("key", DAMAGE)
def test_a_foreign_manifest_is_refused(folder: Path, key: str) -> None:
    whole = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(whole | {key: DAMAGE[key]}))
    with pytest.raises(FileError, match=rf"{MANIFEST} must be whole and in the format 'inward recording 1'"):
        open_recording(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"format": 1}', b"[" * 9999])
def test_a_damaged_manifest_is_refused(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(FileError, match=f"{MANIFEST} must be whole"):
        open_recording(folder)


def test_damaged_parts_are_refused_by_name(folder: Path) -> None:
    for pattern in ("histograms-*.npz", "initial.safetensors"):
        path = next(folder.glob(pattern))
        whole = path.read_bytes()
        for content in (b"", whole[:-9], b"PK" + whole, None):
            path.unlink() if content is None else path.write_bytes(content)
            with pytest.raises(FileError, match=path.name):
                open_recording(folder)
        path.write_bytes(whole)
    open_recording(folder)


def test_histograms_of_another_recording_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    begin_recording(other, BEFORE)
    write_recording(other, gathered(2), ROWS[:1])
    theirs, ours = json.loads((other / MANIFEST).read_text()), json.loads((folder / MANIFEST).read_text())
    shutil.copy(next(other.glob("*.npz")), folder)
    (folder / MANIFEST).write_text(json.dumps(ours | {"histograms": theirs["histograms"]}))
    with pytest.raises(FileError, match="histograms of 2 epochs, got others"):
        open_recording(folder)
