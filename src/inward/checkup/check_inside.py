"""Weights and activations: are they numbers, and do they live?"""

from collections.abc import Iterator

import numpy as np

from inward.checkup.findings import Finding
from inward.checkup.patient import Patient

_LISTED = 3


def weights(patient: Patient) -> Iterator[Finding]:
    """Finite, every one."""
    held = patient.model.weights()
    bad = [name for name, array in held.items() if not np.isfinite(array).all()]
    if bad:
        found = f"NaN or infinity in {_listed(bad)}"
        yield Finding("error", "weights", found, "load a sound checkpoint; a training that diverged leaves these")
    else:
        count = sum(array.size for array in held.values())
        yield Finding(
            "ok", "weights", f"{count:,} numbers in {len(held)} arrays, all finite", measured={"weights": count}
        )


def activations(patient: Patient) -> Iterator[Finding]:
    """Finite from the first layer to the scores, at the image and at black."""
    name, sound = "activations", True
    for row, where, scores in ((0, "the image", patient.raw[0][:1]), (2, "black", patient.raw[1])):
        broken = next((layer for layer, seen in patient.layers.items() if not seen.finite[row]), None)
        if not np.isfinite(scores).all():
            sound = False
            layer = f"first in layer {broken}" if broken else "though in no layer before"
            change = "look there for a logarithm, root or division of 0, an overflow of half precision, or bad weights"
            other = "; or choose another baseline" if where == "black" else ""
            yield Finding("error", name, f"at {where} the scores are NaN or infinite, {layer}", change + other)
        elif broken:
            sound = False
            found = f"at {where}, layer {broken} is NaN or infinite, and the scores are finite (as with a mask)"
            yield Finding("note", name, found)
    if sound:
        yield Finding("ok", name, f"all finite in {len(patient.layers)} layers")


def dead(patient: Patient) -> Iterator[Finding]:
    """Layers that say the same whatever they see."""
    name = "dead layers"
    silent = [layer for layer, seen in patient.layers.items() if seen.silent]
    unmoved = [layer for layer, seen in patient.layers.items() if seen.unmoved and not seen.silent]
    if silent:
        change = "look for weights of 0, a large negative bias, or a training that overshot"
        yield Finding("warning", name, f"0 for every input, in {_listed(silent)}", change)
    if unmoved:
        change = "expected of embeddings of positions; else nothing before it matters"
        yield Finding("note", name, f"the same for every input, in {_listed(unmoved)}", change)
    if not silent and not unmoved:
        yield Finding("ok", name, "none: every layer answers to its input")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
