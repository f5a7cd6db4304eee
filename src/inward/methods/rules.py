"""Rules compared: how far each is from the map, for the evaluations it took, on the user's own model."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Inputs
from inward.errors import ArgumentError
from inward.methods.attribution import REFINED, Attribution
from inward.methods.integrated import MAX_EVALUATIONS, NotConvergedWarning, integrated_gradients
from inward.methods.quadrature import RULES
from inward.methods.targets import Target
from inward.model import Model, ScoreName

STEPS = (8, 16, 32, 64, 128, 256)
TOLERANCES = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3)
_FINER = 10  # the reference is asked for this much less than the smallest tolerance
_CHECK = ("midpoint", 500)  # other nodes than the refined ones


@dataclass(frozen=True, eq=False)
class RuleComparison:
    """Error against evaluations. One array a rule, by its name; "refined trapezoid" is what a tolerance gives.

    evaluations (settings, n): gradients taken. error (settings, n): relative L2 distance to the reference.
    relative_gap (settings, n): as of `Attribution`. doubt (n,): relative L2 distance between the reference
    and a midpoint sum of 500 nodes at other places; errors below it are not resolved.
    """

    evaluations: dict[str, Array]
    error: dict[str, Array]
    relative_gap: dict[str, Array]
    doubt: Array


def compare_rules(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
    steps: Sequence[int] = STEPS,
    tolerances: Sequence[float] = TOLERANCES,
    progress: Callable[[float], None] = lambda _: None,
) -> RuleComparison:
    """Integrate by every rule with more and more steps, and to smaller and smaller tolerances.

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on.
        target, versus, baseline, score: as for `integrated_gradients`.
        steps: of the fixed rules, on the plain path.
        tolerances: of the refined maps.
        progress: called with the share that is done.

    Returns:
        `RuleComparison`.

    Raises:
        ArgumentError: where there are no steps or no tolerances, or one makes no sense.
        ShapeError: for images or a baseline that do not fit the model.
    """
    if not len(steps) or not len(tolerances):
        raise ArgumentError("steps and tolerances", "at least one of each", "none", "leave them out for the usual ones")

    asking: dict[str, Any] = {"versus": versus, "baseline": baseline, "score": score}

    def found(**how: Any) -> Attribution:
        return integrated_gradients(model, images, target, progress=lambda *_: None, **asking, **how)

    asked: dict[str, list[dict[str, Any]]] = {name: [{"rule": name, "steps": n} for n in steps] for name in RULES}
    asked[REFINED] = [{"tolerance": tolerance} for tolerance in tolerances]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)  # the picture shows how far each came
        reference = found(tolerance=min(tolerances) / _FINER, max_evaluations=4 * MAX_EVALUATIONS)
        power = float(np.median(reference.power))
        check = found(rule=_CHECK[0], steps=_CHECK[1], power=power)
        count, done = sum(map(len, asked.values())), 0
        maps: dict[str, list[Attribution]] = {}
        for name, settings in asked.items():
            maps[name] = []
            for setting in settings:
                maps[name].append(found(**setting))
                done += 1
                progress(done / count)
    return RuleComparison(
        {name: np.stack([one.evaluations for one in some]) for name, some in maps.items()},
        {name: np.stack([_distance(one.values, reference.values) for one in some]) for name, some in maps.items()},
        {name: np.stack([one.relative_gap for one in some]) for name, some in maps.items()},
        _distance(check.values, reference.values),
    )


def _distance(values: Array, reference: Array) -> Array:
    flat = [x.reshape(len(x), -1).astype(np.float64) for x in (values - reference, reference)]
    apart, size = (np.linalg.norm(x, axis=1) for x in flat)
    distance: Array = np.divide(apart, size, out=np.zeros_like(apart), where=size > 0)
    return distance
