"""Anyone's model by its name: code that builds it, a .keras file; and what is refused, with the remedy."""

import pickle
import zipfile
from itertools import count

import numpy as np
import pytest
from safetensors.numpy import save_file

import inward
from inward import opening
from inward.batched import BatchedModel
from inward.errors import ArgumentError, DependencyError, FileError, ShapeError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
NUMBERS = count()
CODE = """
import torch
from torch import nn

def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(48, 2))

ready = Net()
number = 7

def wrapped():
    import inward
    return inward.wrap(build(), input_shape=(4, 4, 3))

def failing():
    raise RuntimeError("no weights here")

def needing():
    import nowhere_to_be_found

def without_jax():
    raise ModuleNotFoundError("No module named 'jax'", name="jax")

def plain():
    return lambda x: x

def with_params():
    return plain(), {"w": 1}
"""


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A package of someone's in the path; its name, new for each test."""
    name = f"someones{next(NUMBERS)}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "nets.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return f"{name}.nets"


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(2, 4, 4, 3)).astype(np.float32)


def built(code, name="build"):
    import importlib

    return getattr(importlib.import_module(code), name)()


@pytest.mark.parametrize("name", ["build", "Net", "ready"])
def test_a_function_a_class_and_a_module_are_models(code, name):
    model = inward.open_model(f"{code}:{name}", input_shape=(4, 4, 3), classes=("cat", "dog"), micro_batch=3)
    assert (model.backend, model.micro_batch, model.classes) == ("torch", 3, ("cat", "dog"))


def test_what_is_wrapped_already_stays_so(code):
    assert isinstance(inward.open_model(f"{code}:wrapped"), BatchedModel)
    for said in ({"classes": ("cat", "dog")}, {"weights": "w.npz"}, {"micro_batch": 2}, {"ends_in": "softmax"}):
        with pytest.raises(ArgumentError, match="is wrapped already"):
            inward.open_model(f"{code}:wrapped", **said)


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "pt", "pth", "nested.pt"])
def test_weights_are_filled_by_name(code, images, tmp_path, suffix):
    state = {name: value + 1 for name, value in built(code).state_dict().items()}
    arrays, path = {name: value.numpy() for name, value in state.items()}, tmp_path / f"w.{suffix}"
    if suffix == "safetensors":
        save_file(arrays, path)
    elif suffix == "npz":
        np.savez(path, **arrays)
    else:
        torch.save({"epoch": 3, "state_dict": state} if "nested" in suffix else state, path)
    filled = inward.open_model(f"{code}:build", weights=path, input_shape=(4, 4, 3))
    module = built(code)
    module.load_state_dict(state)
    expected = inward.wrap(module, input_shape=(4, 4, 3)).scores(images)
    np.testing.assert_array_equal(filled.scores(images), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda w: {f"module.{n}": v for n, v in w.items()},
            r"a file without 0\.weight.* and 1 more and a file with mod",
        ),
        (lambda w: dict(list(w.items())[1:]), r"got a file without 0\.weight; rename"),
        (lambda w: w | {"extra": np.zeros(2, np.float32)}, "got a file with extra; rename"),
        (lambda w: w | {"4.bias": np.zeros(3, np.float32)}, r"weights of 4\.bias in .* must be \(2,\), got \(3,\)"),
    ],
)
def test_foreign_weights_are_told_by_name(code, tmp_path, change, message):
    weights = {name: value.numpy() for name, value in built(code).state_dict().items()}
    save_file(change(weights), tmp_path / "w.safetensors")
    with pytest.raises(ShapeError, match=message):
        inward.open_model(f"{code}:build", weights=tmp_path / "w.safetensors", input_shape=(4, 4, 3))


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle ran",))


def write_hostile(path):
    if path.suffix == ".npz":
        np.savez(path, x=np.array([Hostile()], dtype=object))
    elif path.suffix in (".pt", ".pth"):
        torch.save({"weight": Hostile()}, path)
    else:
        path.write_bytes(pickle.dumps(Hostile()))


@pytest.mark.parametrize("name", ["w.pt", "w.pth", "w.npz", "w.safetensors"])
def test_weights_never_run(code, tmp_path, name):
    write_hostile(tmp_path / name)
    with pytest.raises(FileError, match=r"must be (a state dict of tensors alone|whole, and arrays alone)"):
        inward.open_model(f"{code}:build", weights=name, input_shape=(4, 4, 3))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.safetensors", "a file of weights, got no such file"),
        ("w.h5", r"weights in \.safetensors, \.pt, \.pth, \.npz, got \.h5"),
        ("broken.safetensors", "whole, and arrays alone, got SafetensorError"),
        ("list.pt", "a state dict of tensors alone, got a list of more"),
    ],
)
def test_files_that_are_no_weights(code, tmp_path, name, message):
    (tmp_path / "broken.safetensors").write_bytes(b"\xff" * 40)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(FileError, match=message):
        inward.open_model(f"{code}:build", weights=name, input_shape=(4, 4, 3))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("{code}:nothing", ArgumentError, "'nothing', which is not there"),
        ("{code}:number", ArgumentError, "a function that builds a model, or a model, got .*:number of type int"),
        ("{code}:failing", ArgumentError, r"RuntimeError: no weights here \(nets\.py, line \d+\)"),
        ("{code}:needing", DependencyError, "pip install what provides 'nowhere_to_be_found'"),
        ("{code}:without_jax", DependencyError, r"pip install 'inward\[jax\]'"),
        ("{code}:build", ArgumentError, r"input_shape must be the shape of one input, got nothing"),
        ("{code}:plain", ArgumentError, "say whose it is"),
        ("no_such_package.nets:build", ArgumentError, "run it from the folder that holds the package"),
        ("broken:build", ArgumentError, r"SyntaxError: .*\(broken\.py, line 2\)"),
    ],
)
def test_code_that_gives_no_model(code, tmp_path, name, error, message):
    (tmp_path / "broken.py").write_text("x = 1\nthis is no code\n")
    with pytest.raises(error, match=message):
        inward.open_model(name.format(code=code))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model.h5", "Keras's HDF5 file, which may hold a program"),
        ("model.pkl", "a pickle, which is a program that runs"),
        ("model.pt", "a pickle, which is a program that runs"),
        ("saved", "a SavedModel, which is a program"),
    ],
)
def test_programs_are_refused_unopened(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    if name != "saved":
        write_hostile(tmp_path / name)
    with pytest.raises(FileError, match=f"{message}.*; load it in your own code and name it package.module:build"):
        inward.open_model(name)


def test_weights_alone_are_no_model():
    with pytest.raises(FileError, match="must be a model, got weights alone; name the code that builds it"):
        inward.open_model("w.safetensors")


def test_ours_know_what_they_are():
    assert inward.open_model("cifar10-allconv", backend="numpy", micro_batch=2).backend == "numpy"
    for said in ({"classes": ("cat",)}, {"ends_in": "softmax"}, {"weights": "w.npz"}, {"input_shape": (4, 4, 3)}):
        with pytest.raises(ArgumentError, match=r"left out, got .*; cifar10-allconv knows it"):
            inward.open_model("cifar10-allconv", backend="numpy", **said)


def test_a_backend_is_for_ours(code):
    with pytest.raises(ArgumentError, match="backend must be left out"):
        inward.open_model(f"{code}:build", backend="numpy", input_shape=(4, 4, 3))


def test_a_function_with_params_is_filled_and_wrapped_as_jax(code, monkeypatch, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    np.savez(tmp_path / "w.npz", w=np.full((), 5, np.int32))
    seen = {}
    monkeypatch.setattr(opening, "wrap", lambda model, **how: seen.update(how))
    inward.open_model(f"{code}:with_params", weights="w.npz", input_shape=(4, 4, 3))
    assert seen["params"] == {"w": 5}
    assert seen["input_shape"] == (4, 4, 3)


def test_a_tree_of_params_is_filled_by_joined_names(tmp_path):
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    from inward.adapters.open_jax import fill

    params = {"conv": [{"kernel": jax.numpy.zeros((2, 3))}, jax.numpy.zeros(2)], "head": {"bias": jax.numpy.zeros(1)}}
    arrays = {
        "conv/0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "conv/1": np.ones(2, np.float32),
        "head/bias": np.full(1, 7, np.float32),
    }
    save_file(arrays, tmp_path / "w.safetensors")
    found = fill(params, tmp_path / "w.safetensors")
    assert jax.tree_util.tree_structure(found) == jax.tree_util.tree_structure(params)
    np.testing.assert_array_equal(found["conv"][0]["kernel"], arrays["conv/0/kernel"])
    assert found["head"]["bias"] == 7
    with pytest.raises(ShapeError, match="a file with conv/0/kernel"):
        fill({"head": params["head"]}, tmp_path / "w.safetensors")


# .keras files

TENSORFLOW_TO_NUMPY = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras", reason="Keras is not installed")


def little(keras, *more):
    return keras.Sequential([keras.layers.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2), *more])


@TENSORFLOW_TO_NUMPY
def test_a_keras_file_is_opened(keras, images, tmp_path):
    from inward.adapters import open_keras

    model = little(keras)
    model.save(tmp_path / "model.keras")
    found = open_keras.load(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(found(images)), np.asarray(model(images)), rtol=1e-6)


@TENSORFLOW_TO_NUMPY
def test_weights_of_a_keras_model_are_filled_by_path(keras, tmp_path):
    from inward.adapters import open_keras

    model = little(keras)
    arrays = {variable.path: np.full(variable.shape, 3, np.float32) for variable in model.weights}
    save_file(arrays, tmp_path / "w.safetensors")
    filled = open_keras.fill(model, tmp_path / "w.safetensors")
    assert all((np.asarray(variable) == 3).all() for variable in filled.weights)


@TENSORFLOW_TO_NUMPY
def test_code_in_a_keras_file_never_runs(keras, tmp_path):
    from inward.adapters import open_keras

    little(keras, keras.layers.Lambda(lambda x: x * 2)).save(tmp_path / "lambda.keras")
    (tmp_path / "text.keras").write_text("nothing")
    with zipfile.ZipFile(tmp_path / "empty.keras", "w"):
        pass
    for name in ("lambda.keras", "text.keras", "empty.keras"):
        with pytest.raises(FileError, match=r"without code, got .*; if it needs code of yours, load it there"):
            open_keras.load(tmp_path / name)
    with pytest.raises(FileError, match="no such file"):
        open_keras.load(tmp_path / "none.keras")


def test_an_older_keras_opens_nothing(keras, tmp_path, monkeypatch):
    from inward.adapters import open_keras

    monkeypatch.setattr(keras, "__version__", "3.9.2")
    with pytest.raises(DependencyError, match=r"must be 3\.12 or later, got 3\.9\.2"):
        open_keras.load(tmp_path / "model.keras")


def test_keras_or_its_backend_is_missing(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(name="tensorflow")

    monkeypatch.setattr(opening, "import_module", absent)
    with pytest.raises(DependencyError, match=r"KERAS_BACKEND.*pip install 'inward\[tensorflow\]'"):
        inward.open_model("model.keras")
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"keras, which .*pip install 'inward\[tensorflow\]'"):
        inward.open_model("model.keras")
