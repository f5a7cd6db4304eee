"""The adjoint check: one number that depends on every entry of a backward pass.

<dy, J v> = <Jᵀ dy, v>,   J v by central differences in float64
"""

from collections.abc import Callable

import numpy as np

from inward.arrays import Array


def adjoint_error(
    forward: Callable[[Array], Array], backward: Callable[[Array], Array], x: Array, seed: int = 0
) -> float:
    """|<dy, J v> - <Jᵀ dy, v>| relative to the sizes of its factors, at x, for random dy and v."""
    random = np.random.default_rng(seed)
    v, step = random.normal(size=x.shape), 1e-6
    moved = (forward(x + step * v) - forward(x - step * v)) / (2 * step)
    dy = random.normal(size=moved.shape)
    dx = backward(dy)
    size = np.linalg.norm(dy) * np.linalg.norm(moved) + np.linalg.norm(dx) * np.linalg.norm(v)
    return float(abs((dy * moved).sum() - (dx * v).sum()) / size)
