"""Arrays become pictures: uint8, (..., h, w, 3), ready to be drawn or stored."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from inward.arrays import Array, Images
from inward.errors import ShapeError

Pixels = NDArray[np.uint8]
"""(..., h, w, 3): red, green and blue in 0 … 255."""

CLIP = 99.0  # percentile above which a map is cut, so that one hot pixel does not darken the rest


def as_pixels(values: Array) -> Pixels:
    """Round colours in [0, 1] to 0 … 255; what lies outside is cut, and NaN is black."""
    cut = np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    rounded: Pixels = np.rint(255 * cut).astype(np.uint8)
    return rounded


def as_picture(images: Images) -> Pixels:
    """Turn images into pictures: one channel becomes grey, three stay red, green, blue.

    Args:
        images: (..., h, w, 1 or 3) in [0, 1].

    Returns:
        (..., h, w, 3) in 0 … 255.

    Raises:
        ShapeError: for another number of channels.
    """
    if images.ndim < 3 or images.shape[-1] not in (1, 3):
        raise ShapeError("images", "(..., h, w, 1 or 3)", str(images.shape), "choose the channels to draw")
    return as_pixels(np.broadcast_to(images, (*images.shape[:-1], 3)))


def grey(images: Images) -> Array:
    """Brightness of images (..., h, w, 1 or 3), as (..., h, w) in [0, 1], by Rec. 601's weights."""
    if images.shape[-1] == 1:
        return images[..., 0]
    brightness: Array = images @ np.array([0.299, 0.587, 0.114], dtype=images.dtype)
    return brightness


def gradient_picture(gradients: Array, images: Images) -> Pixels:
    """Show the image where the gradient is strong, and black where it is not.

        m = mean_c |∂s/∂x|,   picture = x · min(m, q) / q,   q = 99th percentile of m, image by image

    Args:
        gradients: (..., h, w, c), any unit; NaN counts as zero.
        images: (..., h, w, 1 or 3) in [0, 1].

    Returns:
        (..., h, w, 3) in 0 … 255; black where all gradients are zero.

    Paper: Sundararajan, Taly, Yan. Gradients of Counterfactuals, 2016, section 2. arXiv:1611.02639
    """
    strength = np.abs(np.nan_to_num(gradients, posinf=0.0, neginf=0.0)).mean(axis=-1, keepdims=True)
    top = np.percentile(strength, CLIP, axis=(-3, -2), keepdims=True)
    top = np.where(top > 0, top, strength.max(axis=(-3, -2), keepdims=True))
    return as_picture(images * np.minimum(strength / np.where(top > 0, top, 1.0), 1.0))


def enlarge(pictures: Pixels, factor: int) -> Pixels:
    """Draw each pixel as a square of factor × factor pixels: (..., h, w, 3) -> (..., h·factor, w·factor, 3)."""
    larger: Pixels = pictures.repeat(factor, axis=-3).repeat(factor, axis=-2)
    return larger


def contact_sheet(pictures: Pixels, columns: int, gap: int = 1, background: int = 255) -> Pixels:
    """Lay pictures out in rows on one sheet.

    Args:
        pictures: (n, h, w, 3); n may be 0.
        columns: pictures in a row.
        gap: pixels between pictures; there is none around the sheet.
        background: brightness between the pictures, 0 … 255.

    Returns:
        (rows·(h + gap) - gap, columns·(w + gap) - gap, 3); no more columns than pictures.
    """
    n, height, width, _ = pictures.shape
    columns = max(1, min(columns, n))
    rows = max(1, math.ceil(n / columns))
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), background, dtype=np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def centred(picture: Pixels, side: int, background: int = 255) -> Pixels:
    """Centre a picture in a square of `side` pixels, enlarged by the greatest whole factor, or made to fit."""
    if max(picture.shape[:2]) > side:
        picture = np.asarray(ImageOps.contain(Image.fromarray(picture), (side, side), Image.Resampling.BOX))
    larger = enlarge(picture, side // max(picture.shape[:2]))
    square = np.full((side, side, 3), background, dtype=np.uint8)
    top, left = (side - larger.shape[0]) // 2, (side - larger.shape[1]) // 2
    square[top : top + larger.shape[0], left : left + larger.shape[1]] = larger
    return square
