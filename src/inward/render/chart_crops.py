"""A whole image beside its crops: what each is taken for, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.grid import Box, Cell, Row, picture_grid
from inward.render.image import as_picture
from inward.render.signed import shared_scale, signed_overlay
from inward.render.style import FAINT, SERIES
from inward.render.words import prediction


@dataclass(frozen=True, eq=False)
class View:
    """What the network was shown, and what it made of it.

    image is (h, w, 1 or 3) in [0, 1]; values (h, w, c) its attribution in score per pixel and channel;
    box the part of the whole image, in the whole's pixels (None: all of it).
    """

    name: str
    image: Array
    values: Array
    predicted: str
    probability: float
    note: str = ""
    box: Box | None = None


def crop_chart(whole: View, crops: Sequence[View], title: str = "") -> Figure:
    """Draw the whole image with its crops' boxes, then each crop, with predictions above and attribution below.

    Args:
        whole: all of the image.
        crops: its parts, in the order they are drawn; the frame of each has the colour of its box.
        title: stands over the whole.

    Returns:
        A figure of two rows; the maps share one scale, with its colour bar.
    """
    colours = [SERIES[index % len(SERIES)] for index in range(len(crops))]
    boxes = tuple((crop.box, colour) for crop, colour in zip(crops, colours, strict=True) if crop.box)
    framed = [(whole, FAINT), *zip(crops, colours, strict=True)]
    pictures = [_picture(view, colour) for view, colour in framed]
    scale = max(shared_scale(view.values) for view, _ in framed)
    maps = tuple(_map(view, colour, scale) for view, colour in framed)
    return picture_grid([Row((replace(pictures[0], boxes=boxes), *pictures[1:])), Row(maps, scale=scale)], title, 1.6)


def _picture(view: View, frame: str) -> Cell:
    above = (view.name, prediction(view.predicted, view.probability))
    return Cell(as_picture(view.image), above=above, frame=frame)


def _map(view: View, frame: str, scale: float) -> Cell:
    return Cell(signed_overlay(view.values, view.image, scale), below=(view.note,) if view.note else (), frame=frame)
