"""One image as the layers see it."""

import math
from collections.abc import Mapping

from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.channels import channel_triples, channels_grey
from inward.render.grid import Cell, Row, picture_grid
from inward.render.image import Pixels, as_picture, contact_sheet, enlarge

SHOWN = 9  # triples, and single channels, of each layer
_SHEET = 3  # of them in a row
_SIDE = 192  # pixels of a sheet


def layer_sheet(pictures: Pixels, columns: int = _SHEET, side: int = 64) -> Pixels:
    """Lay a layer's pictures (n, h, w, 3) out in rows, each enlarged to about `side` pixels, so gaps look alike."""
    longest = max(pictures.shape[1:3])
    return contact_sheet(enlarge(pictures, max(1, side // longest)), columns, gap=3)


def layer_picture(activation: Array) -> Pixels:
    """A layer at one glance: its first 27 channels as nine colour triples; each in grey where there are fewer."""
    many = activation.shape[-1] >= 3 * SHOWN
    pictures = channel_triples(activation, SHOWN) if many else channels_grey(activation)
    columns = math.ceil(math.sqrt(len(pictures)))
    return layer_sheet(pictures, columns, _SIDE // columns)


def activation_chart(image: Array, activations: Mapping[str, Array], title: str = "") -> Figure:
    """Draw an image, then each layer as `layer_picture`, and under it nine single channels in grey.

    Args:
        image: (h, w, 1 or 3) in [0, 1].
        activations: layer's name -> (h, w, channels) of this image; each layer has its own scale.
        title: stands over the whole.

    Returns:
        A figure of two rows; see `channel_triples` for the scale.

    Raises:
        ShapeError: for an activation that is not (h, w, channels).
    """
    pictures: list[Cell | None] = [Cell(as_picture(image), above=("input", f"{image.shape[0]} × {image.shape[1]}"))]
    greys: list[Cell | None] = [None]
    for name, activation in activations.items():
        height, width, channels = activation.shape
        many = channels >= 3 * SHOWN
        shown = f"channels 1–{3 * SHOWN} of {channels}, as RGB" if many else f"all {channels} channels"
        pictures.append(Cell(layer_picture(activation), above=(name, f"{height} × {width}, {shown}")))
        singles = layer_sheet(channels_grey(activation)[:SHOWN])
        greys.append(Cell(singles, above=(f"channels 1–{SHOWN}, each in grey",)) if many else None)
    rows = [Row(tuple(pictures)), *([Row(tuple(greys))] if any(greys) else [])]
    return picture_grid(rows, title, side=2.5)
