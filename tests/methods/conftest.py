"""Models whose every derivative and path integral is known in closed form."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from inward.model import Gradients, Layer, Objective, path_gradient_by_gradient


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


# d(Σ w T(z))/dz, restated here and not taken from the package
HEADS = {
    "logit": lambda z, w: w,
    "probability": lambda z, w: softmax(z) * (w - (w * softmax(z)).sum(1, keepdims=True)),
    "log_probability": lambda z, w: w - softmax(z) * w.sum(1, keepdims=True),
    "sigmoid": lambda z, w: w / (1 + np.exp(-z)) / (1 + np.exp(z)),
}


@dataclass
class ClosedForm:
    """logits(x) for x (n, d) -> (n, classes), and its Jacobian (n, classes, d); inputs may have any shape."""

    shape: tuple[int, ...]
    logits: Callable
    jacobian: Callable
    count: int
    classes: tuple[str, ...] = ()
    micro_batch: int = 64
    calls: dict[str, int] = field(default_factory=lambda: {"scores": 0, "gradient": 0})

    @property
    def layers(self):
        return (Layer("input", "input", self.shape), Layer("logits", "dense", (self.count,)))

    def weights(self):
        return {}

    def scores(self, inputs):
        self.calls["scores"] += len(inputs)
        return self.logits(inputs.reshape(len(inputs), -1)).astype(inputs.dtype)

    def activations(self, inputs, layers):
        places = {"input": inputs, "logits": self.scores(inputs)}
        return {name: places[name] for name in layers}

    def gradient(self, inputs, objective, at=("input",)):
        self.calls["gradient"] += len(inputs)
        x = inputs.reshape(len(inputs), -1)
        z = self.logits(x)
        dz = HEADS[objective.score](z, objective.weights)
        dx = np.einsum("nc,ncd->nd", dz, self.jacobian(x)).reshape(inputs.shape).astype(inputs.dtype)
        return Gradients(objective.of(z.astype(inputs.dtype)), {"input": dx})

    def path_gradient(self, start, end, objective, rows, at="input"):
        return path_gradient_by_gradient(self, start, end, objective, rows, at, micro_batch=self.micro_batch)


NAMES = ("cat", "dog", "horse")


@pytest.fixture
def linear():
    """logits = x Wᵀ, inputs (n, 2, 3, 1)."""
    w = np.random.default_rng(0).normal(size=(3, 6))
    return ClosedForm((2, 3, 1), lambda x: x @ w.T, lambda x: np.broadcast_to(w, (len(x), 3, 6)), 3, NAMES)


@pytest.fixture
def polynomial():
    """logits_c = Σ_k a_ck x_k^(k+1), inputs (n, 5): from x0, input k accounts for a_ck (x_k^(k+1) - x0_k^(k+1))."""
    a, k = np.random.default_rng(1).normal(size=(3, 5)), np.arange(1, 6)
    model = ClosedForm((5,), lambda x: x**k @ a.T, lambda x: a * (k * x ** (k - 1))[:, None], 3, NAMES)
    model.share = lambda x, x0, c: a[c] * (x**k - x0**k)
    return model


@pytest.fixture
def tanh_net():
    """logits = tanh(x Wᵀ) Vᵀ, smooth and saturating, inputs (n, 4)."""
    rng = np.random.default_rng(2)
    w, v = 3 * rng.normal(size=(8, 4)), rng.normal(size=(3, 8))
    return ClosedForm(
        (4,),
        lambda x: np.tanh(x @ w.T) @ v.T,
        lambda x: np.einsum("ch,nh,hd->ncd", v, 1 - np.tanh(x @ w.T) ** 2, w),
        3,
        NAMES,
    )


@pytest.fixture
def square():
    """logits = (x_0 x_1, 0), inputs (n, 2): from 0, each input accounts for one half."""
    return ClosedForm(
        (2,),
        lambda x: np.stack([x[:, 0] * x[:, 1], 0 * x[:, 0]], axis=1),
        lambda x: np.stack([x[:, ::-1], 0 * x], axis=1),
        2,
    )


@pytest.fixture
def bump():
    """logits = (x_0 + bump(x_1), 0) with a bump's slope between 1/4 and 3/4 only, inputs (n, 2)."""

    def inside(x):
        return np.clip(x[:, 1] - 0.25, 0, 0.5)

    model = ClosedForm(
        (2,),
        lambda x: np.stack([x[:, 0] + 1 - np.cos(4 * np.pi * inside(x)) + inside(x), 0 * x[:, 0]], axis=1),
        lambda x: np.stack(
            [
                np.stack(
                    [
                        1 + 0 * x[:, 0],
                        np.where((inside(x) > 0) & (inside(x) < 0.5), 1 + 4 * np.pi * np.sin(4 * np.pi * inside(x)), 0),
                    ],
                    axis=1,
                ),
                0 * x,
            ],
            axis=1,
        ),
        2,
    )
    model.share = np.array([[1.0, 0.5]])
    return model


@pytest.fixture
def constant():
    """logits = (1, 0) whatever the one pixel (n, 1, 1, 1) is."""
    return ClosedForm((1, 1, 1), lambda x: np.tile([1.0, 0.0], (len(x), 1)), lambda x: np.zeros((len(x), 2, 1)), 2)


@pytest.fixture
def relu_net():
    """logits = relu(relu(x Aᵀ + a) Bᵀ + b) Cᵀ, inputs (n, 6)."""
    rng = np.random.default_rng(5)
    a, b, c = rng.normal(size=(12, 6)), rng.normal(size=(10, 12)), rng.normal(size=(3, 10))
    first, second = rng.normal(size=12) / 2, rng.normal(size=10) / 2

    def hidden(x):
        u = x @ a.T + first
        return u, np.maximum(u, 0) @ b.T + second

    def jacobian(x):
        u, v = hidden(x)
        return np.einsum("kj,nj,ji,ni,id->nkd", c, v > 0, b, u > 0, a)

    model = ClosedForm((6,), lambda x: np.maximum(hidden(x)[1], 0) @ c.T, jacobian, 3)
    model.signs = lambda x: np.concatenate([h > 0 for h in hidden(x)], axis=1)
    return model


@pytest.fixture
def inputs():
    """One's shape -> four inputs in [0, 1], float64."""
    return lambda model: np.random.default_rng(3).uniform(size=(4, *model.shape))


@pytest.fixture
def one_hot():
    return lambda targets, score="logit", classes=3: Objective.of_classes(targets, classes, score)
