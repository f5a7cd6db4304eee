"""What a recorder reads of PyTorch modules."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from inward.adapters.tap import Tap
from inward.adapters.torch import Module
from inward.arrays import Array

Tensor = torch.Tensor


def weights(model: nn.Module) -> dict[str, Array]:
    """Its parameters."""
    return named(model, Module(model).weights())


def gradients(model: nn.Module) -> dict[str, Array]:
    """What backpropagation left in `parameter.grad`."""
    return named(model, {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None})


@torch.inference_mode(False)
def activations(model: nn.Module, sample: Any) -> dict[str, Array]:
    """Each layer's output, batch first; hooks are removed again, and modes and the random state restored."""
    running, tap = Module(model), Tap(hand_on=lambda _, value: value.clone())  # what follows may work in place
    x = torch.as_tensor(sample, device=running.device)
    x = x.to(getattr(torch, running.dtype)) if x.is_floating_point() else x
    with torch.no_grad():
        running(x, {}, tap)
    return named(model, {name: value for name, value in tap.values.items() if value.ndim and len(value) == len(x)})


def named(_: nn.Module, tree: Mapping[str, Tensor]) -> dict[str, Array]:
    """Tensors of floats by name; half precisions as float32."""
    return {name: _to_host(tensor) for name, tensor in tree.items() if tensor.is_floating_point()}


def _to_host(tensor: Tensor) -> Array:
    dense = tensor.detach().to_dense() if tensor.layout != torch.strided else tensor.detach()
    found: Array = dense.to(torch.promote_types(dense.dtype, torch.float32)).cpu().numpy()
    return found
