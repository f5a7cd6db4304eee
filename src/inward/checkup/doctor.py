"""The doctor: every check, in order; whatever a model does, it is a finding and no crash."""

from collections.abc import Callable, Iterator

from numpy.typing import ArrayLike

from inward.checkup import check_cost, check_gradient, check_input, check_inside, check_output
from inward.checkup.findings import Diagnosis, Finding
from inward.checkup.patient import BlockedError, Patient
from inward.errors import ArgumentError, InwardError
from inward.model import Model

CHECKS: tuple[tuple[str, Callable[[Patient], Iterator[Finding]]], ...] = (
    ("layout", check_input.layout),
    ("input range", check_input.values),
    ("weights", check_inside.weights),
    ("activations", check_inside.activations),
    ("dead layers", check_inside.dead),
    ("mode", check_output.mode),
    ("determinism", check_output.repeated),
    ("scores", check_output.ends),
    ("input scale", check_input.scale),
    ("black", check_output.black),
    ("gradient", check_gradient.gradient),
    ("unused inputs", check_gradient.unused),
    ("precision", check_gradient.precision),
    ("path", check_cost.cost),
)


def doctor(
    model: Model, images: ArrayLike | None = None, *, progress: Callable[[float], None] = lambda _: None
) -> Diagnosis:
    """Check a model and images before anything long runs, and say what to change.

    Args:
        model: anything with the port `Model`, such as what `wrap` and `load` give.
        images: (n, h, w, c), from 0 to 1; the first four are looked at. Without, noise is.
        progress: called with the share of the checks that are done.

    Returns:
        A `Diagnosis`: findings of the levels ok, note, warning and error. Print it.

    Raises:
        ArgumentError: for what is no `Model`.
    """
    patient = Patient(_model(model), images)
    findings: list[Finding] = []
    for done, (name, check) in enumerate(CHECKS):
        progress(done / len(CHECKS))
        findings += [new for new in _checked(name, check, patient) if not _known(new, findings)]
    return Diagnosis(tuple(findings))


def _model(given: object) -> Model:
    if isinstance(given, Model):
        return given
    remedy = "wrap it first: inward.wrap(model, input_shape=(224, 224, 3))"
    raise ArgumentError("model", "a model of inward's", f"a {type(given).__name__}", remedy)


def _checked(name: str, check: Callable[[Patient], Iterator[Finding]], patient: Patient) -> list[Finding]:
    try:
        return list(check(patient))
    except BlockedError:
        return []
    except InwardError as error:
        return [Finding("error", name, f"{error.name} must be {error.expected}, got {error.got}", error.remedy)]
    except Exception as error:  # noqa: BLE001  (someone's model may raise anything, and telling is what this is for)
        said = " ".join(str(error).split())[:300]
        change = "run the model by itself on such a batch: its own code fails"
        return [Finding("error", name, f"the model raised {type(error).__name__}: {said}", change)]


def _known(new: Finding, findings: list[Finding]) -> bool:
    """The same fault stops several checks, and is told once."""
    return new.level == "error" and any(f.level == "error" and f.found == new.found for f in findings)
