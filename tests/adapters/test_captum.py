"""Integrated gradients of PyTorch models against Captum's, by the same rule, nodes and batch."""

import warnings

import numpy as np
import pytest

import inward
from inward.data.pictures import fit

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of Captum's own imports
    pytest.importorskip("captum.attr", reason="Captum is not installed")
    benchmark = pytest.importorskip("benchmarks.efficientnet", reason="EfficientNet-lite0 is not installed")

AGREED = {torch.float64: 1e-8, torch.float32: 1e-4}
STEPS = 12


def apart(model, images):
    targets = model.scores(images).argmax(1)
    ours = inward.integrated_gradients(model, images, targets, rule="gauss-legendre", steps=STEPS).values
    other = benchmark.captum_maps(model, images, targets, STEPS)
    return np.linalg.norm(ours - other) / np.linalg.norm(other)


@pytest.mark.parametrize("dtype", AGREED, ids=str)
def test_the_cifar_network(dtype):
    from tests.adapters.twins.torch_twin import build

    images = np.random.default_rng(0).uniform(size=(3, 32, 32, 3))
    assert apart(build(dtype), images) < AGREED[dtype]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", AGREED, ids=str)
def test_efficientnet_lite0_with_its_imagenet_weights(dtype):
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    picture = fit(data.chelsea(), (224, 224, 3))[None].astype(np.float64)
    assert apart(benchmark.wrapped(dtype), picture) < AGREED[dtype]
