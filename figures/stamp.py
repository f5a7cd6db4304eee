"""A picture that says from which weights it was made, so that a test can tell an old one."""

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

_KEY = "weights"


def stamped(png: bytes, stamp: str) -> bytes:
    """The same picture, with the stamp in it."""
    words, buffer = PngInfo(), io.BytesIO()
    words.add_text(_KEY, stamp)
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").save(buffer, format="PNG", optimize=True, pnginfo=words)
    return buffer.getvalue()


def stamp_of(png: bytes) -> str:
    """The stamp in a picture; empty where there is none."""
    with Image.open(io.BytesIO(png)) as picture:
        return str(picture.info.get(_KEY, ""))
