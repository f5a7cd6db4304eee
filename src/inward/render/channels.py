"""Channels of a layer as pictures, all on one scale, so that a quiet channel looks quiet."""

import numpy as np

from inward.arrays import Array
from inward.errors import ShapeError
from inward.render.image import Pixels, as_picture


def _brightness(activation: Array) -> Array:
    """Map the layer's 1st percentile to 0 and its 99th to 1, one map for all its channels; NaN is dark."""
    if activation.ndim != 3:
        raise ShapeError("activation", "(h, w, channels) of one image", str(activation.shape), "choose one image")
    finite = activation[np.isfinite(activation)]
    if not finite.size:
        return np.zeros(activation.shape)
    low, high = np.percentile(finite, [1.0, 99.0])
    bright: Array = np.clip(np.nan_to_num((activation - low) / ((high - low) or 1.0)), 0.0, 1.0)
    return bright


def channel_triples(activation: Array, count: int = 9) -> Pixels:
    """Show a layer's first channels as colours, three at a time.

    Brightness runs from the layer's 1st percentile (black) to its 99th, the same for all channels.

    Args:
        activation: (h, w, channels), one image at one layer.
        count: how many triples at most; channels that the last one lacks are black.

    Returns:
        (triples, h, w, 3), triples = min(count, ⌈channels / 3⌉).

    Raises:
        ShapeError: for an array that is not (h, w, channels).
    """
    bright = _brightness(activation)[..., : 3 * count]
    height, width, channels = bright.shape
    padded = np.pad(bright, ((0, 0), (0, 0), (0, -channels % 3)))
    triples: Array = padded.reshape(height, width, -1, 3)
    return as_picture(np.moveaxis(triples, 2, 0))


def channels_grey(activation: Array) -> Pixels:
    """Show every channel of a layer in grey, on the scale of `channel_triples`.

    Args:
        activation: (h, w, channels), one image at one layer.

    Returns:
        (channels, h, w, 3).

    Raises:
        ShapeError: for an array that is not (h, w, channels).
    """
    return as_picture(np.moveaxis(_brightness(activation), 2, 0)[..., None])
