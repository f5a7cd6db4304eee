"""How many nodes the rules of other tools need, image by image, by our own arithmetic.

The plain rules stand on the same even nodes j / n and differ at the ends only, so that one walk, whose nodes are
doubled until all of them do, serves them all.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

import inward
from inward.arrays import Array
from inward.model import Model, Objective, Rows

from .case import Case, Outcome, figures

MOST = 2**15
GAUSS = "even Gauss-Legendre"
RIEMANN = "right Riemann"
SILENT: Callable[[int, int], None] = lambda *_: None  # noqa: E731  (a constant: no bar)
_STORY = 3000  # steps of the story this package grew out of
_LADDER = (16, 32, 64, 128, 256, 512, 1024, 2048)


class Even(NamedTuple):
    """(first · g(0) + Σ g(j / n) + last · g(1)) / (n + more), 0 < j < n."""

    first: float
    last: float
    more: int

    def steps(self, n: int) -> int:
        """Nodes, as the tools count their steps."""
        return n - 1 + (self.first > 0) + (self.last > 0)


EVEN = {RIEMANN: Even(0, 1, 0), "trapezoid (Xplique)": Even(0.5, 0.5, 0), "mean of nodes (PAIR)": Even(1, 1, 1)}
XPLIQUE, PAIR = list(EVEN)[1:]


def doubled(model: Model, case: Case, most: int) -> Iterator[tuple[int, Callable[[Even], Array]]]:
    """For n = 2, 4, … most: n, and what gives each rule's maps (k, ...)."""
    ends = _sums(model, case, np.array([0.0, 1.0]), np.eye(2))
    inner = np.zeros_like(case.images, dtype=np.float64)
    n = 1
    while 2 * n <= most:
        n *= 2
        odd = np.arange(1, n, 2) / n
        inner = inner + _sums(model, case, odd, np.ones((len(odd), 1)))[:, 0]

        def maps(rule: Even, n: int = n, inner: Array = inner) -> Array:
            whole = rule.first * ends[:, 0] + inner + rule.last * ends[:, 1]
            return np.asarray(case.images * whole / (n + rule.more))

        yield n, maps


def plain_needs(model: Model, case: Case, most: int = MOST) -> Iterator[Outcome]:
    """For each image and each plain rule the smallest 2^k that does, or the last that was tried."""
    for i in range(len(case.images)):
        one, wanting = case.part(np.array([i])), dict(EVEN)
        for n, maps in doubled(model, one, most):
            for name, rule in list(wanting.items()):
                found = of_image(name, one, rule.steps(n), maps(rule), rule.steps(n))
                if found.meets or n == most:
                    yield found
                    del wanting[name]
            if not wanting:
                break


def gauss_needs(model: Model, case: Case, ladder: Sequence[int] = _LADDER) -> Iterator[Outcome]:
    """For each image the smallest number of even Gauss-Legendre nodes that does, or the last that was tried."""
    places = np.arange(len(case.images))
    for steps in ladder:
        missed = []
        maps = by_rule(model, case.part(places), "gauss-legendre", steps) if len(places) else ()
        for place, found in zip(places, maps, strict=True):
            outcome = of_image(GAUSS, case.part(np.array([place])), steps, found[None], steps)
            if outcome.meets or steps == ladder[-1]:
                yield outcome
            else:
                missed.append(place)
        places = np.array(missed, dtype=np.int64)


def story(model: Model, case: Case) -> Iterator[Outcome]:
    """What 3000 steps of the right Riemann sum leave, image by image."""
    for i in range(len(case.images)):
        one = case.part(np.array([i]))
        found = of_image(RIEMANN, one, _STORY, by_rule(model, one, "right-riemann", _STORY), _STORY)
        yield found._replace(setting=f"{found.setting}, {_STORY} steps")


def by_rule(model: Model, case: Case, rule: str, steps: int, power: float = 1.0) -> Array:
    """Maps (n, ...) by a fixed rule."""
    x, targets = case.images, case.targets
    found = inward.integrated_gradients(model, x, targets, rule=rule, steps=steps, power=power, progress=SILENT)
    return found.values


def _sums(model: Model, case: Case, alphas: Array, weights: Array) -> Array:
    """Σ weights · gradient on the paths from black, (k, rules, ...)."""
    count = len(case.images)
    rows = Rows(np.repeat(np.arange(count), len(alphas)), np.tile(alphas, count), np.tile(weights, (count, 1)))
    objective = Objective.of_classes(case.targets, case.logits.shape[1])
    found = model.path_gradient(np.zeros_like(case.images), case.images, objective, rows)
    return found.sums.astype(np.float64)


def of_image(tool: str, case: Case, steps: int, maps: Array, evaluations: float) -> Outcome:
    """Of one image; nothing is timed."""
    nan = float("nan")
    label = (tool, inward.__version__, f"image {case.numbers[0]}", steps, 1, nan, evaluations)
    return Outcome(*label, *figures(case, maps), nan)
