"""Trainings that are stopped, killed, damaged or moved, and taken up again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from inward.backends.numpy import NumpyOps
from inward.errors import FileError, InwardError, TrainingError
from inward.network import run
from inward.network.checkpoint import EARLIER, LATEST, read_checkpoint
from inward.network.examples import Examples
from inward.network.plan import Architecture, Plan
from inward.network.recipes import RECIPES
from inward.network.train import Stopped, Watch, resume, train

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (48, 8, 8, 1), dtype=np.uint8)
LABELS = np.arange(48) % 2
EXAMPLES = Examples(IMAGES, LABELS, IMAGES[:20], LABELS[:20])
RECIPE = replace(RECIPES["digits"]["fast"], epochs=2, batch=16)
PLAN = Plan(Architecture((8, 8, 1), ("even", "odd"), width=4, depth=4), RECIPE)  # conv10 comes after conv9
STEPS = 6


def after(count: int) -> Callable[[], bool]:
    """Says stop at the count-th time it is asked."""
    asked = iter(range(count - 1, -1, -1))
    return lambda: next(asked) == 0


def stopped(out: Path, step: int) -> Path:
    with pytest.raises(Stopped):
        train(EXAMPLES, PLAN, NumpyOps(), out, watch=Watch(stop=after(step)))
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "run"
    train(EXAMPLES, PLAN, NumpyOps(), out)
    return out


def assert_same(out: Path, whole: Path) -> None:
    """The same weights and formation bit for bit, and the same metrics but for the seconds."""
    assert (out / run.WEIGHTS).read_bytes() == (whole / run.WEIGHTS).read_bytes()
    rows = [[replace(row, seconds=0.0) for row in run.read_metrics(folder)] for folder in (out, whole)]
    assert rows[0] == rows[1]
    with np.load(out / run.FORMATION) as ours, np.load(whole / run.FORMATION) as theirs:
        assert ours.files == theirs.files
        for name in ours.files:
            np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_stopped_training_ends_as_if_nothing_had_been(tmp_path: Path, whole: Path, step: int) -> None:
    out = stopped(tmp_path / "run", step)
    assert run.open_run(out, NumpyOps()).scores(IMAGES[:2] / 255).shape == (2, 2)  # it can be inspected
    rows = resume(EXAMPLES, NumpyOps(), out)
    assert [row.epoch for row in rows] == [1, 2]
    assert_same(out, whole)


def test_a_finished_training_has_nothing_left_to_do(tmp_path: Path, whole: Path) -> None:
    out = tmp_path / "run"
    train(EXAMPLES, PLAN, NumpyOps(), out)
    resume(EXAMPLES, NumpyOps(), out)
    assert_same(out, whole)


@pytest.mark.parametrize("keep", [0, 5, 200, -1])
def test_a_truncated_checkpoint_is_refused_by_name_and_the_one_before_it_is_used(
    tmp_path: Path, whole: Path, keep: int
) -> None:
    out = stopped(tmp_path / "run", 5)
    (out / LATEST).write_bytes((out / LATEST).read_bytes()[:keep])
    refused: list[InwardError] = []
    resume(EXAMPLES, NumpyOps(), out, watch=Watch(refused=refused.append))
    assert [error.name for error in refused] == [str(out / LATEST)]
    assert_same(out, whole)


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    out = stopped(tmp_path / "run", 5)
    content = bytearray((out / LATEST).read_bytes())
    content[-100] ^= 1
    (out / LATEST).write_bytes(content)
    _, refused = read_checkpoint(out)
    assert "its checksum is another" in str(refused[0])


def test_a_foreign_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    out = stopped(tmp_path / "run", 5)
    for name in (LATEST, EARLIER):
        save_file({"dense": np.zeros(3, np.float32)}, out / name, {"format": "inward checkpoint 99"})
    with pytest.raises(FileError, match=r"checkpoint\.safetensors must be whole.*inward checkpoint 99"):
        resume(EXAMPLES, NumpyOps(), out)


def test_a_good_checkpoint_is_never_given_up_for_a_damaged_one(tmp_path: Path) -> None:
    out = stopped(tmp_path / "run", 2)
    (out / LATEST).write_bytes(b"damaged")
    before = (out / EARLIER).read_bytes()
    with pytest.raises(Stopped):
        resume(EXAMPLES, NumpyOps(), out, watch=Watch(stop=after(1)))
    assert (out / EARLIER).read_bytes() == before
    assert read_checkpoint(out)[1] == []


def test_another_networks_checkpoint_is_refused(tmp_path: Path) -> None:
    out = stopped(tmp_path / "run", 2)
    wider = replace(PLAN, architecture=replace(PLAN.architecture, width=5))
    with pytest.raises(Stopped):
        train(EXAMPLES, wider, NumpyOps(), tmp_path / "wide", watch=Watch(stop=after(1)))
    (tmp_path / "wide" / LATEST).replace(out / LATEST)
    with pytest.raises(FileError, match="must be one of this plan"):
        resume(EXAMPLES, NumpyOps(), out)


def test_other_data_are_refused(tmp_path: Path) -> None:
    out = stopped(tmp_path / "run", 2)
    changed = IMAGES.copy()
    changed[0, 0, 0, 0] ^= 1
    with pytest.raises(FileError, match=r"the data of .* must be those it began with"):
        resume(replace(EXAMPLES, train_images=changed), NumpyOps(), out)


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a run folder"):
        resume(EXAMPLES, NumpyOps(), tmp_path)
    run.start(tmp_path / "run", PLAN, {}, {})
    with pytest.raises(FileError, match="a run with a checkpoint"):
        resume(EXAMPLES, NumpyOps(), tmp_path / "run")


@pytest.mark.parametrize("write", range(1, 12))
def test_a_full_disk_stops_the_training_with_the_last_checkpoint_whole(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    out, done, fsync = tmp_path / "run", [0], os.fsync

    def full(descriptor: int) -> None:
        done[0] += 1
        if done[0] > 3 + write:  # the plan, the initial weights and the first checkpoint still fit
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(FileError, match="No space left"):
            train(EXAMPLES, PLAN, NumpyOps(), out, seconds_between=0.0)
    assert not list(out.glob(".*partial"))
    resume(EXAMPLES, NumpyOps(), out)
    assert_same(out, whole)


def test_a_diverging_training_stops_with_the_layer_and_the_step(tmp_path: Path) -> None:
    wild = replace(PLAN, recipe=replace(RECIPES["digits"]["seed"], epochs=2, batch=32, rate=1e30))
    with np.errstate(all="ignore"), pytest.raises(TrainingError, match=r"epoch \d+, step \d+ must be layer conv\d"):
        train(EXAMPLES, wild, NumpyOps(), tmp_path / "run", seconds_between=0.0)
    kernels = read_checkpoint(tmp_path / "run")[0].kernels
    assert all(np.isfinite(kernel).all() for kernel in kernels.values())


def written(out: Path) -> int:
    """When the latest checkpoint was."""
    try:
        return (out / LATEST).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


_LONG = f"""
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_checkpoint as here
out = Path(sys.argv[1])
plan = replace(here.PLAN, recipe=replace(here.RECIPE, epochs=60, batch=8))
more = dict(seconds_between=0.0)
if (out / here.LATEST).exists() or (out / here.EARLIER).exists():
    here.resume(here.EXAMPLES, here.NumpyOps(), out, **more)
else:
    here.train(here.EXAMPLES, plan, here.NumpyOps(), out, **more)
"""


@pytest.mark.slow
def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    """kill -9 at random moments; the weights are in the end those of a run that was left alone."""
    moments, kills = random.Random(0), 0
    train_it = [sys.executable, "-c", _LONG]
    subprocess.run([*train_it, str(tmp_path / "whole")], check=True, timeout=300)
    while kills < 20:
        before = written(tmp_path / "run")
        process = subprocess.Popen([*train_it, str(tmp_path / "run")])
        while process.poll() is None and written(tmp_path / "run") == before:
            time.sleep(0.001)
        time.sleep(moments.uniform(0.0, 0.2))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it was over before it could be killed"
        kills += 1
    subprocess.run([*train_it, str(tmp_path / "run")], check=True, timeout=300)
    assert_same(tmp_path / "run", tmp_path / "whole")
