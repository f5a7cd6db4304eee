"""Interior gradients: what the network looks at while the image is dimmed toward its baseline."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from inward.arrays import Array, Images
from inward.render.grid import Cell, Row, picture_grid
from inward.render.image import as_picture, gradient_picture
from inward.render.style import FAINT, INK, NEGATIVE, SOFT
from inward.render.words import alpha, prediction

Prediction = tuple[str, float]
"""A class's name and its probability."""


def gradient_chart(
    dimmed: Images, gradients: Array, alphas: Array, predictions: Sequence[Prediction], title: str = ""
) -> Figure:
    """Draw one image at each alpha: as the network got it, and where its gradient is strong, with the prediction.

    Args:
        dimmed: (alphas, h, w, 1 or 3) in [0, 1], the image at each alpha; the last one is masked by the gradients.
        gradients: (alphas, h, w, c), any unit; see `gradient_picture`.
        alphas: (alphas,), rising.
        predictions: (alphas,), the class predicted at each alpha and its probability.
        title: stands over the whole.

    Returns:
        A figure of two rows, a column for each alpha.
    """
    seen = tuple(Cell(picture, above=(alpha(a),)) for picture, a in zip(as_picture(dimmed), alphas, strict=True))
    masks = gradient_picture(gradients, np.broadcast_to(dimmed[-1], dimmed.shape))
    maps = []
    for picture, (name, probability) in zip(masks, predictions, strict=True):
        maps.append(Cell(picture, below=(name, prediction("", probability).strip())))
    return picture_grid([Row(seen, "image"), Row(tuple(maps), "gradient,\ntimes image")], title)


def dim_grid(
    images: Images,
    dimmed: Array,
    alphas: Array,
    predictions: Sequence[Sequence[Prediction]],
    labels: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """Draw every image at every alpha with what it was taken for; where labels are known, mistakes are red.

    Args:
        images: (n, h, w, 1 or 3) in [0, 1].
        dimmed: (alphas, n, h, w, 1 or 3) in [0, 1].
        alphas: (alphas,).
        predictions: alphas × n, class and probability.
        labels: (n,), the true classes, if known.
        title: stands over the whole.

    Returns:
        A figure with a row for each image, and a column for each alpha.
    """
    rows = []
    for index, image in enumerate(images):
        label = labels[index] if labels else ""
        cells = [Cell(as_picture(image), above=("image",) if index == 0 else (), below=(label,), tone=INK)]
        for place, a in enumerate(alphas):
            name, probability = predictions[place][index]
            wrong = bool(label) and name != label
            above = (alpha(float(a)),) if index == 0 else ()
            picture = as_picture(dimmed[place, index])
            below = (prediction(name, probability),)
            cells.append(Cell(picture, above, below, tone=NEGATIVE if wrong else SOFT, frame=FAINT))
        rows.append(Row(tuple(cells)))
    return picture_grid(rows, title)
