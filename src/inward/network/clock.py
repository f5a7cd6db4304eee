"""The clock of a training: how fast it is, and how long it will take."""

import time
from dataclasses import dataclass

from inward.network.learner import Tally
from inward.network.recipes import Recipe


@dataclass(frozen=True)
class Progress:
    """Where a training is; cost and accuracy are this epoch's so far, on augmented images."""

    epoch: int
    epochs: int
    step: int
    steps: int
    cost: float
    accuracy: float
    images_per_second: float
    seconds_left: float


class Clock:
    """Images a second and the time left, by the work done: a pixel is a pixel at any size.

    Args:
        recipe: its epochs and their sizes.
        before: seconds that the training took before it was taken up again.
    """

    def __init__(self, recipe: Recipe, before: float = 0.0) -> None:
        self._start = time.perf_counter() - before
        self._epoch, self._images, self._since = -1, 0, time.perf_counter()
        self._recipe = recipe
        self._done = 0.0

    def tick(self, epoch: int, part: float, images: int) -> None:
        """So many more images are done, and this part of the epoch."""
        if epoch != self._epoch:
            self._epoch, self._images, self._since = epoch, 0, time.perf_counter()
        self._images += images
        self._done = self._work(epoch) + part * self._recipe.share(epoch) ** 2

    def progress(self, epoch: int, step: int, steps: int, tally: Tally) -> Progress:
        """Where the training is, after a step."""
        speed = self._images / max(time.perf_counter() - self._since, 1e-9)
        left = self.seconds * (self._work(self._recipe.epochs) / self._done - 1)
        return Progress(epoch + 1, self._recipe.epochs, step, steps, tally.cost, tally.accuracy, speed, left)

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._start

    def _work(self, epochs: int) -> float:
        """The work of the first epochs, in epochs of full size."""
        return sum(self._recipe.share(epoch) ** 2 for epoch in range(epochs))
