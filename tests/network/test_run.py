import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from inward.backends.numpy import NumpyOps
from inward.errors import FileError, ShapeError
from inward.files import write_weights
from inward.network import run
from inward.network.allconv import initial_kernels
from inward.network.plan import Architecture, Plan
from inward.network.recipes import RECIPES
from inward.recording.formation import Gathering

ARCHITECTURE = Architecture((8, 8, 1), ("zero", "one"), width=4)
PLAN = Plan(ARCHITECTURE, RECIPES["digits"]["fast"], 3)
KERNELS = initial_kernels(ARCHITECTURE.layers(), 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "run"
    run.start(out, PLAN, KERNELS, {"dataset": "none"})
    run.write_state(out, KERNELS, [run.Epoch(1, 2.3, 0.1, 2.2, 0.2, 1.5)], Gathering())
    return out


def test_what_was_written_is_read_back(folder: Path) -> None:
    network = run.open_run(folder, NumpyOps())
    assert network.classes == ("zero", "one")
    for name, kernel in network.weights().items():
        np.testing.assert_array_equal(kernel, KERNELS[name])
    assert run.read_metrics(folder) == [run.Epoch(1, 2.3, 0.1, 2.2, 0.2, 1.5)]
    assert not list(folder.glob("*.partial"))


def test_the_plan_is_read_back(folder: Path) -> None:
    assert run.read_plan(folder) == PLAN
    assert run.read_config(folder)["dataset"] == "none"


@pytest.mark.parametrize(
    "change", [{"precision": "int8"}, {"recipe": {}}, {"seed": "x"}, {"recipe": {"optimizer": {"name": "sgd"}}}]
)
def test_a_foreign_plan_is_refused(folder: Path, change: dict[str, object]) -> None:
    (folder / run.CONFIG).write_text(json.dumps(run.read_config(folder) | change))
    with pytest.raises(FileError, match="the plan of a training"):
        run.read_plan(folder)


def test_a_run_is_never_written_over(folder: Path) -> None:
    with pytest.raises(FileError, match="a run that is there already"):
        run.start(folder, PLAN, KERNELS, {})


def test_a_run_without_an_epoch_may_begin_again(folder: Path) -> None:
    (folder / run.WEIGHTS).unlink()
    run.start(folder, PLAN, KERNELS, {})
    assert "dataset" not in run.read_config(folder)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"architecture": 3}', b"\xff\xfe", b"[1, 2"])
def test_foreign_settings_are_refused(folder: Path, content: bytes) -> None:
    (folder / run.CONFIG).write_bytes(content)
    with pytest.raises(FileError, match=r"config\.json must be the settings of a run"):
        run.open_run(folder, NumpyOps())


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_truncated_weights_are_refused(folder: Path, keep: int) -> None:
    path = folder / run.WEIGHTS
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FileError, match="whole safetensors"):
        run.open_run(folder, NumpyOps())


def test_foreign_weights_are_refused(folder: Path) -> None:
    save_file({"dense": np.zeros(3, np.float32)}, folder / run.WEIGHTS)
    with pytest.raises(ShapeError, match="belong to another network"):
        run.open_run(folder, NumpyOps())


def test_missing_parts_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / run.WEIGHTS).unlink()
    with pytest.raises(FileError, match="no such file"):
        run.open_run(folder, NumpyOps())
    with pytest.raises(FileError, match="a run folder"):
        run.open_run(tmp_path, NumpyOps())
    (folder / run.METRICS).unlink()
    assert run.read_metrics(folder) == []


def test_damaged_metrics_are_refused(folder: Path) -> None:
    (folder / run.METRICS).write_text("epoch,train_cost\n1,x\n")
    with pytest.raises(FileError, match="metrics by epoch"):
        run.read_metrics(folder)


def test_a_failed_write_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / run.WEIGHTS).read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(FileError, match="No space left"):
        write_weights(folder / run.WEIGHTS, {"x": np.zeros(3)})
    assert (folder / run.WEIGHTS).read_bytes() == before
    assert not list(folder.glob(".*partial"))
