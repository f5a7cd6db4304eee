"""The small port of the hand-written network: the array verbs that a framework lends it.

The chain rule is ours; a verb is linear algebra or arithmetic. Tensors also understand + - * / and
indexing with slices and None. Images are (n, h, w, c), kernels (kh, kw, c_in, c_out), stride 1, "same".
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

from inward.arrays import Array

Tensor = Any
"""An array on the backend's device."""
Kernels = dict[str, Tensor]
"""Weight's name -> kernel."""
Precision = Literal["float64", "float32", "bfloat16"]


class Ops(Protocol):
    """The verbs; the adjoint of a linear map A is the Aᵀ with <dy, A x> = <Aᵀ dy, x>."""

    name: str
    precision: Precision
    exhausted: tuple[type[BaseException], ...]
    """What a verb raises where the device has no memory left."""

    def to_device(self, array: Array) -> Tensor:
        """A host array as a tensor; floats in the backend's own precision."""
        ...

    def to_host(self, tensor: Tensor) -> Array:
        """A tensor as a NumPy array."""
        ...

    def cast(self, x: Tensor, precision: Precision) -> Tensor:
        """The same values in another precision."""
        ...

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function of nested tensors, made fast where the backend can."""
        ...

    def compile_batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same for a function of kernels and then of batches of any length, not compiled anew for each.

        Rows of zeros may be added to the batches, and left out of what is found.
        """
        ...

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        """y[n,i,j,o] = Σ_abc x[n, i+a, j+b, c] · kernel[a,b,c,o], a and b centred."""
        ...

    def convolve_input_adjoint(self, dy: Tensor, kernel: Tensor) -> Tensor:
        """The adjoint of `convolve` in x."""
        ...

    def convolve_kernel_adjoint(self, x: Tensor, dy: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The adjoint of `convolve` in the kernel, whose shape is given."""
        ...

    def average_pool(self, x: Tensor) -> Tensor:
        """Means of the 2x2 blocks; an odd last row or column is left out."""
        ...

    def average_pool_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        """The adjoint of `average_pool` at an input shaped like x."""
        ...

    def elu(self, x: Tensor) -> Tensor:
        """x where x > 0, exp(x) - 1 elsewhere."""
        ...

    def elu_slope_times(self, y: Tensor, dy: Tensor) -> Tensor:
        """dy · (1 + min(y, 0)), in one pass over the memory."""
        ...

    def global_average(self, x: Tensor) -> Tensor:
        """Means over rows and columns, which go."""
        ...

    def global_average_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        """The adjoint of `global_average` at an input shaped like x."""
        ...

    def sum(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """The sum over axes, which go."""
        ...

    def matmul(self, x: Tensor, y: Tensor) -> Tensor:
        """The product of two matrices."""
        ...

    def transpose(self, x: Tensor) -> Tensor:
        """A matrix, its rows as columns."""
        ...

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The same values in the same order, in another shape."""
        ...

    def softmax(self, logits: Tensor) -> Tensor:
        """exp(z) / Σ exp(z) over the last axis."""
        ...

    def log_softmax(self, logits: Tensor) -> Tensor:
        """z - log Σ exp(z) over the last axis."""
        ...

    def exp(self, x: Tensor) -> Tensor:
        """Elementwise."""
        ...

    def sqrt(self, x: Tensor) -> Tensor:
        """Elementwise."""
        ...

    def maximum(self, x: Tensor, y: Tensor) -> Tensor:
        """Elementwise."""
        ...

    def take(self, x: Tensor, index: Tensor) -> Tensor:
        """x[index] along the first axis."""
        ...

    def segment_sum(self, x: Tensor, index: Tensor, like: Tensor) -> Tensor:
        """Rows of x summed by index (m,) into as many rows as `like` has."""
        ...
