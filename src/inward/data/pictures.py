"""One picture: read from any file that Pillow opens, cropped, fitted to a network's input, blurred."""

import io
import math
import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from inward.arrays import Array, Images, as_batch
from inward.errors import ArgumentError, FileError, ShapeError

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's "L"
_FULL_SCALES = {"I": (65535.0,), "F": (1.0, 255.0, 65535.0)}
_OTHER = "open it in an image editor and save it as PNG or JPEG"
_COMMON = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF")
_POINT = 0.1  # a Gaussian this narrow gives its neighbour a weight below 1e-21
_BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)


def read_picture(path: Path) -> Array:
    """Read the first frame of a picture file, upright, as RGB.

    Transparent pixels are laid on black, the baseline of every method here. Deep grey levels
    are scaled, not clipped: integers from 0 to 65535, and floats from 0 to the first of 1, 255 and
    65535 that holds them all.

    Args:
        path: any file that Pillow opens.

    Returns:
        uint8 (h, w, 3), from 0 to 255.

    Raises:
        FileError: for no such file, or one that is no picture, truncated, too large, or out of scale.
    """
    return _read(path, path)


def decode_picture(content: bytes, name: str, most_pixels: int) -> Array:
    """Read a picture that somebody else sent, as `read_picture` does; its size is looked at before its pixels.

    Args:
        content: a file of a common kind: PNG, JPEG, GIF, BMP, WebP, TIFF, PPM or AVIF.
        name: what to call it.
        most_pixels: of its width times its height.

    Returns:
        uint8 (h, w, 3), from 0 to 255.

    Raises:
        FileError: for no picture, a damaged one, one of another kind, or one with more pixels.
    """
    if not content:
        raise FileError(name, "a picture", "an empty file", "choose another")
    return _read(io.BytesIO(content), Path(name), formats=_COMMON, most_pixels=most_pixels)


def shrunk(picture: Array, side: int) -> Array:
    """A picture uint8 (h, w, c) made smaller, where its longer side is longer than `side`; uint8 (h, w, 3)."""
    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).convert("RGB")
    image.thumbnail((side, side))
    return np.asarray(image)


def _read(
    source: Path | io.BytesIO, path: Path, formats: tuple[str, ...] | None = None, most_pixels: int | None = None
) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=formats) as image:
                if most_pixels is not None and image.width * image.height > most_pixels:
                    got = f"{image.width} × {image.height}"
                    raise FileError(str(path), f"at most {most_pixels:,} pixels", got, "make it smaller first")
                image.load()
                return _rgb(ImageOps.exif_transpose(image), path)
    except FileError:
        raise
    except Exception as fault:  # Pillow's readers raise many kinds on a damaged file
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: Exception) -> FileError:
    name = str(path)
    if isinstance(fault, FileNotFoundError):
        return FileError(name, "a picture", "no such file", "check the path")
    if isinstance(fault, IsADirectoryError | PermissionError):
        return FileError(name, "a readable picture", fault.strerror or str(fault), "check the path and its permissions")
    if isinstance(fault, _BOMBS):
        return FileError(name, f"at most {Image.MAX_IMAGE_PIXELS} pixels", "far more", "make it smaller first")
    if path.is_file() and path.stat().st_size == 0:
        return FileError(name, "a picture", "an empty file", "get the file anew")
    if isinstance(fault, UnidentifiedImageError):
        return FileError(name, "a picture", "a file of another kind", _OTHER)
    return FileError(name, "a whole picture", f"a damaged one ({fault})", f"get the file anew, or {_OTHER}")


def _rgb(image: Image.Image, path: Path) -> Array:
    if image.mode.startswith(("I", "F")):
        return np.repeat(_eight_bits(image, path)[..., None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return np.array(image.convert("RGB"), np.uint8)


def _eight_bits(image: Image.Image, path: Path) -> Array:
    """A deep grey picture's levels, from 0 to 255."""
    levels = np.asarray(image).astype(np.float64)
    scales = [s for s in _FULL_SCALES[image.mode[0]] if levels.min() >= 0 and levels.max() <= s]
    if not scales:
        expected = f"of grey levels from 0 to {_FULL_SCALES[image.mode[0]][-1]:.0f}"
        raise FileError(str(path), expected, f"{levels.min():g} to {levels.max():g}", "save it with 8 or 16 bits")
    scaled: Array = np.rint(levels * (255 / scales[0])).astype(np.uint8)
    return scaled


def fit(picture: Array, shape: tuple[int, ...]) -> Array:
    """Make a picture a network's input: crop its centre to the input's aspect and resize it.

    The resizing is antialiased with a triangle filter, which makes no new extremes. A picture of the
    input's size stays as it is; only its unit changes.

    Args:
        picture: uint8 (height, width, 1 or 3), from 0 to 255.
        shape: (h, w, c) with c=1 (luminance 0.299 R + 0.587 G + 0.114 B) or c=3.

    Returns:
        float32 (h, w, c), from 0 to 1.

    Raises:
        ShapeError: for a picture or a shape of another kind.
    """
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ShapeError("the model's input", "(h, w, 1) or (h, w, 3)", str(shape), "pass arrays to it, not pictures")
    if picture.ndim != 3 or picture.shape[2] not in (1, 3) or picture.dtype != np.uint8 or picture.size == 0:
        got = f"{picture.dtype} {picture.shape}"
        raise ShapeError("picture", "uint8 (h, w, 1) or (h, w, 3)", got, "channels last, levels from 0 to 255")
    planes = _with_channels(picture.astype(np.float32) / 255, shape[2])
    if planes.shape == tuple(shape):
        return planes
    return np.stack([_resized(plane, shape) for plane in np.moveaxis(planes, 2, 0)], axis=2)


def _with_channels(picture: Array, channels: int) -> Array:
    if picture.shape[2] == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=2)
    grey: Array = picture @ LUMINANCE[:, None]
    return grey


def _resized(plane: Array, shape: tuple[int, ...]) -> Array:
    left, top, right, bottom = _centre(plane.shape, shape)
    x, y = math.floor(left), math.floor(top)
    inside = np.ascontiguousarray(plane[y : math.ceil(bottom), x : math.ceil(right)])  # the filter sees no more
    resized = Image.fromarray(inside).resize(
        (shape[1], shape[0]), Image.Resampling.BILINEAR, box=(left - x, top - y, right - x, bottom - y)
    )
    return np.clip(np.asarray(resized, np.float32), 0, 1)  # rounding alone may leave [0, 1]


def _centre(size: tuple[int, ...], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """The largest box of the shape's aspect in the middle: left, top, right, bottom."""
    scale = min(size[0] / shape[0], size[1] / shape[1])
    height, width = min(scale * shape[0], size[0]), min(scale * shape[1], size[1])
    left, top = (size[1] - width) / 2, (size[0] - height) / 2
    return left, top, min(left + width, size[1]), min(top + height, size[0])


def parse_crop(text: str) -> tuple[int, int, int, int]:
    """Read a crop as it is written on the command line: "LEFT,TOP,WIDTH,HEIGHT", in pixels.

    Raises:
        ArgumentError: for anything but four whole numbers, or an empty box.
    """
    numbers = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", text, re.ASCII)
    left, top, width, height = map(int, numbers.groups()) if numbers else (0, 0, 0, 0)
    if not (width and height):
        expected = "LEFT,TOP,WIDTH,HEIGHT in pixels, width and height at least 1"
        raise ArgumentError("--crop", expected, repr(text), "for example --crop 40,10,120,120")
    return left, top, width, height


def crop(picture: Array, box: tuple[int, int, int, int], name: str = "crop") -> Array:
    """Cut a box out of a picture.

    Args:
        picture: (h, w, c).
        box: left, top, width, height in pixels.
        name: what the user calls the box.

    Returns:
        (height, width, c), a copy.

    Raises:
        ArgumentError: for a box that is empty or not wholly inside.
    """
    left, top, width, height = box
    high, wide = picture.shape[:2]
    if min(left, top) < 0 or min(width, height) < 1 or left + width > wide or top + height > high:
        expected = f"a box inside the picture, which is {wide} wide and {high} high"
        raise ArgumentError(name, expected, f"{left},{top},{width},{height}", "make it smaller or move it")
    return picture[top : top + height, left : left + width].copy()


def blurred(images: Images, radius: float | None = None) -> Images:
    """Blur images by a Gaussian, mirrored at the edges (the edge pixel is repeated).

        y_i = Σ_k g_k x_{i+k} along height, then width;   g_k ∝ exp(-k² / 2 r²),  |k| ≤ 3 r

    Args:
        images: float (n, h, w, c).
        radius: r, the Gaussian's standard deviation in pixels; by default a tenth of the shorter side.

    Returns:
        The same shape and dtype.

    Raises:
        ShapeError: for anything but a batch of images.
        ArgumentError: for a radius that is negative or not finite.
    """
    images = as_batch(images, (None, None, None))
    r = min(images.shape[1:3]) / 10 if radius is None else radius
    if not (math.isfinite(r) and r >= 0):
        raise ArgumentError("blur radius", "a number of pixels, at least 0", str(radius), "for example 3.0")
    return _smoothed(_smoothed(images, 1, r), 2, r) if r > _POINT else images.copy()


def _smoothed(images: Images, axis: int, radius: float) -> Images:
    reach = math.ceil(3 * radius)
    kernel = np.exp(-((np.arange(-reach, reach + 1) / radius) ** 2) / 2)
    kernel /= kernel.sum()
    widths = [(reach, reach) if a == axis else (0, 0) for a in range(images.ndim)]
    lines = np.moveaxis(np.pad(images, widths, mode="symmetric"), axis, 0)
    size = images.shape[axis]
    total = sum(weight * lines[k : k + size].astype(np.float64) for k, weight in enumerate(kernel))
    return np.moveaxis(np.asarray(total), 0, axis).astype(images.dtype)
