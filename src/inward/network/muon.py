"""Muon: momentum whose steps move every direction of a kernel alike."""

from dataclasses import dataclass

import numpy as np

from inward.arrays import Array
from inward.network.ops import Kernels, Ops, Tensor
from inward.network.optimizer import Moments

_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_TINY = 1e-12


@dataclass(frozen=True)
class Muon:
    """One step of Muon for every kernel, taken as a matrix W (kh·kw·c_in, c_out).

        m ← β m + g
        u ← UVᵀ, where UΣVᵀ = β m + g          nearly; see `orthogonal`
        W ← W - rate · ‖W₀‖ · u / ‖u‖
        W ← W · ‖W₀‖ / ‖W‖                     but for the last kernel, which sets the logits' scale

    So the rate is the share of its length by which a kernel moves, and a kernel keeps the length
    ‖W₀‖ (Frobenius) that it had before training.

    Args:
        momentum: β, how slowly the momentum forgets.

    Paper: Jordan et al. Muon: an optimizer for hidden layers in neural networks, 2024; Bernstein &
    Newhouse. Old Optimizer, New Norm, 2024, arXiv:2409.20325
    Differs: steps relative to the kernel's length, which is kept.
    """

    momentum: float = 0.9
    name: str = "muon"

    def start(self, kernels: dict[str, Array]) -> dict[str, dict[str, Array]]:
        """The momentum before the first step, zeros, and the kernel's length."""
        return {
            name: {"m": np.zeros_like(k), "length": np.array(np.linalg.norm(k), k.dtype)} for name, k in kernels.items()
        }

    def step(
        self, ops: Ops, kernels: Kernels, moments: Moments, gradients: Kernels, rate: Tensor
    ) -> tuple[Kernels, Moments]:
        """Kernels and moments after one step down the gradients, at learning rate `rate`."""
        after: Kernels = {}
        remembered: Moments = {}
        last = list(kernels)[-1]
        for name, kernel in kernels.items():
            length, g = moments[name]["length"], gradients[name]
            m = self.momentum * moments[name]["m"] + g
            shape = tuple(kernel.shape)
            flat = (int(np.prod(shape[:-1])), shape[-1])
            u = orthogonal(ops, ops.reshape(self.momentum * m + g, flat))
            moved = kernel - rate * length / (_length(ops, u) + _TINY) * ops.reshape(u, shape)
            after[name] = moved if name == last else moved * (length / _length(ops, ops.reshape(moved, flat)))
            remembered[name] = {"m": m, "length": length}
        return after, remembered


def orthogonal(ops: Ops, x: Tensor) -> Tensor:
    """Nearly UVᵀ for x = UΣVᵀ: singular values between 0.7 and 1.2, those below 0.2 % of ‖x‖ less.

        x ← x (a + b G + c G²),   G = xᵀx,   5 times from x / ‖x‖,   (a, b, c) = (3.4445, -4.7750, 2.0315)

    All five are polynomials of the first G, so only the smaller side's square matrices are multiplied.

    Args:
        ops: the backend's verbs.
        x: a matrix.

    Returns:
        A matrix of its shape.

    Source: the quintic Newton-Schulz iteration of Jordan et al., Muon, 2024.
    """
    wide = x.shape[0] < x.shape[1]
    x = ops.transpose(x) if wide else x
    x = x / (_length(ops, x) + _TINY)
    a, b, c = _QUINTIC
    gram = ops.matmul(ops.transpose(x), x)
    identity = ops.to_device(np.eye(x.shape[1]))
    product = identity
    for _ in range(_ITERATIONS):
        now = ops.matmul(ops.matmul(product, product), gram)
        product = ops.matmul(a * identity + b * now + c * ops.matmul(now, now), product)
    x = ops.matmul(x, product)
    return ops.transpose(x) if wide else x


def _length(ops: Ops, x: Tensor) -> Tensor:
    return ops.sqrt(ops.sum(x * x, (0, 1)))
