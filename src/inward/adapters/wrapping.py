"""What a user says of a model that only its author knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from inward.adapters.preprocessing import Preprocessing
from inward.errors import ArgumentError

End = Literal["logits", "softmax", "sigmoid"]
Layout = Literal["channels_first", "channels_last"]
Preprocess = Preprocessing | Callable[[Any], Any]
"""Described, or a function of a batch as the model takes it (its framework's tensor, its layout)."""


class Place(NamedTuple):
    """A layer that was seen at work: its output's shape, without the batch axis, channels last."""

    name: str
    kind: str
    shape: tuple[int, ...]


class Known(NamedTuple):
    """What a model says of itself; input_shape is None where it does not.

    inputs and heads: the shape of each input and the end of each output by name, where there are several.
    """

    input_shape: tuple[int, ...] | None = None
    layout: Layout = "channels_last"
    ends_in: End = "logits"
    inputs: Mapping[str | None, tuple[int, ...] | None] = MappingProxyType({})
    heads: Mapping[int | str | None, End] = MappingProxyType({})


@dataclass(frozen=True)
class Wrapping:
    """How a model is fed and read.

    Args:
        input_shape: of one input as a person sees it, channels last, without the batch axis.
        preprocess: from there to what the model takes.
        output: which of several outputs are the logits: a position, or a name.
        ends_in: what the output is; probabilities are turned back into logits.
        layout: of the model's images.
        input: the name of the input that the images go to, where there are several.
        constants: the other inputs by name; an array with a batch axis of 1 is repeated for each image.

    Raises:
        ArgumentError: for an end or a layout that there is not.
    """

    input_shape: tuple[int, ...]
    preprocess: Preprocess | None = None
    output: int | str | None = None
    ends_in: End = "logits"
    layout: Layout = "channels_last"
    input: str | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, got, known in (("ends_in", self.ends_in, End), ("layout", self.layout, Layout)):
            if got not in get_args(known):
                raise ArgumentError(name, f"one of {', '.join(get_args(known))}", repr(got), "choose one of them")
        if isinstance(self.preprocess, Preprocessing):
            self.preprocess.check(self.input_shape[-1] if self.input_shape else None)

    @property
    def channels_first(self) -> bool:
        """Whether images are turned round on their way into the model."""
        return self.layout == "channels_first" and len(self.input_shape) > 1

    def constants_for(
        self, n: Any, tensor: Callable[[Any], Any], repeat: Callable[..., Any] = np.repeat
    ) -> dict[str, Any]:
        """The other inputs for a batch of n; a framework whose n is free repeats them itself."""
        return {name: _repeated(value, n, tensor, repeat) for name, value in self.constants.items()}


def _repeated(value: Any, n: Any, tensor: Callable[[Any], Any], repeat: Callable[..., Any]) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return tensor(repeat(value, n, axis=0) if value.ndim and len(value) == 1 else value)
