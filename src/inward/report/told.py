"""What was found, in the shapes of the page."""

from collections.abc import Sequence

import numpy as np

from inward.arrays import Array
from inward.methods.attribution import Attribution
from inward.methods.levels import Levels
from inward.methods.saturation import Saturation
from inward.methods.walk import Walk
from inward.methods.weights import LayerHistogram, WeightStatistics
from inward.model import Formation, Layer, probabilities
from inward.model import Spread as Spreading
from inward.page import schema
from inward.page.schema import packed
from inward.render.signed import pixel_totals, shared_scale
from inward.render.style import number
from inward.render.words import percent


def class_name(classes: tuple[str, ...], position: int) -> str:
    """A class's name, or its number where the model has no names."""
    return classes[position] if position < len(classes) else f"class {position}"


def question_words(classes: tuple[str, ...], target: int, versus: int | None) -> str:
    """What is explained: "why horse", or "why horse, not dog"."""
    rather = f", not {class_name(classes, versus)}" if versus is not None else ""
    return f"why {class_name(classes, target)}{rather}"


def image(
    position: int, name: str, label: int, pixels: Array, logits: Array, size: tuple[int, int] | None = None
) -> schema.Image:
    """One image and what it is taken for.

    Args:
        position: its number on the page.
        name: what it is called.
        label: the number of its true class; -1 where that is not known.
        pixels: (h, w, c) in [0, 1], as the network got it.
        logits: (classes,).
        size: width and height of the picture that it was made from.

    Returns:
        What the page is told; pixels as bytes.
    """
    return schema.Image(
        id=position,
        name=name,
        label=label if label >= 0 else None,
        pixels=_as_bytes(pixels),
        logits=logits.tolist(),
        probabilities=probabilities(logits).tolist(),
        size=list(size) if size else None,
    )


def question(found: Attribution | Saturation, i: int, baseline: str) -> schema.Question:
    """What row i explains; baseline in words."""
    versus = None if found.versus is None else int(found.versus[i])
    return schema.Question(target=int(found.target[i]), versus=versus, baseline=baseline, score=found.score)


def attribution_map(found: Attribution, i: int, classes: tuple[str, ...], baseline: str) -> schema.Map:
    """Row i of an attribution, with its certificate in words."""
    asked = question(found, i, baseline)
    totals = pixel_totals(found.values[i])
    return schema.Map(
        question=asked,
        why=question_words(classes, asked.target, asked.versus),
        values=packed(totals),
        scale=shared_scale(found.values[i]),
        total=float(found.values[i].sum(dtype=np.float64)),
        gap=float(found.gap[i]),
        relative_gap=float(found.relative_gap[i]),
        error=float(found.error[i]),
        converged=bool(found.converged[i]),
        tolerance=found.tolerance,
        evaluations=int(found.evaluations[i]),
        forward_evaluations=int(found.forward_evaluations[i]),
        rule=found.rule,
        certificate=certificate(found, i),
    )


def certificate(found: Attribution, i: int) -> list[str]:
    """How far the map of row i may be trusted, in sentences."""
    total, gap = float(found.values[i].sum(dtype=np.float64)), float(found.gap[i])
    error, relative = float(found.error[i]), float(found.relative_gap[i])
    size = f"gap {gap:+.2g}" if gap else "no gap"
    said = [
        f"The map adds up to {total:+.4g}; from the baseline to the image the score changes by {total - gap:+.4g}: "
        f"{size} ({relative:.2%})."
    ]
    if np.isfinite(error):
        said.append(f"Estimated error of the map: {error:.2%}.")
    else:
        said.append("This rule has no estimate of the map's error.")
    count, forward = int(found.evaluations[i]), int(found.forward_evaluations[i])
    work = f"{count} gradient{'s'[: count != 1]} and {forward} forward pass{'es'[: 2 * (forward != 1)]}"
    kept = "within" if found.converged[i] else "not within"
    bound = (
        f"{kept} the tolerance of {percent(found.tolerance) if found.tolerance >= 0.01 else number(found.tolerance)}"
    )
    said.append(f"{'Converged' if found.converged[i] else 'Not converged'}: {bound}, by {found.rule}, {work}.")
    return said


def walked(found: Walk, along: Saturation, i: int, classes: tuple[str, ...], baseline: str) -> schema.Walk:
    """Row i of a walk, and of the saturation along it.

    Args:
        found: the walk; along: the saturation from the same gradients.
        i: the row.
        classes: their names.
        baseline: in words.
    """
    asked = question(along, i, baseline)
    return schema.Walk(
        question=asked,
        why=question_words(classes, asked.target, asked.versus),
        start=_as_bytes(along.baseline[i]),
        alphas=found.alphas.tolist(),
        probabilities=packed(probabilities(found.scores[:, i])),
        strengths=packed(found.strengths[:, i], found.strength_steps[:, i]),
        pushes=packed(found.pushes[:, i], found.push_steps[:, i]),
        curve_alphas=along.alphas.tolist(),
        norms=along.norms[:, i].tolist(),
        derivatives=along.derivatives[:, i].tolist(),
        shares=along.shares[:, i].tolist(),
    )


def layers(found: Levels, i: int) -> dict[str, schema.Packed]:
    """Row i of the activations that are stored; channels come first, which packs smaller."""
    return {
        name: packed(_channels_first(values[i]), found.step[name][i], found.low[name][i])
        for name, values in found.bytes.items()
    }


def layers_row(of: Sequence[Layer], found: Levels | None = None) -> list[schema.Layer]:
    """The row of layers, and how the page makes those that are not stored."""
    made = {} if found is None else {name: (kind, source) for name, (kind, source) in found.made.items()}
    return [
        schema.Layer(name=layer.name, kind=layer.kind, shape=list(layer.shape), made=made.get(layer.name))
        for layer in of
    ]


def crop(
    box: tuple[int, int, int, int],
    size: tuple[int, int],
    place: tuple[float, float, float, float],
    pixels: Array,
    logits: Array,
    found: Attribution,
    classes: tuple[str, ...],
    baseline: str,
) -> schema.Crop:
    """A part of an image, looked at as an image of its own.

    Args:
        box: left, top, width, height in the pixels of a picture of size (width, height).
        size: that picture's.
        place: the box in the pixels of the image as the network got it.
        pixels: (h, w, c) in [0, 1], the part as the network got it.
        logits: (classes,).
        found: the attribution of this part alone.
        classes: their names.
        baseline: in words.
    """
    return schema.Crop(
        box=list(box),
        size=list(size),
        on_input=list(place),
        pixels=_as_bytes(pixels),
        probabilities=probabilities(logits).tolist(),
        map=attribution_map(found, 0, classes, baseline),
    )


def weights(found: LayerHistogram) -> schema.LayerWeights:
    """One layer's histograms and statistics."""
    return schema.LayerWeights(
        name=found.name,
        edges=found.edges.tolist(),
        after=found.after.tolist(),
        before=None if found.before is None else found.before.tolist(),
        after_statistics=_statistics(found.after_statistics),
        before_statistics=None if found.before_statistics is None else _statistics(found.before_statistics),
        distance=found.distance,
    )


def formation(found: Formation) -> schema.Formation:
    """How the network formed, epoch by epoch."""
    parts = (found.weights, found.gradients, found.activations)
    weighed, graded, active = ({name: _spread(one) for name, one in part.items()} for part in parts)
    return schema.Formation(weights=weighed, gradients=graded, activations=active)


def metrics(found: dict[str, Array]) -> dict[str, list[schema.Number]]:
    """The training's columns."""
    return {name: [float(x) for x in column] for name, column in found.items()}


def _statistics(found: WeightStatistics) -> schema.Statistics:
    return schema.Statistics(**vars(found))


def _spread(found: Spreading) -> schema.Spread:
    return schema.Spread(edges=packed(found.edges), counts=packed(found.counts), norms=found.norms.tolist())


def _as_bytes(pixels: Array) -> schema.Packed:
    levels = np.rint(255 * np.clip(np.nan_to_num(pixels), 0, 1)).astype(np.uint8)
    return packed(levels, 1 / 255)


def _channels_first(values: Array) -> Array:
    return np.moveaxis(values, -1, 0) if values.ndim == 3 else values
