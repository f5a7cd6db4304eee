"""AMSGrad: Adam whose second moment never shrinks."""

from dataclasses import dataclass

import numpy as np

from inward.arrays import Array
from inward.network.ops import Kernels, Ops, Tensor
from inward.network.optimizer import Moments

_TINY = 1e-8


@dataclass(frozen=True)
class AmsGrad:
    """One step of AMSGrad for every kernel.

        m ← β₁ m + (1 - β₁) g
        v ← β₂ v + (1 - β₂) g²
        v̂ ← max(v̂, v)                      elementwise
        θ ← θ - rate · (m / (√v̂ + 1e-8) + decay · θ)

    Args:
        beta1, beta2: how slowly the two moments forget.
        decay: decoupled weight decay (Loshchilov & Hutter, 2019, arXiv:1711.05101); 0 for none.

    Paper: Reddi, Kale, Kumar. On the Convergence of Adam and Beyond, 2018, algorithm 2. arXiv:1904.09237
    Differs: 1e-8 is added to √v̂, since v̂ is 0 where a gradient has always been 0.
    """

    beta1: float = 0.9
    beta2: float = 0.99
    decay: float = 0.0
    name: str = "amsgrad"

    def start(self, kernels: dict[str, Array]) -> dict[str, dict[str, Array]]:
        """The moments before the first step: zeros, for each kernel."""
        return {name: {moment: np.zeros_like(k) for moment in ("m", "v", "v_hat")} for name, k in kernels.items()}

    def step(
        self, ops: Ops, kernels: Kernels, moments: Moments, gradients: Kernels, rate: Tensor
    ) -> tuple[Kernels, Moments]:
        """Kernels and moments after one step down the gradients, at learning rate `rate`."""
        after: Kernels = {}
        remembered: Moments = {}
        for name, kernel in kernels.items():
            old, g = moments[name], gradients[name]
            m = self.beta1 * old["m"] + (1 - self.beta1) * g
            v = self.beta2 * old["v"] + (1 - self.beta2) * g * g
            v_hat = ops.maximum(old["v_hat"], v)
            after[name] = kernel - rate * (m / (ops.sqrt(v_hat) + _TINY) + self.decay * kernel)
            remembered[name] = {"m": m, "v": v, "v_hat": v_hat}
        return after, remembered
