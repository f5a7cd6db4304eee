"""Forward and backward side by side: what comes up to each layer, and the gradient that comes back to it."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.channels import channels_grey
from inward.render.grid import Cell, Row, picture_grid
from inward.render.image import Pixels, as_picture, contact_sheet, enlarge
from inward.render.signed import shared_scale, signed_overlay
from inward.render.style import NEGATIVE, SERIES, SOFT, number, shortened, styled
from inward.render.ticks import PLAIN, plain_logarithms
from inward.render.words import percent

SHOWN = 9  # channels of each layer
_SIDE = 192  # pixels of a sheet of channels
_BETWEEN = 225  # brightness between channels: neither a dark activation nor a gradient of zero
_TOLD = 0.01  # share of zeros; nearly zero are some of any gradient's entries
_NAME = 0.8  # inches kept for a layer's name


@dataclass(frozen=True, eq=False)
class Passed:
    """One image at one layer: activation and gradient (h, w, c), their norms, and the gradient's share of zeros."""

    name: str
    activation: Array
    gradient: Array
    norms: tuple[float, float]
    zeros: float


def backward_chart(passed: Sequence[Passed], title: str = "") -> Figure:
    """Draw, layer by layer, the channels with the largest gradients: activation left, gradient right.

    Args:
        passed: from input to output; the input as an image where it has one or three channels.
        title: stands over the whole.

    Returns:
        A figure of a row for each layer. Activations are grey, gradients blue where more would raise the score and
        red where it would lower it, each layer on a scale of its own that is written over it.
    """
    return picture_grid([_row(layer) for layer in passed], title, side=2.4)


@styled
def signal_curves(
    names: Sequence[str], activations: Array, gradients: Array, zeros: Array, jumps: Collection[int] = ()
) -> Figure:
    """Draw the norms of activations and gradients from the first layer to the last, and the gradients' zeros.

    Args:
        names: (layers,), from input to output.
        activations, gradients: norms (layers, n).
        zeros: shares (layers, n) in [0, 1].
        jumps: numbers of layers that stand on a red band, each from the layer before.

    Returns:
        A figure of three panels; each image thin, the median of all bold. A red triangle stands where an image's norm
        is zero (at the foot) or not finite (at the top).
    """
    figure = Figure(figsize=(min(max(4.8, 1.2 + 0.4 * len(names)), 40), 6.6), layout="constrained")
    above, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
    _draw_norms(above, activations, "Forward →: norm of the activations", SERIES[0])
    _draw_norms(middle, gradients, "← Backward: norm of the gradient", SERIES[1])
    _draw(below, zeros, SERIES[2])
    below.set_title("Share of the gradient that is zero or nearly")
    below.set_ylim(-0.03, 1.03)
    below.set_xticks(range(len(names)), [shortened(name, _NAME) for name in names], rotation=45, ha="right")
    for axes in (above, middle, below):
        for place in jumps:
            axes.axvspan(place - 1, place, color=NEGATIVE, alpha=0.08, lw=0)
    if zeros.shape[1] > 1:
        above.legend(loc="best")
    return figure


def _row(layer: Passed) -> Row:
    gradient = np.nan_to_num(layer.gradient.astype(np.float64), posinf=0.0, neginf=0.0)
    channels = gradient.shape[-1]
    scale = shared_scale(gradient if _is_image(layer) else gradient.reshape(*gradient.shape[:2], channels, 1))
    strongest = np.argsort(-np.abs(gradient).sum(axis=(0, 1)), kind="stable")[:SHOWN]
    up, down = layer.norms
    above = (f"activation, norm {number(up)}", _said(layer))
    left = Cell(_activation(layer, strongest), above)
    zeros = f", {percent(layer.zeros)} zero" if layer.zeros >= _TOLD else ""
    summed = "channels summed, " if _is_image(layer) else ""
    above = (f"gradient, norm {number(down)}{zeros}", f"{summed}full colour at ±{scale:.2g}")
    return Row((left, Cell(_gradient(layer, gradient, strongest, scale), above)), layer.name)


def _said(layer: Passed) -> str:
    height, width, channels = layer.activation.shape
    if _is_image(layer):
        return f"{height} × {width} pixels"
    return f"of {channels} channels the {SHOWN} with most gradient" if channels > SHOWN else f"all {channels} channels"


def _is_image(layer: Passed) -> bool:
    return layer.name == "input" and layer.activation.shape[-1] in (1, 3)


def _activation(layer: Passed, strongest: Array) -> Pixels:
    return as_picture(layer.activation) if _is_image(layer) else _sheet(channels_grey(layer.activation)[strongest])


def _gradient(layer: Passed, gradient: Array, strongest: Array, scale: float) -> Pixels:
    if _is_image(layer):
        return signed_overlay(gradient, np.ones((*gradient.shape[:2], 1)), scale)
    single = np.moveaxis(gradient[..., strongest], -1, 0)[..., None]
    return _sheet(signed_overlay(single, np.ones_like(single), scale))


def _sheet(pictures: Pixels) -> Pixels:
    columns = math.ceil(math.sqrt(len(pictures)))
    larger = enlarge(pictures, max(1, _SIDE // columns // max(pictures.shape[1:3])))
    return contact_sheet(larger, columns, gap=3, background=_BETWEEN)


def _draw_norms(axes: Axes, norms: Array, title: str, colour: str) -> None:
    axes.set_title(title)
    seen = np.isfinite(norms) & (norms > 0)
    _draw(axes, np.where(seen, norms, np.nan), colour)
    axes.yaxis.set_major_formatter(PLAIN)
    if seen.any():  # a logarithmic axis cannot be drawn without
        axes.set_yscale("log")
        plain_logarithms(axes.yaxis)
    for height, marker, wrong in ((0.0, "v", norms == 0), (1.0, "^", ~np.isfinite(norms))):
        for place in np.flatnonzero(wrong.any(axis=1)):
            where = axes.get_xaxis_transform()
            axes.plot(place, height, marker, color=NEGATIVE, transform=where, clip_on=False)


def _draw(axes: Axes, curves: Array, colour: str) -> None:
    finite = np.ma.masked_invalid(curves)
    strength = max(0.12, min(0.5, 6 / max(curves.shape[1], 1)))
    for index, curve in enumerate(finite.T):
        axes.plot(curve, color=SOFT, lw=0.7, alpha=strength, label="each image" if index == 0 else None)
    median: Array = np.ma.median(finite, axis=1)  # type: ignore[no-untyped-call]
    axes.plot(median, color=colour, lw=2.2, marker="o", markersize=3.5, label="median")
