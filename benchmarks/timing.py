"""Fair comparisons: the same moment for both, the order swapped each time, and an honest interval."""

import time
from collections.abc import Callable, Sequence
from math import comb
from statistics import median

Job = Callable[[], object]


def alternating(jobs: dict[str, Job], rounds: int, warm_ups: int = 2) -> dict[str, list[float]]:
    """Seconds that each job took in each round, after warm-up; the last two, which are compared, take turns."""
    for _ in range(warm_ups):
        for job in jobs.values():
            job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds):
        *beside, a, b = jobs
        for name in (*beside, b, a) if number % 2 else (*beside, a, b):
            seconds[name].append(_timed(jobs[name]))
    return seconds


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round, so that what slows the machine for a while slows both."""
    return [a / b for a, b in zip(above, below, strict=True)]


def median_and_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The median and its 95 % interval from order statistics, which assumes no distribution.

        P(x_(k) ≤ median ≤ x_(n+1-k)) = 1 - 2 P(B < k) ≥ 0.95,   B ~ Binomial(n, 1/2)

    Below six values no interval covers 95 %: the range stands in for it.
    """
    ordered, n = sorted(values), len(values)
    k, tail = 1, 2.0**-n
    while tail + comb(n, k) / 2**n <= 0.025:
        tail += comb(n, k) / 2**n
        k += 1
    return median(ordered), ordered[k - 1], ordered[n - k]


def _timed(job: Job) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start
