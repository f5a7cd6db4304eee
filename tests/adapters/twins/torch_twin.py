"""The shipped network as a torch.nn.Module."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, elu

import inward
from inward.adapters.wrap import Wrapped

PLACES = {f"conv{i}": f"conv{i}" for i in range(1, 10)}
PLACES |= {f"conv{i}.linear": f"conv{i}.convolution" for i in range(1, 10)}


class Block(nn.Module):
    """A convolution, then ELU: what the hand-written network calls conv1 to conv9."""

    def __init__(self, kernel: torch.Tensor) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2], padding="same", bias=False)
        self.convolution.weight = nn.Parameter(kernel)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return elu(self.convolution(x))


class Twin(nn.Module):
    """Channels first."""

    def __init__(self, kernels: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for i, kernel in enumerate(kernels.values(), start=1):
            self.add_module(f"conv{i}", Block(kernel))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for i in range(1, 10):
            x = self.get_submodule(f"conv{i}")(x)
            x = avg_pool2d(x, 2) if i in (3, 6) else x
        return x.mean((2, 3))


def build(dtype: torch.dtype = torch.float32) -> Wrapped:
    """The twin, wrapped."""
    net = inward.load("cifar10-allconv", backend="numpy")
    kernels = {name: torch.tensor(k.transpose(3, 2, 0, 1).copy(), dtype=dtype) for name, k in net.weights().items()}
    return inward.wrap(Twin(kernels), classes=net.classes, input_shape=net.layers[0].shape)
