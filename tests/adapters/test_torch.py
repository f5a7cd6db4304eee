"""PyTorch modules of every difficult kind: they work and are left as found, or are refused by name."""

import gc
from collections import namedtuple

import numpy as np
import pytest

import inward
from inward.errors import ArgumentError, OutOfMemoryError, ScoreError, ShapeError
from inward.model import Objective, Rows, path_gradient_by_gradient

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from torch import nn  # noqa: E402

SHAPE = (8, 8, 3)
IMAGES = np.random.default_rng(0).uniform(size=(5, *SHAPE))


class InPlace(nn.Module):
    """ReLUs that overwrite what hooks would keep."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.conv(x))
        return self.head(x.mean((2, 3)).mul_(2))


class InputInPlace(InPlace):
    def forward(self, x):
        return super().forward(x.mul_(3))


class Shared(nn.Module):
    """One convolution, three times."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.again, self.head = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 3)

    def forward(self, x):
        x = self.first(x)
        for _ in range(3):
            x = x + torch.tanh(self.again(x))
        return self.head(x.mean((2, 3)))


class Residual(nn.Module):
    """Branches, batch normalisation, dropout, depthwise and dilated convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.deep, self.wide = nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 3))
        self.stem[1].running_mean.copy_(torch.tensor([0.1, -0.2, 0.3, 0.0]))

    def forward(self, x):
        x = self.stem(x)
        return self.head(x + torch.relu(self.deep(x)) + self.wide(x))


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net, self.other = InPlace(), nn.Linear(3, 2)

    def forward(self, x):
        found = self.net(x)
        return found, self.other(found)


Named = namedtuple("Named", "logits aux")


class NamedHeads(Heads):
    def forward(self, x):
        return Named(*super().forward(x))


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = InPlace()

    def forward(self, mask, image):
        return self.net(image * mask)


class Attention(nn.Module):
    """Patches, a transformer's layer whose fast path passes hooks by, and attention's tuple output."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        x = self.layer(self.patches(x).flatten(2).transpose(1, 2))
        return self.head(self.attention(x, x, x)[0].mean(1))


def made(kind, *, dtype=None, **how):
    torch.manual_seed(0)
    module = kind()
    module = module if dtype is None else module.to(dtype)
    return module, inward.wrap(module, **({"input_shape": SHAPE} | how))


def numeric(model, images, objective, step=1e-5):
    """Central differences of the objective, along a random direction."""
    direction = np.random.default_rng(1).normal(size=images.shape)
    ahead, behind = (objective.of(model.scores(images + sign * step * direction)) for sign in (1, -1))
    return (ahead - behind) / (2 * step), direction


WORKING = {
    "in place": (InPlace, {}),
    "in place on the input": (InputInPlace, {}),
    "shared": (Shared, {}),
    "residual": (Residual, {}),
    "two heads": (Heads, {"output": 0}),
    "the other head": (Heads, {"output": 1}),
    "named heads": (NamedHeads, {}),
    "two inputs": (TwoInputs, {"input": "image", "constants": {"mask": np.full((1, 3, 8, 8), 0.5)}}),
    "attention": (Attention, {}),
    "described preprocessing": (InPlace, {"preprocess": inward.Preprocessing(255, (100, 110, 120), 64, "bgr")}),
    "preprocessing of their own": (InPlace, {"preprocess": lambda x: (x - 0.5) / 0.25}),
}


@pytest.mark.parametrize("case", WORKING)
@pytest.mark.parametrize("score", ["logit", "probability", "log_probability", "sigmoid"])
def test_gradients_are_the_scores_in_float64(case, score):
    kind, how = WORKING[case]
    _, model = made(kind, dtype=torch.float64, **how)
    objective = Objective(np.random.default_rng(2).normal(size=(5, model.layers[-1].shape[0])), score)
    expected, direction = numeric(model, IMAGES, objective)
    found = model.gradient(IMAGES, objective)
    np.testing.assert_allclose((found.at["input"] * direction).sum((1, 2, 3)), expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.scores, objective.of(model.scores(IMAGES)), rtol=1e-12)
    assert found.at["input"].dtype == np.float64


@pytest.mark.parametrize("case", WORKING)
def test_every_layer_is_seen_and_its_gradient_is_the_chain_rules(case):
    """Moving a layer's value by what the input moves it changes the score as its gradient says."""
    kind, how = WORKING[case]
    _, model = made(kind, dtype=torch.float64, **how)
    names = [layer.name for layer in model.layers]
    assert len(set(names)) == len(names)
    kept = model.activations(IMAGES, names)
    for layer in model.layers:
        assert kept[layer.name].shape == (5, *layer.shape)
    objective = Objective.of_classes([0, 1, 0, 1, 0], model.layers[-1].shape[0])
    found = model.gradient(IMAGES, objective, tuple(kept)).at
    assert {name: x.shape for name, x in found.items()} == {name: x.shape for name, x in kept.items()}


def test_a_value_before_an_in_place_layer_is_not_overwritten():
    _, model = made(InPlace, dtype=torch.float64)
    kept = model.activations(IMAGES, ["conv", "relu"])
    assert kept["conv"].min() < 0
    np.testing.assert_array_equal(kept["relu"], np.maximum(kept["conv"], 0))
    found = model.gradient(IMAGES, Objective.of_classes([1] * 5, 3), ("conv", "relu")).at
    np.testing.assert_array_equal(found["conv"], np.where(kept["conv"] > 0, found["relu"], 0))


class Shortcut(InPlace):
    """A layer that hands on its input, which other layers use, too."""

    def __init__(self) -> None:
        super().__init__()
        self.shortcut = nn.Identity()

    def forward(self, x):
        x = torch.tanh(self.conv(x))
        return self.head((self.relu(x**2) + self.shortcut(x)).mean((2, 3)))


class Constant(InPlace):
    """A layer that the input does not reach, and that is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(1, 3)
        self.table.requires_grad_(False)

    def forward(self, x):
        return super().forward(x) * self.table(torch.zeros(len(x), dtype=torch.long))


def test_a_layer_that_hands_on_its_input_has_a_gradient_of_its_own():
    module, model = made(Shortcut, dtype=torch.float64)
    found = model.gradient(IMAGES, Objective.of_classes([1] * 5, 3), ("shortcut",)).at["shortcut"]
    expected = module.head.weight[1].detach().numpy() / 64
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=1e-12)


def test_a_layer_that_the_input_does_not_reach_has_a_gradient():
    _, model = made(Constant, dtype=torch.float64)
    found = model.gradient(IMAGES, Objective.of_classes([1] * 5, 3), ("table", "head")).at
    np.testing.assert_allclose(found["table"][:, 1], model.activations(IMAGES, ["head"])["head"][:, 1], rtol=1e-12)


def test_layers_used_again_are_counted():
    _, model = made(Shared)
    assert [layer.name for layer in model.layers] == ["input", "first", "again", "again#2", "again#3", "head"]


def test_blocks_are_places_unless_they_hand_on_their_last_layer():
    _, model = made(Residual)
    names = [layer.name for layer in model.layers]
    assert names == [
        *("input", "stem.0", "stem.1", "stem.2", "deep", "wide"),
        *("head.0", "head.1", "head.3"),  # dropout hands on what it gets
    ]
    assert model.layers[1].shape == (8, 8, 4)
    assert model.layers[1].kind == "Conv2d"


@pytest.mark.parametrize("fails", [False, True])
def test_the_module_is_left_as_it_was_found(fails):
    module, model = made(Residual)
    module.train()
    module.stem.eval()
    module.head[3].weight.grad = torch.full_like(module.head[3].weight, 7)
    module.deep.weight.requires_grad_(False)
    seen = []
    mine = module.deep.register_forward_hook(lambda *_: seen.append(1))
    before = {name: x.clone() for name, x in module.state_dict().items()}
    modes = [m.training for m in module.modules()]
    torch.manual_seed(5)
    state = torch.get_rng_state()
    if fails:
        failing = module.head[3].register_forward_pre_hook(lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            model.activations(IMAGES, ["stem.0"])
        failing.remove()
    else:
        model.gradient(IMAGES, Objective.of_classes([0] * 5, 3), ("input", "stem.0"))
    assert seen
    assert [m.training for m in module.modules()] == modes
    assert all(torch.equal(x, before[name]) for name, x in module.state_dict().items())
    assert (module.head[3].weight.grad == 7).all()
    assert module.head[0]._forward_hooks == {}
    assert list(module.deep._forward_hooks) == [mine.id]
    assert torch.equal(torch.get_rng_state(), state)
    assert not module.deep.weight.requires_grad
    assert module.stem[0].weight.grad is None
    assert torch.backends.mha.get_fastpath_enabled()


def test_it_works_where_gradients_are_off():
    _, model = made(InPlace)
    objective = Objective.of_classes([0] * 5, 3)
    expected = model.gradient(IMAGES, objective).at["input"]
    for off in (torch.no_grad, torch.inference_mode):
        with off():
            np.testing.assert_array_equal(model.gradient(IMAGES, objective).at["input"], expected)


@pytest.mark.parametrize("micro_batch", [1, 4, None])
def test_the_path_is_the_default_ones(micro_batch):
    _, model = made(Attention, dtype=torch.float64, micro_batch=micro_batch)
    index = np.array([0, 0, 1, 2, 2, 4, 4, 4])
    rows = Rows(index, np.linspace(0, 1, 8), np.random.default_rng(3).normal(size=(8, 2)))
    ends = np.zeros_like(IMAGES), IMAGES, Objective.of_classes([0, 1, 2, 0, 1], 3)
    for at in ("input", "patches"):
        found, expected = model.path_gradient(*ends, rows, at), path_gradient_by_gradient(model, *ends, rows, at)
        np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-12)
        np.testing.assert_allclose(found.sums, expected.sums, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precisions_are_float32_outside(dtype):
    _, whole = made(Residual)
    _, model = made(Residual, dtype=dtype)
    assert model.scores(IMAGES).dtype == np.float32
    np.testing.assert_allclose(model.scores(IMAGES), whole.scores(IMAGES), atol=0.02)
    found = model.gradient(IMAGES, Objective.of_classes([0] * 5, 3), ("input", "stem.0")).at
    assert {x.dtype for x in found.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("end", "make"), [("softmax", nn.Softmax(-1)), ("sigmoid", nn.Sigmoid())])
def test_probabilities_at_the_end_are_turned_back(end, make):
    module, plain = made(InPlace, dtype=torch.float64)
    model = inward.wrap(nn.Sequential(module, make), input_shape=SHAPE, ends_in=end)
    found, expected = model.scores(IMAGES), plain.scores(IMAGES)
    shift = (found - expected)[:, :1] if end == "softmax" else 0
    np.testing.assert_allclose(found - shift, expected, atol=1e-12)


def test_black_is_black_whatever_the_mean():
    _, model = made(InPlace, preprocess=inward.Preprocessing(255, 127, 128))
    found = inward.integrated_gradients(model, IMAGES, 0)
    assert found.converged.all()
    assert (found.relative_gap < 1e-2).all()
    assert (found.baseline == 0).all()


def test_weights_by_name_and_between_two_checkpoints():
    module, model = made(Residual)
    _, earlier = made(Residual)
    with torch.no_grad():
        module.deep.weight += 1
    found = inward.weight_histograms(model, before=earlier)
    assert [layer.name for layer in found.layers] == [name for name, _ in module.named_parameters()]
    moved = {layer.name: layer.distance for layer in found.layers}
    assert moved["deep.weight"] == pytest.approx(1)
    assert moved["wide.weight"] == 0


def test_the_whole_report(tmp_path):
    _, model = made(Residual, classes=("a", "b", "c"))
    report = inward.inspect(model, IMAGES[:2].astype(np.float32))
    report.save(tmp_path / "report")
    assert inward.load_report(tmp_path / "report").classes == ("a", "b", "c")


def test_it_holds_no_graph_after_a_call():
    _, model = made(InPlace)
    model.gradient(IMAGES, Objective.of_classes([0] * 5, 3), ("conv",))
    gc.collect()
    assert not [x for x in gc.get_objects() if type(x) is torch.Tensor and x.grad_fn is not None]


class Undifferentiable(nn.Module):
    def forward(self, x):
        return nn.functional.one_hot(x.mean((1, 2, 3)).long(), 3).float()


class Detached(InPlace):
    def forward(self, x):
        return super().forward(x.detach())


class NaNInside(InPlace):
    def forward(self, x):
        return super().forward(x / 0 * 0)


class Flat(nn.Module):
    def forward(self, x):
        return x.mean((1, 2, 3))


class Nothing(nn.Module):
    def forward(self, x):
        return {"a": 1, "b": x.mean((2, 3)), "c": x.mean((2, 3))}


@pytest.mark.parametrize("kind", [Undifferentiable, Detached])
def test_no_gradient_is_said(kind):
    _, model = made(kind)
    with pytest.raises(ScoreError, match="gradient of the score must be defined at the input, got none"):
        inward.integrated_gradients(model, IMAGES)


def test_nan_inside_is_said():
    _, model = made(NaNInside)
    with pytest.raises(ScoreError, match="image 0"):
        inward.integrated_gradients(model, IMAGES, 0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: inward.wrap(InPlace()), ArgumentError, "input_shape must be the shape of one input"),
        (lambda: made(Flat), ShapeError, r"must be \(n, classes\), got \(3,\)"),
        (lambda: made(Nothing), ArgumentError, r"got 2 outputs \(b, c\)"),
        (lambda: made(Heads), ArgumentError, r"got 2 outputs \(0, 1\); say which"),
        (lambda: made(Heads, output=2), ArgumentError, "output must be one of 0, 1"),
        (lambda: made(TwoInputs, input="photo", constants={"mask": 1.0}), ArgumentError, "one of mask, image"),
        (lambda: made(InPlace, classes=("a", "b")), ArgumentError, "classes must be 3 names"),
        (lambda: made(InPlace, params={}), ArgumentError, "params must be left out"),
        (lambda: made(InPlace, ends_in="argmax"), ArgumentError, "ends_in must be one of logits"),
        (lambda: made(InPlace, framework="caffe"), ArgumentError, "framework must be one of keras"),
        (lambda: made(InPlace, preprocess=inward.Preprocessing(mean=(1, 2))), ArgumentError, "one for each of 3"),
        (lambda: inward.Preprocessing(std=0), ArgumentError, "no std of 0"),
        (lambda: inward.Preprocessing(order="gbr"), ArgumentError, "rgb or bgr"),
        (lambda: inward.wrap(42), ArgumentError, "a int"),
        (lambda: inward.wrap(InPlace().to("meta"), input_shape=SHAPE), ArgumentError, "meta device"),
        (lambda: made(InPlace, micro_batch=0), ArgumentError, "micro_batch must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_micro_batch_that_does_not_fit_is_halved():
    module, model = made(InPlace, micro_batch=4)
    largest = []

    def full(_, given):
        largest.append(len(given[0]))
        if len(given[0]) > 1:
            raise torch.OutOfMemoryError

    hook = module.register_forward_pre_hook(full)
    assert model.scores(IMAGES).shape == (5, 3)
    assert largest == [4, 2, *[1] * 5]
    hook.remove()
    module.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(OutOfMemoryError, match="enough for one input"):
        model.scores(IMAGES)
