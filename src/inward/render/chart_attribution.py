"""Positive and negative attribution, blue and red over the grey image, on a scale that is always shown."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from inward.arrays import Array, Images
from inward.render.grid import Cell, Row, picture_grid
from inward.render.image import as_picture
from inward.render.signed import shared_scale, signed_overlay
from inward.render.style import number
from inward.render.words import alpha

_ACROSS = 8  # images side by side


def attribution_chart(
    images: Images,
    values: Array,
    above: Sequence[tuple[str, ...]],
    below: Sequence[tuple[str, ...]],
    title: str = "",
) -> Figure:
    """Draw images and, under each, its attribution, all on one scale with its colour bar.

    Args:
        images: (n, h, w, 1 or 3) in [0, 1], n ≥ 1.
        values: (n, h, w, c), score per pixel and channel.
        above: for each image the lines over it, such as its name and the target.
        below: for each image the lines under its map, such as `certificate`.
        title: stands over the whole.

    Returns:
        A figure, eight images across.
    """
    scale = shared_scale(values)
    plain = [Cell(picture, above=lines) for picture, lines in zip(as_picture(images), above, strict=True)]
    overlays = signed_overlay(values, images, scale)
    maps = [Cell(picture, below=lines) for picture, lines in zip(overlays, below, strict=True)]
    rows = []
    for first in range(0, len(images), _ACROSS):
        part = slice(first, first + _ACROSS)
        rows += [Row(tuple(plain[part])), Row(tuple(maps[part]), scale=scale)]
    return picture_grid(rows, title, side=1.25)


def attribution_path_chart(image: Array, alphas: Array, values: Array, title: str = "") -> Figure:
    """Draw one image's attribution at each alpha twice: on one scale, and each on its own.

    The first row tells where on the path the score is made, the second which pixels make it there.

    Args:
        image: (h, w, 1 or 3) in [0, 1].
        alphas: (alphas,), places on the path.
        values: (alphas, h, w, c), score per pixel and channel.
        title: stands over the whole.

    Returns:
        A figure of two rows; a colour bar for the first, the value of full colour under each map of the second.
    """
    scale = shared_scale(values)
    shared = tuple(
        Cell(signed_overlay(v, image, scale), above=(alpha(a),)) for a, v in zip(alphas, values, strict=True)
    )
    own = []
    for v in values:
        full = shared_scale(v)
        own.append(Cell(signed_overlay(v, image, full), below=(f"full at ±{number(full)}",)))
    return picture_grid([Row(shared, "one scale\nfor all", scale), Row(tuple(own), "each on\nits own")], title)


def attribution_grid(images: Images, values: Array, names: Sequence[str], title: str = "") -> Figure:
    """Draw several maps of several images: a column for each image, a row for each map, with one scale a row.

    Args:
        images: (n, h, w, 1 or 3) in [0, 1].
        values: (rows, n, h, w, c), score per pixel and channel; at each alpha, say.
        names: (rows,), what each row is called.
        title: stands over the whole.

    Returns:
        A figure with the images on top and a colour bar beside each row.
    """
    rows = [Row(tuple(Cell(picture) for picture in as_picture(images)), "image")]
    for maps, name in zip(values, names, strict=True):
        scale = shared_scale(maps)
        rows.append(Row(tuple(Cell(picture) for picture in signed_overlay(maps, images, scale)), name, scale))
    return picture_grid(rows, title, side=0.95)
