"""Attribution as colour: blue speaks for the class, red against it, grey is the image itself."""

import numpy as np
from matplotlib.colors import to_rgb

from inward.arrays import Array, Images
from inward.render.image import CLIP, Pixels, as_pixels, grey
from inward.render.style import NEGATIVE, POSITIVE

_POSITIVE, _NEGATIVE = np.array(to_rgb(POSITIVE)), np.array(to_rgb(NEGATIVE))


def pixel_totals(values: Array) -> Array:
    """Attribution of each pixel: (..., h, w, c) summed over channels to (..., h, w); what is not finite counts as 0."""
    totals: Array = np.nan_to_num(values, posinf=0.0, neginf=0.0).sum(axis=-1)
    return totals


def shared_scale(values: Array) -> float:
    """One scale for all maps that are to be compared: the 99th percentile of |attribution| of their pixels.

    Args:
        values: (..., h, w, c), score per pixel and channel.

    Returns:
        A positive number, score per pixel; the largest value where nearly all are zero, 1 where all are.
    """
    sizes = np.abs(pixel_totals(values))
    if not sizes.any():
        return 1.0
    return float(np.percentile(sizes, CLIP)) or float(sizes.max())


def signed_overlay(values: Array, images: Images, scale: float) -> Pixels:
    """Lay attribution over the grey image, blue where positive, red where negative.

        a = min(|Σ_c values| / scale, 1),   picture = (1 - a) · grey + a · colour of the sign

    Args:
        values: (..., h, w, c), score per pixel and channel; NaN shows the grey image.
        images: (..., h, w, 1 or 3) in [0, 1].
        scale: score per pixel that is drawn in full colour; see `shared_scale`.

    Returns:
        (..., h, w, 3) in 0 … 255.
    """
    totals = pixel_totals(values)[..., None]
    opacity = np.minimum(np.abs(totals) / scale, 1.0)
    colour = np.where(totals >= 0, _POSITIVE, _NEGATIVE)
    return as_pixels((1 - opacity) * grey(images)[..., None] + opacity * colour)


def scale_bar(steps: int = 101) -> Pixels:
    """The colours from full positive (top) to full negative (bottom) over white, as a picture (steps, 1, 3)."""
    ramp = np.linspace(1.0, -1.0, steps).reshape(steps, 1, 1)
    return signed_overlay(ramp, np.ones((steps, 1, 1)), 1.0)
