"""Recorders: how someone's model forms while they train it, epoch by epoch, into a folder that inward reads."""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, SupportsFloat

from inward.adapters.framework import framework_of
from inward.arrays import Array
from inward.errors import ArgumentError, DependencyError
from inward.recording.events import EventLog
from inward.recording.folder import begin_recording, read_recording, write_recording
from inward.recording.formation import Gathering

Tree = Any
"""Arrays of the framework's own, in nested dicts, lists and tuples; or, of a PyTorch or Keras model, by name."""
_READERS = {
    "keras": "inward.adapters.recorder_keras",
    "torch": "inward.adapters.recorder_torch",
    "jax": "inward.adapters.recorder_jax",
}


class _Reader(Protocol):
    """What a framework's file offers: arrays by name, on the host."""

    def weights(self, model: Any) -> dict[str, Array]:
        """Of floats, by the names that `inward.wrap` gives them."""
        ...

    def gradients(self, model: Any) -> dict[str, Array]:
        """Those that the model itself holds, by weight."""
        ...

    def activations(self, model: Any, sample: Any) -> dict[str, Array]:
        """Each layer's output for a batch, in evaluation mode; the model is left as it was found."""
        ...

    def named(self, model: Any, tree: Tree) -> dict[str, Array]:
        """What was given, by name."""
        ...


class Recorder:
    """Records a training loop's model: call it once before training and once after each epoch.

        record = inward.Recorder("run", sample=images[:64])
        record(model)
        for epoch in range(epochs):
            ...
            record(model, metrics={"train_cost": cost, "test_accuracy": accuracy})

    Each call writes the folder anew, whole or not at all; `inward.open_recording` reads it.

    Args:
        folder: a new one.
        sample: a batch as the model takes it, whose activations are recorded; of Keras models and PyTorch modules.
            The same few images every time, 64 say.
        tensorboard: a folder for TensorBoard's event files, too.
        resume_after: go on with the recording that is there after so many of its epochs; it forgets later ones.

    Raises:
        FileError: where there is no such recording to go on with, or a folder cannot be written.
        DependencyError: where tensorboard is asked for, and not installed.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        sample: Any = None,
        tensorboard: str | Path | None = None,
        resume_after: int | None = None,
    ) -> None:
        self._folder, self._sample = Path(folder), sample
        self._gathering, self._rows = Gathering(), list[dict[str, float]]()
        if resume_after is not None:
            self._gathering, self._rows = read_recording(self._folder, resume_after)
        self._log = None if tensorboard is None else EventLog(Path(tensorboard))

    @property
    def begun(self) -> bool:
        """Whether the weights before training have been recorded."""
        return self._gathering.times > 0

    def __call__(
        self,
        model: Any,
        *,
        metrics: Mapping[str, SupportsFloat] | None = None,
        gradients: Tree | None = None,
        activations: Tree | None = None,
    ) -> None:
        """Record one point in time.

        Args:
            model: a `torch.nn.Module`, a Keras model, a Flax NNX module, or a tree of JAX's arrays (of a Flax linen
                module, its collection "params").
            metrics: of the epoch, by name: train_cost and test_cost in nats, train_accuracy and test_accuracy in
                [0, 1], and any others.
            gradients: of the cost, as a tree like the weights'. Left out, a PyTorch module's own are read from
                `parameter.grad`: call before `optimizer.zero_grad()`.
            activations: of some layers, batch first, as a tree; instead of the sample's.

        Raises:
            ArgumentError: for a model of another kind or without weights, a metric that is no number, or metrics
                before training.
            FileError: where the folder holds a recording already, or cannot be written.
        """
        if metrics and not self.begun:
            remedy = "call record(model) once before the first epoch"
            raise ArgumentError("metrics", "left out at the first call, which is before training", "some", remedy)
        row, reader = {name: _number(name, value) for name, value in (metrics or {}).items()}, _reader(model)
        weights = reader.weights(model)
        if not weights:
            remedy = "build the model first, or pass its params"
            raise ArgumentError("model", "one with weights that are floats", "none", remedy)
        if activations is not None:
            outputs = reader.named(model, activations)
        else:
            outputs = {} if self._sample is None else reader.activations(model, self._sample)
        slopes = reader.gradients(model) if gradients is None else reader.named(model, gradients)
        if self.begun:
            self._rows.append(row)
        else:
            begin_recording(self._folder, weights)
        found = self._gathering.add({"weights": weights, "gradients": slopes, "activations": outputs})
        if self._log is not None:
            self._log.write(len(self._rows), row, found)
        write_recording(self._folder, self._gathering, self._rows)


def keras_recorder(
    folder: str | Path,
    *,
    sample: Any = None,
    targets: Any = None,
    tensorboard: str | Path | None = None,
    resume_after: int | None = None,
) -> Any:
    """A callback for Keras's `model.fit` that records before training and after each epoch; see `Recorder`.

    Keras's loss and accuracy are recorded as train_cost and train_accuracy, those of its validation as test_cost and
    test_accuracy, and any others by their own names.

    Args:
        folder: a new one.
        sample: a batch as the model takes it, whose activations are recorded.
        targets: of the sample, as `fit` takes them: gradients of the compiled loss are recorded on it, in evaluation
            mode.
        tensorboard: a folder for TensorBoard's event files, too.
        resume_after: go on with the recording that is there after so many of its epochs; it forgets later ones.

    Returns:
        A `keras.callbacks.Callback`.

    Raises:
        ArgumentError: for targets without a sample.
        FileError: where there is no such recording to go on with, or a folder cannot be written.
        DependencyError: where Keras, or tensorboard where it is asked for, is not installed.
    """
    if find_spec("keras") is None:
        raise DependencyError("Keras", "installed", "no such package", "pip install 'inward[tensorflow]'")
    if targets is not None and sample is None:
        raise ArgumentError("targets", "of a sample", "none", "pass sample=images[:64], targets=labels[:64]")
    from inward.adapters.keras_callback import KerasCallback

    recorder = Recorder(folder, sample=sample, tensorboard=tensorboard, resume_after=resume_after)
    return KerasCallback(recorder, sample, targets)


def _reader(model: Any) -> _Reader:
    """By the model's own package; a plain tree is JAX's, where JAX has been imported."""
    framework = framework_of(model) or ("jax" if "jax" in sys.modules else None)
    if framework not in _READERS:
        expected = "a Keras model, a torch.nn.Module, a Flax NNX module, or a tree of JAX's arrays"
        raise ArgumentError("model", expected, f"a {type(model).__name__}", "pass one of them")
    reader: _Reader = import_module(_READERS[framework])
    return reader


def _number(name: str, value: SupportsFloat) -> float:
    try:
        return float(value.item() if hasattr(value, "item") else value)  # PyTorch warns where a gradient is lost
    except (TypeError, ValueError):
        raise ArgumentError(f"metrics[{name!r}]", "a number", f"a {type(value).__name__}", "pass a mean") from None
