"""Keras models on PyTorch."""

from typing import Any

import keras
import torch

from inward.adapters.keras import KerasModel
from inward.adapters.tap import Tap
from inward.adapters.torch import TorchEngine, as_found
from inward.adapters.wrapping import Wrapping


def keras_torch_engine(running: KerasModel, wrapping: Wrapping) -> TorchEngine:
    """The model as PyTorch's engine runs one."""
    return TorchEngine(_OnTorch(running), wrapping)


class _OnTorch:
    """A Keras model whose layers are modules, some perhaps PyTorch's own, with modes and a random state."""

    def __init__(self, running: KerasModel) -> None:
        self._running = running
        self.device: torch.device = keras.ops.zeros(()).device
        self.dtype = running.dtype

    def weights(self) -> dict[str, Any]:
        """See `KerasModel`."""
        return self._running.weights()

    def __call__(self, x: torch.Tensor, constants: dict[str, Any], tap: Tap | None) -> Any:
        """See `Running`."""
        with as_found(self._running.model, self.device):
            return self._running(x, constants, tap)
