"""Augmented and smaller copies of training images."""

from functools import cache

import numpy as np

from inward.arrays import Array, Images
from inward.network.recipes import Augmentation


def augmented(images: Images, how: Augmentation, random: np.random.Generator) -> Images:
    """A copy of each image, flipped, shifted, rotated and scaled at random about its centre.

        copy(p) = image(c + R(-θ)/σ · F · (p - c) - shift),   sampled bilinearly, black outside

    Args:
        images: (n, h, w, c), floats.
        how: the ranges that the changes are drawn from, evenly.
        random: the source of randomness.

    Returns:
        (n, h, w, c).
    """
    n, h, w, _ = images.shape
    flip = np.where(random.random(n) < how.flip, -1.0, 1.0)
    angle = np.deg2rad(_drawn(random, n, how.rotation, how.probability))
    scale = 1 + _drawn(random, n, how.scale, how.probability)
    down = np.round(_drawn(random, n, how.shift, how.probability) * h)
    right = np.round(_drawn(random, n, how.shift, how.probability) * w)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    y, x = np.meshgrid(np.arange(h) - (h - 1) / 2, np.arange(w) - (w - 1) / 2, indexing="ij")
    x = x * _each(flip)
    rows = _each(cos) * y + _each(sin) * x + (h - 1) / 2 - _each(down)
    columns = _each(cos) * x - _each(sin) * y + (w - 1) / 2 - _each(right)
    return _sampled(images, rows, columns)


def shrunk(images: Images, share: float) -> Images:
    """Images whose sides are `share` as long; each new pixel is the mean of the area it covers."""
    if share == 1:
        return images
    n, h, w, c = images.shape
    down, across = _area_means(h, round(h * share)), _area_means(w, round(w * share))
    shorter = (down @ images.reshape(n, h, w * c)).reshape(n * len(down), w, c)
    smaller: Array = (across @ shorter).reshape(n, len(down), len(across), c)
    return smaller


@cache
def _area_means(old: int, new: int) -> Array:
    """(new, old): the share of each old cell in each new one."""
    first = np.arange(new)[:, None] * old / new
    cell = np.arange(old)[None]
    overlap = np.minimum(first + old / new, cell + 1) - np.maximum(first, cell)
    means: Array = np.clip(overlap, 0, None) * new / old
    return means.astype(np.float32)


def _drawn(random: np.random.Generator, n: int, largest: float, probability: float) -> Array:
    return np.where(random.random(n) < probability, random.uniform(-largest, largest, n), 0.0)


def _each(values: Array) -> Array:
    return values[:, None, None]


def _sampled(images: Images, rows: Array, columns: Array) -> Images:
    """Bilinear samples (n, h, w, c) at fractional rows and columns (n, h, w); black outside."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = np.clip(rows + 1, 0, padded.shape[1] - 1)
    columns = np.clip(columns + 1, 0, padded.shape[2] - 1)
    top = np.minimum(rows.astype(np.intp), padded.shape[1] - 2)
    left = np.minimum(columns.astype(np.intp), padded.shape[2] - 2)
    if np.array_equal(top, rows) and np.array_equal(left, columns):  # flips and whole shifts need no blending
        whole: Array = padded[_each(np.arange(len(images))), top, left]
        return whole
    down = (rows - top).astype(images.dtype)[..., None]
    right = (columns - left).astype(images.dtype)[..., None]
    image = _each(np.arange(len(images)))
    upper = padded[image, top, left] * (1 - right) + padded[image, top, left + 1] * right
    lower = padded[image, top + 1, left] * (1 - right) + padded[image, top + 1, left + 1] * right
    blended: Array = upper * (1 - down) + lower * down
    return blended
