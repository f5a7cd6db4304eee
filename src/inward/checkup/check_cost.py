"""What the inspection will take, by a timed trial."""

import time
import warnings
from collections.abc import Iterator

import numpy as np

from inward.checkup.findings import Finding
from inward.checkup.patient import Patient
from inward.memory import available_bytes, peak_bytes
from inward.methods.gradients import DEFAULT_ALPHAS
from inward.methods.integrated import MAX_EVALUATIONS, TOLERANCE, integrated_gradients
from inward.methods.refinement import FIRST_LEVELS, PROBES
from inward.methods.saturation import LOGARITHMIC_ALPHAS
from inward.model import PathGradient, Rows

_TIMED = 0.3  # seconds, at least, that evaluations are timed for
_ONE_RUN = 3.0  # seconds, about, that one of them may take
_FEW = 2
_TRIAL = 10.0  # seconds, about, that the trial map may take
_LEAST = FIRST_LEVELS[-1] + len(PROBES)
_BESIDES = 2 * len(DEFAULT_ALPHAS) + len(LOGARITHMIC_ALPHAS)  # evaluations of an image's other views
_LARGEST = 256


def cost(patient: Patient) -> Iterator[Finding]:
    """Evaluations a second, those that the first image's map took, and so the time; and the memory it took."""
    rate, micro_batch = _rate(patient)
    tolerance = max(TOLERANCE, 1.5 * patient.floor)  # which is measured again
    most = int(np.clip(_TRIAL * rate, _LEAST, MAX_EVALUATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = integrated_gradients(
            patient.model, patient.one, tolerance=tolerance, max_evaluations=most, progress=lambda *_: None
        )
    took, converged = int(found.evaluations[0]), bool(found.converged[0])
    seconds = patient.count * (took + _BESIDES) / rate
    images = "inspecting it takes" if patient.count == 1 else f"inspecting {patient.count} images takes"
    speed = f"{rate:.3g} gradients a second, {micro_batch} at a time"
    measured = {"gradients_per_second": rate, "evaluations": took, "seconds": seconds, "micro_batch": micro_batch}
    if converged:
        said = f"{speed}; the first image's map to {tolerance:.2g} took {took}; {images} about {_time(seconds)}"
        yield Finding("ok", "time", said, measured=measured)
    elif most < MAX_EVALUATIONS:
        longest = patient.count * (MAX_EVALUATIONS + _BESIDES) / rate
        said = f"{speed}; the first image's map needs more than {took}; {images} {_time(seconds)} to {_time(longest)}"
        yield Finding("note", "time", said, "for less, give fewer images or a larger tolerance", measured)
    else:
        said = f"{speed}; the first image's map is not known to {tolerance:.2g} after {took}"
        change = "pass a larger tolerance; where only the gap is too large, the gradient is not the score's"
        yield Finding("note", "time", said, change, measured)
    yield _memory()


def _rate(patient: Patient) -> tuple[float, int]:
    """Gradients a second along the first image's path, and how many were taken at a time."""

    def run(count: int) -> PathGradient:
        rows = Rows(np.zeros(count, np.int64), np.linspace(0, 1, count), np.ones((count, 1)))
        return patient.model.path_gradient(patient.black, patient.one, patient.objective, rows)

    _ = patient.slopes
    run(_FEW)  # compiles
    begun = time.perf_counter()
    most = min(run(_FEW).micro_batch, _LARGEST)
    fitting = int(_FEW / (time.perf_counter() - begun) * _ONE_RUN)
    size = max(1, min(most, fitting))
    size = min(size, run(size).micro_batch)  # memory is given out, or there is none
    done, begun = 0, time.perf_counter()
    while done == 0 or time.perf_counter() - begun < _TIMED:
        run(size)
        done += size
    return done / (time.perf_counter() - begun), size


def _memory() -> Finding:
    peak, free = peak_bytes(), available_bytes()
    if peak is None:
        return Finding("ok", "memory", f"{free / 1e9:.1f} GB are free", measured={"free_bytes": free})
    found = f"this process took {peak / 1e9:.1f} GB at most, in such micro-batches; {free / 1e9:.1f} GB are still free"
    return Finding("ok", "memory", found, measured={"peak_bytes": peak, "free_bytes": free})


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "1 s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
