"""Inspect: ask every method about a model and its images."""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from inward import __version__
from inward.arrays import Array, Images, Indices, as_batch
from inward.errors import ArgumentError, ShapeError
from inward.methods.activations import activations, default_layers
from inward.methods.attribution import Attribution
from inward.methods.backward import BackwardPass, backward_pass
from inward.methods.gradients import DEFAULT_ALPHAS, interior_gradients
from inward.methods.integrated import MAX_EVALUATIONS, TOLERANCE, integrated_gradients
from inward.methods.levels import activation_levels
from inward.methods.paths import resolve_alphas, resolve_baseline
from inward.methods.rules import compare_rules
from inward.methods.saturation import LOGARITHMIC_ALPHAS
from inward.methods.targets import Target, objective_for
from inward.methods.walk import walk
from inward.methods.weights import weight_histograms
from inward.model import History, Model, ScoreName
from inward.report.report import Crop, Report

_INTEGRAL = 50  # evaluations that a map may take, for progress
Baseline = ArrayLike | Callable[[Images], Images]
_Each = dict[str, Any]  # setting's name -> an array with a row for each image, or None
_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class CropOf:
    """A part of image `index`, fitted to the network's input; box in the pixels of a picture of `size` (w, h)."""

    index: int
    box: tuple[int, int, int, int]
    size: tuple[int, int]
    image: Array


def inspect(
    model: Model,
    images: Images,
    labels: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    target: Target = None,
    versus: Target = None,
    baseline: Baseline = 0.0,
    score: ScoreName = "logit",
    tolerance: float = TOLERANCE,
    max_evaluations: int = MAX_EVALUATIONS,
    rule: str | None = None,
    steps: int | None = None,
    power: float | None = None,
    alphas: Sequence[float] = DEFAULT_ALPHAS,
    layers: Sequence[str] | None = None,
    backward: bool = False,
    rules: bool = False,
    crops: Sequence[CropOf] = (),
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Report:
    """Weights, activations, interior gradients, saturation, integrated gradients and crops, in one report.

    Args:
        model: anything with the port `Model`; its `history`, where it has one, is shown too.
        images: (n, h, w, c), in the units the model was trained on.
        labels: (n,), numbers of the true classes, -1 where unknown.
        names: (n,), what to call the images.
        target, versus, score, tolerance, max_evaluations, rule, steps, power: as for `integrated_gradients`.
        baseline: as there, or a function that makes the baselines (n, h, w, c) from images, such as a blur.
        alphas: where interior gradients are looked at, from 0 (baseline) to 1 (image).
        layers: whose activations are kept; by default the ends of the thirds of the network (conv3, conv6, conv9).
        backward: whether to keep the gradient at every layer too; see `backward_pass`.
        rules: whether to compare the rules of integration on the first image; see `compare_rules`.
        crops: parts of the images, each looked at as an image of its own.
        settings: what else the report should say of how it came about.
        progress: called with the share that is done.

    Returns:
        A `Report`; `save` writes it.

    Raises:
        ShapeError: for images, labels or a baseline that do not fit.
        ArgumentError: for a class, layer, score, rule or number that makes no sense.
    """
    images = as_batch(images, model.layers[0].shape)
    places, wanted = resolve_alphas(alphas), layers if layers is not None else default_layers(model)
    kept = activations(model, images, wanted)
    logits = model.scores(images)
    known, called = _checked_labels(labels, *logits.shape), _checked_names(names, len(images))
    explained = objective_for(model, images, target, versus, score, logits=logits)
    each: _Each = {
        "target": explained.target,
        "versus": explained.versus,
        "baseline": resolve_baseline(baseline(images) if callable(baseline) else baseline, images),
    }
    how: dict[str, Any] = {
        "score": score,
        "tolerance": tolerance,
        "max_evaluations": max_evaluations,
        "rule": rule,
        "steps": steps,
        "power": power,
    }
    work = _Work(progress, len(images), len(crops), 2 * len(places) + 2 * backward)

    attribution = _whole(integrated_gradients(model, images, **each, **how, progress=work.integrated))
    work.done(attribution, _INTEGRAL * len(images))
    interior = work.done(
        interior_gradients(model, images, alphas=places, score=score, **each), 2 * len(places) * len(images)
    )
    walked, saturated = work.done(walk(model, images, score=score, **each), len(LOGARITHMIC_ALPHAS) * len(images))
    passed: BackwardPass | None = None
    if backward:
        drawn = ["input", *wanted]
        passed = backward_pass(model, images, each["target"], versus=each["versus"], score=score, layers=drawn)
        work.done(passed, 2 * len(images))
    compared = compare_rules(model, images[:1], **_of(each, slice(1)), score=score) if rules else None
    asked = each | {"target": None} if target is None and versus is None else each
    parts = tuple(work.done(_crop(model, crop, asked, how, baseline), _INTEGRAL) for crop in crops)
    history: History | None = getattr(model, "history", None)
    said = dict(settings or {})
    return Report(
        images=images,
        names=called,
        labels=known,
        classes=model.classes,
        layers=tuple(model.layers),
        scores=logits,
        metrics=dict(history.metrics) if history else {},
        formation=history.formation if history else None,
        weights=weight_histograms(model, before=history.before if history else None),
        activations=kept,
        levels=activation_levels(model, images),
        walk=walked,
        interior=interior,
        saturation=saturated,
        backward=passed,
        attribution=attribution,
        rules=compared,
        crops=parts,
        settings=json.dumps(said | _described(model, attribution, baseline) | said),
    )


def model_hash(model: Model) -> str:
    """SHA-256 over the names, shapes and values of the weights."""
    digest = hashlib.sha256()
    for name, array in model.weights().items():
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _crop(model: Model, crop: CropOf, each: _Each, how: dict[str, Any], baseline: Baseline) -> Crop:
    """The crop explained for the class it is itself taken for, unless a class or a contrast was asked for."""
    image = as_batch(crop.image[None], model.layers[0].shape, "crop")
    own = _of(each, slice(crop.index, crop.index + 1))
    if callable(baseline):
        own["baseline"] = baseline(image)
    found = integrated_gradients(model, image, **own, **how)
    return Crop(crop.index, crop.box, crop.size, image[0], model.scores(image)[0], found)


class _Work:
    """Progress in evaluations: those done over all that the report will take."""

    def __init__(self, tell: Callable[[float], None], images: int, crops: int, each: int) -> None:
        self._tell, self._done = tell, 0.0
        self._all = images * (each + len(LOGARITHMIC_ALPHAS) + _INTEGRAL) + _INTEGRAL * crops

    def integrated(self, done: int, _: int) -> None:
        self._tell(_INTEGRAL * done / self._all)

    def done(self, result: _Result, evaluations: int) -> _Result:
        self._done += evaluations
        self._tell(self._done / self._all)
        return result


def _of(each: _Each, part: slice) -> _Each:
    """What is set for each image, of a part of the images."""
    return {name: None if values is None else values[part] for name, values in each.items()}


def _whole(found: Attribution) -> Attribution:
    """A report is of all images: an interruption, which `integrated_gradients` outlives, ends it."""
    if np.isnan(found.values).any():
        raise KeyboardInterrupt
    return found


def _checked_labels(labels: ArrayLike | None, n: int, classes: int) -> Indices:
    found = np.full(n, -1) if labels is None else np.asarray(labels)
    if found.shape != (n,) or found.dtype.kind not in "iu":
        raise ShapeError("labels", f"({n},) whole numbers", f"{found.shape} {found.dtype}", "pass one for each image")
    outside = found[(found < -1) | (found >= classes)]
    if outside.size:
        raise ArgumentError("labels", f"classes, 0 to {classes - 1}", str(outside[0]), "-1 stands for unknown")
    return found.astype(np.int64)


def _checked_names(names: Sequence[str] | None, n: int) -> tuple[str, ...]:
    found = tuple(names) if names is not None else tuple(f"image {i}" for i in range(n))
    if len(found) != n:
        raise ArgumentError("names", f"{n}", f"{len(found)}", "pass one for each image")
    return found


def _range(values: Array) -> str:
    low, high = values.min(), values.max()
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _described(model: Model, attribution: Attribution, baseline: Baseline) -> dict[str, Any]:
    uniform = np.asarray(None if callable(baseline) else baseline)
    made = float(uniform) if uniform.ndim == 0 and not callable(baseline) else "an image of its own for each image"
    return {
        "model hash": model_hash(model),
        "score": attribution.score,
        "tolerance": attribution.tolerance,
        "rule": attribution.rule,
        "steps": _range(attribution.steps),
        "power": _range(attribution.power),
        "baseline": made,
        "micro-batch": attribution.micro_batch,
        "inward": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
