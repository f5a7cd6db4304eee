"""Whether a training still learns: it is stopped where numbers overflow, explode or die."""

import math

from inward.errors import TrainingError

_PATIENCE = 50  # steps that a fault must last, before it is one
_EXPLODED = 10  # times the cost of guessing
_DEAD = 1e-7  # gradient's length over its kernel's


class Health:
    """Watches each step's cost and the lengths of its gradients.

    Args:
        classes: their number; log(classes) is the cost of guessing.
    """

    def __init__(self, classes: int) -> None:
        self._guessing = math.log(classes)
        self._dear = 0
        self._first: dict[str, float] = {}
        self._still: dict[str, int] = {}

    def check(self, where: str, cost: float, lengths: dict[str, tuple[float, float]]) -> None:
        """Raise where training has come to nothing.

        Args:
            where: the step, in words.
            cost: of the batch, finite.
            lengths: weight's name -> length of its gradient, and of its kernel; all finite.

        Raises:
            TrainingError: for a cost far above guessing, or a gradient that is all but zero, for 50 steps on end.
        """
        shares = {name: g / (k or 1.0) for name, (g, k) in lengths.items()}
        self._first = self._first or shares
        self._dear = self._dear + 1 if cost > _EXPLODED * self._guessing else 0
        self._still = {name: self._still.get(name, 0) + 1 if s <= _DEAD else 0 for name, s in shares.items()}
        if self._dear >= _PATIENCE:
            grown = max(shares, key=lambda name: shares[name] / (self._first[name] or 1.0))
            raise diverged(grown, where, f"an exploding gradient, and a cost of {cost:.3g}")
        dead = [name for name, steps in self._still.items() if steps >= _PATIENCE]
        if dead:
            got = f"a gradient of {shares[dead[-1]]:.1e} of its length, for {_PATIENCE} steps"
            raise diverged(dead[-1], where, got)


def diverged(layer: str, where: str, got: str) -> TrainingError:
    """The error that stops a training, with the layer and the step named."""
    remedy = "lower the learning rate; `inward inspect RUN` shows the last good weights"
    return TrainingError(f"training at {where}", f"layer {layer} to learn", got, remedy)
