"""What importing inward costs, and brings along."""

import importlib.util
import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

LISTED = "import sys, json; {0}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
FRAMEWORKS = {"tensorflow", "torch", "jax", "keras", "flax"}
HEAVY = FRAMEWORKS | {"matplotlib", "PIL", "scipy", "sklearn", "skimage", "typer", "rich", "safetensors"}


def loaded(statement: str) -> set[str]:
    command = [sys.executable, "-c", LISTED.format(statement)]
    return set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def test_importing_inward_imports_numpy_alone() -> None:
    assert not loaded("import inward") & HEAVY


@pytest.mark.parametrize(
    "name", ["integrated_gradients", "weight_histograms", "load_report", "load", "inspect", "open_model", "doctor"]
)
def test_no_public_name_brings_a_framework_along(name: str) -> None:
    assert not loaded(f"import inward; inward.{name}") & FRAMEWORKS


def test_the_command_brings_no_framework_along() -> None:
    assert not loaded("import inward.cli") & (FRAMEWORKS | {"matplotlib", "PIL", "scipy"})


WRAPPED = """
import json, sys, numpy as np
{imports}
before = set(sys.modules)
import inward
model = {model}
images = np.ones((2, 4, 4, 3), np.float32)
inward.integrated_gradients(model, images, 0, rule="midpoint", steps=2)
model.activations(images, ["input"])
print(json.dumps(sorted({{name.split(".")[0] for name in set(sys.modules) - before}})))
"""
KERAS_MODEL = "keras.Sequential([keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D()])"
NNX_MODEL = "nnx.Sequential(nnx.Linear(3, 3, rngs=nnx.Rngs(0)), lambda x: x.mean((1, 2)))"
USERS = {
    "keras on tensorflow": ("import keras, tensorflow", f"inward.wrap({KERAS_MODEL})", "tensorflow"),
    "keras on jax": ("import keras, jax", f"inward.wrap({KERAS_MODEL})", "jax"),
    "keras on torch": ("import keras, torch", f"inward.wrap({KERAS_MODEL})", "torch"),
    "tensorflow": (
        "import tensorflow as tf",
        "inward.wrap(lambda x: tf.reduce_mean(x, (1, 2)), framework='tensorflow', input_shape=(4, 4, 3))",
        "tensorflow",
    ),
    "torch": (
        "import torch",
        "inward.wrap(torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()), input_shape=(4, 4, 3))",
        "torch",
    ),
    "jax": (
        "import jax",
        "inward.wrap(lambda p, x: (x * p).mean((1, 2)), params=np.ones(3, np.float32), input_shape=(4, 4, 3))",
        "jax",
    ),
    "flax": ("from flax import nnx", f"inward.wrap({NNX_MODEL}, input_shape=(4, 4, 3))", "jax"),
}


@pytest.mark.parametrize("user", USERS)
def test_wrapping_a_model_imports_no_framework_that_its_user_did_not(user: str) -> None:
    imports, model, backend = USERS[user]
    for package in {user.split(" on ")[0], backend}:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    command = [sys.executable, "-c", WRAPPED.format(imports=imports, model=model)]
    environment = os.environ | {"KERAS_BACKEND": backend}
    child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert not set(json.loads(child.stdout)) & FRAMEWORKS


def test_every_public_name_is_there() -> None:
    import inward

    assert all(getattr(inward, name) is not None for name in inward.__all__)
    assert set(dir(inward)) == set(inward.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        inward.nothing  # noqa: B018


@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_a_backend_brings_no_other_framework_along(backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    assert not loaded(f"import inward; inward.load('cifar10-allconv', backend={backend!r})") & FRAMEWORKS - {backend}


def test_a_wrapped_torch_module_brings_no_other_framework_along() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    made = "torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 3))"
    assert not loaded(f"import torch, inward; inward.wrap({made}, input_shape=(2, 2, 3))") & FRAMEWORKS - {"torch"}
