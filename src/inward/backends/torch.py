"""PyTorch's verbs: eager, on a GPU where there is one. No tensor ever asks for a gradient."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from inward.arrays import Array
from inward.network.ops import Precision

Tensor = torch.Tensor
_DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16}


def make_deterministic() -> None:
    """From here on, the process's kernels add in one order."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it PyTorch refuses to on a GPU
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False


class TorchOps:
    """See `inward.network.ops.Ops`. Images are channels last outside, and inside PyTorch the same memory."""

    name = "torch"
    exhausted: tuple[type[BaseException], ...] = (torch.OutOfMemoryError, MemoryError)

    def __init__(self, precision: Precision = "float32") -> None:
        self.precision = precision
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def to_device(self, array: Array) -> Tensor:
        dtype = _DTYPES[self.precision] if array.dtype.kind == "f" else None
        return torch.tensor(np.asarray(array, order="C"), dtype=dtype, device=self._device)

    def to_host(self, tensor: Tensor) -> Array:
        exact = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
        found: Array = exact.cpu().numpy()
        return found

    def cast(self, x: Tensor, precision: Precision) -> Tensor:
        return x.to(_DTYPES[precision])

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def compile_batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        kh, kw = kernel.shape[:2]
        return _convolved(x, kernel.permute(3, 2, 0, 1), ((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))

    def convolve_input_adjoint(self, dy: Tensor, kernel: Tensor) -> Tensor:
        """The convolution by the kernel turned by half a turn, with what was padded before now padded after."""
        kh, kw = kernel.shape[:2]
        turned = kernel.flip(0, 1).permute(2, 3, 0, 1)
        return _convolved(dy, turned, (kh // 2, (kh - 1) // 2), (kw // 2, (kw - 1) // 2))

    def convolve_kernel_adjoint(self, x: Tensor, dy: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The library's adjoint of a linear map; it records nothing and differentiates nothing."""
        kh, kw = shape[:2]
        padded, padding = _padded(x.permute(0, 3, 1, 2), ((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))
        like = x.new_empty(shape[3], shape[2], kh, kw)
        settings = ([0], [1, 1], padding, [1, 1], False, [0, 0], 1, (False, True, False))
        _, found, _ = torch.ops.aten.convolution_backward(dy.permute(0, 3, 1, 2), padded, like, *settings)
        dkernel: Tensor = found.permute(2, 3, 1, 0)
        return dkernel

    def average_pool(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)

    def average_pool_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        dx = x.new_zeros(x.shape)
        spread = (dy / 4).repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
        dx[:, : spread.shape[1], : spread.shape[2]] = spread
        return dx

    def elu(self, x: Tensor) -> Tensor:
        return functional.elu(x)

    def elu_slope_times(self, y: Tensor, dy: Tensor) -> Tensor:
        return dy * (1 + y.clamp_max(0))

    def global_average(self, x: Tensor) -> Tensor:
        return x.mean((1, 2))

    def global_average_adjoint(self, dy: Tensor, x: Tensor) -> Tensor:
        return (dy / (x.shape[1] * x.shape[2]))[:, None, None, :].expand(x.shape)

    def sum(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        return x.sum(axes)

    def matmul(self, x: Tensor, y: Tensor) -> Tensor:
        return x @ y

    def transpose(self, x: Tensor) -> Tensor:
        return x.T

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return x.reshape(shape)

    def softmax(self, logits: Tensor) -> Tensor:
        return logits.softmax(-1)

    def log_softmax(self, logits: Tensor) -> Tensor:
        return logits.log_softmax(-1)

    def exp(self, x: Tensor) -> Tensor:
        return x.exp()

    def sqrt(self, x: Tensor) -> Tensor:
        return x.sqrt()

    def maximum(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.maximum(x, y)

    def take(self, x: Tensor, index: Tensor | Array) -> Tensor:
        return x[torch.as_tensor(index, device=x.device)]

    def segment_sum(self, x: Tensor, index: Tensor | Array, like: Tensor) -> Tensor:
        total = x.new_zeros(len(like), *x.shape[1:])
        return total.index_add_(0, torch.as_tensor(index, device=x.device), x)


def _convolved(x: Tensor, kernel: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """x (n, h, w, c) by kernel (c_out, c_in, kh, kw), with so many zeros before and after."""
    padded, padding = _padded(x.permute(0, 3, 1, 2), rows, columns)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    return functional.conv2d(padded, kernel, padding=padding).permute(0, 2, 3, 1)


def _padded(x: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[Tensor, list[int]]:
    """x and the zeros that the convolution itself is to add on both sides; those of one side are added here."""
    if rows[0] == rows[1] and columns[0] == columns[1]:
        return x, [rows[0], columns[0]]
    return functional.pad(x, (*columns, *rows)), [0, 0]
