"""What an optimizer is: a rule that moves kernels down their gradients, and what it remembers."""

from typing import Protocol

from inward.arrays import Array
from inward.network.ops import Kernels, Ops, Tensor

Moments = dict[str, Kernels]
"""Weight's name -> what is remembered of it, by name."""


class Optimizer(Protocol):
    """A frozen dataclass of settings; what it remembers is passed in and out."""

    @property
    def name(self) -> str: ...
    def start(self, kernels: dict[str, Array]) -> dict[str, dict[str, Array]]: ...
    def step(
        self, ops: Ops, kernels: Kernels, moments: Moments, gradients: Kernels, rate: Tensor
    ) -> tuple[Kernels, Moments]: ...
