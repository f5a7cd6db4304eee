"""The layers: forward and backward side by side, the equation above them.

`forward` returns its output and what its backward pass needs; `backward` takes dy = ∂s/∂y to
dx = ∂s/∂x. A layer with a kernel also takes dy to ∂s/∂kernel, separately, so that a gradient
at the input never computes a weight's.
"""

from dataclasses import dataclass
from typing import Protocol

from inward.network.ops import Ops, Tensor

Shape = tuple[int, ...]


class Layer(Protocol):
    """One differentiable step; `weight` names its kernel, and is empty where there is none."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def weight(self) -> str: ...
    def shape(self, shape: Shape) -> Shape: ...
    def forward(self, ops: Ops, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]: ...
    def backward(self, ops: Ops, dy: Tensor, saved: Tensor, kernel: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Convolution:
    """y = x * K;  dx = the adjoint of (· * K) at dy;  dK = the adjoint of (x * ·) at dy."""

    name: str
    weight: str
    kernel_shape: tuple[int, int, int, int]
    kind = "convolution"

    def shape(self, shape: Shape) -> Shape:
        return (*shape[:2], self.kernel_shape[3])

    def forward(self, ops: Ops, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
        return ops.convolve(x, kernel), x

    def backward(self, ops: Ops, dy: Tensor, saved: Tensor, kernel: Tensor) -> Tensor:
        return ops.convolve_input_adjoint(dy, kernel)

    def backward_kernel(self, ops: Ops, dy: Tensor, saved: Tensor) -> Tensor:
        return ops.convolve_kernel_adjoint(saved, dy, self.kernel_shape)


@dataclass(frozen=True)
class Elu:
    """y = x if x > 0 else eˣ - 1;  dx = dy · (1 if x > 0 else eˣ) = dy · (1 + min(y, 0)).

    Paper: Clevert, Unterthiner, Hochreiter. Fast and Accurate Deep Network Learning by
    Exponential Linear Units, 2016, eq. 15, α = 1. arXiv:1511.07289
    """

    name: str
    kind = "elu"
    weight = ""

    def shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, ops: Ops, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
        y = ops.elu(x)
        return y, y

    def backward(self, ops: Ops, dy: Tensor, saved: Tensor, kernel: Tensor) -> Tensor:
        return ops.elu_slope_times(saved, dy)


@dataclass(frozen=True)
class AveragePool:
    """y = mean of each 2x2 block of x;  dx = dy / 4 at each of the block's four places."""

    name: str
    kind = "average pool"
    weight = ""

    def shape(self, shape: Shape) -> Shape:
        return (shape[0] // 2, shape[1] // 2, shape[2])

    def forward(self, ops: Ops, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
        return ops.average_pool(x), x

    def backward(self, ops: Ops, dy: Tensor, saved: Tensor, kernel: Tensor) -> Tensor:
        return ops.average_pool_adjoint(dy, saved)


@dataclass(frozen=True)
class GlobalAverage:
    """y_c = mean of x over its h·w places;  dx = dy_c / (h·w) at each place."""

    name: str
    kind = "global average"
    weight = ""

    def shape(self, shape: Shape) -> Shape:
        return shape[2:]

    def forward(self, ops: Ops, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
        return ops.global_average(x), x

    def backward(self, ops: Ops, dy: Tensor, saved: Tensor, kernel: Tensor) -> Tensor:
        return ops.global_average_adjoint(dy, saved)
