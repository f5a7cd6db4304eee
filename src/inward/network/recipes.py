"""Recipes: how to train, as tables of numbers."""

from dataclasses import dataclass, field, replace
from math import cos, pi

from inward.network.amsgrad import AmsGrad
from inward.network.muon import Muon
from inward.network.optimizer import Optimizer


@dataclass(frozen=True)
class Augmentation:
    """How a copy of a training image may differ from it; the changes are drawn for each image.

    Args:
        flip: probability of a mirror image, left to right.
        shift: largest shift either way, as a share of the side.
        rotation: largest rotation either way, in degrees.
        scale: largest change of scale either way: 0.1 means 0.9 to 1.1.
        probability: with which each of shift, rotation and scale is applied.
    """

    flip: float = 0.0
    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    probability: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Args:
        epochs: passes over the training images.
        batch: images in a step, copies included.
        copies: augmented copies beside each original in a batch; 0 replaces the originals by copies.
        rate: the learning rate; the highest one, where `warmup` is not 0.
        warmup: share of the training in which the rate rises from 0 to `rate`, to fall to 0 by a
            cosine after it; 0 keeps it constant.
        smoothing: label smoothing: this share of a label is spread evenly over all classes.
        sizes: (share of the epochs, share of the image's side): training begins on smaller images.
        optimizer: the rule that moves the kernels, with its settings.
        augmentation: how copies differ.
    """

    epochs: int
    batch: int
    rate: float
    copies: int = 0
    warmup: float = 0.0
    smoothing: float = 0.0
    sizes: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    optimizer: Optimizer = field(default_factory=AmsGrad)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def share(self, epoch: int) -> float:
        """Of the image's side, in an epoch counted from 0."""
        return next(share for until, share in self.sizes if epoch < until * self.epochs)

    def rate_at(self, epoch: float) -> float:
        """The learning rate: one cycle, up in a line, down by a cosine; `epoch` counts from 0, with its fraction."""
        if not self.warmup:
            return self.rate
        done = epoch / self.epochs
        if done < self.warmup:
            return self.rate * done / self.warmup
        return self.rate * (1 + cos(pi * (done - self.warmup) / (1 - self.warmup))) / 2


_SEED = Recipe(
    epochs=7,
    batch=50,
    copies=1,
    rate=1e-4,
    optimizer=AmsGrad(beta1=0.9, beta2=0.9),
    augmentation=Augmentation(flip=0.5, shift=0.1, rotation=10, scale=0.1, probability=0.5),
)
_BEST = Recipe(
    epochs=21,
    batch=256,
    rate=0.04,
    warmup=0.1,
    smoothing=0.1,
    sizes=((0.19, 0.5), (0.57, 0.75), (1.0, 1.0)),
    optimizer=Muon(),
    augmentation=Augmentation(flip=0.5, shift=0.125),
)
_FAST = replace(_BEST, epochs=5, sizes=((0.33, 0.5), (0.66, 0.75), (1.0, 1.0)))
_DIGITS = Augmentation(shift=0.125, rotation=10, probability=0.5)  # a digit's mirror image is no digit
_DIGITS_FAST = replace(_FAST, epochs=20, batch=32, sizes=((1.0, 1.0),), augmentation=_DIGITS)

RECIPES: dict[str, dict[str, Recipe]] = {
    "cifar10": {"fast": _FAST, "best": _BEST, "seed": _SEED},
    "digits": {
        "fast": _DIGITS_FAST,
        "best": replace(_DIGITS_FAST, epochs=40),
        "seed": replace(_SEED, augmentation=_DIGITS),
    },
}
"""Data set's name -> recipe's name -> recipe."""

WIDTHS = {"cifar10": 128, "digits": 32}
"""Data set's name -> channels of the convolutions."""
