"""The scores: what they are, whether they are the same again, and what black is taken for."""

from collections.abc import Iterator

import numpy as np

from inward.checkup.findings import Finding
from inward.checkup.patient import Patient, apart, share
from inward.model import probabilities

_ONE = 1e-3  # by how much a sum of probabilities may miss 1
_CERTAIN = 0.9


def repeated(patient: Patient) -> Iterator[Finding]:
    """The same input gives the same scores: again, beside itself, and among others."""
    name, x, least = "determinism", patient.one, patient.noticeable
    alone = patient.logits[:1] if len(patient.shown) == 1 else patient.model.scores(x)
    again = apart(alone, patient.model.scores(x))
    copies = patient.model.scores(np.repeat(x, 4, axis=0))
    beside = apart(copies[:1], copies)
    among = apart(alone, patient.model.scores(np.concatenate([x, patient.noise.astype(x.dtype)]))[:1])
    if max(again, beside) > least:
        found = f"the same image gives scores that differ by {share(max(again, beside))}: something random is at work"
        change = "switch dropout and noise off at inference, or fix their seed; a map of this model would be chance"
        yield Finding("error", name, found, change)
    elif among > least:
        found = f"an image's scores change by {share(among)} with what else is in the batch"
        change = "let batch normalisation use its running statistics: evaluation mode, or training=False"
        yield Finding("error", name, found, change)
    elif again:
        yield Finding("ok", name, f"the same but for the last bits ({again:.1g}), as parallel sums make them")
    else:
        yield Finding("ok", name, "the same scores again, bit for bit, whatever is in the batch")


def mode(patient: Patient) -> Iterator[Finding]:
    """Layers that their owner left in training mode."""
    left: tuple[str, ...] = getattr(patient.model, "in_training", ())
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        found = f"{', '.join(left[:3])}{more} came in training mode; inward runs them in evaluation mode"
        yield Finding("note", "mode", found, "call model.eval() for the same scores in your own code")


def ends(patient: Patient) -> Iterator[Finding]:
    """Logits, or what became of them."""
    name = "scores"
    with np.errstate(all="ignore"):
        scores = patient.model.scores(patient.varied).astype(np.float64)
        total, log_total = scores.sum(axis=1), np.log(np.exp(scores).sum(axis=1))
    several, probable = scores.shape[1] > 1, bool(scores.min() >= 0 and scores.max() <= 1)
    if several and probable and np.abs(total - 1).max() < _ONE:
        found = "each row sums to 1: the model ends in a softmax, whose gradient fades where it is sure"
        yield Finding("warning", name, found, "say ends_in softmax (--ends-in softmax), so that logits are explained")
    elif probable and np.ptp(scores) > 0:
        found = "every score lies between 0 and 1, as if the model ended in a sigmoid"
        yield Finding("note", name, found, "if it does, say ends_in sigmoid (--ends-in sigmoid)")
    elif several and np.abs(log_total).max() < _ONE:
        yield Finding("ok", name, f"{scores.shape[1]} log-probabilities, as a softmax's output gives them")
    else:
        low, high = scores.min(), scores.max()
        yield Finding("ok", name, f"{scores.shape[1]} logits, from {low:.3g} to {high:.3g} on what was tried")


def black(patient: Patient) -> Iterator[Finding]:
    """What the usual baseline is itself taken for."""
    score, dark = patient.logits[0], patient.black_logits[0]
    target, taken = int(score.argmax()), int(dark.argmax())
    p = float(probabilities(dark)[taken])
    change_of_score = float(score[target] - dark[target])
    found = (
        f"black is taken for {patient.class_name(taken)} ({share(p)}); from there to the image, "
        f"{patient.class_name(target)} changes by {change_of_score:.3g}"
    )
    if target == taken and p > _CERTAIN and len(score) > 1:
        change = "a map tells the change from black alone: try another baseline too, such as --baseline blur"
        yield Finding("note", "black", found, change)
    else:
        yield Finding("ok", "black", found)
