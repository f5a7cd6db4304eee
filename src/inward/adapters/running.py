"""What an engine runs: a model that is called with taps in its layers."""

from collections.abc import Callable
from typing import Any, Protocol

from inward.adapters.tap import Tap
from inward.adapters.wrapping import Place

Tensor = Any
TRACED = 3  # inputs of a trial run: an axis of this length is taken for the batch's


class Running(Protocol):
    """A model at work in evaluation mode, left as it was found after each call, also after an exception."""

    @property
    def dtype(self) -> str:
        """Of what the model takes, and of its weights."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """Name -> tensor, in the order of the layers."""
        ...

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None) -> Any:
        """What the model gives for a batch, in the model's own layout, and for its other inputs by name."""
        ...


def seen(tap: Tap, is_float: Callable[[Tensor], bool], outward: Callable[[Tensor], Tensor]) -> list[Place]:
    """The places of a trial run: values that are numbers for each input; `outward` turns channels last."""
    return [
        Place(name, tap.kinds[name], tuple(outward(value).shape[1:]))
        for name, value in tap.values.items()
        if value.shape and value.shape[0] == TRACED and is_float(value)
    ]
