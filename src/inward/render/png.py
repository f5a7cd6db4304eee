"""PNG bytes, the same each time: no date and no program's name in them."""

import io
import warnings

from matplotlib.figure import Figure
from PIL import Image

from inward.render.image import Pixels
from inward.render.style import SETTINGS, the_look


def png_bytes(drawing: Figure | Pixels) -> bytes:
    """Encode a figure, or a picture (h, w, 3), as PNG.

    Args:
        drawing: a matplotlib figure, at its own resolution, or uint8 colours.

    Returns:
        The file's bytes.
    """
    buffer = io.BytesIO()
    if isinstance(drawing, Figure):
        with the_look(), warnings.catch_warnings():  # ticks are made while drawing
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a letter that no font has is drawn as a box
            drawing.savefig(buffer, format="png", dpi=SETTINGS["figure.dpi"], metadata={"Software": None})
    else:
        Image.fromarray(drawing).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def palette_png(content: bytes) -> bytes:
    """A PNG in the 256 colours that suit it best, where that makes it smaller: for a page that carries many."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        buffer, format="PNG", optimize=True
    )
    return min(content, buffer.getvalue(), key=len)
