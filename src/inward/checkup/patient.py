"""A model and a few inputs, looked at once for all checks."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Inputs, Scores, as_batch
from inward.errors import ScoreError, ShapeError
from inward.methods.refinement import Paths
from inward.methods.rounding import rounding
from inward.model import Gradients, Model, Objective

_LOOKED_AT = 4  # images that the checks run on


class Seen(NamedTuple):
    """What a layer made of the first image, of noise and of black: finite for each; 0, or the same, for all."""

    finite: tuple[bool, ...]
    silent: bool
    unmoved: bool


class BlockedError(Exception):
    """A check has nothing to look at, for a reason that another check tells."""


class Patient:
    """What the checks share; each part is computed when it is first asked for.

    Args:
        model: anything with the port `Model`.
        images: (n, ...) as the user gave them, or None.

    given: the images as an array, None without. refusal: why they do not fit the model. shown (m, ...): the
    first of them, or noise where there are none that fit. count: how many there are.
    """

    def __init__(self, model: Model, images: ArrayLike | None = None) -> None:
        self.model, self.shape = model, model.layers[0].shape
        self.given: Array | None = None if images is None else np.asarray(images)
        self.refusal: ShapeError | None = None
        self.noise = np.random.default_rng(0).uniform(size=(2, *self.shape)).astype(np.float32)
        self.shown: Inputs = self.noise
        self.count = 1
        if self.given is not None:
            try:
                fitting = as_batch(self.given, self.shape)
                self.shown, self.count = fitting[:_LOOKED_AT], len(fitting)
            except ShapeError as refusal:
                self.refusal = refusal
        self.one = self.shown[:1]
        self.black = np.zeros_like(self.one)

    @cached_property
    def varied(self) -> Inputs:
        """The images, the same at half their brightness, and noise."""
        return np.concatenate([self.shown, self.shown / 2, self.noise.astype(self.shown.dtype)])

    @cached_property
    def raw(self) -> tuple[Scores, Scores]:
        """Logits of the images and of black, finite or not."""
        return self.model.scores(self.shown), self.model.scores(self.black)

    @cached_property
    def layers(self) -> dict[str, Seen]:
        """Every layer but the input, from first to last."""
        inputs = np.concatenate([self.one, self.noise[:1].astype(self.one.dtype), self.black])
        found = self.model.activations(inputs, [layer.name for layer in self.model.layers[1:]])
        return {
            name: Seen(
                tuple(bool(np.isfinite(row).all()) for row in values),
                not values.any(),
                bool((values == values[:1]).all()),
            )
            for name, values in found.items()
        }

    @property
    def logits(self) -> Scores:
        """Of the images, (n, classes)."""
        return self._finite(self.raw[0])

    @property
    def black_logits(self) -> Scores:
        """Of black, (1, classes)."""
        return self._finite(self.raw[1])

    @cached_property
    def objective(self) -> Objective:
        """The logit of the first image's predicted class, one row."""
        return Objective.of_classes(self.logits[:1].argmax(axis=1), self.logits.shape[1])

    @cached_property
    def gradient(self) -> Gradients | ScoreError:
        """At the varied inputs, of a random mixture of all logits; or why there is none."""
        classes = self.logits.shape[1]
        mixture = np.random.default_rng(1).normal(size=(1, classes))
        try:
            return self.model.gradient(self.varied, Objective(np.repeat(mixture, len(self.varied), axis=0)))
        except ScoreError as error:
            return error

    @property
    def slopes(self) -> Array:
        """That gradient (k, ...), where there is one, finite and not zero everywhere."""
        found = self.gradient
        if isinstance(found, ScoreError) or not np.isfinite(found.at["input"]).all() or not found.at["input"].any():
            raise BlockedError
        return found.at["input"]

    @cached_property
    def floor(self) -> float:
        """The relative error that rounding leaves in a gradient."""
        _ = self.slopes
        difference = self.objective.of(self.logits[:1]) - self.objective.of(self.black_logits)
        return rounding(self.model, Paths(self.black, self.one, self.objective, difference))

    @property
    def noticeable(self) -> float:
        """The share of the largest logit that two results differ by for other reasons than rounding."""
        try:
            return float(np.clip(3 * self.floor, 1e-3, 0.05))
        except BlockedError:
            return 1e-3

    def class_name(self, number: int) -> str:
        """A class's name, or its number."""
        return self.model.classes[number] if self.model.classes else f"class {number}"

    @staticmethod
    def _finite(logits: Scores) -> Scores:
        if not np.isfinite(logits).all():
            raise BlockedError
        return logits


def apart(some: Scores, others: Scores) -> float:
    """The largest difference as a share of the largest value; 0 where both are 0."""
    size = float(np.abs(some).max(initial=0))
    difference = float(np.abs(some - others).max(initial=0))
    return difference / size if size else float(difference > 0)


def share(value: float) -> str:
    """A share in words: "12 %", "0.03 %"."""
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"
