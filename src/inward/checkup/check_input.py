"""Are the images what the model takes?"""

from collections.abc import Iterator

import numpy as np

from inward.arrays import Array
from inward.checkup.findings import Finding
from inward.checkup.patient import Patient, share
from inward.model import probabilities

_CHANNELS = (1, 3, 4)
_DIM = 0.02  # brightest value below which images look as if divided by 255 twice
_UNMOVED, _MOVED = 0.02, 0.5  # of all probability, between black and an image


def layout(patient: Patient) -> Iterator[Finding]:
    """Channels last, outside of the model."""
    name, shape = "layout", patient.shape
    if len(shape) == 3 and shape[0] in _CHANNELS and shape[-1] not in _CHANNELS:
        found = f"the model is said to take {shape}, which looks like channels first; inward has them last"
        turned = (*shape[1:], shape[0])
        yield Finding("warning", name, found, f"say input_shape {turned}, and layout channels_first")
    elif patient.refusal is not None and patient.given is not None:
        got = patient.given.shape
        turned = (*got[:-3], *got[-2:], got[-3]) if len(got) >= 3 else ()
        if turned[-3:] == shape:
            change = f"turn them: images.transpose({', '.join(map(str, _turn(len(got))))})"
            yield Finding("error", name, f"the images {got} are channels first, the model takes {shape}", change)
        else:
            refusal = patient.refusal
            yield Finding("error", name, f"images are {refusal.got}, not {refusal.expected}", refusal.remedy)
    else:
        yield Finding("ok", name, f"one input is {' x '.join(map(str, shape))}, channels last")


def _turn(axes: int) -> tuple[int, ...]:
    return (0, 2, 3, 1) if axes == 4 else (1, 2, 0)


def values(patient: Patient) -> Iterator[Finding]:
    """From 0 to 1, as a person sees them."""
    name = "input range"
    if patient.given is None:
        yield Finding(
            "note", name, "no image was given; the checks ran on noise from 0 to 1", "give one of your images"
        )
        return
    if patient.refusal is not None and patient.given.dtype.kind not in "iu":
        return
    low, high = float(patient.given.min()), float(patient.given.max())
    told = f"values from {low:.3g} to {high:.3g}"
    preprocess = "give images from 0 to 1, and say the rest by preprocess (--scale, --mean, --std)"
    if low < 0:
        yield Finding("warning", name, f"{told}, as if a mean had been subtracted: 0 is then not black", preprocess)
    elif high > 1:
        yield Finding("warning", name, f"{told}, as from bytes: the page and the baselines expect 0 to 1", preprocess)
    elif low == high:
        yield Finding("warning", name, f"every value is {low:.3g}", "give a picture with something in it")
    elif high < _DIM:
        yield Finding("warning", name, f"{told}, as if divided by 255 twice", "give images from 0 to 1")
    else:
        yield Finding("ok", name, told)


def scale(patient: Patient) -> Iterator[Finding]:
    """Whether the model sees the image at all, or expects bytes."""
    if patient.logits.shape[1] < 2:
        return
    with np.errstate(all="ignore"):
        here = _moved(patient.logits, patient.black_logits)
        there = _moved(patient.model.scores(patient.shown * 255), patient.black_logits)
    if here < _UNMOVED and there > _MOVED:
        found = (
            f"the image moves {share(here)} of the probability away from black's, 255 times the image {share(there)}"
        )
        change = "if the model was trained on 0 to 255, say so: --scale 255; else it may not be trained"
        yield Finding("warning", "input scale", found, change)
    else:
        yield Finding("ok", "input scale", f"the image moves {share(here)} of the probability away from black's")


def _moved(logits: Array, black: Array) -> float:
    """Half the sum of |p - q|, the largest over the images; 0 where it is not a number."""
    moved = np.abs(probabilities(logits) - probabilities(black)).sum(axis=1) / 2
    return float(np.nan_to_num(moved).max())
