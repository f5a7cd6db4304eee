"""Recorders of PyTorch's and JAX's loops; Keras's callback on each of its backends is a program of its own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import inward
from inward.adapters import recorder
from inward.errors import ArgumentError, DependencyError, FileError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
IMAGES = np.random.default_rng(0).normal(size=(6, 3, 8, 8)).astype(np.float32)
LABELS = np.arange(6) % 4


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(inplace=True), torch.nn.Dropout(),
        torch.nn.Flatten(), torch.nn.Linear(144, 4),
    )  # fmt: skip


def step(net):
    """One step of gradient descent; the gradients stay where they are."""
    net.zero_grad()
    cost = torch.nn.functional.cross_entropy(net(torch.tensor(IMAGES)), torch.tensor(LABELS))
    cost.backward()
    with torch.no_grad():
        for weight in net.parameters():
            weight -= 0.1 * weight.grad
    return cost


def test_a_pytorch_loop_is_recorded(tmp_path):
    net, seen, costs = module(), [], []
    record = inward.Recorder(tmp_path / "run", sample=IMAGES)
    first = {name: weight.detach().numpy().copy() for name, weight in net.named_parameters()}
    record(net)
    for _ in range(2):
        costs.append(step(net))
        record(net, metrics={"train_cost": costs[-1], "seconds": 2})
        seen.append({name: np.linalg.norm(weight.grad.numpy()) for name, weight in net.named_parameters()})
    history = inward.open_recording(tmp_path / "run")
    assert history.before.keys() == first.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(history.before[name], array)
    np.testing.assert_allclose(history.metrics["train_cost"], [cost.item() for cost in costs])
    assert history.metrics["epoch"].tolist() == [1, 2]
    formed = history.formation
    for name, weight in net.named_parameters():
        assert formed.weights[name].norms[-1] == pytest.approx(weight.norm().item(), rel=1e-5)
        assert np.isnan(formed.gradients[name].norms[0])
        assert formed.gradients[name].norms[1:] == pytest.approx([now[name] for now in seen], rel=1e-5)
    assert list(formed.activations) == ["0", "1", "2", "4", "5"]  # in evaluation mode, dropout hands on what it gets
    net.eval()
    with torch.no_grad():
        each = net[:3](torch.tensor(IMAGES)).flatten(1).norm(dim=1)
        assert formed.activations["2"].norms[-1] == pytest.approx(each.mean().item(), rel=1e-5)
        normed = net[:2](torch.tensor(IMAGES)).numpy()  # before the next layer overwrote it
    assert formed.activations["1"].edges[-1, 0] == pytest.approx(normed.min(), rel=1e-5)
    assert formed.activations["1"].counts[-1].sum() == normed.size


@pytest.mark.parametrize("metrics", [{}, {"train_cost": 1.0}, {"test_accuracy": 0.5, "seconds": 3.0}])
def test_a_report_shows_what_was_recorded(tmp_path, metrics):
    net, record = module(), inward.Recorder(tmp_path / "run", sample=IMAGES)
    record(net)
    for _ in range(2):
        step(net)
        record(net, metrics=metrics)
    model = inward.wrap(net, input_shape=(8, 8, 3), history=inward.open_recording(tmp_path / "run"))
    images = np.moveaxis(IMAGES[:1], 1, -1)
    report = inward.inspect(model, images, rule="trapezoid", steps=2, alphas=(0.5, 1), layers=("0",))
    assert all(layer.before is not None for layer in report.weights.layers)
    files = {path.name for path in report.save(tmp_path / "report").parent.iterdir()}
    assert files > {"formation.gif", "formation-gradients.png", "formation-norms.png"}
    assert ("training.png" in files) is bool(metrics)


def test_a_module_is_left_as_it_was_found(tmp_path):
    recorded, plain = module(), module()
    recorded[1].eval()
    plain[1].eval()
    record = inward.Recorder(tmp_path / "run", sample=IMAGES)
    for net in (recorded, plain):
        torch.manual_seed(1)
        for _ in range(2):
            if net is recorded:
                record(net)
            step(net)
    for (name, ours), theirs in zip(recorded.state_dict().items(), plain.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs), name
    assert [layer.training for layer in recorded.modules()] == [layer.training for layer in plain.modules()]
    assert not any(layer._forward_hooks for layer in recorded.modules())


def test_half_precision_and_given_gradients_are_recorded(tmp_path):
    net = module().to(torch.bfloat16)
    record = inward.Recorder(tmp_path / "run", sample=IMAGES)
    record(net, gradients={"5.weight": torch.ones(4, 144, dtype=torch.bfloat16), "steps": torch.ones(3, dtype=int)})
    formed = inward.open_recording(tmp_path / "run").formation
    assert formed.gradients.keys() == {"5.weight"}
    assert formed.gradients["5.weight"].norms[0] == pytest.approx(24.0)
    assert formed.activations["5"].counts[0].sum() == 24


def test_a_recording_goes_on_after_the_epoch_it_is_told(tmp_path):
    net, folder = module(), tmp_path / "run"
    record = inward.Recorder(folder)
    for epoch in range(4):
        record(net, metrics={"train_cost": epoch} if epoch else None)
    with pytest.raises(FileError, match="a recording that is there already"):
        inward.Recorder(folder)(net)
    record = inward.Recorder(folder, resume_after=1)
    assert record.begun
    record(net, metrics={"train_cost": 9})
    assert inward.open_recording(folder).metrics["train_cost"].tolist() == [1, 9]
    with pytest.raises(FileError, match="a recording of 3 epochs or more, got 2"):
        inward.Recorder(folder, resume_after=3)


def test_tensorboard_sees_what_is_recorded(tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    net, record = module(), inward.Recorder(tmp_path / "run", tensorboard=tmp_path / "logs")
    record(net)
    step(net)
    record(net, metrics={"test_accuracy": 0.25})
    found = EventAccumulator(str(tmp_path / "logs"), size_guidance={"histograms": 0}).Reload()
    assert [(event.step, event.value) for event in found.Scalars("accuracy/test")] == [(1, 0.25)]
    assert [event.step for event in found.Histograms("weights/0.weight")] == [0, 1]
    assert [event.step for event in found.Histograms("gradients/0.weight")] == [1]


def test_what_cannot_be_recorded_is_told(tmp_path, monkeypatch):
    record = inward.Recorder(tmp_path / "run")
    with pytest.raises(ArgumentError, match=r"metrics must be left out at the first call.*; call record\(model\) once"):
        record(module(), metrics={"train_cost": 1.0})
    with pytest.raises(ArgumentError, match="model must be one with weights that are floats, got none"):
        record(torch.nn.ReLU())
    with monkeypatch.context() as context:
        context.delitem(sys.modules, "jax", raising=False)
        with pytest.raises(ArgumentError, match="a tree of JAX's arrays, got a str"):
            record("model")
    assert not (tmp_path / "run").exists()
    record(module())
    with pytest.raises(ArgumentError, match=r"metrics\['a'\] must be a number, got a list"):
        record(module(), metrics={"a": [1]})


def test_without_keras_the_remedy_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"Keras must be installed.*pip install 'inward\[tensorflow\]'"):
        inward.keras_recorder(tmp_path)


def test_targets_alone_are_refused(tmp_path):
    pytest.importorskip("keras", reason="Keras is not installed")
    with pytest.raises(ArgumentError, match="targets must be of a sample"):
        inward.keras_recorder(tmp_path, targets=LABELS)


TREE = {
    "conv": {"kernel": np.ones((3, 3, 1, 2), np.float32), "count": np.array(3)},
    "dense": [np.zeros((4, 2)), {"bias": np.full(2, 2.0)}],
}


def test_a_jax_tree_is_recorded(tmp_path):
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    jnp = jax.numpy
    params, record = jax.tree.map(jnp.asarray, TREE), inward.Recorder(tmp_path / "run")
    record(params)
    for _ in range(2):
        gradients = jax.grad(lambda p: (p["dense"][1]["bias"] ** 2).sum() + p["conv"]["kernel"].sum(), allow_int=True)(
            params
        )
        halved = jax.tree.map(lambda x: x.astype(jnp.bfloat16) if x.dtype == jnp.float32 else x, params)
        record(halved, metrics={"test_cost": jnp.ones(())}, gradients=gradients, activations={"out": jnp.ones((5, 2))})
    history = inward.open_recording(tmp_path / "run")
    assert set(history.before) == {"conv/kernel", "dense/0", "dense/1/bias"}
    assert history.before["dense/1/bias"].tolist() == [2.0, 2.0]
    formed = history.formation
    assert formed.gradients["dense/1/bias"].norms[1:] == pytest.approx([32**0.5] * 2)
    assert formed.weights["conv/kernel"].norms == pytest.approx([18**0.5] * 3)
    assert formed.activations["out"].counts.sum(axis=1).tolist() == [0, 10, 10]
    assert history.metrics["test_cost"].tolist() == [1.0, 1.0]
    with pytest.raises(ArgumentError, match="model must be a tree of arrays, or a Flax NNX module, got a list"):
        inward.Recorder(tmp_path / "other")([params, "words"])
    with pytest.raises(ArgumentError, match="sample must be left out for JAX, got a batch of 6"):
        inward.Recorder(tmp_path / "other", sample=IMAGES)(params)


def test_a_flax_module_is_recorded_by_its_parameters(tmp_path):
    nnx = pytest.importorskip("flax.nnx", reason="Flax is not installed")
    net = nnx.Sequential(nnx.Linear(3, 4, rngs=nnx.Rngs(0)), nnx.BatchNorm(4, rngs=nnx.Rngs(0)))
    record = inward.Recorder(tmp_path / "run")
    record(net)
    record(net, gradients=nnx.grad(lambda net: net(IMAGES[:, 0, :, :3]).sum())(net))
    history = inward.open_recording(tmp_path / "run")
    names = {"layers/0/kernel", "layers/0/bias", "layers/1/scale", "layers/1/bias"}
    assert set(history.before) == set(inward.wrap(net, input_shape=(3,)).weights()) == names
    assert set(history.formation.gradients) == names


@pytest.mark.parametrize(
    "backend", ["tensorflow", *(pytest.param(name, marks=pytest.mark.slow) for name in ("jax", "torch"))]
)
def test_keras_is_recorded_on_each_backend(backend, tmp_path):
    for name in ("keras", backend):
        pytest.importorskip(name, reason=f"{name} is not installed")
    program = Path(__file__).parent / "programs" / "record_keras.py"
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, program, tmp_path], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_no_other_framework_is_imported(tmp_path):
    said = "import sys, torch, inward; record = inward.Recorder(sys.argv[1], sample=torch.ones(2, 3)); "
    said += "record(torch.nn.Linear(3, 2)); sys.exit(bool({'tensorflow', 'jax', 'keras', 'flax'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", said, str(tmp_path / "run")], check=True)
