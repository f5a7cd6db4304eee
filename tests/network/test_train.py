from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.errors import FileError, ShapeError
from inward.network import run
from inward.network.clock import Progress
from inward.network.examples import Examples
from inward.network.plan import Architecture, Plan
from inward.network.recipes import RECIPES
from inward.network.train import Watch, resume, train

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (48, 8, 8, 1), dtype=np.uint8)
LABELS = np.arange(48) % 2
EXAMPLES = Examples(IMAGES, LABELS, IMAGES[:20], LABELS[:20])
ARCHITECTURE = Architecture((8, 8, 1), ("even", "odd"), width=4)
QUICK = replace(RECIPES["digits"]["fast"], epochs=2, batch=16)
PLAN = Plan(ARCHITECTURE, QUICK)


def test_a_run_folder_holds_all_that_was_promised(tmp_path: Path) -> None:
    seen: list[Progress] = []
    rows = train(EXAMPLES, PLAN, NumpyOps(), tmp_path / "run", watch=Watch(progress=seen.append), settings={"a": 1})
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "initial.safetensors", "weights.safetensors", "metrics.csv", "config.json", "formation.npz",
        "checkpoint.safetensors", "checkpoint.earlier.safetensors",
    }  # fmt: skip
    written = run.read_metrics(tmp_path / "run")
    assert [row.epoch for row in written] == [1, 2]
    assert written[-1].test_accuracy == pytest.approx(rows[-1].test_accuracy, rel=1e-5)
    assert run.read_config(tmp_path / "run")["recipe"]["epochs"] == 2
    network = run.open_run(tmp_path / "run", NumpyOps())
    assert network.history is not None
    assert any(np.any(network.history.before[name] != kernel) for name, kernel in network.weights().items())
    formation = network.history.formation
    assert formation is not None
    assert len(formation.weights["conv1"].counts) == 3  # before, and after each epoch
    assert [(p.epoch, p.step, p.steps) for p in seen] == [(e, s, 3) for e in (1, 2) for s in (1, 2, 3)]
    assert seen[-1].seconds_left == pytest.approx(0, abs=1e-6)


def test_every_epoch_is_told_also_where_a_kill_came_before_its_checkpoint(tmp_path: Path) -> None:
    told: list[int] = []

    def tell(epoch: int, metrics: object, histograms: object) -> None:
        told.append(epoch)
        if told == [0, 1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(EXAMPLES, PLAN, NumpyOps(), tmp_path / "run", watch=Watch(recorded=tell))
    rows = resume(EXAMPLES, NumpyOps(), tmp_path / "run", watch=Watch(recorded=tell))
    assert told == [0, 1, 1, 2]
    assert list(rows[0].metrics) == ["train_cost", "train_accuracy", "test_cost", "test_accuracy", "seconds"]


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(EXAMPLES, replace(PLAN, seed=seed), NumpyOps(), tmp_path / name)
        found.append((tmp_path / name / run.WEIGHTS).read_bytes())
    assert found[0] == found[1] != found[2]


def test_test_metrics_are_the_networks_own(tmp_path: Path) -> None:
    rows = train(EXAMPLES, PLAN, NumpyOps(), tmp_path / "run")
    logits = run.open_run(tmp_path / "run", NumpyOps()).scores(EXAMPLES.test_images.astype(np.float64) / 255)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    labels = EXAMPLES.test_labels
    assert rows[-1].test_accuracy == (logits.argmax(1) == labels).mean()
    assert rows[-1].test_cost == pytest.approx(-log_p[np.arange(20), labels].mean(), rel=1e-5)


def test_one_step_goes_down_the_cost(tmp_path: Path) -> None:
    recipe = replace(RECIPES["digits"]["seed"], epochs=30, batch=96, rate=1e-3)
    rows = train(EXAMPLES, replace(PLAN, recipe=recipe), NumpyOps(), tmp_path / "run")
    assert rows[-1].train_cost < rows[0].train_cost


def test_images_of_another_shape_are_refused(tmp_path: Path) -> None:
    other = replace(ARCHITECTURE, input_shape=(9, 9, 1))
    with pytest.raises(ShapeError, match="training images"):
        train(EXAMPLES, replace(PLAN, architecture=other), NumpyOps(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    train(EXAMPLES, replace(PLAN, recipe=replace(QUICK, epochs=1)), NumpyOps(), tmp_path / "run")
    with pytest.raises(FileError, match="there already"):
        train(EXAMPLES, PLAN, NumpyOps(), tmp_path / "run")


@pytest.mark.slow
def test_digits_are_learned_from_scratch(tmp_path: Path) -> None:
    """At least 95 % of the test digits in under a minute on two cores, by the default recipe."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn, which has the digits, is not installed")
    from inward.backends.tensorflow import TensorFlowOps
    from inward.data.digits import load_digits
    from inward.network.recipes import WIDTHS

    data = load_digits()
    examples = Examples(data.train_images, data.train_labels, data.test_images, data.test_labels)
    architecture = Architecture((8, 8, 1), data.classes, WIDTHS["digits"])
    rows = train(examples, Plan(architecture, RECIPES["digits"]["fast"]), TensorFlowOps(), tmp_path / "run")
    assert rows[-1].test_accuracy >= 0.95
    assert rows[-1].seconds < 60
