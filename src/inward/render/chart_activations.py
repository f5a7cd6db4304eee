"""One image as the layers see it."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from inward.arrays import Array
from inward.render.channels import channel_triples, channels_grey
from inward.render.grid import Cell, Row, picture_grid
from inward.render.image import Pixels, as_picture, contact_sheet, enlarge

SHOWN = 9  # triples, and single channels, of each layer
_SHEET = 3  # of them in a row


def layer_sheet(pictures: Pixels, columns: int = _SHEET, side: int = 64) -> Pixels:
    """Lay a layer's pictures (n, h, w, 3) out in rows, each enlarged to about `side` pixels, so gaps look alike."""
    longest = max(pictures.shape[1:3])
    return contact_sheet(enlarge(pictures, max(1, side // longest)), columns, gap=3)


def activation_chart(image: Array, activations: Mapping[str, Array], title: str = "") -> Figure:
    """Draw an image, then for each layer nine triples of channels as colours, and nine single channels in grey.

    Args:
        image: (h, w, 1 or 3) in [0, 1].
        activations: layer's name -> (h, w, channels) of this image; each layer has its own scale.
        title: stands over the whole.

    Returns:
        A figure of two rows; see `channel_triples` for the scale.

    Raises:
        ShapeError: for an activation that is not (h, w, channels).
    """
    colours = [Cell(as_picture(image), above=("input", f"{image.shape[0]} × {image.shape[1]}"))]
    greys: list[Cell | None] = [None]
    for name, activation in activations.items():
        triples, singles = channel_triples(activation, SHOWN), channels_grey(activation)
        height, width, channels = activation.shape
        shown = min(SHOWN, channels)
        above = (name, f"{height} × {width}, channels 1–{min(3 * SHOWN, channels)} of {channels}, as RGB")
        colours.append(Cell(layer_sheet(triples), above=above))
        greys.append(Cell(layer_sheet(singles[:shown]), above=(f"channels 1–{shown}, each in grey",)))
    return picture_grid([Row(tuple(colours)), Row(tuple(greys))], title, side=2.5)
