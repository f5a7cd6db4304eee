"""Animations: frames of pictures, each with its line of text, as a GIF."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from inward.errors import ShapeError
from inward.render.image import Pixels, centred
from inward.render.style import FONT, INK, PAPER, shortened

_LINE = 22  # pixels of the line under a frame
_POINTS = 13
_FONT = ImageFont.truetype(str(FONT), _POINTS)
_WHITE = 248  # Pillow looks colours up in steps of four: paper must have no rival near it
_SPARE = 6  # pixels beside the line


def gif_bytes(
    frames: Sequence[Pixels] | Pixels, lines: Sequence[str], side: int = 224, pause: int = 700, hold: int = 2
) -> bytes:
    """Encode frames as an animation that runs for ever.

    Args:
        frames: pictures (h, w, 3), of any sizes; each is enlarged by whole pixels, or made to fit, and centred.
        lines: one for each frame, written under it; what does not fit is cut.
        side: pixels of the square that a frame is shown in.
        pause: milliseconds that a frame is shown.
        hold: times as long that the last frame is shown.

    Returns:
        The file's bytes, the same each time.

    Raises:
        ShapeError: where there is no frame, or not a line for each.
    """
    if not len(frames) or len(frames) != len(lines):
        raise ShapeError("frames", "one or more, with a line each", f"{len(frames)} and {len(lines)}", "pass both")
    drawn = [_framed(frame, line, side) for frame, line in zip(frames, lines, strict=True)]
    palette = _palette(drawn)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in drawn]
    durations = [pause] * (len(drawn) - 1) + [hold * pause]
    buffer = io.BytesIO()
    indexed[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=durations,
        loop=0,
        optimize=False,
        disposal=2,
    )
    return buffer.getvalue()


def _framed(frame: Pixels, line: str, side: int) -> Image.Image:
    canvas = Image.new("RGB", (side, side + _LINE), PAPER)
    canvas.paste(Image.fromarray(centred(frame, side)), (0, 0))
    fitting = shortened(line, (side - 2 * _SPARE) / 72, _POINTS)
    ImageDraw.Draw(canvas).text((side // 2, side + _LINE // 2), fitting, fill=INK, font=_FONT, anchor="mm")
    return canvas


def _palette(frames: Sequence[Image.Image]) -> Image.Image:
    """One palette for all frames, so that a colour means the same in each; what is all but white is paper."""
    strip = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames]))
    found = strip.quantize(256, method=Image.Quantize.MEDIANCUT)
    colours = np.array(found.getpalette() or [], np.uint8).reshape(-1, 3)
    colours[colours.min(axis=1) >= _WHITE] = ImageColor.getrgb(PAPER)
    found.putpalette(colours.ravel().tolist())
    return found
