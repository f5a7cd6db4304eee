"""The doctor: each planted fault is found, by its check and at its level; a healthy model has none."""

import json

import numpy as np
import pytest

import inward
from inward.checkup import check_cost
from inward.checkup.doctor import CHECKS, doctor
from inward.errors import ArgumentError, ScoreError
from inward.memory import peak_bytes
from inward.model import Gradients, Layer, path_gradient_by_gradient, probabilities

RNG = np.random.default_rng(0)
W, V = RNG.normal(size=(8, 48)) / 4, RNG.normal(size=(3, 8))
IMAGES = RNG.uniform(size=(2, 4, 4, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(check_cost, "_TIMED", 0.0)


class Healthy:
    """logits = tanh(x Wᵀ) Vᵀ, in float64 inside, images (n, 4, 4, 3)."""

    classes = ("cat", "dog", "horse")
    shape: tuple[int, ...] = (4, 4, 3)

    def __init__(self):
        self.w, self.v = W.copy(), V.copy()

    @property
    def layers(self):
        return (Layer("input", "input", self.shape), Layer("hidden", "dense", (8,)), Layer("logits", "dense", (3,)))

    def weights(self):
        return {"w": self.w, "v": self.v}

    def hidden(self, x):
        return np.tanh(x.reshape(len(x), -1) @ self.w.T)

    def logits(self, x):
        return self.hidden(x) @ self.v.T

    def scores(self, inputs):
        return self.logits(inputs).astype(inputs.dtype)

    def activations(self, inputs, layers):
        places = {"input": inputs, "hidden": self.hidden(inputs), "logits": self.logits(inputs)}
        return {name: places[name] for name in layers}

    def slope(self, x, dz):
        return ((dz @ self.v) * (1 - self.hidden(x) ** 2)) @ self.w

    def gradient(self, inputs, objective, at=("input",)):
        dx = self.slope(inputs, objective.weights).reshape(inputs.shape).astype(inputs.dtype)
        return Gradients(objective.of(self.scores(inputs)), {"input": dx})

    def path_gradient(self, start, end, objective, rows, at="input"):
        return path_gradient_by_gradient(self, start, end, objective, rows, at)


def found(model, images=IMAGES):
    """The gravest findings: check -> level, found and change, without those that are ok."""
    return {f.check: f for f in doctor(model, images).findings if f.level != "ok"}


def test_a_healthy_model_has_no_fault():
    told: list[float] = []
    diagnosis = doctor(Healthy(), IMAGES, progress=told.append)
    assert [f.check for f in diagnosis.findings if f.level != "ok"] == []
    assert (diagnosis.level, diagnosis.exit_code, diagnosis.summary()) == ("ok", 0, "nothing to change")
    assert {f.check for f in diagnosis.findings} == {name for name, _ in CHECKS} - {"mode", "path"} | {"time", "memory"}
    assert told == sorted(told)
    assert len(told) == len(CHECKS)


def test_what_was_measured_is_there_for_machines():
    diagnosis = doctor(Healthy(), IMAGES)
    plain = json.loads(json.dumps(diagnosis.plain()))
    assert plain["level"] == "ok"
    assert {f["check"] for f in plain["findings"]} == {f.check for f in diagnosis.findings}
    measured = diagnosis.measured
    assert 0 < measured["smallest_tolerance"] < 1e-5
    assert measured["gradients_per_second"] > 0
    assert 3 <= measured["evaluations"] <= 1000
    assert measured["weights"] == W.size + V.size
    one, many = (doctor(Healthy(), images).measured for images in (IMAGES[:1], np.repeat(IMAGES, 50, axis=0)))
    assert many["seconds"] * many["gradients_per_second"] == pytest.approx(
        100 * one["seconds"] * one["gradients_per_second"]
    )


@pytest.mark.parametrize(("seconds", "words"), [(0.0, "needs more than"), (1e9, "is not known to 0.01 after")])
def test_a_map_that_does_not_converge_is_noted(monkeypatch, seconds, words):
    class Steep(Healthy):
        def slope(self, x, dz):
            return super().slope(x, dz) * (1 + np.sin(1e4 * x.sum(axis=(1, 2, 3))))[:, None]

    monkeypatch.setattr(check_cost, "_TRIAL", seconds)
    finding = found(Steep())["time"]
    assert (finding.level, words in finding.found) == ("note", True), finding


def test_memory_is_measured():
    peak = peak_bytes()
    assert peak is None or 2**20 < peak < 2**40


# Images


@pytest.mark.parametrize(
    ("images", "check", "level", "words"),
    [
        (2 * IMAGES - 1, "input range", "warning", "a mean had been subtracted"),
        (255 * IMAGES, "input range", "warning", "as from bytes"),
        (IMAGES / 255, "input range", "warning", "divided by 255 twice"),
        (np.full_like(IMAGES, 0.5), "input range", "warning", "every value is 0.5"),
        (None, "input range", "note", "no image was given"),
        (np.uint8(255 * IMAGES), "input range", "warning", "as from bytes"),
        (np.uint8(255 * IMAGES), "layout", "error", "images are dtype uint8"),
        (IMAGES.transpose(0, 3, 1, 2), "layout", "error", "are channels first"),
        (IMAGES[0].transpose(2, 0, 1), "layout", "error", "are channels first"),
        (IMAGES[0], "layout", "error", "images are (4, 4, 3), not (n, 4, 4, 3)"),
        (np.full_like(IMAGES, np.nan), "layout", "error", "NaN or infinite"),
    ],
)
def test_images_that_are_not_what_it_takes(images, check, level, words):
    finding = found(Healthy(), images)[check]
    assert finding.level == level
    assert words in finding.found
    assert finding.change


def test_how_to_turn_images_is_said():
    assert "images.transpose(0, 2, 3, 1)" in found(Healthy(), IMAGES.transpose(0, 3, 1, 2))["layout"].change


def test_a_shape_that_is_channels_first():
    model = Healthy()
    model.shape = (3, 2, 8)
    finding = found(model, None)["layout"]
    assert (finding.level, "(2, 8, 3)" in finding.change) == ("warning", True)


# Models


class BadWeights(Healthy):
    def weights(self):
        return super().weights() | {"v": V * np.nan}


class BreaksAtImages(Healthy):
    def hidden(self, x):
        return np.where(x.sum(axis=(1, 2, 3))[:, None] > 0, np.nan, 0.0) * np.ones(8)


class BreaksAtBlack(Healthy):
    def logits(self, x):
        return np.where(x.any(axis=(1, 2, 3))[:, None], super().logits(x), np.inf)


class Masked(Healthy):
    def activations(self, inputs, layers):
        return super().activations(inputs, layers) | {"hidden": np.full((len(inputs), 8), -np.inf)}


class Silent(Healthy):
    def activations(self, inputs, layers):
        return super().activations(inputs, layers) | {"hidden": np.zeros((len(inputs), 8))}


class Unmoved(Healthy):
    def activations(self, inputs, layers):
        return super().activations(inputs, layers) | {"hidden": np.ones((len(inputs), 8))}


class Random(Healthy):
    def logits(self, x):
        return super().logits(x) + np.random.default_rng().normal(size=(len(x), 3))


class RandomByRow(Healthy):
    """The same again in each call, as with a seed that is put back, but another for each row."""

    def logits(self, x):
        return super().logits(x) + np.random.default_rng(0).normal(size=(len(x), 3))


class Companions(Healthy):
    def logits(self, x):
        return super().logits(x) - super().logits(x).mean(axis=0)


class Softmax(Healthy):
    def logits(self, x):
        return probabilities(super().logits(x))

    def slope(self, x, dz):
        p = self.logits(x)
        return super().slope(x, p * (dz - (dz * p).sum(axis=1, keepdims=True)))


class Sigmoid(Healthy):
    def logits(self, x):
        return 1 / (1 + np.exp(-super().logits(x)))

    def slope(self, x, dz):
        p = self.logits(x)
        return super().slope(x, dz * p * (1 - p))


class OfBytes(Healthy):
    def __init__(self):
        super().__init__()
        self.v = np.outer([1, -1, 0], np.sign(self.hidden(IMAGES[:1])))
        self.w *= 2 / 255


class SureOfBlack(Healthy):
    def logits(self, x):
        return super().logits(x) + np.array([90, 0, 0])


class NoGradient(Healthy):
    def gradient(self, inputs, objective, at=("input",)):
        raise ScoreError("gradient of the score", "defined at the input", "none", "look for argmax")


class NanGradient(Healthy):
    def slope(self, x, dz):
        return super().slope(x, dz) * np.nan


class ZeroGradient(Healthy):
    def slope(self, x, dz):
        return 0 * super().slope(x, dz)


class Saturated(Healthy):
    """0 slope where all pixels are bright."""

    def slope(self, x, dz):
        return np.where((x > 0.5).all(axis=(1, 2, 3))[:, None], 0.0, super().slope(x, dz))


class Detached(Healthy):
    """Half of the score hands no gradient on."""

    def slope(self, x, dz):
        return super().slope(x, dz) / 2


class NoBlue(Healthy):
    def __init__(self):
        super().__init__()
        self.w.reshape(8, 4, 4, 3)[..., 2] = 0


class NoBorder(Healthy):
    def __init__(self):
        super().__init__()
        self.w.reshape(8, 4, 4, 3)[:, 3] = 0


class Coarse(Healthy):
    """A gradient of four significant bits."""

    def gradient(self, inputs, objective, at=("input",)):
        exact = super().gradient(inputs, objective, at)
        mantissa, exponent = np.frexp(exact.at["input"])
        return Gradients(exact.scores, {"input": np.ldexp(np.round(mantissa * 16) / 16, exponent)})


class Raising(Healthy):
    def scores(self, inputs):
        if len(inputs) == 4:
            raise RuntimeError("four is\ntoo many")
        return super().scores(inputs)


class BreaksOnThePath(Healthy):
    def gradient(self, inputs, objective, at=("input",)):
        found = super().gradient(inputs, objective, at)
        dim = (inputs.max(axis=(1, 2, 3)) < 0.2) & inputs.any(axis=(1, 2, 3))
        return Gradients(found.scores, {"input": np.where(dim[:, None, None, None], np.nan, found.at["input"])})


@pytest.mark.parametrize(
    ("model", "check", "level", "words"),
    [
        (BadWeights, "weights", "error", "NaN or infinity in v"),
        (BreaksAtImages, "activations", "error", "at the image the scores are NaN or infinite, first in layer hidden"),
        (BreaksAtBlack, "activations", "error", "at black the scores are NaN or infinite, first in layer logits"),
        (Masked, "activations", "note", "layer hidden is NaN or infinite, and the scores are finite"),
        (Silent, "dead layers", "warning", "0 for every input, in hidden"),
        (Unmoved, "dead layers", "note", "the same for every input, in hidden"),
        (Random, "determinism", "error", "something random is at work"),
        (RandomByRow, "determinism", "error", "something random is at work"),
        (Companions, "determinism", "error", "with what else is in the batch"),
        (Softmax, "scores", "warning", "ends in a softmax"),
        (Sigmoid, "scores", "note", "between 0 and 1"),
        (OfBytes, "input scale", "warning", "255 times the image"),
        (SureOfBlack, "black", "note", "black is taken for cat"),
        (NoGradient, "gradient", "error", "gradient of the score is none"),
        (NanGradient, "gradient", "error", "NaN or infinite"),
        (ZeroGradient, "gradient", "error", "0 everywhere"),
        (Detached, "gradient", "warning", "not the score's"),
        (NoBlue, "unused inputs", "warning", "channel 2 of 3 has no influence"),
        (NoBorder, "unused inputs", "note", "25 % of the pixels have no influence"),
        (Coarse, "precision", "warning", "rounding leaves 0.0"),
        (Raising, "determinism", "error", "the model raised RuntimeError: four is too many"),
        (BreaksOnThePath, "path", "error", "must be finite on the whole path"),
    ],
)
def test_a_planted_fault_is_found(model, check, level, words):
    finding = found(model())[check]
    assert finding.level == level
    assert words in finding.found
    assert finding.change or model is Masked


@pytest.mark.parametrize("model", [BadWeights, NoGradient, ZeroGradient, NanGradient, Raising, NoBlue])
def test_a_fault_is_told_once(model):
    assert [f.level for f in doctor(model(), IMAGES).findings].count("ok") > 4
    assert len(found(model())) == 1


def test_saturation_at_the_image_alone():
    finding = found(Saturated(), np.maximum(IMAGES, 0.6))["gradient"]
    assert (finding.level, "0 at the image" in finding.found) == ("warning", True)


@pytest.mark.parametrize(("model", "code"), [(Sigmoid, 0), (NoBlue, 1), (NoGradient, 2)])
def test_the_exit_code_is_the_gravest(model, code):
    assert doctor(model(), IMAGES).exit_code == code


def test_a_diagnosis_reads_as_lines():
    lines = str(doctor(NoBlue(), IMAGES)).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("warning  unused inputs: channel 2"))
    assert lines[at + 1].strip().startswith("→ check the order of channels")
    assert lines[-1] == "1 warning"


def test_what_is_no_model_is_refused():
    with pytest.raises(ArgumentError, match="wrap it first"):
        inward.doctor(lambda x: x)


# PyTorch, whose modules have modes


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def wrapped(torch, *layers):
    torch.manual_seed(0)
    head = torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(16, 3)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Tanh(), *layers, *head)
    return inward.wrap(module, input_shape=(4, 4, 3))


def test_a_module_left_in_training_mode_is_noted(torch):
    model = wrapped(torch, torch.nn.BatchNorm2d(4), torch.nn.Dropout(0.5))
    finding = found(model)["mode"]
    assert (finding.level, finding.found.startswith("2, 3 came in training mode")) == ("note", True)
    assert "determinism" not in found(model)


def test_dropout_and_batch_statistics_that_no_mode_switches_off_are_found(torch):
    class Dropped(torch.nn.Module):
        def forward(self, x):
            return torch.nn.functional.dropout(x, 0.5, training=True)

    class Normed(torch.nn.Module):
        def forward(self, x):
            return torch.nn.functional.batch_norm(x, None, None, training=True)

    assert "random" in found(wrapped(torch, Dropped()))["determinism"].found
    assert "batch" in found(wrapped(torch, Normed()))["determinism"].found


def test_a_detached_module_has_no_gradient(torch):
    class Detached(torch.nn.Module):
        def forward(self, x):
            return x.detach()

    finding = found(wrapped(torch, Detached()))["gradient"]
    assert (finding.level, ".detach()" in finding.change) == ("error", True)


def test_scores_that_no_layer_makes_are_a_layer_too(torch):
    class Cut(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(48, 4)

        def forward(self, x):
            return self.inner(x.flatten(1))[:, :3]

    model = inward.wrap(Cut(), input_shape=(4, 4, 3))
    np.testing.assert_array_equal(model.activations(IMAGES, ["output"])["output"], model.scores(IMAGES))
    assert found(model) == {}
