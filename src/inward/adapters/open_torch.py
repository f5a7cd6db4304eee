"""Weights from a file into a `torch.nn.Module`."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from inward.adapters.weights_file import check_fit, npz, read_weights_file
from inward.errors import FileError

_NESTED = ("state_dict", "model_state_dict")  # where trainings keep them


def fill(module: nn.Module, path: Path) -> nn.Module:
    """The module with the file's weights and buffers, which must be all of its own.

    Raises:
        FileError: where the file cannot be read, or is a pickle of more than tensors.
        ShapeError: where the weights are not the module's.
    """
    found = read_weights_file(path, {".safetensors": load_file, ".pt": _tensors, ".pth": _tensors, ".npz": npz})
    own = module.state_dict()
    check_fit(path, _shapes(own), _shapes(found))
    module.load_state_dict({name: torch.as_tensor(value) for name, value in found.items()})
    return module


def _shapes(state: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}


def _tensors(path: Path) -> Mapping[str, Any]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as fault:
        got = "a pickle of more than tensors, which is a program"
        remedy = "load it in your own code and name it package.module:build, or save module.state_dict() alone"
        raise FileError(str(path), "a state dict of tensors alone", got, remedy) from fault
    state = next((found[name] for name in _NESTED if isinstance(found, Mapping) and name in found), found)
    if not isinstance(state, Mapping) or not all(torch.is_tensor(value) for value in state.values()):
        remedy = "save module.state_dict() alone"
        raise FileError(str(path), "a state dict of tensors alone", f"a {type(found).__name__} of more", remedy)
    return state
