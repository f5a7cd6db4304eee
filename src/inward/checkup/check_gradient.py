"""The gradient: is there one, is it the score's, what does it leave out, and how exact is it?"""

from collections.abc import Iterator

import numpy as np

from inward.arrays import Array
from inward.checkup.findings import Finding
from inward.checkup.patient import BlockedError, Patient, share
from inward.errors import ScoreError
from inward.methods.integrated import TOLERANCE

_STEPS = (1e-1, 1e-2, 1e-3, 1e-4)  # of the image's length
_AGREE = 0.25  # by which the best of the steps may miss the gradient
_ROUNDINGS = 30  # a change of the score below so many of its roundings says nothing
_LISTED = 5
_HANDS_NONE_ON = "look for argmax, rounding, detach, stop_gradient or a custom backward between input and output"


def gradient(patient: Patient) -> Iterator[Finding]:
    """There is one at the input, finite, not zero, and the score's."""
    name, found = "gradient", patient.gradient
    if isinstance(found, ScoreError):
        yield Finding("error", name, f"{found.name} is {found.got}, not {found.expected}", found.remedy)
        return
    slopes = found.at["input"]
    if not np.isfinite(slopes).all():
        change = "look for a root, norm or logarithm at 0, or an overflow of half precision"
        yield Finding("error", name, "NaN or infinite, though the scores are finite", change)
    elif not slopes.any():
        yield Finding("error", name, "0 everywhere: every map would be empty", _HANDS_NONE_ON)
    elif not slopes[: len(patient.shown)].any():
        change = "the model is saturated there, as by a sigmoid or dead units; check the input's scale"
        yield Finding("warning", name, "0 at the image, though not at others", change)
    else:
        yield _against_differences(patient)


def _against_differences(patient: Patient) -> Finding:
    """Along the gradient g itself: (s(x + ε g/|g|) - s(x - ε g/|g|)) / 2ε against |g|."""
    x, objective = patient.one.astype(np.float64), patient.objective
    slope = patient.model.gradient(patient.one, objective).at["input"].astype(np.float64)
    length = float(np.linalg.norm(slope))
    if not length:
        return Finding("note", "gradient", "0 for the predicted class at the image, though not for others")
    scale, missed = float(np.linalg.norm(x)) or 1.0, []
    for step in scale * np.array(_STEPS):
        ends = [(x + sign * step * slope / length).astype(patient.one.dtype) for sign in (1, -1)]
        high, low = (patient.model.scores(end) for end in ends)
        rise = float((objective.of(high) - objective.of(low))[0])
        resolution = float(np.finfo(high.dtype).eps * max(np.abs(high).max(), np.abs(low).max()))
        if 2 * step * length > _ROUNDINGS * resolution:
            missed.append(abs(rise / (2 * step * length) - 1))
    if missed and not min(missed) < _AGREE:
        found = f"not the score's: the score changes by {share(min(missed))} more or less than it says"
        return Finding("warning", "gradient", found, f"{_HANDS_NONE_ON}; maps will not sum to the score's change")
    return Finding("ok", "gradient", "finite, and what the score's own differences say")


def unused(patient: Patient) -> Iterator[Finding]:
    """Channels and pixels that no class's score depends on, anywhere that was tried."""
    name, used = "unused inputs", (patient.slopes != 0).any(axis=0)
    pixels = used.any(axis=-1) if used.ndim == 3 else used
    if used.ndim == 3:
        silent = np.flatnonzero(~used.any(axis=(0, 1)))
        if silent.size:
            found = f"channel {', '.join(map(str, silent))} of {used.shape[-1]} has no influence on any score"
            yield Finding("warning", name, found, "check the order of channels, and the first layer's weights")
    if not pixels.all():
        what = "pixels" if used.ndim == 3 else "inputs"
        found = f"{share(1 - pixels.mean())} of the {what} have no influence on any score ({_places(pixels)})"
        yield Finding("note", name, found, "expected of borders that strides leave out; their share of a map is 0")
    elif used.any(axis=tuple(range(used.ndim - 1))).all():
        yield Finding("ok", name, "none")


def _places(used: Array) -> str:
    """Where they are: outside a box, or the first of them by their position."""
    if used.ndim == 2:
        rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
        return f"those with influence lie in rows {rows[0]}-{rows[-1]}, columns {columns[0]}-{columns[-1]}"
    positions = np.argwhere(~used)
    listed = ", ".join(str(tuple(p.tolist()) if len(p) > 1 else int(p[0])) for p in positions[:_LISTED])
    return listed + " …" * (len(positions) > _LISTED)


def precision(patient: Patient) -> Iterator[Finding]:
    """The smallest tolerance that the arithmetic allows."""
    least = patient.floor
    if not np.isfinite(least):
        raise BlockedError
    found = f"rounding leaves {least:.1g} of a map's length, the smallest tolerance that can be asked for"
    measured = {"smallest_tolerance": least}
    if least > TOLERANCE:
        change = f"pass a tolerance above that, or run the model in float32 or float64; usual is {TOLERANCE:g}"
        yield Finding("warning", "precision", found, change, measured)
    else:
        yield Finding("ok", "precision", found, measured=measured)
