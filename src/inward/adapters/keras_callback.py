"""Keras's callback: records before training and after each epoch."""

from collections.abc import Mapping
from typing import Any

import keras

from inward.adapters.recorder import Recorder
from inward.adapters.recorder_keras import cost_gradients

_ACCURACIES = ("accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy")
_QUANTITIES = {"loss": "cost"} | dict.fromkeys(_ACCURACIES, "accuracy")


class KerasCallback(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """See `inward.keras_recorder`."""

    def __init__(self, recorder: Recorder, sample: Any, targets: Any) -> None:
        super().__init__()
        self._recorder, self._sample, self._targets = recorder, sample, targets

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
        if self._recorder.begun:
            return
        if not self.model.built and self._sample is not None:  # on TensorFlow, the first step would build it
            self.model(keras.tree.map_structure(keras.ops.convert_to_tensor, self._sample), training=False)
        self._record({})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        self._record({_known(name): value for name, value in (logs or {}).items()})

    def _record(self, metrics: Mapping[str, Any]) -> None:
        model = self.model
        gradients = None if self._targets is None else cost_gradients(model, self._sample, self._targets)
        self._recorder(model, metrics=metrics, gradients=gradients)


def _known(name: str) -> str:
    """A metric of Keras by inward's name, or else by its own."""
    kind = name.removeprefix("val_")
    part = "train" if kind == name else "test"
    return f"{part}_{_QUANTITIES[kind]}" if kind in _QUANTITIES else name
