"""The backward pass: where on the way through the layers the signal dies or explodes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inward.arrays import Array
from inward.methods.backward import BackwardPass
from inward.render.chart_backward import Passed, backward_chart, signal_curves
from inward.render.page import Picture, Section
from inward.render.png import png_bytes
from inward.render.style import number

_JUMP = 10.0  # a norm that changes by more than this within a layer is told of
_TEXT = (
    "Euclidean norms of the activations on the way up, and of the gradient of the score on the way back. A gradient "
    "that is all but zero tells the layers below nothing; one that grows without end drowns what they should learn. "
    "A change within one layer is judged with the number of entries allowed for: an average over 64 places is no loss."
)
_SIGNS = (
    "Red: a norm that is zero (▼) or not finite (▲), or that changes more than tenfold (band). At the output the "
    "gradient is that of the score: of a logit, zero for every other class."
)
_CAPTION = (
    "Forward and backward: the activation of each layer, read from top to bottom, and the gradient of the score "
    "there, read from bottom to top. Blue: more would raise the score; red: more would lower it"
)


def signal_section(found: BackwardPass) -> Section:
    """Norms of the activations and of the gradient at every layer, and in words what happens to them."""
    up, down = signals(found)
    grown, back = changes(up), changes(down[::-1])[::-1]
    jumps = [place for place in range(1, len(found.names)) if _jumps(grown[place - 1]) or _jumps(back[place - 1])]
    chart = signal_curves(found.names, found.activation_norms, found.gradient_norms, found.zeros, jumps)
    text = (
        _TEXT,
        told("Forward, the activation", found.names, up),
        told("Backward, the gradient", found.names[::-1], down[::-1], backward=True),
    )
    picture = Picture("backward.png", png_bytes(chart), _SIGNS, "Norms of activations and gradients at every layer")
    return Section("Where the signal dies or explodes", text, (picture,))


def image_backward_section(found: BackwardPass, names: Sequence[str]) -> Section:
    """Each image at each layer that was kept, forward and backward."""
    pictures = [picture for i in range(len(names)) for picture in backward_picture(found, i, picture_name(i))]
    named = [replace(picture, caption=f"{name}. {_CAPTION}") for picture, name in zip(pictures, names, strict=False)]
    return Section("Forward and backward, image by image", (), tuple(named))


def picture_name(i: int) -> str:
    """The file of image i's backward pass."""
    return f"images/{i:03d}-backward.png"


def backward_picture(found: BackwardPass, i: int, name: str) -> list[Picture]:
    """Image i at each layer that was kept and has rows and columns; none where no layer does."""
    passed = [
        Passed(layer, values[i], found.gradients[layer][i], *_measured(found, layer, i))
        for layer, values in found.activations.items()
        if values.ndim == 4
    ]
    alt = "Activations and gradients of each layer"
    return [Picture(name, png_bytes(backward_chart(passed)), _CAPTION, alt)] if passed else []


def _measured(found: BackwardPass, layer: str, i: int) -> tuple[tuple[float, float], float]:
    place = found.names.index(layer)
    norms = float(found.activation_norms[place, i]), float(found.gradient_norms[place, i])
    return norms, float(found.zeros[place, i])


def signals(found: BackwardPass) -> tuple[Array, Array]:
    """Activations and gradients, (layers, n) each, so measured that an average over places is no loss.

    |a| / √size,   the root mean square;   |∂s/∂a| · √size,   what a change of root mean square 1 can do to s
    """
    root = np.sqrt(found.sizes)[:, None]
    return found.activation_norms / root, found.gradient_norms * root


def changes(norms: Array) -> Array:
    """By what factor each step changes the signal: the median over the images that have one on both sides.

    Args:
        norms: (places, n), in the order of travel.

    Returns:
        (places - 1,), positive; NaN where no image has a signal on both sides that is finite and not zero.
    """
    usable = np.isfinite(norms) & (norms > 0)
    pairs = zip(norms[:-1], norms[1:], usable[:-1] & usable[1:], strict=True)
    return np.array([np.median(after[both] / before[both]) if both.any() else np.nan for before, after, both in pairs])


def told(what: str, names: Sequence[str], norms: Array, *, backward: bool = False) -> str:
    """Where a signal becomes zero or not finite, and where it changes more than tenfold, in one sentence.

    Args:
        what: the sentence's subject.
        names: (places,), in the order of travel.
        norms: (places, n).
        backward: the steps are through the layers that are left, not through those that are reached.

    Returns:
        A sentence with a full stop.
    """
    steps = changes(norms)
    through = names[:-1] if backward else names[1:]
    said = [
        *_first("becomes zero", names, norms == 0),
        *_first("is no longer finite", names, ~np.isfinite(norms)),
        *(f"{_change(step)} through {name}" for name, step in zip(through, steps, strict=True) if _jumps(step)),
    ]
    return f"{what} {', '.join(said) or 'never changes more than tenfold in one layer'}."


def _first(verb: str, names: Sequence[str], wrong: Array) -> list[str]:
    """The first place where it goes wrong, and in how many images it does there or later."""
    if not wrong.any():
        return []
    n, many = wrong.shape[1], int(wrong.any(axis=0).sum())
    return [f"{verb} at {names[int(wrong.any(axis=1).argmax())]}" + (f" (in {many} of {n} images)" if n > 1 else "")]


def _jumps(factor: float) -> bool:
    return bool(factor > _JUMP or factor < 1 / _JUMP)


def _change(factor: float) -> str:
    return f"grows {number(factor)}-fold" if factor >= 1 else f"falls {number(1 / factor)}-fold"
