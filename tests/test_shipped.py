"""The network that is shipped: whole, as its card says, and as accurate as promised."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

import inward
from inward.arrays import Images
from inward.errors import ArgumentError
from inward.loading import SHIPPED
from inward.network import run
from inward.network.allconv import allconv
from inward.network.network import Network

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "src" / "inward" / "shipped" / "cifar10-allconv"
CARD = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
DATA = Path(os.environ.get("INWARD_DATA", ROOT.parent / "shared" / "data"))


def test_every_shipped_name_opens() -> None:
    for name in SHIPPED:
        network = inward.load(name, backend="numpy")
        assert network.classes[7] == "horse"
        assert network.layers[0].shape == (32, 32, 3)
        assert sum(array.size for array in network.weights().values()) == 905_856
        assert all(array.dtype == np.float32 for array in network.weights().values())


def test_it_knows_where_it_comes_from() -> None:
    history = inward.load("cifar10-allconv", backend="numpy").history
    assert history is not None
    assert len(history.metrics["epoch"]) == run.read_config(FOLDER)["recipe"]["epochs"]
    found = inward.weight_histograms(inward.load("cifar10-allconv", backend="numpy"), before=history.before)
    assert all(layer.distance is not None and layer.distance > 0 for layer in found.layers)


def test_black_scores_nothing() -> None:
    black = np.zeros((1, 32, 32, 3), np.float32)
    assert not inward.load("cifar10-allconv", backend="numpy").scores(black).any()


def test_the_card_says_what_the_run_says() -> None:
    last, config = run.read_metrics(FOLDER)[-1], run.read_config(FOLDER)
    assert f"{last.test_accuracy:.2%}" in CARD
    assert config["command"] in CARD
    assert f"seed {config['seed']}" in CARD
    assert json.loads((FOLDER / run.CONFIG).read_text(encoding="utf-8"))["precision"] in CARD


@pytest.mark.slow
def test_it_is_as_accurate_as_its_card_says() -> None:
    """In float32, over all 10,000 test images: at least 90 %, and the card's figure to a hundredth of a per cent."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from inward.data.cifar10 import load_cifar10_split
    from inward.errors import FileError

    try:
        images, labels = load_cifar10_split("test", DATA)
    except FileError:
        pytest.skip("CIFAR-10 is not here: set INWARD_DATA")
    network, right = inward.load("cifar10-allconv"), 0
    for first in range(0, len(labels), 500):
        scores = network.scores(images[first : first + 500].astype(np.float32) / 255)
        right += int((scores.argmax(axis=1) == labels[first : first + 500]).sum())
    stated = re.search(r"([\d.]+) % \(float32\)", CARD)
    assert stated is not None
    assert right / len(labels) >= 0.9
    assert 100 * right / len(labels) == pytest.approx(float(stated[1]), abs=0.011)


@pytest.mark.slow
def test_a_tolerance_is_refused_below_what_the_arithmetic_can_reach(photographs: Images) -> None:
    """docs/tolerance.md: 5e-6 in float32, 0.06 in bfloat16; where it is not refused, it is reached, and true."""
    tensorflow = pytest.importorskip("inward.backends.tensorflow", reason="TensorFlow is not installed")
    whole = inward.load("cifar10-allconv")
    low = Network(allconv(), whole.weights(), tensorflow.TensorFlowOps("bfloat16"), (32, 32, 3), whole.classes)
    for network, refused, reached in ((whole, 1e-6, 1e-4), (low, 5e-2, 1e-1)):
        with pytest.raises(ArgumentError, match="which is what rounding leaves of this model's gradient"):
            inward.integrated_gradients(network, photographs, tolerance=refused)
        assert inward.integrated_gradients(network, photographs, tolerance=reached).converged.all()
    exact = inward.integrated_gradients(whole, photographs, tolerance=1e-4).values
    found = inward.integrated_gradients(low, photographs, tolerance=1e-1)
    apart, size = (np.linalg.norm(x.reshape(len(x), -1), axis=1) for x in (found.values - exact, exact))
    assert (apart <= found.error * size).all()


@pytest.fixture
def photographs() -> Images:
    """Those of scikit-learn's and scikit-image's, which the demo shows."""
    from inward.data.samples import demo_images

    return demo_images((32, 32, 3), None).images
