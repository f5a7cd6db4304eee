"""From logits to the score that is explained, and its derivative: the last link of the chain."""

from collections.abc import Callable

from inward.model import ScoreName
from inward.network.ops import Ops, Tensor

Head = Callable[[Ops, Tensor, Tensor], tuple[Tensor, Tensor]]


def _logit(ops: Ops, z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """s = Σ w z;  ds/dz = w."""
    return ops.sum(w * z, (1,)), w


def _probability(ops: Ops, z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """p = softmax(z), s = Σ w p;  ds/dz = p (w - s)."""
    p = ops.softmax(z)
    s = ops.sum(w * p, (1,))
    return s, p * (w - s[:, None])


def _log_probability(ops: Ops, z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """s = Σ w log softmax(z);  ds/dz = w - softmax(z) Σ w."""
    return ops.sum(w * ops.log_softmax(z), (1,)), w - ops.softmax(z) * ops.sum(w, (1,))[:, None]


def _sigmoid(ops: Ops, z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """q = 1 / (1 + e⁻ᶻ), s = Σ w q;  ds/dz = w q (1 - q)."""
    q = 1 / (1 + ops.exp(-z))
    return ops.sum(w * q, (1,)), w * q * (1 - q)


HEADS: dict[ScoreName, Head] = {
    "logit": _logit,
    "probability": _probability,
    "log_probability": _log_probability,
    "sigmoid": _sigmoid,
}
"""Score's name -> (logits (n, classes), weights (n, classes)) -> s (n,), ds/dlogits (n, classes)."""
