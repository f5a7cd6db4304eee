"""A model that can be stopped between any two of its answers, and tells how far it is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from inward.arrays import Array, Inputs, Scores
from inward.model import Gradients, Layer, Model, Objective, PathGradient, Rows


class Stopped(Exception):  # noqa: N818  (no fault: nobody wants the answer any more)
    """The computation was let go."""


@dataclass
class Watched:
    """The port of another model; each answer is counted, and none is begun once it is to stop.

    expected: how many evaluations the work may take; the share told rises toward 1 and never reaches it.
    """

    model: Model
    stop: Event
    tell: Callable[[float], None]
    expected: float
    _done: float = 0.0

    @property
    def layers(self) -> tuple[Layer, ...]:
        """As the model's."""
        return self.model.layers

    @property
    def classes(self) -> tuple[str, ...]:
        """As the model's."""
        return self.model.classes

    def weights(self) -> dict[str, Array]:
        """As the model's."""
        return self.model.weights()

    def scores(self, inputs: Inputs) -> Scores:
        """As the model's."""
        self._count(len(inputs) / 3)
        return self.model.scores(inputs)

    def activations(self, inputs: Inputs, layers: Sequence[str]) -> dict[str, Array]:
        """As the model's."""
        self._count(len(inputs) / 3)
        return self.model.activations(inputs, layers)

    def gradient(self, inputs: Inputs, objective: Objective, at: Sequence[str] = ("input",)) -> Gradients:
        """As the model's."""
        self._count(len(inputs))
        return self.model.gradient(inputs, objective, at)

    def path_gradient(
        self, start: Inputs, end: Inputs, objective: Objective, rows: Rows, at: str = "input"
    ) -> PathGradient:
        """As the model's."""
        self._count(len(rows.alphas))
        return self.model.path_gradient(start, end, objective, rows, at)

    def _count(self, evaluations: float) -> None:
        if self.stop.is_set():
            raise Stopped
        self.tell(1 - math.exp(-2 * self._done / self.expected))
        self._done += evaluations
