"""From the images that a person sees to what a model was trained on, inside the model that is looked into."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from inward.arrays import Array
from inward.errors import ArgumentError

Tensor = Any


@dataclass(frozen=True)
class Preprocessing:
    """What a model's input is made of: (scale · image - mean) / std, channel by channel.

    Images, baselines and maps stay in the units a person sees, [0, 1], so that 0 is black whatever the mean is.

    Args:
        scale: 255 for models that were trained on bytes.
        mean, std: one number, or one for each channel, in the model's order of channels.
        order: of the model's channels; "bgr" turns red and blue round.

    Raises:
        ArgumentError: for another order, or a std of 0.
    """

    scale: float = 1.0
    mean: float | tuple[float, ...] = 0.0
    std: float | tuple[float, ...] = 1.0
    order: Literal["rgb", "bgr"] = "rgb"

    def __post_init__(self) -> None:
        if self.order not in ("rgb", "bgr"):
            raise ArgumentError("preprocess order", "rgb or bgr", repr(self.order), "choose one of them")
        numbers = [self.scale, *np.ravel(self.mean), *np.ravel(self.std)]
        if not np.isfinite(numbers).all() or not np.all(self.std):
            raise ArgumentError("preprocess", "finite numbers, and no std of 0", str(self), "check mean and std")

    def __call__(self, x: Tensor, constant: Callable[[Array], Tensor], reverse: Callable[[Tensor], Tensor]) -> Tensor:
        """A batch, channels last, as the model takes it; constant and reverse (of channels) are the framework's."""
        factor, offset = self.scale / np.asarray(self.std, float), np.asarray(self.mean, float) / np.asarray(self.std)
        x = reverse(x) if self.order == "bgr" else x
        x = x * constant(factor) if np.any(factor != 1) else x
        return x - constant(offset) if np.any(offset) else x

    def check(self, channels: int | None) -> None:
        """Raise ArgumentError where mean or std have another number of channels than the model's input."""
        for name, values in (("mean", self.mean), ("std", self.std)):
            count = np.size(values)
            if count not in (1, channels):
                expected = f"one number, or one for each of {channels} channels"
                raise ArgumentError(f"preprocess {name}", expected, f"{count} numbers", "check the input's shape")
