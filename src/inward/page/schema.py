"""The shapes of everything that the page is told: report.json holds them, and the server answers with them."""

import math
from base64 import b64decode, b64encode
from typing import Annotated, Any, Literal
from zlib import compress, decompress

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from inward.arrays import Array

FORMAT = 1
Kind = Literal["float32", "uint8", "int8"]
_KINDS: dict[str, Kind] = {"uint8": "uint8", "int8": "int8"}


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: where there is no number, there is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Packed(_Shape):
    """An array: base64 of zlib's deflate of its bytes, little-endian, rows first.

    Where step is given, value = zero + step · byte; both have one number for all, or one for each row of the
    first axis.
    """

    kind: Kind
    shape: list[int]
    step: list[float] | None = None
    zero: list[float] | None = None
    data: str


class Layer(_Shape):
    """A place in the network; made: the kind of function and the layer it can be made from, where it is not stored."""

    name: str
    kind: str
    shape: list[int]
    made: tuple[str, str] | None = None


class Question(_Shape):
    """What is explained: the score of target, rather than of versus, on the path from the baseline."""

    target: int
    versus: int | None
    baseline: str
    score: str


class Map(_Shape):
    """Integrated gradients of one image, summed over channels (h, w), in units of the score.

    scale: the 99th percentile of |value|. certificate: how far to trust it, in sentences.
    """

    question: Question
    why: str
    values: Packed
    scale: float
    total: Number
    gap: Number
    relative_gap: Number
    error: Number
    converged: bool
    tolerance: float
    evaluations: int
    forward_evaluations: int
    rule: str
    certificate: list[str]


class Walk(_Shape):
    """The path from baseline to image: probabilities (alphas, classes), maps (alphas, h, w), curves of the score.

    start (h, w, c): the baseline. strengths: mean over channels of |gradient|. pushes: Σ_c (x - x0) · gradient.
    curve_alphas, norms, derivatives, shares: as `Saturation`.
    """

    question: Question
    why: str
    start: Packed
    alphas: list[float]
    probabilities: Packed
    strengths: Packed
    pushes: Packed
    curve_alphas: list[float]
    norms: list[Number]
    derivatives: list[Number]
    shares: list[Number]


class Crop(_Shape):
    """A part of an image: box is left, top, width, height in a picture of size (width, height).

    on_input: the same box in the pixels of the image as the network got it.
    """

    box: list[int]
    size: list[int]
    on_input: list[float]
    pixels: Packed
    probabilities: list[float]
    map: Map


class Image(_Shape):
    """An image as the network got it, and what it is taken for; label is the true class, where it is known.

    size: width and height of the picture that it was made from, where it is known.
    """

    id: int
    name: str
    label: int | None
    pixels: Packed
    logits: list[Number]
    probabilities: list[float]
    size: list[int] | None = None


class Looked(_Shape):
    """Everything about one image; layers: activations by layer's name, those that are stored."""

    image: Image
    map: Map
    walk: Walk
    layers: dict[str, Packed]
    crops: list[Crop]


class Statistics(_Shape):
    """Of a layer's weights; of the finite ones, but for the counts."""

    count: int
    non_finite: int
    mean: Number
    standard_deviation: Number
    minimum: Number
    maximum: Number


class LayerWeights(_Shape):
    """Histograms of one layer's weights over the same edges, after training and, where known, before."""

    name: str
    edges: list[float]
    after: list[int]
    before: list[int] | None
    after_statistics: Statistics
    before_statistics: Statistics | None
    distance: Number


class Spread(_Shape):
    """One layer's values before training and after every epoch: edges (t, bins + 1), counts (t, bins)."""

    edges: Packed
    counts: Packed
    norms: list[Number]


class Formation(_Shape):
    """Spreads by name, epoch by epoch."""

    weights: dict[str, Spread]
    gradients: dict[str, Spread]
    activations: dict[str, Spread]


class Picture(_Shape):
    """A picture that is drawn already, as a data URI."""

    name: str
    caption: str
    alt: str
    source: str
    small: bool


class Table(_Shape):
    """Columns' names, and rows of words."""

    columns: list[str]
    rows: list[list[str]]


class Section(_Shape):
    """What the page shows as it is: text, pictures, a table."""

    title: str
    text: list[str]
    pictures: list[Picture]
    table: Table | None


class Network(_Shape):
    """The model: classes may be empty, and then have numbers."""

    name: str
    classes: list[str]
    count: int
    layers: list[Layer]


class Head(_Shape):
    """What the page needs to begin; images' maps and activations come one by one."""

    format: int = FORMAT
    live: bool
    title: str
    lead: str
    network: Network
    images: list[Image]
    weights: list[LayerWeights]
    training: dict[str, list[Number]]
    formation: Formation | None
    sections: list[Section]
    settings: dict[str, Any]
    command: str


class Twin(_Shape):
    """report.json: all that a frozen page holds."""

    head: Head
    looked: list[Looked] = Field(description="in the order of head.images")


def packed(array: Array, step: Array | float | None = None, zero: Array | float | None = None) -> Packed:
    """Pack an array for the page.

    Args:
        array: uint8 or int8 as it is; all else becomes float32.
        step, zero: value = zero + step · byte; a number, or (rows,).

    Returns:
        A `Packed`, from which `unpacked` makes the values again.
    """
    kind = _KINDS.get(array.dtype.name, "float32")
    kept = array.astype(np.dtype(kind).newbyteorder("<"))
    content = compress(np.ascontiguousarray(kept).tobytes(), 9)
    return Packed(
        kind=kind,
        shape=list(kept.shape),
        step=_numbers(step),
        zero=_numbers(zero),
        data=b64encode(content).decode(),
    )


def unpacked(of: Packed) -> Array:
    """The values of a packed array, float32, as the page has them."""
    array = np.frombuffer(decompress(b64decode(of.data)), np.dtype(of.kind).newbyteorder("<")).reshape(of.shape)
    rows = (-1, *[1] * (array.ndim - 1))
    step = np.asarray(of.step or [1.0], np.float32).reshape(rows)
    zero = np.asarray(of.zero or [0.0], np.float32).reshape(rows)
    found: Array = (array * step + zero).astype(np.float32)
    return found


def _numbers(values: Array | float | None) -> list[float] | None:
    return None if values is None else [float(x) for x in np.atleast_1d(values)]
